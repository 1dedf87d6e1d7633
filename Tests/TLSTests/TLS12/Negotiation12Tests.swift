// How a version is settled (RFC 8446 §4.1.3, §4.2.1, Appendix D; RFC 7507), and what TLS 1.2 must have (RFC 7627, RFC 5746):
// the right refusal, with the right alert, of whatever somebody in between, or a peer of old, changes.
import TestSupport
import Testing

@testable import TLS

@Suite struct Negotiation12Tests {
    let identities: TestIdentities

    init() throws { identities = try TestIdentities.get() }

    /// What the server makes of a hello that was changed on its way, and what the client makes of the answer.
    private func failures(
        _ client: PeerSetup, _ server: PeerSetup, hello edit: (inout EditableHello) -> Void = { _ in },
        answer editAnswer: (inout EditableHello) -> Void = { _ in }
    ) throws -> (server: TLSError?, client: TLSError?) {
        let a = try TestPeer(.client, client)
        let b = try TestPeer(.server, server)
        try a.run()
        var hello = EditableHello(record: records(a.takeOutput())[0])
        edit(&hello)
        try b.give(hello.record)
        if let failure = b.failure {
            #expect(failure.alert != nil)
            return (failure, nil)
        }
        var flight = records(b.takeOutput())
        var message = EditableHello(record: flight[0])
        editAnswer(&message)
        // The messages behind the hello in the same record.
        let length = 9 + Int(flight[0][6]) << 16 + Int(flight[0][7]) << 8 + Int(flight[0][8])
        let rest = Array(flight.removeFirst().dropFirst(length))
        try a.give(message.record + (rest.isEmpty ? [] : recordHeader(22, rest.count) + rest) + flight.joined())
        return (nil, a.failure)
    }

    private var both: PeerSetup { identities.clientSetup }
    private var server: PeerSetup { identities.serverSetup }

    @Test func theEditorChangesNothingByItself() throws {
        let failures = try failures(both.only12, server)
        #expect(failures.server == nil && failures.client == nil)
    }

    /// A pair that knows TLS 1.3 never ends on TLS 1.2, whoever stands between.
    @Test func aForcedDowngradeIsNoticedByTheSentinel() throws {
        let failures = try failures(both, server, hello: { $0.remove(.supported_versions) })
        #expect(failures.client == .illegalParameter(.downgradeSentinel))
        #expect(failures.client?.alert == .illegal_parameter)
    }

    /// A server that does not know TLS 1.3 leaves its random as it is.
    @Test func aServerOfTLS12AloneSetsNoSentinel() throws {
        var random: [UInt8] = []
        _ = try failures(both, server.only12, answer: { random = $0.random })
        #expect(Array(random.suffix(8).prefix(7)) != Array("DOWNGRD".utf8))
        _ = try failures(both.only12, server, answer: { random = $0.random })
        #expect(Array(random.suffix(8)) == Array("DOWNGRD".utf8) + [1])
    }

    @Test func versionsThatDoNotMeet() throws {
        #expect(try failures(both.only13, server.only12).server == .peerIncompatible(.noCommonVersion))
        #expect(try failures(both.only12, server.only13).server == .peerIncompatible(.noCommonVersion))
        let old = try failures(both.only12, server, hello: { $0.legacyVersion = [3, 2] })
        #expect(old.server == .peerIncompatible(.noCommonVersion))
        let new = try failures(both.only12, server, answer: { $0.legacyVersion = [3, 2] })
        #expect(new.client == .peerIncompatible(.noCommonVersion))
        #expect(new.client?.alert == .protocol_version)
    }

    /// RFC 7507 §3.
    @Test func aFallbackIsRefusedWhereItWasNotNeeded() throws {
        func fallBack(_ hello: inout EditableHello) { hello.suites += [0x56, 0x00] }
        let refused = try failures(both.only12, server, hello: fallBack)
        #expect(refused.server == .peerIncompatible(.inappropriateFallback))
        #expect(refused.server?.alert == .inappropriate_fallback)
        #expect(try failures(both.only12, server.only12, hello: fallBack).server == nil)
    }

    /// RFC 7627 §5.2, §5.3.
    @Test func theExtendedMasterSecretIsRequired() throws {
        let hello = try failures(both.only12, server, hello: { $0.remove(.extended_master_secret) })
        #expect(hello.server == .peerIncompatible(.noExtendedMasterSecret))
        #expect(hello.server?.alert == .handshake_failure)
        let answer = try failures(both.only12, server, answer: { $0.remove(.extended_master_secret) })
        #expect(answer.client == .peerIncompatible(.noExtendedMasterSecret))
        func unsafe(_ setup: PeerSetup) -> PeerSetup {
            setup.configured { $0.unsafeAllowsMissingExtendedMasterSecret = true }
        }
        let allowed = try failures(
            unsafe(both.only12), unsafe(server), hello: { $0.remove(.extended_master_secret) })
        #expect(allowed.server == nil && allowed.client == nil)
    }

