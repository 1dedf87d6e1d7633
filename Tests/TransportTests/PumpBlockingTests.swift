// The pump over real sockets: two threads of this process, and openssl at the far end.
import CLinux
import Foundation
import TLS
import TestSupport
import Testing
import X509

@testable import Transport

/// What a thread came to.
private final class Outcome<Value: Sendable>: @unchecked Sendable {
    private let lock = NSCondition()
    private var result: Result<Value, any Error>?

    init(_ body: @escaping @Sendable () throws -> Value) {
        Thread { [self] in
            let result = Result { try body() }
            lock.withLock { self.result = result }
            lock.broadcast()
        }.start()
    }

    func get() throws -> Value {
        lock.lock()
        defer { lock.unlock() }
        while result == nil {
            guard lock.wait(until: Date(timeIntervalSinceNow: 20)) else { throw Stuck() }
        }
        return try result!.get()
    }
}

extension Pump where Stream: ~Copyable {
    /// Everything up to the peer's close_notify.
    fileprivate mutating func readAll(_ party: borrowing Party, _ count: Int? = nil) throws(PumpError) -> [UInt8] {
        var all: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 3000)
        var span = piece.mutableSpan
        while count.map({ all.count < $0 }) ?? true {
            let moved = try read(into: &span, party.configuration, milliseconds: 5000)
            if moved == 0 { break }
            all += array(span.span.extracting(first: moved))
        }
        return all
    }
}

@Suite struct PumpBlockingTests {
    @Test func carriesDataBothWaysOverTCP() throws {
        let sent = pattern(200_000)
        let listener = try Listener(at: Endpoint("127.0.0.1:0"))
        let endpoint = try listener.localAddress.endpoint
        let descriptor = dup(listener.descriptor)
        let server = Outcome { () throws -> Bool in
            var address = swl_address()
            guard swl_wait(descriptor, SWL_READABLE, 5000) > 0 else { throw Stuck() }
            let accepted = unsafe swl_accept(descriptor, &address)
            close(descriptor)
            var party = try Party.server()
            var pump = Pump(try party.connection(.server), over: try SocketTransport(owning: accepted))
            try pump.handshake(party.configuration, &party.signer, milliseconds: 5000)
            pump.connection.releaseWorkspace()
            let received = try pump.readAll(party)
            try pump.write(received.span, milliseconds: 5000)
            return try pump.close(party.configuration, milliseconds: 5000)
        }
        var party = try Party.client()
        var pump = Pump(
            try party.connection(.client), over: try SocketTransport(connectingTo: endpoint, milliseconds: 5000))
        try pump.handshake(party.configuration, &party.signer, milliseconds: 5000)
        try pump.write(sent.span, milliseconds: 5000)
        pump.connection.close()
        #expect(try pump.readAll(party) == sent)
        #expect(try pump.close(party.configuration, milliseconds: 5000) == true)
        #expect(try server.get())
    }

