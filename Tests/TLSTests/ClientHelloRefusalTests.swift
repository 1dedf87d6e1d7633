// ClientHellos that a server must refuse, and those that it must bear (RFC 8446 §4.1.2, §4.2, §9.2; RFC 8701).
import TestSupport
import Testing

@testable import TLS

@Suite struct ClientHelloRefusalTests {
    let identities: TestIdentities

    init() throws { identities = try TestIdentities.get() }

    private func hello() throws -> EditableHello {
        let client = try TestPeer(.client, identities.clientSetup)
        try client.run()
        return EditableHello(record: client.takeOutput())
    }

    private func server(_ configure: @escaping (inout Configuration) -> Void = { _ in }) throws -> TestPeer {
        var setup = identities.serverSetup
        setup.configure = configure
        return try TestPeer(.server, setup)
    }

    private func failure(_ edit: (inout EditableHello) -> Void) throws -> TLSError? {
        var edited = try hello()
        edit(&edited)
        let server = try server()
        try server.give(edited.record)
        return server.failure
    }

    @Test func theEditorChangesNothingByItself() throws { #expect(try failure { _ in } == nil) }

    @Test func versions() throws {
        #expect(try failure { $0.set(.supported_versions, [2, 3, 2]) } == .peerIncompatible(.noCommonVersion))
        let without = try failure { $0.remove(.supported_versions) }
        let only12 = try failure { $0.set(.supported_versions, [2, 3, 3]) }
        // A server of both versions goes on with TLS 1.2: see Negotiation12Tests.
        #expect(without == nil && only12 == nil)
        #expect(try failure { $0.set(.supported_versions, [4, 3, 3, 3, 4]) } == nil)
        #expect(try failure { $0.set(.supported_versions, [3, 3, 4, 0]) } == .malformed(.client_hello))
    }

    @Test func whatEveryHelloNeeds() throws {
        for type in [ExtensionType.supported_groups, .key_share, .signature_algorithms] {
            #expect(try failure { $0.remove(type) } == .missingExtension(type))
        }
    }

    @Test func compressionIsNullAlone() throws {
        for methods: [UInt8] in [[1], [0, 1], [1, 0]] {
            #expect(try failure { $0.compression = methods } == .illegalParameter(.compressionMethod))
        }
        #expect(try failure { $0.compression = [] } == .malformed(.client_hello))
    }

    @Test func nothingInCommon() throws {
        #expect(try failure { $0.suites = [0x13, 0x05, 0xC0, 0x2B] } == .peerIncompatible(.noCommonCipherSuite))
        #expect(
            try failure {
                $0.set(.supported_groups, [0, 2, 1, 0])
                $0.set(.key_share, [0, 0])
            } == .peerIncompatible(.noCommonGroup))
        #expect(
            try failure { $0.set(.signature_algorithms, [0, 2, 8, 7]) } == .peerIncompatible(.noCommonSignatureScheme))
    }

    @Test func keySharesMustFitTheGroups() throws {
        let share = try hello().body(.key_share)
        let entry = Array(share.dropFirst(2))
        #expect(
            try failure { $0.set(.key_share, [0, UInt8(2 * entry.count)] + entry + entry) }
                == .illegalParameter(.keyShareDuplicate))
        #expect(
            try failure { $0.set(.supported_groups, [0, 2, 0, 0x17]) } == .illegalParameter(.keyShareWithoutGroup))
        #expect(
            try failure { $0.set(.key_share, [0, 36, 0, 0x1D, 0, 32] + [UInt8](repeating: 0, count: 32)) }
                == .illegalParameter(.keyShareInvalid))
    }

    @Test func greaseAndUnknownValuesAreTolerated() throws {
        let error = try failure {
            $0.suites = [0x0A, 0x0A] + $0.suites
            $0.extensions.insert((ExtensionType(rawValue: 0x1A1A), []), at: 0)
            $0.extensions.append((ExtensionType(rawValue: 0xFE0D), [1, 2, 3]))
            $0.set(.supported_versions, [4, 0x2A, 0x2A, 3, 4])
            let groups = $0.body(.supported_groups)
            $0.set(.supported_groups, [0, groups[1] + 2, 0x3A, 0x3A] + groups.dropFirst(2))
        }
        #expect(error == nil)
    }

    @Test func extensionsTwiceOrInTheWrongPlace() throws {
        #expect(try failure { $0.extensions.append($0.extensions[0]) } == .peerMisbehaved(.duplicateOffer))
        let many = (0..<200).map { (type: ExtensionType(rawValue: 0x4000 + $0), body: [UInt8]()) }
        #expect(try failure { $0.extensions += many } == .peerMisbehaved(.tooManyExtensions))
        #expect(
            try failure { $0.set(.oid_filters, [0, 0]) } == .illegalParameter(.extensionNotAllowed))
    }

    @Test func serverNamesAreHostNames() throws {
        for name in ["", "a.example.", "127.0.0.1.", "a\u{0}b.example", "ä.example", ".example"] {
            let bytes = Array(name.utf8)
            let list = [0, 0, UInt8(bytes.count)] + bytes
            let error = try failure { $0.set(.server_name, [0, UInt8(list.count)] + list) }
            #expect(error?.alert == .illegal_parameter || error?.alert == .decode_error, "\(name)")
        }
    }

    @Test func afterARetryNothingElseMayChange() throws {
        let edits: [(inout EditableHello) -> Void] = [
            { $0.random[0] ^= 1 }, { $0.sessionID = [] }, { $0.suites = Array($0.suites.reversed()) },
            { $0.suites += [0x13, 0x05] },
        ]
        for edit in edits {
            let client = try TestPeer(.client, identities.clientSetup)
            let server = try server {
                $0.groups.removeAll()
                $0.groups.append(.secp256r1)
            }
            try client.run()
            try server.give(client.takeOutput())
            try client.give(server.takeOutput())
            var second = EditableHello(record: records(client.takeOutput()).first { $0[0] == 22 } ?? [])
            edit(&second)
            try server.give(second.record)
            #expect(server.failure == .illegalParameter(.clientHelloChanged))
        }
    }

    @Test func afterARetryTheShareIsTheOneAskedFor() throws {
        let client = try TestPeer(.client, identities.clientSetup)
        let server = try server {
            $0.groups.removeAll()
            $0.groups.append(.secp256r1)
        }
        try client.run()
        let first = client.takeOutput()
        try server.give(first)
        _ = server.takeOutput()
        try server.give(first)
        #expect(server.failure == .illegalParameter(.keyShareGroupChanged))
    }
}
