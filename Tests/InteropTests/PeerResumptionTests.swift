// Resumption by tickets with other programs (RFC 8446 §2.2, §4.2.11, §4.6.1), both roles, mutually authenticated: the second
// handshake is without certificates on both sides, and the third resumes what the second was given.
import Bytes
import Foundation
import TLS
import TestSupport
import Testing
import Transport
import X509

@Suite struct PeerResumptionTests {
    let cast: Certificates

    init() throws { cast = try certificates() }

    private static let peers = ["openssl", "gnutls"] + Peer.available.map(\.rawValue)
    private static let rounds = 3

    private var trust: [String] { ["--ca", cast.roots] }

    // A client of ours

    /// What a client's connection came to.
    private struct Visit {
        let resumed: Bool
        let session: [UInt8]
        let leafHash: [UInt8]
    }

    /// Says a line, waits for the answer, and takes the session.
    private func visit(_ port: String, offering session: [UInt8]?) throws -> Visit {
        var party = try Party(cast.client(), trusting: cast.root)
        var pump = try party.greet(port, offering: session)
        var answer = [UInt8](repeating: 0, count: 16)
        var span = answer.mutableSpan
        let count = try pump.read(into: &span, party.configuration, milliseconds: 10_000)
        let isAnswered = array(span.span.extracting(first: count)).starts(with: Array("abba".utf8))
        #expect(isAnswered)
        let taken = try takeSession(&pump)
        let leafHash = array(pump.connection.peerLeafHash.bytes)
        let resumed = pump.connection.negotiated.resumed
        _ = try? pump.close(party.configuration, milliseconds: 2000)
        return Visit(resumed: resumed, session: taken, leafHash: leafHash)
    }

    private func server(_ peer: String) throws -> Theirs {
        switch peer {
        case "openssl":
            return try .openssl(
                cast.server(), ["-rev", "-CAfile", cast.roots, "-Verify", "3", "-verify_return_error"])
        case "gnutls":
            return try .gnutls(
                cast.server(), ["--x509cafile", cast.roots, "--require-client-cert", "--verify-client-cert"])
        default:
            let library = try #require(Peer(rawValue: peer))
            return try library.server(cast.server(), trust + ["--resume", "--connections", "\(Self.rounds)"])
        }
    }

    @Test(arguments: peers) func clientResumes(peer: String) throws {
        let server = try server(peer)
        var session: [UInt8]?
        var leafHash: [UInt8]?
        for round in 1...Self.rounds {
            let visit = try visit(server.port, offering: session)
            #expect(visit.resumed == (round > 1), "\(round)")
            // Whom we talk with is known from the full handshake.
            #expect(visit.leafHash.count == 32 && leafHash ?? visit.leafHash == visit.leafHash)
            (session, leafHash) = (visit.session, visit.leafHash)
        }
        guard Peer(rawValue: peer) != nil else { return }
        let said = try server.program.finish().output
        #expect(said.components(separatedBy: "resumed=yes").count == Self.rounds, "\(said)")
    }

    // A server of ours

    /// A server that requires a certificate, gives tickets and sends back what comes.
    private struct Server: ~Copyable {
        var party: Party
        var listener: Listener
        let port: String
        private let keys: ArenaMemory

        init(_ cast: Certificates) throws {
            var party = try Party(cast.server(), trusting: cast.root)
            party.configuration.clientCertificates = .required
            party.configuration.trust.names.append(.any)
            let keys = ArenaMemory(TicketKeys.memoryBytes + 64)
            var arena = keys.arena()
            party.configuration.tickets = TicketKeys(in: try arena.take(TicketKeys.memoryBytes))
            try party.configuration.tickets.enable(
                context: Array("test".utf8).span, at: .known(Int64(Date().timeIntervalSince1970)))
            let port = try freePort()
            let listener = try Listener(at: Endpoint(Array("127.0.0.1:\(port)".utf8).span))
            self.port = "\(port)"
            self.keys = keys
            self.party = party
            self.listener = listener
        }

        /// Serves the next connection until the client ends it, or so many bytes have come.
        /// - Returns: whether it was resumed.
        mutating func serve(closingAfter most: Int = .max) throws -> Bool {
            guard try listener.wait(milliseconds: 10_000), let accepted = try listener.accept() else {
                throw DidNotHappen(description: "no client came")
            }
            var pump = Pump(try party.connection(.server), over: accepted)
            try pump.handshake(party.configuration, &party.signer, milliseconds: 10_000)
            try sendBack(&pump, party.configuration, until: most)
            // A resumed client is known by the leaf of its full handshake.
            #expect(pump.connection.peerLeafHash.count == 32)
            _ = try? pump.close(party.configuration, milliseconds: 2000)
            return pump.connection.negotiated.resumed
        }
    }

    @Test(arguments: Peer.available) func serverResumes(peer: Peer) throws {
        var server = try Server(cast)
        let client = try BackgroundProgram(
            [peer.program(), "client", server.port, "--resume", "--connections", "\(Self.rounds)"] + trust
                + pair(cast.client()))
        for round in 1...Self.rounds {
            let isResumed = try server.serve()
            #expect(isResumed == (round > 1), "\(round)")
        }
        let result = try client.finish()
        expectEchoed(result, connections: Self.rounds)
        #expect(result.output.components(separatedBy: "resumed=yes").count == Self.rounds, "\(result.output)")
    }

    @Test func serverResumesOpenssl() throws {
        var server = try Server(cast)
        let own = cast.client()
        let files = try TemporaryDirectory()
        for round in 1...Self.rounds {
            let client = try BackgroundProgram(
                [
                    "openssl", "s_client", "-connect", "127.0.0.1:\(server.port)", "-servername", "localhost",
                    "-CAfile",
                    cast.roots, "-cert", own.certificatePath, "-key", own.keyPath, "-sess_out", files.file("\(round)"),
                ] + (round > 1 ? ["-sess_in", files.file("\(round - 1)")] : []))
            client.send("abba\n")
            let isResumed = try server.serve(closingAfter: 5)
            #expect(isResumed == (round > 1), "\(round)")
            let result = try client.finish()
            #expect(result.output.contains(round > 1 ? "Reused, TLSv1.3" : "New, TLSv1.3"), "\(result.output)")
        }
    }

    /// gnutls-cli connects twice by itself.
    @Test func serverResumesGnutls() throws {
        var server = try Server(cast)
        let own = cast.client()
        let client = try BackgroundProgram([
            "gnutls-cli", "--port", server.port, "--resume", "--waitresumption", "--x509cafile", cast.roots,
            "--x509certfile", own.certificatePath, "--x509keyfile", own.keyPath, "localhost",
        ])
        let first = try server.serve()
        #expect(!first)
        client.endInput()
        let second = try server.serve()
        #expect(second)
        #expect(try client.finish().output.contains("This is a resumed session"))
    }
}
