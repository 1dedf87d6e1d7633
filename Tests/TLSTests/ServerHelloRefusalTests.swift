// ServerHello and HelloRetryRequest that a client must refuse (RFC 8446 §4.1.3, §4.1.4, §4.2, §4.2.8).
import TestSupport
import Testing

@testable import TLS

@Suite struct ServerHelloRefusalTests {
    let identities: TestIdentities

    init() throws { identities = try TestIdentities.get() }

    /// A client that has sent its hello, and the honest server's answer to it, the first record alone.
    private func start(_ configure: @escaping (inout Configuration) -> Void = { _ in }) throws -> (
        TestPeer, EditableHello
    ) {
        let client = try TestPeer(.client, identities.clientSetup)
        var setup = identities.serverSetup
        setup.configure = configure
        let server = try TestPeer(.server, setup)
        try client.run()
        try server.give(client.takeOutput())
        return (client, EditableHello(record: records(server.takeOutput())[0]))
    }

    private func failure(_ edit: (inout EditableHello) -> Void) throws -> TLSError? {
        var (client, hello) = try start()
        edit(&hello)
        try client.give(hello.record)
        return client.failure
    }

    @Test func tls12IsNotSpokenByAClientOfTLS13Alone() throws {
        let client = try TestPeer(.client, identities.clientSetup.only13)
        var (_, hello) = try start()
        hello.remove(.supported_versions)
        try client.run()
        _ = client.takeOutput()
        try client.give(hello.record)
        #expect(client.failure == .peerIncompatible(.noCommonVersion))
        // A client of both takes it for TLS 1.2, whose suite it is not.
        #expect(try failure { $0.remove(.supported_versions) } == .illegalParameter(.cipherSuiteNotOffered))
    }

    @Test func downgradeSentinelsAreChecked() throws {
        for last: UInt8 in [0, 1] {
            let error = try failure {
                $0.remove(.supported_versions)
                $0.random.replaceSubrange(24..<32, with: [0x44, 0x4F, 0x57, 0x4E, 0x47, 0x52, 0x44, last])
            }
            #expect(error == .illegalParameter(.downgradeSentinel))
        }
    }

    @Test func whatMustComeBackUnchanged() throws {
        #expect(try failure { $0.sessionID[0] ^= 1 } == .illegalParameter(.sessionIDNotEchoed))
        #expect(try failure { $0.sessionID = [] } == .illegalParameter(.sessionIDNotEchoed))
        #expect(try failure { $0.compression = [1] } == .malformed(.server_hello))
        #expect(try failure { $0.suites = [0x13, 0x05] } == .illegalParameter(.cipherSuiteNotOffered))
        #expect(try failure { $0.suites = [0xC0, 0x2B] } == .illegalParameter(.cipherSuiteNotOffered))
        #expect(try failure { $0.set(.supported_versions, [3, 3]) } == .illegalParameter(.versionNotOffered))
        #expect(try failure { $0.set(.supported_versions, [3, 5]) } == .illegalParameter(.versionNotOffered))
        #expect(try failure { $0.legacyVersion = [3, 4] } == .illegalParameter(.versionNotOffered))
    }

    @Test func keyShares() throws {
        #expect(try failure { $0.remove(.key_share) } == .missingExtension(.key_share))
        let point = [UInt8](repeating: 9, count: 65)
        #expect(try failure { $0.set(.key_share, [0, 0x17, 0, 65] + point) } == .illegalParameter(.groupNotOffered))
        let short = [UInt8](repeating: 9, count: 31)
        #expect(try failure { $0.set(.key_share, [0, 0x1D, 0, 31] + short) } == .illegalParameter(.keyShareInvalid))
        let zero = [UInt8](repeating: 0, count: 32)
        #expect(try failure { $0.set(.key_share, [0, 0x1D, 0, 32] + zero) } == .illegalParameter(.keyShareInvalid))
        #expect(try failure { $0.set(.key_share, [0, 0x1D, 0, 0]) } == .malformed(.server_hello))
    }

