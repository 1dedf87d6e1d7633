// Sockets of every kind, within this process: both ends, half close, pieces of any size, refusals, time limits.
import CLinux
import Foundation
import Testing

@testable import Transport

@Suite struct SocketTests {
    /// Endpoints to listen at; `PATH` stands for a folder of the test.
    static let endpoints = [
        "127.0.0.1:0", "[::1]:0", "localhost:0", "unix:PATH/socket", "unix:@swiftlet-test-\(getpid())",
    ]

    @Test(arguments: endpoints) func carriesBytesBothWays(name: String) throws {
        let folder = try TemporaryFolder()
        let endpoint = try Endpoint(name.replacingOccurrences(of: "PATH", with: folder.path))
        var listener = try Listener(at: endpoint)
        let local = try listener.localAddress.endpoint
        if case .tcp(let tcp) = local { #expect(tcp.port != 0) } else { #expect(local == endpoint) }
        #expect(try listener.accept() == nil ? true : false)
        #expect(try !listener.wait(milliseconds: 0))

        var client = try SocketTransport(connectingTo: local, milliseconds: 2000)
        #expect(try listener.wait(milliseconds: 2000))
        guard var server = try listener.accept() else { throw Stuck() }
        #expect(try client.peerAddress().text == local.text)

        #expect(try !server.wait(for: .readable, milliseconds: 0))
        try client.writeAll(Array("hello".utf8))
        #expect(try server.readAll(5) == Array("hello".utf8))
        try client.finishWriting()
        try client.finishWriting()
        #expect(throws: TransportError(.write, .finished)) { try client.writeAll([1]) }
        #expect(try server.readAll() == [])
        try server.writeAll(Array("goodbye".utf8))
        #expect(try client.readAll(7) == Array("goodbye".utf8))
    }

    @Test func movesMoreThanTheBuffersHold() throws {
        let (one, other) = try SocketTransport.makePair()
        var writer = try SocketTransport(owning: one)
        var reader = try SocketTransport(owning: other)
        #expect(swl_set_buffers(one, 1, 1) == 0)
        let sent = pattern(300_000)
        var received: [UInt8] = []
        var offset = 0
        var blocked = 0
        var partial = 0
        while received.count < sent.count {
            if offset < sent.count {
                switch try writer.write(sent.span.extracting(offset..<sent.count)) {
                case .bytes(let count):
                    if count < sent.count - offset { partial += 1 }
                    offset += count
                    continue
                case .wouldBlock: blocked += 1
                }
            }
            received += try reader.readAll(min(1000, offset - received.count))
        }
        #expect(received == sent)
        #expect(blocked > 10 && partial > 10)
    }

    @Test func refusesAsTheSystemDoes() throws {
        // A port that was just free: listen, look, close.
        let free = try { () throws -> Endpoint in try Listener(at: Endpoint("127.0.0.1:0")).localAddress.endpoint }()
        #expect(throws: TransportError(.connect, .system(ECONNREFUSED))) {
            _ = try SocketTransport(connectingTo: free, milliseconds: 2000)
        }
        #expect(throws: TransportError(.connect, .system(ENOENT))) {
            _ = try SocketTransport(connectingTo: Endpoint("unix:/nonexistent/socket"), milliseconds: 2000)
        }
        #expect(throws: TransportError(.connect, .unusable(.portZero))) {
            _ = try SocketTransport(connectingTo: Endpoint("127.0.0.1:0"), milliseconds: 2000)
        }
        let busy = try Listener(at: Endpoint("127.0.0.1:0"))
        #expect(throws: TransportError(.listen, .system(EADDRINUSE))) {
            _ = try Listener(at: busy.localAddress.endpoint)
        }
        #expect(throws: TransportError(.listen, .system(EADDRNOTAVAIL))) {
            _ = try Listener(at: Endpoint("192.0.2.1:0"))
        }
        let error = TransportError(.connect, .system(ECONNREFUSED))
        #expect(
            error.text
                == "cannot connect: Connection refused; check that the other program is running and listens there")
    }

    @Test(arguments: ["serial:/dev/ttyS0,9600", "link:/dev/ttyS0,9600"])
    func saysThatSerialPortsHaveNoAddress(name: String) throws {
        let error = TransportError(.resolve, .notSupported(.serialPorts))
        #expect(throws: error) { _ = try Listener(at: Endpoint(name)) }
        #expect(throws: error) { _ = try SocketTransport(connectingTo: Endpoint(name), milliseconds: 0) }
        #expect(error.text.contains("a serial port has no address"))
    }

    @Test func looksUpNamesOnlyWhereItMay() throws {
        #expect(try SocketAddresses(of: Endpoint("localhost:1")).count >= 1)
        #expect(try SocketAddresses(of: Endpoint("127.0.0.1:1"), names: .numbersOnly)[0].text == "127.0.0.1:1")
        #expect(throws: TransportError.self) { try SocketAddresses(of: Endpoint("localhost:1"), names: .numbersOnly) }
        do {
            _ = try SocketAddresses(of: Endpoint("name.invalid:1"))
            Issue.record("a name under .invalid was found")
        } catch let error as TransportError {
            guard case .resolver = error.reason else { throw error }
            #expect(error.text.hasPrefix("cannot find the address of the host: "))
        }
    }

    /// The queue of a TCP listener that accepts nothing fills up; then the kernel leaves a connection unanswered.
    @Test func givesUpConnectingInTime() throws {
        let listener = try Listener(at: Endpoint("127.0.0.1:0"), backlog: 0)
        let endpoint = try listener.localAddress.endpoint
        var kept: [Int32] = []
        defer { for descriptor in kept { close(descriptor) } }
        let start = Deadline.now
        do throws(TransportError) {
            for _ in 0..<16 {
                kept.append(dup(try SocketTransport(connectingTo: endpoint, milliseconds: 150).descriptor))
            }
            Issue.record("the queue never filled")
        } catch {
            #expect(error == TransportError(.connect, .timedOut))
        }
        #expect(Deadline.now - start < 15_000)
    }

    @Test func givesUpOnAFullUnixQueueInTime() throws {
        let listener = try Listener(at: Endpoint("unix:@swiftlet-full-\(getpid())"), backlog: 0)
        let endpoint = try listener.localAddress.endpoint
        var kept: [Int32] = []
        defer { for descriptor in kept { close(descriptor) } }
        do throws(TransportError) {
            for _ in 0..<16 {
                kept.append(dup(try SocketTransport(connectingTo: endpoint, milliseconds: 60).descriptor))
            }
            Issue.record("the queue never filled")
        } catch {
            #expect(error == TransportError(.connect, .timedOut))
        }
    }

    @Test func connectsWithoutBlocking() throws {
        var listener = try Listener(at: Endpoint("127.0.0.1:0"))
        var client = try SocketTransport(connectingTo: listener.localAddress)
        #expect(try client.finishConnecting(milliseconds: 2000))
        #expect(client.isConnecting == false)
        #expect(try listener.wait(milliseconds: 2000))
        #expect(try listener.accept() != nil ? true : false)
    }

    @Test func tellsAResetFromAnEnd() throws {
        var listener = try Listener(at: Endpoint("127.0.0.1:0"))
        var client = try SocketTransport(connectingTo: listener.localAddress.endpoint, milliseconds: 2000)
        guard try listener.wait(milliseconds: 2000), let server = try listener.accept() else { throw Stuck() }
        var hard = linger(l_onoff: 1, l_linger: 0)
        unsafe setsockopt(server.descriptor, SOL_SOCKET, SO_LINGER, &hard, socklen_t(MemoryLayout<linger>.size))
        _ = consume server
        do throws(TransportError) {
            guard try client.wait(for: .readable, milliseconds: 2000) else { return }
            var byte = [UInt8](repeating: 0, count: 1)
            var span = byte.mutableSpan
            _ = try client.read(into: &span)
            Issue.record("a reset was read as something else")
        } catch {
            #expect(error == TransportError(.read, .system(ECONNRESET)))
            #expect(error.isBrokenOff)
        }
    }

    @Test func writingToAClosedPeerIsAnErrorAndNoSignal() throws {
        let (one, other) = try SocketTransport.makePair()
        var writer = try SocketTransport(owning: one)
        _ = try SocketTransport(owning: other)
        #expect(throws: TransportError(.write, .system(EPIPE))) { try writer.writeAll([1]) }
    }
}

