// Sockets against a program that is not ours, and against signals.
import CLinux
import Foundation
import Testing

@testable import Transport

@Suite struct FarEndTests {
    /// An echo server of Python's at a port or path of its own choice, which sends back in pieces of 7 bytes.
    static let server = """
        import socket, sys
        kind, where = sys.argv[1], sys.argv[2]
        family = {"4": socket.AF_INET, "6": socket.AF_INET6, "u": socket.AF_UNIX}[kind]
        s = socket.socket(family)
        s.bind(where.replace("@", chr(0)) if kind == "u" else (where, 0))
        s.listen(1)
        print(s.getsockname()[1] if kind != "u" else "ready", flush=True)
        c, _ = s.accept()
        data = b""
        while True:
            piece = c.recv(1000)
            if not piece: break
            data += piece
        for i in range(0, len(data), 7): c.sendall(data[i:i+7])
        c.shutdown(socket.SHUT_WR)
        """

    @Test(arguments: ["4", "6", "u"]) func echoesThroughPython(kind: String) throws {
        let name = "@swiftlet-echo-\(getpid())"
        let (process, output) = try python(Self.server, [kind, ["4": "127.0.0.1", "6": "::1", "u": name][kind] ?? ""])
        let line = output.fileHandleForReading.availableData
        let port = String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        let endpoint = ["4": "127.0.0.1:\(port)", "6": "[::1]:\(port)", "u": "unix:\(name)"][kind] ?? ""
        var client = try SocketTransport(connectingTo: Endpoint(endpoint), milliseconds: 5000)
        let sent = pattern(50_000)
        try client.writeAll(sent)
        try client.finishWriting()
        #expect(try client.readAll() == sent)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    @Test func servesPython() throws {
        var listener = try Listener(at: Endpoint("127.0.0.1:0"))
        guard case .tcp(let local) = try listener.localAddress.endpoint else { throw Stuck() }
        let (process, output) = try python(
            """
            import socket, sys
            c = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
            c.sendall(b"question")
            c.shutdown(socket.SHUT_WR)
            data = b""
            while True:
                piece = c.recv(1000)
                if not piece: break
                data += piece
            print(len(data))
            """, ["\(local.port)"])
        guard try listener.wait(milliseconds: 10_000), var server = try listener.accept() else { throw Stuck() }
        #expect(try server.readAll() == Array("question".utf8))
        try server.writeAll(pattern(1_000_000))
        try server.finishWriting()
        let said = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(String(decoding: said, as: UTF8.self) == "1000000\n")
    }

    /// A signal every millisecond: a wait still lasts as long as it was told to, and no byte is lost.
    @Test func bearsSignals() throws {
        var action = sigaction()
        unsafe action.__sigaction_handler.sa_handler = { _ in }
        unsafe sigaction(SIGUSR1, &action, nil)  // no SA_RESTART: calls answer EINTR
        let target = SendableThread(thread: pthread_self())
        let stop = StopFlag()
        let thread = Thread {
            while !stop.isSet {
                pthread_kill(target.thread, SIGUSR1)
                usleep(1000)
            }
        }
        thread.start()
        defer {
            stop.set()
            while !thread.isFinished { usleep(1000) }
        }
        let (one, other) = try SocketTransport.makePair()
        var writer = try SocketTransport(owning: one)
        var reader = try SocketTransport(owning: other)
        let start = Deadline.now
        #expect(try !reader.wait(for: .readable, milliseconds: 200))
        #expect(Deadline.now - start >= 199)

        let sent = pattern(2_000_000)
        let sender = Thread { [descriptor = dup(other)] in
            // The far end of the pair is read by the C library here, so that both sides run at once.
            var sink = [UInt8](repeating: 0, count: 1000)
            var total = 0
            while total < sent.count {
                let got = unsafe recv(descriptor, &sink, sink.count, 0)
                if got > 0 { total += got } else { usleep(100) }
            }
            close(descriptor)
        }
        sender.start()
        try writer.writeAll(sent)
        while !sender.isFinished { usleep(1000) }
    }
}

private struct SendableThread: @unchecked Sendable { let thread: pthread_t }

private final class StopFlag: @unchecked Sendable {
    private let lock = NSLock()
    private var value = false
    var isSet: Bool { lock.withLock { value } }
    func set() { lock.withLock { value = true } }
}