    @Test func pointsOffTheCurveAndAtInfinity() throws {
        for body in [[0x00], [0x04] + [UInt8](repeating: 1, count: 64), [0x02] + [UInt8](repeating: 1, count: 32)] {
            var setup = identities.clientSetup
            setup.configure = {
                $0.groups.removeAll()
                $0.groups.append(.secp256r1)
            }
            let client = try TestPeer(.client, setup)
            let server = try TestPeer(.server, identities.serverSetup)
            try client.run()
            try server.give(client.takeOutput())
            var hello = EditableHello(record: records(server.takeOutput())[0])
            hello.set(.key_share, [0, 0x17, 0, UInt8(body.count)] + body)
            try client.give(hello.record)
            #expect(client.failure == .illegalParameter(.keyShareInvalid))
        }
    }

    @Test func extensionsThatWereNotOfferedOrDoNotBelong() throws {
        #expect(try failure { $0.set(.pre_shared_key, [0, 0]) } == .peerMisbehaved(.unsolicitedExtension))
        #expect(try failure { $0.set(ExtensionType(rawValue: 0x7777), []) } == .peerMisbehaved(.unsolicitedExtension))
        #expect(
            try failure { $0.set(.application_layer_protocol_negotiation, [0, 2, 1, 97]) }
                == .illegalParameter(.extensionNotAllowed))
        #expect(
            try failure { $0.extensions.append($0.extensions[0]) } == .peerMisbehaved(.duplicateExtension))
    }

    // HelloRetryRequest

    private func retry() throws -> (TestPeer, EditableHello) {
        try start {
            $0.groups.removeAll()
            $0.groups.append(.secp384r1)
        }
    }

    private func retryFailure(_ edit: (inout EditableHello) -> Void) throws -> TLSError? {
        var (client, hello) = try retry()
        edit(&hello)
        try client.give(hello.record)
        return client.failure
    }

    @Test func aRetryMustChangeSomethingThatWasOffered() throws {
        #expect(try retryFailure { _ in } == nil)
        #expect(try retryFailure { $0.set(.key_share, [0, 0x1D]) } == .illegalParameter(.keyShareAlreadySent))
        #expect(try retryFailure { $0.set(.key_share, [0, 0x19]) } == .illegalParameter(.groupNotOffered))
        #expect(try retryFailure { $0.remove(.key_share) } == .illegalParameter(.helloRetryRequestChangesNothing))
        let cookie = [UInt8](repeating: 1, count: Limits.cookie + 1)
        let body = [UInt8(cookie.count >> 8), UInt8(cookie.count & 255)] + cookie
        #expect(
            try retryFailure { $0.set(.cookie, body) }
                == .limitExceeded(.cookie, capacity: Limits.cookie, needed: Limits.cookie + 1))
    }

    @Test func aCookieComesBack() throws {
        var (client, hello) = try retry()
        hello.set(.cookie, [0, 3, 7, 8, 9])
        try client.give(hello.record)
        #expect(client.failure == nil)
        let second = records(client.takeOutput()).first { $0[0] == 22 } ?? []
        #expect(EditableHello(record: second).body(.cookie) == [0, 3, 7, 8, 9])
        // A cookie alone is a change too: the same share again.
        var (other, onlyCookie) = try retry()
        onlyCookie.remove(.key_share)
        onlyCookie.set(.cookie, [0, 1, 7])
        try other.give(onlyCookie.record)
        #expect(other.failure == nil)
    }

    @Test func onlyOneRetryAndTheSuiteStays() throws {
        let (client, hello) = try retry()
        try client.give(hello.record)
        _ = client.takeOutput()
        try client.give(hello.record)
        #expect(client.failure == .peerMisbehaved(.secondHelloRetryRequest))
        let (other, first) = try retry()
        try other.give(first.record)
        _ = other.takeOutput()
        var (_, second) = try start()
        second.sessionID = first.sessionID
        second.suites = [0x13, 0x02]
        try other.give(second.record)
        #expect(other.failure == .illegalParameter(.cipherSuiteChanged))
    }
}
