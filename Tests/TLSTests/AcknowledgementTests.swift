// That a server which made use of the client's name says so (RFC 6066 §3), and how the lists of a pre_shared_key go
// together (RFC 8446 §4.2.11).
import TestSupport
import Testing

@testable import TLS

@Suite struct AcknowledgementTests {
    let identities: TestIdentities

    init() throws { identities = try TestIdentities.get() }

    /// The types of the extensions in the EncryptedExtensions that a client gets that asks for `name`.
    private func encryptedExtensions(name: String) throws -> [ExtensionType] {
        var setup = identities.clientSetup
        setup.configure = { $0.serverName = bounded(name) }
        let client = try TestPeer(.client, setup)
        let server = try TestPeer(.server, identities.serverSetup)
        try client.run()
        try server.give(client.takeOutput())
        let messages = try FlightEditor(holder: server, sender: .server).open(server.takeOutput())
        let message = try #require(messages.first { $0.type == .encrypted_extensions }).bytes
        var types: [ExtensionType] = []
        var reader = try EncryptedExtensions(HandshakeMessage(message.span)).extensions.reader
        while let next = reader.next() { types.append(next.type) }
        return types
    }

    @Test func theServerNameIsAcknowledgedWhereThereWasOne() throws {
        #expect(try encryptedExtensions(name: "localhost").contains(.server_name))
        #expect(try !encryptedExtensions(name: "").contains(.server_name))
    }

    /// What is wrong with a pre_shared_key with binders of these lengths for so many identities.
    private func error(bindersOf lengths: [Int], identities count: Int = 1) -> TLSError? {
        let binders = lengths.flatMap { [UInt8($0)] + [UInt8](repeating: 0, count: $0) }
        let identity = (0..<count).flatMap { _ in [UInt8]([0, 1, 42, 0, 0, 0, 0]) }
        let offer = [0, UInt8(identity.count)] + identity + [0, UInt8(binders.count)] + binders
        let bytes: [UInt8] = [0, 41, 0, UInt8(offer.count)] + offer
        do throws(TLSError) {
            _ = try PreSharedKey.client(in: ExtensionBlock(bytes.span, of: .client_hello))
            return nil
        } catch {
            return error
        }
    }

    @Test func thereAreAsManyBindersAsIdentities() {
        #expect(error(bindersOf: [32]) == nil)
        #expect(error(bindersOf: [32, 32]) == .illegalParameter(.binderCount))
        #expect(error(bindersOf: [32], identities: 2) == .illegalParameter(.binderCount))
        #expect(error(bindersOf: []) == .malformed(.client_hello))
        // Too short to be one, so it will not be the right one: decrypt_error when it is compared.
        #expect(error(bindersOf: [31]) == nil)
        #expect(error(bindersOf: [0]) == .malformed(.client_hello))
    }
}