    /// The server is told why by an alert even though our socket closes at once with its flight unread.
    @Test func theAlertArrivesBeforeTheReset() throws {
        let (one, other) = try SocketTransport.makePair()
        let server = Outcome { () throws -> PumpError? in
            var party = try Party.server()
            var pump = Pump(try party.connection(.server), over: try SocketTransport(owning: other))
            do throws(PumpError) {
                try pump.handshake(party.configuration, &party.signer, milliseconds: 5000)
                return nil
            } catch {
                return error
            }
        }
        do {
            let cast = try Cast.shared.get()
            var party = try Party(cast.client, trusting: nil)
            party.configuration.trust.pins.append(.init(repeating: 7))
            var pump = Pump(try party.connection(.client), over: try SocketTransport(owning: one))
            #expect(throws: PumpError.self) {
                try pump.handshake(party.configuration, &party.signer, milliseconds: 5000)
            }
        }
        let error = try server.get()
        guard case .tls(.alertReceived) = error else {
            Issue.record("the server saw \(String(describing: error))")
            return
        }
    }

    /// The peer refuses our certificate, which we learn only when we write into its closed end: the write fails, and
    /// what it had said before is still found.
    @Test func aBrokenWriteLeavesTheAlertToBeRead() throws {
        let (one, other) = try SocketTransport.makePair()
        let server = Outcome { () throws -> Bool in
            var party = try Party.server()
            party.configuration.trust.names = ReferenceIdentities()
            party.configuration.trust.names.append(try ReferenceIdentity(Array("nobody".utf8).span))
            var pump = Pump(try party.connection(.server), over: try SocketTransport(owning: other))
            do throws(PumpError) {
                try pump.handshake(party.configuration, &party.signer, milliseconds: 5000)
                return false
            } catch {
                guard case .tls(.badCertificate) = error else { return false }
                return true
            }
        }
        var party = try Party.client()
        var pump = Pump(try party.connection(.client), over: try SocketTransport(owning: one))
        try pump.handshake(party.configuration, &party.signer, milliseconds: 5000)
        #expect(try server.get())  // and its socket is closed
        #expect(throws: PumpError.transport(TransportError(.write, .system(SWL_EPIPE)))) {
            try pump.write([1, 2, 3].span, milliseconds: 1000)
        }
        do throws(PumpError) {
            let heard = try pump.readAll(party)
            Issue.record("an alert was read as an end after \(heard)")
        } catch {
            guard case .tls(.alertReceived) = error else { throw error }
        }
    }

    /// Whoever cannot sign says so by an error of its own.
    @Test func aSignerThatFailsIsNamed() throws {
        let (one, other) = try SocketTransport.makePair()
        let client = try Party.client()
        let server = try Party.server()
        var near = Pump(try client.connection(.client), over: try SocketTransport(owning: one))
        var far = Pump(try server.connection(.server), over: try SocketTransport(owning: other))
        while near.turn(client.configuration) == .progressed {}
        var nobody = NoIdentity()
        #expect(throws: PumpError.signer(.unsupported)) {
            try far.handshake(server.configuration, &nobody, milliseconds: 1000)
        }
    }

    /// A relay at each end of a TLS connection: plain, TLS, plain, with buffers that hold next to nothing.
    @Test func relaysBothWaysWithHalfClose() throws {
        let limits = Limits(inboundFragment: 512, outboundFragment: 512)
        let (tlsOne, tlsOther) = try SocketTransport.makePair()
        let (nearOne, nearOther) = try SocketTransport.makePair()
        let (farOne, farOther) = try SocketTransport.makePair()
        for descriptor in [tlsOne, tlsOther, nearOne, nearOther, farOne, farOther] {
            #expect(swl_set_buffers(descriptor, 1, 1) == 0)
        }
        let relays = [(Role.client, tlsOne, nearOther), (.server, tlsOther, farOne)].map { role, tls, plain in
            Outcome { () throws -> RelayState in
                var party = try role == .client ? Party.client(limits: limits) : .server(limits: limits)
                var pump = Pump(try party.connection(role), over: try SocketTransport(owning: tls))
                try pump.handshake(party.configuration, &party.signer, milliseconds: 5000)
                var stream = try SocketTransport(owning: plain)
                var scratch = [UInt8](repeating: 0, count: 4096)
                var span = scratch.mutableSpan
                var state = RelayState()
                let closed = try pump.relayToEnd(&stream, &state, party.configuration, scratch: &span, linger: 5000)
                guard closed else { throw Stuck() }
                return state
            }
        }
        let question = pattern(30_000)
        let answer = Outcome { () throws -> [UInt8] in
            var far = try SocketTransport(owning: farOther)
            let heard = try far.readAll()  // up to the end, which must come through as a half close
            try far.writeAll(Array(heard.reversed()))
            return heard
        }
        var near = try SocketTransport(owning: nearOne)
        try near.writeAll(question)
        try near.finishWriting()
        #expect(try near.readAll() == question.reversed())
        #expect(try answer.get() == question)
        for relay in relays {
            let state = try relay.get()
            #expect(state.bytesSent == question.count && state.bytesReceived == question.count)
            #expect(state.plainHasEnded && state.peerHasClosed)
        }
    }

    /// openssl's server wants a certificate, sends each line back reversed, and closes when we do.
    @Test func talksToOpenSSLAsClient() throws {
        let cast = try Cast.shared.get()
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            ["openssl", "s_server", "-accept", "127.0.0.1:0", "-tls1_3", "-rev", "-naccept", "1", "-Verify", "1"]
            + ["-cert", cast.server.certificatePath, "-key", cast.server.keyPath]
            + ["-CAfile", cast.authority.certificatePath, "-verify_return_error"]
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        defer { process.terminate() }
        var said = ""
        while !said.contains(/ACCEPT .*:[0-9]+\n/) {
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { throw Stuck() }
            said += String(decoding: more, as: UTF8.self)
        }
        let port = try #require(said.firstMatch(of: /ACCEPT .*:([0-9]+)\n/)).1
        var party = try Party.client()
        var pump = Pump(
            try party.connection(.client),
            over: try SocketTransport(connectingTo: Endpoint("127.0.0.1:\(port)"), milliseconds: 5000))
        try pump.handshake(party.configuration, &party.signer, milliseconds: 5000)
        try pump.write(Array("swiftlet\n".utf8).span, milliseconds: 5000)
        #expect(try pump.readAll(party, 9) == Array("teltfiws\n".utf8))
        _ = try pump.close(party.configuration, milliseconds: 2000)
    }

    @Test func talksToOpenSSLAsServer() throws {
        let cast = try Cast.shared.get()
        var listener = try Listener(at: Endpoint("127.0.0.1:0"))
        let port = listener.localAddress.text
        let openssl = Outcome { () throws -> ProgramResult in
            try runProgram(
                ["openssl", "s_client", "-connect", port, "-tls1_3", "-quiet", "-verify_return_error"]
                    + ["-cert", cast.client.certificatePath, "-key", cast.client.keyPath, "-servername", "localhost"]
                    + ["-CAfile", cast.authority.certificatePath, "-verify_hostname", "localhost"],
                input: Array("question\n".utf8), mustSucceed: false)
        }
        guard try listener.wait(milliseconds: 10_000), let stream = try listener.accept() else { throw Stuck() }
        var party = try Party.server()
        var pump = Pump(try party.connection(.server), over: stream)
        try pump.handshake(party.configuration, &party.signer, milliseconds: 5000)
        #expect(try pump.readAll(party, 9) == Array("question\n".utf8))
        try pump.write(Array("greeting\n".utf8).span, milliseconds: 5000)
        #expect(try pump.close(party.configuration, milliseconds: 5000) == true)
        let result = try openssl.get()
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output == "greeting\n")
    }
}
