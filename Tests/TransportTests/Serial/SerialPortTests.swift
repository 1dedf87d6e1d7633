// Serial ports as they are, over pseudo-terminals: how they are opened, what they carry, how they end.
import Bytes
import CLinux
import Glibc
import Testing

@testable import Transport

@Suite struct SerialPortTests {
    private func settings(_ path: String, _ options: String) throws -> SerialSettings {
        guard case .serial(let endpoint) = try Endpoint("serial:\(path),\(options)") else { throw Stuck() }
        return SerialSettings(endpoint)
    }

    /// The rate in numbers, which glibc does not tell: TCGETS2 of asm-generic/ioctls.h, and where struct termios2 has it.
    private func rate(_ descriptor: Int32) -> UInt32? {
        var settings = [UInt32](repeating: 0, count: 11)
        return unsafe ioctl(descriptor, 0x802C_542A, &settings) == 0 ? settings[10] : nil
    }

    @Test(arguments: ["50", "9600", "115200,rtscts", "123456", "4000000"])
    func aPortIsRawAtAnyRate(options: String) throws {
        let cable = try Cable()
        let port = try SerialTransport(opening: cable.serial(0, options))
        var found = termios()
        _ = unsafe tcgetattr(port.descriptor, &found)
        let cooked = tcflag_t(ICANON | ECHO | ISIG | IEXTEN)
        #expect(found.c_lflag & cooked == 0)
        #expect(found.c_iflag & tcflag_t(ICRNL | INLCR | IXON | ISTRIP) == 0)
        #expect(found.c_oflag & tcflag_t(OPOST) == 0)
        #expect(found.c_cflag & tcflag_t(CSIZE | PARENB | CSTOPB) == tcflag_t(CS8))
        #expect((found.c_cflag & tcflag_t(CRTSCTS) != 0) == options.contains("rtscts"))
        #expect(rate(port.descriptor) == UInt32(options.split(separator: ",")[0]))
        let flags = fcntl(port.descriptor, F_GETFL)
        #expect(flags & O_NONBLOCK != 0)
        #expect(fcntl(port.descriptor, F_GETFD) & FD_CLOEXEC != 0)
    }

    @Test func everyByteArrivesAsItWas() throws {
        let cable = try Cable()
        var one = try SerialTransport(opening: cable.serial(0))
        var other = try SerialTransport(opening: cable.serial(1))
        let bytes = (0...255).map { UInt8($0) }
        try one.writeAll(bytes)
        #expect(try other.readAll(256) == bytes)
        try other.writeAll(bytes.reversed())
        #expect(try one.readAll(256) == bytes.reversed())
    }

    @Test func aPortIsNobodyElsesMeanwhile() throws {
        let cable = try Cable()
        do {
            let first = try SerialTransport(opening: cable.serial(0))
            #expect(throws: TransportError(.open, .system(SWL_EBUSY))) {
                _ = try SerialTransport(opening: cable.serial(0))
            }
            _ = consume first
        }
        _ = try SerialTransport(opening: cable.serial(0))
    }

    @Test func whatIsNoPortIsRefused() throws {
        #expect(throws: TransportError(.open, .system(SWL_ENOTTY))) {
            _ = try SerialTransport(opening: settings("/dev/null", "9600"))
        }
        #expect(throws: TransportError(.open, .system(SWL_ENOENT))) {
            _ = try SerialTransport(opening: settings("/dev/no-such-port", "9600"))
        }
    }

    @Test func aPortThatGoesAwayIsAtItsEnd() throws {
        let cable = try Cable()
        var port = try SerialTransport(opening: cable.serial(0))
        try cable.pullOut(0)
        #expect(try port.readAll() == [])
        var failure: TransportError?
        do throws(TransportError) { _ = try port.write([1, 2, 3].span) } catch { failure = error }
        #expect(failure?.isPortGone == true)
    }
}

@Suite struct SerialListenerTests {
    /// Asks until there is a connection.
    private func accept(_ listener: inout SerialListener) throws -> SerialTransport {
        for _ in 0..<500 {
            if let accepted = listener.accept() { return accepted }
            swl_sleep_milliseconds(10)
        }
        throw Stuck()
    }

    private func accepts(_ listener: inout SerialListener) -> Bool {
        if let accepted = listener.accept() {
            _ = consume accepted
            return true
        }
        return false
    }

    @Test func aConnectionBeginsWithBytesAndIsTheOnlyOne() throws {
        let cable = try Cable()
        var listener = try SerialListener(cable.serial(0), .bytes)
        var far = try SerialTransport(opening: cable.serial(1))
        let isAccepted = accepts(&listener)
        #expect(!isAccepted)
        try far.writeAll([1, 2, 3])
        var near = try accept(&listener)
        #expect(try near.readAll(3) == [1, 2, 3])
        try far.writeAll([4])
        let isAcceptedMeanwhile = accepts(&listener)
        #expect(!isAcceptedMeanwhile)
        _ = consume near
        listener.connectionEnded(cleanly: true)
        var next = try accept(&listener)
        #expect(try next.readAll(1) == [4])
    }

    @Test func whatIsLeftOfAFailedConnectionIsThrownAway() throws {
        let cable = try Cable()
        var listener = try SerialListener(cable.serial(0), .bytes)
        var far = try SerialTransport(opening: cable.serial(1))
        try far.writeAll([1, 2, 3])
        do { _ = try accept(&listener) }
        listener.connectionEnded(cleanly: false)
        try far.writeAll([4, 5, 6])
        // Until the line has been quiet for half a second.
        let until = Deadline.after(milliseconds: 300)
        while !until.hasPassed {
            let isAccepted = accepts(&listener)
            #expect(!isAccepted)
            swl_sleep_milliseconds(10)
        }
        swl_sleep_milliseconds(700)
        try far.writeAll([7])
        var next = try accept(&listener)
        #expect(try next.readAll(1) == [7])
    }

    @Test func aPortThatComesBackIsFound() throws {
        let cable = try Cable()
        var listener = try SerialListener(cable.serial(0), .presence)
        do {
            var near = try accept(&listener)
            try cable.pullOut(0)
            #expect(try near.readAll() == [])
        }
        listener.connectionEnded(cleanly: false)
        let isAccepted = accepts(&listener)
        #expect(!isAccepted)
        let isPresent = listener.isPresent
        #expect(!isPresent)
        try cable.plugIn(0)
        // Not before the pause that keeps a connection that fails at once from being made again and again.
        var near = try accept(&listener)
        var far = try SerialTransport(opening: cable.serial(1))
        try near.writeAll([9])
        #expect(try far.readAll(1) == [9])
    }
}
