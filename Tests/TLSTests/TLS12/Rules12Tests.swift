// The rules of TLS 1.2 behind the hellos: change_cipher_spec in its place alone (CVE-2014-0224), no renegotiation, warnings
// within a budget, signatures with SHA-2 alone, sizes of records, and an end before a key is used up.
import TestSupport
import Testing

@testable import TLS

@Suite struct Rules12Tests {
    let identities: TestIdentities

    init() throws { identities = try TestIdentities.get() }

    private static let changeCipherSpec: [UInt8] = recordHeader(20, 1) + [1]

    private func established(
        _ client: PeerSetup? = nil, _ server: PeerSetup? = nil
    ) throws -> (client: TestPeer, server: TestPeer) {
        let a = try TestPeer(.client, client ?? identities.clientSetup.only12)
        let b = try TestPeer(.server, server ?? identities.serverSetup)
        try converse(a, b)
        #expect(a.isEstablished && b.isEstablished)
        return (a, b)
    }

    @Test func aChangeCipherSpecBeforeTheHelloIsRefused() throws {
        let server = try TestPeer(.server, identities.serverSetup)
        let client = try TestPeer(.client, identities.clientSetup.only12)
        try client.run()
        let hello = client.takeOutput()
        try server.give(Self.changeCipherSpec + hello)
        #expect(server.failure == .peerMisbehaved(.unexpectedRecord))
        let other = try TestPeer(.server, identities.serverSetup)
        try other.give(hello)
        try client.give(Self.changeCipherSpec + other.takeOutput())
        #expect(client.failure == .peerMisbehaved(.unexpectedRecord))
    }

    /// Before a master secret there is nothing to change to.
    @Test func aChangeCipherSpecBeforeTheKeyExchangeIsRefused() throws {
        let server = try TestPeer(.server, identities.serverSetup)
        let client = try TestPeer(.client, identities.clientSetup.only12)
        try client.run()
        try server.give(client.takeOutput())
        _ = server.takeOutput()
        try server.run()
        try server.give(Self.changeCipherSpec)
        #expect(server.failure == .peerMisbehaved(.unexpectedRecord))
        #expect(server.failure?.alert == .unexpected_message)
    }

    @Test func applicationDataInTheHandshakeIsRefused() throws {
        let server = try TestPeer(.server, identities.serverSetup)
        let client = try TestPeer(.client, identities.clientSetup.only12)
        try client.run()
        try server.give(client.takeOutput())
        _ = server.takeOutput()
        try server.run()
        try server.give(recordHeader(23, 4) + [1, 2, 3, 4])
        #expect(server.failure == .peerMisbehaved(.unexpectedRecord))
        #expect(server.received.isEmpty)
    }

    /// RFC 5246 §7.2.2, §7.4.1.1: we never renegotiate, whoever asks.
    @Test func renegotiationIsRefused() throws {
        let first = try established()
        try first.server.send(.handshake, [0, 0, 0, 0])
        try converse(first.client, first.server)
        #expect(first.client.failure == .peerMisbehaved(.renegotiation))
        #expect(first.server.failure == .alertReceived(.no_renegotiation_RESERVED))
        let second = try established()
        let again = try TestPeer(.client, identities.clientSetup.only12)
        try again.run()
        try second.client.send(.handshake, Array(again.takeOutput().dropFirst(5)))
        try converse(second.client, second.server)
        #expect(second.server.failure == .peerMisbehaved(.renegotiation))
        #expect(second.client.failure == .alertReceived(.no_renegotiation_RESERVED))
    }

    @Test(arguments: [HandshakeType.finished, .key_update, .new_session_ticket, .certificate_request])
    func noMessageIsTakenAfterTheHandshake(_ type: HandshakeType) throws {
        let pair = try established()
        try pair.server.send(.handshake, [type.rawValue, 0, 0, 1, 0])
        try converse(pair.client, pair.server)
        #expect(pair.client.failure == .peerMisbehaved(.unexpectedMessage))
    }

    @Test func aChangeCipherSpecAfterTheHandshakeIsRefused() throws {
        let pair = try established()
        try pair.client.give(Self.changeCipherSpec)
        #expect(pair.client.failure == .peerMisbehaved(.badRecordMAC))
        let sealed = try established()
        try sealed.server.send(.change_cipher_spec, [1])
        try converse(sealed.client, sealed.server)
        #expect(sealed.client.failure == .peerMisbehaved(.unexpectedRecord))
    }

