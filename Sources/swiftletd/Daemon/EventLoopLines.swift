// Serial lines with the link over them: each is watched like a socket, and whatever happens on it is news for the sessions on
// its channels.
import Bytes
import CLinux
import TLS
import Transport

/// A line at work.
struct WatchedLine {
    let reference: LineReference
    let settings: LineSettings
    /// Whether the port was there when it was looked at last.
    var wasPresent: Bool

    /// Opens a line. A port that is not there yet is waited for.
    init(_ settings: LineSettings) throws(StartError) {
        var arena = lastingMemory(settings.bytes)
        do throws(TransportError) {
            reference = try LineReference(settings.serial, settings.channels.span, memory: &arena)
        } catch {
            throw Self.failure(settings, error)
        }
        do throws(TransportError) {
            try reference.open()
        } catch {
            guard error.isPortGone else { throw Self.failure(settings, error) }
            var line = Message()
            line.add(escaped: settings.serial.path.bytes)
            line.add(": ")
            line.add(error)
            line.add("; it is looked for until it is there")
            Log.write(line)
        }
        self.settings = settings
        wasPresent = reference.isPresent
    }

    private static func failure(_ settings: LineSettings, _ error: TransportError) -> StartError {
        var message = Message()
        message.add(escaped: settings.serial.path.bytes)
        message.add(": ")
        message.add(error)
        return StartError(message)
    }

    /// Does what there is to do on the line.
    mutating func service() {
        reference.service()
        guard reference.isPresent != wasPresent else { return }
        wasPresent.toggle()
        Log.writePort(settings.serial.path, isPresent: wasPresent)
    }
}

/// Where a tunnel finds its channels of the link.
struct LineChannel {
    let line: LineReference
    let channel: Int

    /// The channel that `endpoint` names, nil where it is none of the link.
    init?(_ endpoint: Endpoint, _ lines: [WatchedLine]) {
        guard case .link(let link) = endpoint else { return nil }
        for line in lines where line.settings.serial.path == link.path {
            guard let channel = line.settings.channel(at: link.channel ?? 0) else { return nil }
            (self.line, self.channel) = (line.reference, channel)
            return
        }
        return nil
    }
}

extension EventLoop {
    /// Opens the lines of a configuration.
    static func openLines(_ settings: DaemonSettings, _ poller: Poller) throws(EventLoopError) -> [WatchedLine] {
        var lines: [WatchedLine] = []
        for settings in settings.lines {
            do throws(StartError) {
                lines.append(try WatchedLine(settings))
            } catch {
                throw .start(error)
            }
        }
        for index in lines.indices {
            do throws(SystemError) {
                try poller.watchWaiting(lines[index].reference.descriptor, .line(index))
            } catch {
                throw .start(StartError("cannot watch a serial line: ", error))
            }
        }
        return lines
    }

    /// Something happened on a line: whoever has a channel on it looks.
    mutating func takeLine(_ index: Int) {
        lines[index].service()
        for number in 0..<sessions.capacity where sessions.isFilled(number) {
            if sessions[number].noteLine() { enqueue(number) }
        }
        for tunnel in 0..<tunnels.capacity { tunnels[tunnel].noteLine() }
    }

    /// Looks for connections on serial lines, where there may be one.
    mutating func acceptOnLines(now: Int64) throws(SystemError) {
        guard endAt == .max else { return }
        for index in 0..<tunnels.capacity where tunnels[index].isAcceptDue(at: now) { try accept(index, now: now) }
    }
}