    /// RFC 5746 §3.4, §3.6.
    @Test func secureRenegotiationIsIndicatedAndDemanded() throws {
        let missing = try failures(both.only12, server, answer: { $0.remove(.renegotiation_info) })
        #expect(missing.client == .peerIncompatible(.noSecureRenegotiation))
        #expect(missing.client?.alert == .handshake_failure)
        let allowed = try failures(
            both.only12.configured { $0.unsafeAllowsMissingRenegotiationInfo = true }, server,
            answer: { $0.remove(.renegotiation_info) })
        #expect(allowed.client == nil)
        let fullAnswer = try failures(both.only12, server, answer: { $0.set(.renegotiation_info, [1, 7]) })
        #expect(fullAnswer.client == .peerMisbehaved(.renegotiationInfo))
        let full = try failures(both.only12, server, hello: { $0.set(.renegotiation_info, [1, 7]) })
        #expect(full.server == .peerMisbehaved(.renegotiationInfo))
        #expect(full.server?.alert == .handshake_failure)
        // The signal does as well as the extension; without either nothing is answered.
        var answer: EditableHello?
        _ = try failures(
            both.only12, server,
            hello: {
                $0.remove(.renegotiation_info)
                $0.suites += [0x00, 0xFF]
            }, answer: { answer = $0 })
        #expect(answer?.body(.renegotiation_info) == [0])
        _ = try failures(
            both.only12, server, hello: { $0.remove(.renegotiation_info) }, answer: { answer = $0 })
        #expect(answer?.extensions.contains { $0.type == .renegotiation_info } == false)
    }

    @Test func whatAServerHelloMayNotSay() throws {
        func failure(_ edit: @escaping (inout EditableHello) -> Void) throws -> TLSError? {
            try failures(both.only12, server, answer: edit).client
        }
        #expect(try failure { $0.suites = [0xC0, 0x13] } == .illegalParameter(.cipherSuiteNotOffered))
        #expect(try failure { $0.suites = [0x13, 0x01] } == .illegalParameter(.cipherSuiteNotOffered))
        #expect(try failure { $0.compression = [1] } == .illegalParameter(.compressionMethod))
        #expect(try failure { $0.set(.heartbeat, [1]) } == .peerMisbehaved(.unsolicitedExtension))
        #expect(try failure { $0.set(.key_share, [0, 29]) } == .illegalParameter(.extensionNotAllowed))
        #expect(try failure { $0.set(.ec_point_formats, [1, 1]) } == .illegalParameter(.pointFormats))
        #expect(try failure { $0.set(.extended_master_secret, [0]) } == .malformed(.server_hello))
        #expect(try failure { $0.set(.session_ticket, [0]) } == .malformed(.server_hello))
        #expect(try failure { $0.set(.max_fragment_length, [1]) } == .peerMisbehaved(.unsolicitedExtension))
    }

    /// RFC 8446 Appendix D.4: the identifier of a client that imitates TLS 1.2 is none that a server can know.
    @Test func anIdentifierThatMeansNothingIsNotEchoed() throws {
        let a = try TestPeer(.client, both)
        try a.run()
        let identifier = EditableHello(record: records(a.takeOutput())[0]).sessionID
        #expect(identifier.count == 32)
        let b = try TestPeer(.server, server.only12)
        let other = try TestPeer(.client, both.only12)
        try other.run()
        try b.give(other.takeOutput())
        var answer = EditableHello(record: records(b.takeOutput())[0])
        answer.sessionID = identifier
        try a.give(answer.record)
        #expect(a.failure == .illegalParameter(.sessionIDNotOffered))
    }

    @Test func whatAClientHelloMustHold() throws {
        func failure(_ edit: @escaping (inout EditableHello) -> Void) throws -> TLSError? {
            try failures(both.only12, server, hello: edit).server
        }
        #expect(try failure { $0.compression = [1] } == .illegalParameter(.compressionMethod))
        #expect(try failure { $0.compression = [1, 0] } == nil)
        #expect(try failure { $0.set(.ec_point_formats, [1, 2]) } == .illegalParameter(.pointFormats))
        #expect(try failure { $0.remove(.ec_point_formats) } == nil)
        #expect(try failure { $0.set(.supported_groups, [0, 2, 0, 30]) } == .peerIncompatible(.noCommonGroup))
        #expect(try failure { $0.remove(.supported_groups) } == nil)
        #expect(try failure { $0.remove(.signature_algorithms) } == .peerIncompatible(.noCommonSignatureScheme))
        // SHA-1 and MD5 sign nothing (SLOTH).
        #expect(
            try failure { $0.set(.signature_algorithms, [0, 4, 2, 3, 1, 1]) }
                == .peerIncompatible(.noCommonSignatureScheme))
        #expect(try failure { $0.suites = [0xC0, 0x09, 0x00, 0x35] } == .peerIncompatible(.noCommonCipherSuite))
        #expect(try failure { $0.set(.max_fragment_length, [9]) } == .illegalParameter(.maxFragmentLength))
        // What a client of TLS 1.3 would owe for its keys is not asked of one that ends here (RFC 8446 §4.2.9).
        let key = hex("0007 0001 aa 00000000 0021 20" + ExtensionSamples.binder)
        #expect(try failure { $0.set(.pre_shared_key, key) } == nil)
        // The server has no RSA key.
        #expect(try failure { $0.suites = [0xC0, 0x2F] } == .peerIncompatible(.noCommonSignatureScheme))
    }

    /// RFC 8422 §5.1: the certificate's own curve has to be one that the client supports.
    @Test func aCurveThatTheClientDoesNotSupportIsNotShown() throws {
        let p384 = PeerSetup(identities: [[identities.p384Server]], anchors: [identities.root])
        let failure = try failures(both.only12, p384, hello: { $0.set(.supported_groups, [0, 4, 0, 29, 0, 23]) })
        #expect(failure.server == .peerIncompatible(.noCommonSignatureScheme))
    }
}
