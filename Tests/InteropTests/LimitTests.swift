// What the command line has no option for: the protocol driven by the test, with limits that the commands do not set. A
// handshake message larger than its limit, records of 2 KiB (RFC 8449) and a cookie, with openssl and gnutls.
import Bytes
import Foundation
import TLS
import TestSupport
import Testing
import Transport
import X509

@Suite struct LimitTests {
    let cast: Certificates

    init() throws { cast = try certificates() }

    private static let small = Limits(inboundFragment: 2048, outboundFragment: 2048)

    /// A client of ours that trusts the root.
    private func client(_ limits: Limits) throws -> Party {
        var party = try Party(cast.client(), trusting: cast.root, limits: limits)
        party.configuration.trust.names.append(try ReferenceIdentity(Array("localhost".utf8).span))
        return party
    }

    private func connected(to port: String) throws -> SocketTransport {
        try SocketTransport(connectingTo: Endpoint(Array("127.0.0.1:\(port)".utf8).span), milliseconds: 5000)
    }

    /// The handshake of a client of ours with a server.
    private func shakeHands(_ server: Theirs, _ limits: Limits) throws -> PumpError? {
        var party = try client(limits)
        var pump = Pump(try party.connection(.client), over: try connected(to: server.port))
        return failure(of: &pump, &party)
    }

    private func failure(of pump: inout Pump<SocketTransport>, _ party: inout Party) -> PumpError? {
        do throws(PumpError) {
            try pump.handshake(party.configuration, &party.signer, milliseconds: 10_000)
            return nil
        } catch { return error }
    }

    /// Whether it is the refusal of a chain of 20 KB by a limit of 16 KiB.
    private func isLimit(_ error: PumpError?) -> Bool {
        guard case .tls(.limitExceeded(.handshakeMessage, capacity: 16384, let needed)) = error else { return false }
        return (20_000..<24_000).contains(needed)
    }

    @Test(arguments: ["openssl", "gnutls", "python"]) func serverChainOf20KB(peer: String) throws {
        let leaf = TestCertificate(
            keyPath: cast.large.keyPath, certificatePath: cast.large.path, der: [], keyPEM: [])
        func server() throws -> Theirs {
            switch peer {
            case "openssl": try Theirs.openssl(leaf, ["-rev", "-cert_chain", cast.large.intermediatesPath])
            case "gnutls": try Theirs.gnutls(leaf)
            default: try Theirs.python(leaf, "accept()")
            }
        }
        let refused = try shakeHands(server(), Limits())
        #expect(isLimit(refused), "\(String(describing: refused))")
        let accepted = try shakeHands(server(), Limits(handshakeMessage: 32768))
        #expect(accepted == nil)
    }

    /// A server of ours that requires a certificate, and one client.
    private func serve(
        _ limits: Limits, _ client: [String],
        _ body: (inout Pump<SocketTransport>, inout Party) throws -> Void = { _, _ in }
    ) throws -> (PumpError?, BackgroundProgram) {
        var party = try Party(cast.server(), trusting: cast.root, limits: limits)
        party.configuration.clientCertificates = .required
        party.configuration.trust.names.append(.any)
        let port = try freePort()
        var listener = try Listener(at: Endpoint(Array("127.0.0.1:\(port)".utf8).span))
        let program = try BackgroundProgram(
            client.map { $0 == "PORT" ? "\(port)" : $0 == "ADDRESS" ? "127.0.0.1:\(port)" : $0 })
        guard try listener.wait(milliseconds: 10_000), let accepted = try listener.accept() else {
            throw DidNotHappen(description: "no client came: \(program.errors)")
        }
        var pump = Pump(try party.connection(.server), over: accepted)
        let error = failure(of: &pump, &party)
        if error == nil { try body(&pump, &party) }
        return (error, program)
    }

    @Test(arguments: ["openssl", "gnutls"]) func clientChainOf20KB(peer: String) throws {
        let chain = cast.large
        let client =
            peer == "openssl"
            ? [
                "openssl", "s_client", "-connect", "ADDRESS", "-CAfile", cast.roots, "-cert", chain.path,
                "-cert_chain", chain.intermediatesPath, "-key", chain.keyPath,
            ]
            : [
                "gnutls-cli", "--port", "PORT", "--x509cafile", cast.roots, "--x509certfile", chain.path,
                "--x509keyfile", chain.keyPath, "localhost",
            ]
        let (refused, _) = try serve(Limits(), client)
        #expect(isLimit(refused), "\(String(describing: refused))")
        let (accepted, _) = try serve(Limits(handshakeMessage: 32768), client)
        #expect(accepted == nil)
    }

