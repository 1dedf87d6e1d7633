// What the choices of TLS 1.2 say about certificates: the server's key has to fit the suite and the client's curves (RFC 5246
// §7.4.2, RFC 8422 §5.3), the client's the types that the server names (§7.4.4).
import TestSupport
import Testing

@testable import TLS

@Suite struct Certificates12Tests {
    let identities: TestIdentities

    init() throws { identities = try TestIdentities.get() }

    private func server(_ certificate: TestCertificate) -> PeerSetup {
        PeerSetup(identities: [[certificate]], anchors: [identities.root])
    }

    /// What a client makes of a server's first flight, of which `edit` changes the ServerHello.
    private func failure(
        _ server: PeerSetup, _ client: PeerSetup? = nil, hello editHello: (inout EditableHello) -> Void = { _ in },
        answer edit: (inout EditableHello) -> Void = { _ in }
    ) throws -> TLSError? {
        let a = try TestPeer(.client, client ?? PeerSetup(anchors: [identities.root]).only12)
        let b = try TestPeer(.server, server)
        try a.run()
        var hello = EditableHello(record: records(a.takeOutput())[0])
        editHello(&hello)
        try b.give(hello.record)
        let messages = try FlightEditor(holder: b, sender: .server).open(b.takeOutput())
        var answer = EditableHello(record: recordHeader(22, messages[0].bytes.count) + messages[0].bytes)
        edit(&answer)
        try a.give(answer.record)
        for message in messages.dropFirst() {
            guard a.failure == nil else { break }
            try a.give(recordHeader(22, message.bytes.count) + message.bytes)
        }
        return a.failure
    }

    /// RFC 5246 §7.4.2. The signature would verify with the key that was shown.
    @Test func aKeyThatDoesNotFitTheSuiteIsRefused() throws {
        let ecdsa = CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
        let rsa = CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
        for (certificate, right, wrong) in [
            (identities.server, ecdsa, rsa), (identities.rsaServer, rsa, ecdsa), (identities.p384Server, ecdsa, rsa),
        ] {
            let setup = server(certificate).with(suite: right)
            #expect(try failure(setup) == nil)
            let mismatch = try failure(setup, answer: { $0.suites = [0xC0, UInt8(wrong.rawValue & 255)] })
            #expect(mismatch == .illegalParameter(.certificateKeyKind))
            #expect(mismatch?.alert == .illegal_parameter)
            // Whatever is trusted: a pin, or anything at all.
            let trusting = PeerSetup().only12.configured { $0.trust.unsafeAcceptsAnyCertificate = true }
            #expect(
                try failure(setup, trusting, answer: { $0.suites = [0xC0, UInt8(wrong.rawValue & 255)] })
                    == .illegalParameter(.certificateKeyKind))
        }
    }

    /// RFC 8422 §5.3. In TLS 1.3 supported_groups says nothing about certificates.
    @Test func aCurveThatWasNotNamedIsRefused() throws {
        let client = PeerSetup(anchors: [identities.root]).with(groups: [.x25519, .secp384r1])
        func nameAll(_ hello: inout EditableHello) { hello.set(.supported_groups, [0, 6, 0, 29, 0, 23, 0, 24]) }
        #expect(
            try failure(server(identities.server), client.only12, hello: nameAll)
                == .illegalParameter(.certificateCurve))
        #expect(try failure(server(identities.p384Server), client.only12, hello: nameAll) == nil)
        #expect(try failure(server(identities.rsaServer), client.only12, hello: nameAll) == nil)
        let a = try TestPeer(.client, client.only13)
        let b = try TestPeer(.server, server(identities.server))
        try converse(a, b)
        #expect(a.isEstablished && b.isEstablished)
    }

    /// RFC 5246 §7.4.4, §7.4.6: a client whose certificate is of no type that was named sends an empty list.
    @Test(arguments: [[1], [64], [1, 64], [2], [3, 4, 64]] as [[UInt8]])
    func onlyATypeThatTheServerNamesIsShown(_ types: [UInt8]) throws {
        for (certificate, type) in [(identities.client, 64), (identities.rsaServer, 1)] as [(TestCertificate, UInt8)] {
            let client = try TestPeer(
                .client, PeerSetup(identities: [[certificate]], anchors: [identities.root]).only12)
            let server = try TestPeer(.server, identities.serverSetup)
            try client.run()
            try server.give(client.takeOutput())
            let editor = FlightEditor(holder: server, sender: .server)
            var messages = try editor.open(server.takeOutput())
            let index = try #require(messages.firstIndex { $0.type == .certificate_request })
            let body = messages[index].body
            #expect(Array(body[0..<3]) == [2, 64, 1])
            messages[index] = messages[index].with(body: [UInt8(types.count)] + types + body.dropFirst(3))
            try client.give(try editor.seal(messages))
            #expect(client.failure == nil)
            let answer = try FlightEditor(holder: client, sender: .client).open(client.takeOutput())
            #expect(answer[0].type == .certificate)
            #expect((answer[0].body == [0, 0, 0]) == !types.contains(type))
            #expect(
                answer.contains { $0.bytes[0] == HandshakeType.certificate_verify.rawValue } == types.contains(type))
        }
    }

    /// RFC 5246 §7.4.4: every scheme that we accept is named, those with SHA-512, too.
    @Test func everySchemeIsAskedFor() throws {
        let client = try TestPeer(.client, identities.clientSetup.only12)
        let server = try TestPeer(.server, identities.serverSetup)
        try client.run()
        try server.give(client.takeOutput())
        let messages = try FlightEditor(holder: server, sender: .server).open(server.takeOutput())
        let request = try #require(messages.first { $0.type == .certificate_request })
        let schemes = server.configuration.signatureSchemes
        let wire = (0..<schemes.count).flatMap { index in
            let value = schemes.elements[index].rawValue
            return [UInt8(value >> 8), UInt8(value & 255)]
        }
        #expect(Array(request.body.dropFirst(3)) == [0, UInt8(wire.count)] + wire + [0, 0])
    }
}
