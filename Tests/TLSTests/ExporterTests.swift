// Exporters (RFC 8446 §7.5): both sides the same bytes, bound to label, context, length and connection.
import TLSCrypto
import TestSupport
import Testing

@testable import TLS

@Suite struct ExporterTests {
    let identities: TestIdentities

    init() throws { identities = try TestIdentities.get() }

    private func connected(_ suite: CipherSuite = .TLS_AES_128_GCM_SHA256) throws -> (TestPeer, TestPeer) {
        var setup = identities.clientSetup
        setup.configure = {
            $0.cipherSuites.removeAll()
            $0.cipherSuites.append(suite)
        }
        let client = try TestPeer(.client, setup)
        let server = try TestPeer(.server, identities.serverSetup)
        try converse(client, server)
        return (client, server)
    }

    @Test(arguments: [CipherSuite.TLS_AES_128_GCM_SHA256, .TLS_AES_256_GCM_SHA384])
    func bothSidesExportTheSameAndNothingElseDoes(_ suite: CipherSuite) throws {
        let (client, server) = try connected(suite)
        let key = try client.connection.export("EXPORTER-Channel-Binding", "", 32)
        #expect(try server.connection.export("EXPORTER-Channel-Binding", "", 32) == key)
        #expect(Set(key).count > 8)
        #expect(try client.connection.export("EXPORTER-Channel-Bindinh", "", 32) != key)
        #expect(try client.connection.export("EXPORTER-Channel-Binding", "context", 32) != key)
        // HkdfLabel holds the length, so a shorter key is no beginning of a longer one.
        #expect(try client.connection.export("EXPORTER-Channel-Binding", "", 16) != Array(key.prefix(16)))
        let (other, _) = try connected(suite)
        #expect(try other.connection.export("EXPORTER-Channel-Binding", "", 32) != key)
    }

    /// RFC 9266 §2, in both versions; without an extended master secret there is none.
    @Test(arguments: [ProtocolVersion.tls13, .tls12]) func tlsExporterBindsToTheConnection(_ version: ProtocolVersion)
        throws
    {
        func bindings() throws -> [[UInt8]] {
            let client = try TestPeer(.client, identities.clientSetup.only(version))
            let server = try TestPeer(.server, identities.serverSetup.only(version))
            #expect(throws: TLSError.misuse(.notEstablished)) { _ = try client.connection.tlsExporter() }
            try converse(client, server)
            let exported = try client.connection.export("EXPORTER-Channel-Binding", "", 32)
            let own = array(try client.connection.tlsExporter().bytes)
            #expect(own == exported && own.count == 32)
            return [own, array(try server.connection.tlsExporter().bytes)]
        }
        let (first, second) = (try bindings(), try bindings())
        #expect(first[0] == first[1] && second[0] == second[1] && first[0] != second[0])
    }

    @Test func noTLSExporterWithoutAnExtendedMasterSecret() throws {
        let client = try TestPeer(.client, identities.clientSetup.only12)
        try converse(client, TestPeer(.server, identities.serverSetup))
        _ = try client.connection.tlsExporter()
        // As in a handshake that did without it, which both sides would have to agree on.
        client.connection.core.negotiated.extendedMasterSecret = false
        #expect(throws: TLSError.misuse(.noExtendedMasterSecret)) { _ = try client.connection.tlsExporter() }
    }

    /// RFC 8446 §7.5 written out with other calls than ours.
    @Test func itIsTheFormulaOfTheRFC() throws {
        let (client, _) = try connected()
        let secret = Array(client.connection.copyExporterSecret().prefix(32))
        func expand(_ secret: [UInt8], _ label: String, _ context: [UInt8], _ count: Int) throws -> [UInt8] {
            let label = Array(("tls13 " + label).utf8)
            let info =
                [UInt8(count >> 8), UInt8(count & 255), UInt8(label.count)] + label + [UInt8(context.count)] + context
            var output = [UInt8](repeating: 0, count: count)
            var memory = output.mutableSpan
            try hkdfExpand(.sha256, pseudorandomKey: secret.span, info: info.span, into: &memory)
            return output
        }
        func sha256(_ text: String) throws -> [UInt8] { array(try digest(.sha256, Array(text.utf8).span).bytes) }
        let derived = try expand(secret, "label", sha256(""), 32)
        let expected = try expand(derived, "exporter", sha256("context"), 100)
        #expect(try client.connection.export("label", "context", 100) == expected)
    }

    @Test func lengthsAndLabelsHaveTheirBounds() throws {
        let (client, _) = try connected()
        #expect(try client.connection.export("x", "", 255 * 32).count == 255 * 32)
        for (label, count) in [("x", 255 * 32 + 1), ("x", 0), ("", 32), (String(repeating: "x", count: 250), 32)] {
            #expect(throws: TLSError.misuse(.badConfiguration)) { _ = try client.connection.export(label, "", count) }
        }
        _ = try client.connection.export(String(repeating: "x", count: 249), "", 32)
    }

    @Test func onlyAnEstablishedConnectionExports() throws {
        let client = try TestPeer(.client, identities.clientSetup)
        #expect(throws: TLSError.misuse(.notEstablished)) { _ = try client.connection.export("x", "", 32) }
        let (failed, _) = try connected()
        failed.connection.receiveEndOfStream()
        #expect(throws: TLSError.misuse(.notEstablished)) { _ = try failed.connection.export("x", "", 32) }
        #expect(!failed.connection.copyExporterSecret().contains { $0 != 0 })
    }
}

extension Connection {
    func export(_ label: String, _ context: String, _ count: Int) throws(TLSError) -> [UInt8] {
        let (label, context) = (Array(label.utf8), Array(context.utf8))
        var output = [UInt8](repeating: 0, count: count)
        var memory = output.mutableSpan
        try exportKeyingMaterial(label: label.span, context: context.span, into: &memory)
        return output
    }

    func copyExporterSecret() -> [UInt8] { array(core.exporter.bytes) }
}
