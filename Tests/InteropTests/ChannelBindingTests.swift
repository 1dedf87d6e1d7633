// What binds a protocol inside to its connection, in TLS 1.2 with programs that are not ours: tls-unique (RFC 5929 §3) in full and
// resumed handshakes, tls-exporter (RFC 9266) and exporters (RFC 5705), with an extended master secret (RFC 7627).
import Bytes
import Foundation
import TLS
import TestSupport
import Testing
import Transport
import X509

@Suite struct ChannelBindingTests {
    let cast: Certificates

    init() throws { cast = try certificates() }

    private struct Bindings: Equatable {
        let unique: String
        let exporter: String
        let exported: String
        let resumed: Bool

        init(_ connection: borrowing Connection) throws {
            unique = hex(array(connection.tlsUnique.bytes))
            exporter = hex(array(try connection.tlsExporter().bytes))
            var material = [UInt8](repeating: 0, count: 42)
            var memory = material.mutableSpan
            let label = Array("EXPERIMENTAL-test".utf8)
            try connection.exportKeyingMaterial(label: label.span, context: nil, into: &memory)
            exported = hex(material)
            resumed = connection.negotiated.resumed
        }
    }

    // A client of ours

    /// A connection of TLS 1.2, what binds to it, and the session for the next one.
    private func visit(
        _ port: String, offering session: [UInt8]? = nil, isAnswered: Bool = true
    ) throws -> (Bindings, session: [UInt8]) {
        var party = try Party(cast.client(), trusting: cast.root)
        party.configuration.versions.removeAll()
        party.configuration.versions.append(.tls12)
        var pump = try party.greet(port, offering: session)
        var answer = [UInt8](repeating: 0, count: 16)
        var span = answer.mutableSpan
        if isAnswered { _ = try pump.read(into: &span, party.configuration, milliseconds: 10_000) }
        let taken = try takeSession(&pump)
        let bindings = try Bindings(pump.connection)
        _ = try? pump.close(party.configuration, milliseconds: 2000)
        return (bindings, taken)
    }

    @Test func aClientHasWhatPythonHas() throws {
        let server = try Theirs.python(
            cast.server(),
            """
            made = context()
            made.maximum_version = ssl.TLSVersion.TLSv1_2
            for _ in range(2):
                connection = accept(made=made)
                connection.sendall(connection.recv(100))
                print(connection.session_reused, connection.get_channel_binding("tls-unique").hex(), flush=True)
            """)
        let first = try visit(server.port)
        let second = try visit(server.port, offering: first.session)
        // In a resumption the first Finished is the server's.
        #expect(!first.0.resumed && second.0.resumed)
        #expect(first.0.unique.utf8.count == 24 && first.0.unique != second.0.unique)
        let said = try server.program.finish().output
        for (bindings, word) in [(first.0, "False"), (second.0, "True")] {
            #expect(said.contains("\(word) \(bindings.unique)\n"), "\(said)")
        }
    }

    @Test func aClientExportsWhatOpensslExports() throws {
        let server = try Theirs.openssl(
            cast.server(), ["-tls1_2", "-keymatexport", "EXPERIMENTAL-test", "-keymatexportlen", "42"])
        let (bindings, _) = try visit(server.port, isAnswered: false)
        try server.program.wait("their material") {
            server.program.output.contains("Keying material: \(bindings.exported.uppercased())\n")
        }
    }

    // A server of ours

    /// gnutls-cli prints all of them.
    @Test func aServerHasWhatGnutlsHas() throws {
        var party = try Party(cast.server(), trusting: cast.root)
        party.configuration.clientCertificates = .none
        party.configuration.trust.names.append(.any)
        let port = try freePort()
        var listener = try Listener(at: Endpoint(Array("127.0.0.1:\(port)".utf8).span))
        let client = try BackgroundProgram([
            "gnutls-cli", "--verbose", "--port", "\(port)", "--priority",
            gnutlsPriority(":-VERS-TLS1.3:+VERS-TLS1.2"), "--x509cafile", cast.roots, "localhost",
        ])
        let hasCome = try listener.wait(milliseconds: 10_000)
        #expect(hasCome)
        guard let accepted = try listener.accept() else { throw DidNotHappen(description: "no client came") }
        var pump = Pump(try party.connection(.server), over: accepted)
        try pump.handshake(party.configuration, &party.signer, milliseconds: 10_000)
        let version = pump.connection.negotiated.version
        #expect(version == ProtocolVersion.tls12)
        let bindings = try Bindings(pump.connection)
        try client.wait("its bindings") { client.output.contains("Simple Client Mode") }
        #expect(client.output.contains("'tls-unique': \(bindings.unique)\n"), "\(client.output)")
        #expect(client.output.contains("'tls-exporter': \(bindings.exporter)\n"), "\(bindings) \(client.output)")
    }
}