    /// A server that keeps no state before its HelloRetryRequest: the cookie has to come back (RFC 8446 §4.2.2).
    /// openssl's s_server cannot do this with a client that sends ChangeCipherSpec, not even its own.
    @Test func cookieOfOpenssl() throws {
        let server = try Theirs.openssl(cast.server(), ["-stateless", "-no_middlebox"])
        var party = try client(Limits())
        party.configuration.middleboxCompatibility = false
        var pump = Pump(try party.connection(.client), over: try connected(to: server.port))
        let error = failure(of: &pump, &party)
        #expect(error == nil)
        #expect(pump.connection.negotiated.helloRetryRequest)
        #expect(pump.connection.negotiated.group == .x25519)
        try pump.write(Array("cookie\n".utf8).span, milliseconds: 5000)
        try server.program.wait(for: "cookie\n")
    }

    /// Reads `count` bytes.
    private func read(
        _ count: Int, _ pump: inout Pump<SocketTransport>, _ party: borrowing Party
    ) throws -> [UInt8] {
        var all: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 3000)
        var span = piece.mutableSpan
        while all.count < count {
            let moved = try pump.read(into: &span, party.configuration, milliseconds: 10_000)
            if moved == 0 { break }
            all += array(span.span.extracting(first: moved))
        }
        return all
    }

    private let text = Array(String(repeating: "two kibibytes are enough for a record\n", count: 3000).utf8)

    /// We announce 2 KiB; GnuTLS keeps to it (RFC 8449). openssl 3.0 does not know the extension, but can be told.
    @Test(arguments: ["openssl", "gnutls"]) func recordsOf2KiBAsClient(peer: String) throws {
        let server =
            peer == "gnutls"
            ? try Theirs.gnutls(cast.server())
            : try Theirs.openssl(cast.server(), ["-max_send_frag", "2048"])
        var party = try client(Self.small)
        var pump = Pump(try party.connection(.client), over: try connected(to: server.port))
        #expect(failure(of: &pump, &party) == nil)
        try pump.write(text.span, milliseconds: 10_000)
        if peer == "gnutls" {
            let isSame = try read(text.count, &pump, party) == text
            #expect(isSame)
        } else {
            try server.program.wait("all the text", until: { server.program.outputBytes.count >= text.count })
            server.program.send(text)
            let isSame = try read(text.count, &pump, party) == text
            #expect(isSame)
        }
    }

    @Test(arguments: ["openssl", "gnutls"]) func recordsOf2KiBAsServer(peer: String) throws {
        let own = cast.client()
        let client =
            peer == "openssl"
            ? [
                "openssl", "s_client", "-connect", "ADDRESS", "-CAfile", cast.roots, "-cert", own.certificatePath,
                "-key", own.keyPath, "-max_send_frag", "2048", "-quiet",
            ]
            : [
                "gnutls-cli", "--port", "PORT", "--x509cafile", cast.roots, "--x509certfile", own.certificatePath,
                "--x509keyfile", own.keyPath, "--logfile", "/dev/null", "localhost",
            ]
        let (error, program) = try serve(Self.small, client) { pump, party in
            try pump.write(text.span, milliseconds: 10_000)
        }
        #expect(error == nil)
        try program.wait("all the text") { program.outputBytes.count >= text.count }
        let isSame = program.outputBytes.suffix(text.count).elementsEqual(text)
        #expect(isSame)
    }

    /// A peer that sends more than was announced is refused (RFC 8449 §4, RFC 8446 §5.2): openssl does not know the limit.
    @Test func recordTooLargeFromOpenssl() throws {
        let server = try Theirs.openssl(cast.server(), [])
        var party = try client(Self.small)
        var pump = Pump(try party.connection(.client), over: try connected(to: server.port))
        #expect(failure(of: &pump, &party) == nil)
        server.program.send([UInt8](repeating: UInt8(ascii: "x"), count: 8000))
        let expected = #expect(throws: PumpError.self) { try read(8000, &pump, party) }
        guard case .tls(let error) = expected else { return }
        #expect(error.alert?.name?.description == "record_overflow", "\(error)")
        pump.tellFailure(milliseconds: 2000)
    }
}