    /// RFC 5246 §7.2: a warning does not end the connection; but not without end.
    @Test func warningsAreBorneWithinTheBudget() throws {
        let pair = try established()
        for count in 1...5 {
            try pair.server.send(.alert, [AlertLevel.warning.rawValue, 112])
            try converse(pair.client, pair.server)
            #expect(pair.client.failure == (count <= 4 ? nil : .peerMisbehaved(.tooManyWarnings)))
        }
        let other = try established()
        try other.server.send(.alert, [AlertLevel.fatal.rawValue, 112])
        try converse(other.client, other.server)
        #expect(other.client.failure == .alertReceived(.unrecognized_name))
    }

    /// A server that warns that it does not know the name, before its hello, as some do.
    @Test func aWarningBeforeTheServerHelloIsBorne() throws {
        for (setup, isBorne) in [(identities.clientSetup, true), (identities.clientSetup.only13, false)] {
            let client = try TestPeer(.client, setup)
            try client.run()
            _ = client.takeOutput()
            try client.give(recordHeader(21, 2) + [1, 112])
            #expect(client.failure == (isBorne ? nil : .alertReceived(.unrecognized_name)))
        }
    }

    /// TLS 1.2 has no KeyUpdate: the connection ends before its key has protected too much.
    @Test func theConnectionEndsBeforeTheKeyIsUsedUp() throws {
        let pair = try established()
        pair.client.connection.core.writer.recordLimit = 4
        #expect(throws: TLSError.limitExceeded(.recordsUnderOneKey, capacity: .max, needed: .max)) {
            for _ in 0..<8 {
                _ = try pair.client.write("x")
                _ = pair.client.takeOutput()
            }
        }
        try pair.client.run()
        #expect(pair.client.failure?.alert == .internal_error)
        let other = try established()
        #expect(throws: TLSError.misuse(.noKeyUpdate)) { try other.client.connection.updateKeys() }
    }

    /// RFC 6066 §4: the client asks, the server agrees, both keep to it.
    @Test func recordsAreAsShortAsMaxFragmentLengthSays() throws {
        // record_size_limit wins where both are told (RFC 8449 §5), so the hello loses it on its way; then the two
        // transcripts differ, and the flights up to there are what is looked at.
        let client = try TestPeer(
            .client, identities.clientSetup.only12.configured { $0.maxFragmentLength = .bytes512 })
        let server = try TestPeer(.server, identities.serverSetup)
        try client.run()
        var hello = EditableHello(record: records(client.takeOutput())[0])
        #expect(hello.body(.max_fragment_length) == [1])
        hello.remove(.record_size_limit)
        try server.give(hello.record)
        let flight = server.takeOutput()
        #expect(records(flight).count > 1)
        for record in records(flight) { #expect(record.count <= 5 + 512) }
        #expect(EditableHello(record: records(flight)[0]).body(.max_fragment_length) == [1])
        try client.give(flight)
        #expect(client.failure == nil)
        for record in records(client.takeOutput()) { #expect(record.count <= 5 + 512 + 24) }
        let both = try TestPeer(
            .client, identities.clientSetup.only12.configured { $0.maxFragmentLength = .bytes512 })
        let other = try TestPeer(.server, identities.serverSetup)
        try converse(both, other)
        #expect(both.isEstablished && other.isEstablished)
    }

    /// RFC 8449 §4: in TLS 1.2 the limit counts the plaintext alone.
    @Test func recordsAreAsShortAsTheLimitSays() throws {
        var small = identities.clientSetup.only12
        small.limits = Limits(inboundFragment: 512, handshakeMessage: 4096)
        let limits = small.limits
        let pair = try established(small.configured { $0.limits = limits })
        _ = try pair.server.write(String(repeating: "x", count: 2000))
        let output = pair.server.takeOutput()
        #expect(records(output).map(\.count).max() == 5 + 8 + 513 + 16)
        try pair.client.give(output)
        #expect(pair.client.failure == nil && pair.client.received.count == 2000)
    }

    /// The record layer's tag covers type, version and length (RFC 5246 §6.2.3.3).
    @Test(arguments: [0, 1, 2, 5, 12, 13, 30])
    func aChangedRecordIsNotOpened(_ place: Int) throws {
        let pair = try established()
        _ = try pair.server.write(String(repeating: "x", count: 32))
        var output = pair.server.takeOutput()
        output[place] ^= 1
        try pair.client.give(output)
        let failure = pair.client.failure
        switch place {
        case 1, 2: #expect(failure == .peerMisbehaved(.recordVersion))
        default: #expect(failure == .peerMisbehaved(.badRecordMAC))
        }
        #expect(pair.client.received.isEmpty)
    }

    /// rsa_pkcs1_sha1, ecdsa_sha1, and RSA and ECDSA with MD5 (RFC 5246 §7.4.1.4.1).
    static let weakSchemes: [[UInt8]] = [[2, 1], [2, 3], [1, 1], [1, 3]]

    /// threats.md, SLOTH: "No MD5 or SHA-1 in ServerKeyExchange, CertificateVerify or CertificateRequest".
    @Test(arguments: weakSchemes) func aServerKeyExchangeWithSHA1OrMD5IsRefused(scheme: [UInt8]) throws {
        let client = try TestPeer(.client, identities.clientSetup.only12)
        let server = try TestPeer(.server, identities.serverSetup)
        try client.run()
        try server.give(client.takeOutput())
        let editor = FlightEditor(holder: server, sender: .server)
        var messages = try editor.open(server.takeOutput())
        let index = try #require(messages.firstIndex { $0.type == .server_key_exchange_RESERVED })
        // named_curve, x25519, 32 bytes with their length in front; then the scheme.
        messages[index].bytes.replaceSubrange((4 + 36)..<(4 + 38), with: scheme)
        try client.give(try editor.seal(messages))
        #expect(client.failure == .illegalParameter(.signatureSchemeNotOffered))
    }

    /// threats.md, SLOTH: the same of a client's CertificateVerify.
    @Test(arguments: weakSchemes) func aCertificateVerifyWithSHA1OrMD5IsRefused(scheme: [UInt8]) throws {
        let client = try TestPeer(.client, identities.clientSetup.only12)
        let server = try TestPeer(.server, identities.serverSetup)
        try client.run()
        try server.give(client.takeOutput())
        try client.give(server.takeOutput())
        let editor = FlightEditor(holder: client, sender: .client)
        var messages = try editor.open(client.takeOutput())
        let index = try #require(messages.firstIndex { $0.type == .certificate_verify })
        messages[index].bytes.replaceSubrange(4..<6, with: scheme)
        try server.run()
        try server.give(try editor.seal(messages))
        #expect(server.failure == .illegalParameter(.signatureSchemeNotOffered))
    }

    /// threats.md, SLOTH: and to a CertificateRequest for nothing else we show no certificate and sign nothing.
    @Test(arguments: weakSchemes) func aCertificateRequestForSHA1OrMD5GetsNoSignature(scheme: [UInt8]) throws {
        for certificate in [identities.client, identities.rsaServer] {
            let setup = PeerSetup(identities: [[certificate]], anchors: [identities.root]).only12
            let client = try TestPeer(.client, setup)
            let server = try TestPeer(.server, identities.serverSetup)
            try client.run()
            try server.give(client.takeOutput())
            let editor = FlightEditor(holder: server, sender: .server)
            var messages = try editor.open(server.takeOutput())
            let index = try #require(messages.firstIndex { $0.type == .certificate_request })
            // ecdsa_sign and rsa_sign; one scheme; no authorities.
            messages[index] = messages[index].with(body: [2, 64, 1, 0, 2] + scheme + [0, 0])
            try client.give(try editor.seal(messages))
            #expect(client.failure == nil)
            let answer = try FlightEditor(holder: client, sender: .client).open(client.takeOutput())
            #expect(answer[0].type == .certificate && answer[0].body == [0, 0, 0])
            #expect(!answer.contains { $0.type == .certificate_verify })
        }
    }

    @Test func aPointOffTheCurveIsRefused() throws {
        let setup = identities.serverSetup.with(groups: [.secp256r1])
        let client = try TestPeer(.client, identities.clientSetup.only12)
        let server = try TestPeer(.server, setup)
        try client.run()
        try server.give(client.takeOutput())
        try client.give(server.takeOutput())
        // The server learns its keys from the flight itself.
        let editor = FlightEditor(holder: client, sender: .client)
        var messages = try editor.open(client.takeOutput())
        let index = try #require(messages.firstIndex { $0.type == .client_key_exchange_RESERVED })
        messages[index].bytes[20] ^= 1
        try server.run()
        try server.give(try editor.seal(messages))
        #expect(server.failure == .illegalParameter(.keyShareInvalid))
    }
}

extension TestPeer {
    /// Sends bytes as a record of a type, sealed under the connection's own key, whatever they are.
    func send(_ type: ContentType, _ bytes: [UInt8]) throws {
        _ = try connection.core.writer.append(type, bytes.span)
        try connection.core.writer.seal()
    }
}
