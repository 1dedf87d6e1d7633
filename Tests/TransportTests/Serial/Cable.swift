// A null-modem cable made of two pseudo-terminals: what one side writes the other reads. It can be pulled out and put back, as
// a USB adapter is: its path is gone meanwhile, and who has it open gets a hang-up.
import Bytes
import Foundation
import Glibc
import Testing

@testable import Transport

/// A cable with an end at `path(0)` and one at `path(1)`.
final class Cable: @unchecked Sendable {
    private let folder: String
    private let lock = NSLock()
    // Each end's master, and a slave that stays open so that the master gets no hang-up between two users. -1: pulled out.
    private var masters: [Int32] = [-1, -1]
    private var slaves: [Int32] = [-1, -1]
    private var isOver = false

    init() throws {
        folder = NSTemporaryDirectory() + "swiftlet-cable-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try plugIn(0)
        try plugIn(1)
        Thread { [weak self] in while let cable = self, cable.carry() {} }.start()
    }

    deinit {
        for descriptor in masters + slaves where descriptor >= 0 { close(descriptor) }
        try? FileManager.default.removeItem(atPath: folder)
    }

    func path(_ end: Int) -> String { "\(folder)/\(end)" }

    func endpoint(_ end: Int, _ scheme: String, _ options: String = "115200") throws -> Endpoint {
        try Endpoint("\(scheme):\(path(end)),\(options)")
    }

    func plugIn(_ end: Int) throws {
        var (master, slave): (Int32, Int32) = (-1, -1)
        let isOpen = unsafe openpty(&master, &slave, nil, nil, nil) == 0
        try #require(isOpen)
        var settings = termios()
        _ = unsafe tcgetattr(slave, &settings)
        unsafe cfmakeraw(&settings)
        _ = unsafe tcsetattr(slave, TCSANOW, &settings)
        _ = fcntl(master, F_SETFL, O_NONBLOCK)
        let device = unsafe String(cString: ttyname(slave))
        try FileManager.default.createSymbolicLink(atPath: path(end), withDestinationPath: device)
        lock.withLock { (masters[end], slaves[end]) = (master, slave) }
    }

    func pullOut(_ end: Int) throws {
        try FileManager.default.removeItem(atPath: path(end))
        lock.withLock {
            close(masters[end])
            close(slaves[end])
            (masters[end], slaves[end]) = (-1, -1)
        }
    }

    /// Carries what there is.
    private func carry() -> Bool {
        var entries = lock.withLock { masters.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) } }
        _ = unsafe poll(&entries, 2, 20)
        lock.withLock {
            for end in 0...1 where masters[end] >= 0 {
                var bytes = [UInt8](repeating: 0, count: 4096)
                let count = unsafe read(masters[end], &bytes, bytes.count)
                // What the other end has no room for is lost, as on any line without flow control.
                if count > 0, masters[1 - end] >= 0 { _ = unsafe write(masters[1 - end], bytes, count) }
            }
        }
        return true
    }
}

extension LineReference {
    /// A line with one channel at `endpoint`, in memory that is never given back.
    init(_ endpoint: LinkEndpoint, patience: Int64? = nil) throws {
        let channels = [endpoint.channelConfiguration]
        let settings = SerialSettings(endpoint)
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: LineReference.memoryBytes(settings, channels.span), alignment: 16)
        // Never freed, as a line demands.
        var arena = unsafe Arena(unsafe: memory)
        try self.init(settings, channels.span, memory: &arena)
        try open()
    }
}

extension Cable {
    func line(_ end: Int, _ options: String = "115200") throws -> LineReference {
        guard case .link(let endpoint) = try endpoint(end, "link", options) else { throw Stuck() }
        return try LineReference(endpoint)
    }

    func serial(_ end: Int, _ options: String = "115200") throws -> SerialSettings {
        guard case .serial(let endpoint) = try endpoint(end, "serial", options) else { throw Stuck() }
        return SerialSettings(endpoint)
    }
}