/// Alone in its process's descriptors as far as possible: counts them.
@Suite(.serialized) struct SocketOwnershipTests {
    @Test func ownsAUnixSocketsFile() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/socket"
        let endpoint = try Endpoint("unix:" + path)
        do {
            let listener = try Listener(at: endpoint, permissions: 0o600)
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            #expect(throws: TransportError(.listen, .system(EADDRINUSE))) { _ = try Listener(at: endpoint) }
            _ = consume listener
        }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func replacesASocketLeftBehindButNoOtherFile() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/socket"
        let (process, output) = try python(
            "import socket,sys\ns=socket.socket(socket.AF_UNIX)\ns.bind(sys.argv[1])\ns.listen(1)\nprint('x')", [path])
        _ = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(FileManager.default.fileExists(atPath: path))
        _ = try Listener(at: Endpoint("unix:" + path))

        let file = folder.path + "/file"
        try Data("precious".utf8).write(to: URL(fileURLWithPath: file))
        #expect(throws: TransportError(.listen, .system(EADDRINUSE))) { _ = try Listener(at: Endpoint("unix:" + file)) }
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "precious")
    }

    /// Whichever way a handle ends, or is never made, its descriptor is closed. Other suites run beside this one, so a
    /// leak is told by its rate.
    @Test func closesWhatItOwns() throws {
        let listener = try Listener(at: Endpoint("127.0.0.1:0"), backlog: 64)
        let unused = try Endpoint("unix:@swiftlet-nobody")
        let before = try openDescriptors()
        for _ in 0..<300 {
            let (one, other) = try SocketTransport.makePair()
            _ = try SocketTransport(owning: one)
            _ = try SocketTransport(owning: other)
            #expect(throws: TransportError.self) { _ = try SocketTransport(connectingTo: unused, milliseconds: 1) }
            #expect(throws: TransportError.self) { _ = try Listener(at: Endpoint("192.0.2.1:0")) }
            #expect(throws: TransportError.self) { _ = try SocketTransport(owning: 9999) }
        }
        #expect(try openDescriptors() < before + 200)
        _ = consume listener
    }
}
