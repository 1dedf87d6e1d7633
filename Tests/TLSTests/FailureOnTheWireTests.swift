// What a failure looks like on the wire, beyond the alert's number (RFC 8446 §6, Appendix D.4).
import TestSupport
import Testing
import X509

@testable import TLS

@Suite struct FailureOnTheWireTests {
    let identities: TestIdentities

    init() throws { identities = try TestIdentities.get() }

    /// A client that gets the server's flight with `edit` applied to its message of `type`.
    private func client(
        _ setup: PeerSetup? = nil, spoiling type: HandshakeType, _ edit: ([UInt8]) -> [UInt8]
    ) throws -> TestPeer {
        let client = try TestPeer(.client, setup ?? identities.clientSetup)
        let server = try TestPeer(.server, identities.serverSetup)
        try client.run()
        try server.give(client.takeOutput())
        let editor = FlightEditor(holder: server, sender: .server)
        let messages = try editor.open(server.takeOutput()).map { message in
            message.type == type ? message.with(body: edit(message.body)) : message
        }
        try client.give(try editor.seal(messages))
        return client
    }

    @Test func aMiddleboxSeesAChangeCipherSpecBeforeAClientsProtectedAlert() throws {
        let client = try client(spoiling: .encrypted_extensions) { _ in [0] }
        #expect(client.failure == .malformed(.encrypted_extensions))
        let sent = records(client.takeOutput())
        #expect(sent.map { $0[0] } == [20, 23])
        #expect(sent.first == [20, 3, 3, 0, 1, 1])
    }

    @Test func withoutCompatibilityModeThereIsNone() throws {
        var setup = identities.clientSetup
        setup.configure = { $0.middleboxCompatibility = false }
        let client = try client(setup, spoiling: .encrypted_extensions) { _ in [0] }
        #expect(records(client.takeOutput()).map { $0[0] } == [23])
    }

    @Test func whatIsNoCertificateDoesNotDecode() throws {
        let garbage: [UInt8] = [0, 0, 0, 8, 0, 0, 3, 1, 2, 3, 0, 0]
        var setup = identities.clientSetup
        setup.configure = { $0.trust.unsafeAcceptsAnyCertificate = true }
        for setup in [identities.clientSetup, setup] {
            let client = try client(setup, spoiling: .certificate) { _ in garbage }
            #expect(client.failure?.alert == .decode_error)
        }
    }

    @Test func anAlertHasOneOfTwoLevels() throws {
        for level in [UInt8(0), 3, 42, 255] {
            let server = try TestPeer(.server, identities.serverSetup)
            try server.give([21, 3, 3, 0, 2, level, AlertDescription.internal_error.rawValue])
            #expect(server.failure == .illegalParameter(.alertLevel))
        }
        for level in [UInt8(1), 2] {
            let server = try TestPeer(.server, identities.serverSetup)
            try server.give([21, 3, 3, 0, 2, level, AlertDescription.internal_error.rawValue])
            #expect(server.failure == .alertReceived(.internal_error))
            // The peer has gone: an alert is not answered.
            #expect(server.takeOutput().isEmpty)
        }
    }
}
