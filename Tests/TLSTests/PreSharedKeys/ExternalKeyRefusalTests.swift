// What is refused of external keys: the Selfie attack and weak keys (RFC 9257 §4.1, §6), wrong binders, choices that a server
// cannot make (RFC 8446 §4.2.9, §4.2.11), and imported keys that are bound to something else (RFC 9258 §5).
import Bytes
import TLSCrypto
import TestSupport
import Testing

@testable import TLS

@Suite struct ExternalKeyRefusalTests {
    private func client(_ keys: [SharedKey] = [.plain], modes: [PSKKeyExchangeMode] = [.psk_dhe_ke]) -> PeerSetup {
        PeerSetup().with(keys: keys, for: .client, modes: modes)
    }

    private func server(_ keys: [SharedKey] = [.plain], modes: [PSKKeyExchangeMode] = [.psk_dhe_ke]) -> PeerSetup {
        PeerSetup().with(keys: keys, for: .server, modes: modes)
    }

    private func expectRefusal(_ met: Meeting, _ failure: TLSError, _ alert: AlertDescription) {
        #expect(met.server.failure == failure)
        #expect(met.client.failure == .alertReceived(alert))
    }

    @Test func anUnknownIdentity() throws {
        let other = SharedKey(identity: "device-2")
        expectRefusal(
            try meet(client(), server([other])), .peerIncompatible(.noCommonPreSharedKey), .handshake_failure)
    }

    @Test func anotherKeyUnderTheSameIdentity() throws {
        let other = SharedKey(key: [UInt8](1..<33))
        expectRefusal(try meet(client(), server([other])), .peerMisbehaved(.binderInvalid), .decrypt_error)
        let imported = SharedKey(key: [UInt8](1..<33), context: "gateway-1")
        expectRefusal(
            try meet(client([.imported]), server([imported])), .peerMisbehaved(.binderInvalid), .decrypt_error)
    }

    @Test func noModeInCommon() throws {
        for modes in [[PSKKeyExchangeMode.psk_ke], [.psk_dhe_ke]] {
            let others: [PSKKeyExchangeMode] = modes == [.psk_ke] ? [.psk_dhe_ke] : [.psk_ke]
            expectRefusal(
                try meet(client(modes: modes), server(modes: others)), .peerIncompatible(.noCommonPSKKeyExchangeMode),
                .handshake_failure)
        }
    }

    /// RFC 9258 §5.1: external identity, context, protocol and hash must all be the same.
    @Test func anImportedKeyIsBoundToItsContext() throws {
        let elsewhere = SharedKey(context: "gateway-2")
        for keys in [[elsewhere], [SharedKey.plain]] {
            expectRefusal(
                try meet(client([.imported]), server(keys)), .peerIncompatible(.noCommonPreSharedKey),
                .handshake_failure)
        }
        // The key's own hash is not in the identity: the derived keys differ.
        let otherHash = SharedKey(hash: .sha384, context: "gateway-1")
        expectRefusal(
            try meet(client([.imported]), server([otherHash])), .peerMisbehaved(.binderInvalid), .decrypt_error)
        let identity = try #require(try firstIdentity(client([.imported])))
        for index in identity.indices {
            var changed = identity
            changed[index] ^= 1
            #expect(try isOffered(changed) == false, "\(index)")
        }
        #expect(try isOffered(identity))
        #expect(try isOffered(identity + [0]) == false)
    }

    private func firstIdentity(_ setup: PeerSetup) throws -> [UInt8]? {
        let side = try TestPeer(.client, setup)
        try side.run()
        let body = EditableHello(record: side.takeOutput()).body(.pre_shared_key)
        return Array(body.dropFirst(4).prefix(Int(body[2]) << 8 | Int(body[3])))
    }

    private func isOffered(_ identity: [UInt8]) throws -> Bool {
        let side = try TestPeer(.server, server([.imported]))
        return side.configuration.externalKeys.isFirstOffered(as: identity)
    }

    /// RFC 9258 §5.1, computed apart from this code with Python's hmac.
    @Test func importedKeysAsTheyShouldBe() throws {
        let expected: [(HashAlgorithm, HashAlgorithm, HexBytes)] = [
            (.sha256, .sha256, "8d64be6b6cb120535341cbd732c149b2a70df21ce10099a57fbb1dce7e248710"),
            (
                .sha256, .sha384,
                "0af03111d64bda0422586eedcdc510633b882b41fd0e5e17ffb5dff72bddf3bf3b792eb4f47c82d03622bceca7277463"
            ),
            (.sha384, .sha256, "3fbb342f1018b03b38dc4b0a8302bcddb6fec2a9c2a4dd09ff88f28db149b415"),
            (
                .sha384, .sha384,
                "b48407d7fddc29c4dba0e07fd6bf60b28c1e9e4f016b7c6c880170ad4259f39c9ba22aa2c804000ce96820c899182c43"
            ),
        ]
        for (own, target, bytes) in expected {
            let side = try TestPeer(.client, client([SharedKey(hash: own, context: "gateway-1")]))
            let key = try side.configuration.externalKeys.copyFirstKey(for: target)
            #expect(hex(key) == hex(bytes.bytes))
        }
    }

    // Configurations

    private func add(_ keys: [(SharedKey, Role)]) -> TLSError? {
        let memory = TestMemory(4096)
        do {
            var store = ExternalKeys(in: try memory.takeAll())
            for (key, role) in keys { try key.add(to: &store, for: role) }
            return nil
        } catch {
            return error as? TLSError
        }
    }

    /// threats.md, PSK: "keys under 16 bytes refused".
    @Test func aKeyOfFewerThanSixteenBytes() {
        for count in [0, 1, 15] {
            #expect(add([(SharedKey(key: [UInt8](repeating: 7, count: count)), .server)]) == .misuse(.weakPreSharedKey))
        }
        for count in [16, 64] {
            #expect(add([(SharedKey(key: [UInt8](repeating: 7, count: count)), .server)]) == nil)
        }
        #expect(add([(SharedKey(key: [UInt8](repeating: 7, count: 65)), .server)]) == .misuse(.badConfiguration))
        #expect(add([(SharedKey(identity: ""), .server)]) == .misuse(.badConfiguration))
        #expect(add([(SharedKey(identity: String(repeating: "i", count: 257)), .server)]) == .misuse(.badConfiguration))
    }

    /// threats.md, PSK: "an endpoint refuses … one PSK in both roles".
    @Test func aKeyInBothRoles() {
        let sameKey = SharedKey(identity: "device-2")
        let sameName = SharedKey(key: [UInt8](1..<33))
        for other in [SharedKey.plain, sameKey, sameName, .imported] {
            #expect(add([(.plain, .client), (other, .server)]) == .misuse(.preSharedKeyInBothRoles))
            #expect(add([(.plain, .server), (other, .client)]) == .misuse(.preSharedKeyInBothRoles))
        }
        #expect(add([(.plain, .client), (SharedKey(identity: "x", key: [UInt8](1..<33)), .server)]) == nil)
        #expect(add([(.plain, .server), (sameName, .server)]) == .misuse(.duplicateIdentity))
        #expect(add([(.plain, .server), (sameKey, .server)]) == nil)
    }

    @Test func keysThatDoNotFitNameTheSizeTheyNeed() throws {
        let memory = TestMemory(ExternalKeys.bytes(identity: 8, key: 32))
        var store = ExternalKeys(in: try memory.takeAll())
        try SharedKey.plain.add(to: &store, for: .client)
        var failure: TLSError?
        do throws(TLSError) {
            try SharedKey(identity: "another", key: [UInt8](1..<33)).add(to: &store, for: .client)
        } catch {
            failure = error
        }
        #expect(failure == .limitExceeded(.memory, capacity: 47, needed: 93))
        #expect(store.count == 1 && store.has(for: .client) && !store.has(for: .server))
    }

    /// threats.md, PSK: "an endpoint refuses its own identity back (Selfie)": a client's hello comes back to the same endpoint.
    @Test func anEndpointRefusesItsOwnIdentity() throws {
        let other = SharedKey(identity: "device-2", key: [UInt8](1..<33))
        for own in [SharedKey.plain, .imported] {
            let endpoint = server([other]).with(keys: [own], for: .client)
            expectRefusal(try meet(client([own]), endpoint), .illegalParameter(.ownIdentity), .illegal_parameter)
        }
    }

    // Answers that a server cannot give

    private func answer(
        _ setup: PeerSetup, _ serverSetup: PeerSetup, _ edit: (inout EditableHello) -> Void
    ) throws -> TLSError? {
        let client = try TestPeer(.client, setup)
        let server = try TestPeer(.server, serverSetup)
        try client.run()
        try server.give(client.takeOutput())
        var hello = EditableHello(record: try #require(records(server.takeOutput()).first))
        edit(&hello)
        try client.give(hello.record)
        return client.failure
    }

    @Test func choicesThatWereNotOffered() throws {
        #expect(
            try answer(client(), server()) { $0.set(.pre_shared_key, [0, 1]) }
                == .illegalParameter(.preSharedKeyNotOffered))
        #expect(
            try answer(client([.plain, .longer]), server()) { $0.set(.pre_shared_key, [0, 1]) }
                == .illegalParameter(.preSharedKeyHash))
        #expect(
            try answer(client(), server()) { $0.remove(.key_share) } == .missingExtension(.key_share))
        #expect(
            try answer(client(), server()) { $0.remove(.pre_shared_key) } == .missingExtension(.pre_shared_key))
        #expect(
            try answer(client(modes: [.psk_ke]), server(modes: [.psk_ke])) {
                $0.set(.key_share, [0, 29, 0, 32] + [UInt8](repeating: 9, count: 32))
            } == .illegalParameter(.pskKeyExchangeMode))
    }

    @Test func binders() throws {
        for retries in [false, true] {
            let side = try TestPeer(.client, client())
            let other = try TestPeer(.server, retries ? server().with(groups: [.secp256r1]) : server())
            try side.run()
            if retries {
                try other.give(side.takeOutput())
                try side.give(other.takeOutput())
            }
            var hello = side.takeOutput()
            hello[hello.count - 1] ^= 1
            try other.give(hello)
            #expect(other.failure == .peerMisbehaved(.binderInvalid))
        }
    }

    /// §4.1.2: the second hello may leave out what does not fit, but not the key that the first was answered for.
    @Test func theSecondHelloWithoutTheKey() throws {
        for (edit, failure) in [
            (
                { $0.remove(.pre_shared_key) } as (inout EditableHello) -> Void,
                TLSError.missingExtension(.pre_shared_key)
            ),
            (
                {
                    $0.set(.pre_shared_key, [0, 7, 0, 1, 65, 0, 0, 0, 0, 0, 33, 32] + [UInt8](repeating: 0, count: 32))
                },
                .illegalParameter(.preSharedKeyNotOffered)
            ),
        ] {
            let side = try TestPeer(.client, client())
            let other = try TestPeer(.server, server().with(groups: [.secp256r1]))
            try side.run()
            try other.give(side.takeOutput())
            try side.give(other.takeOutput())
            let second = try #require(records(side.takeOutput()).last)
            var hello = EditableHello(record: second)
            edit(&hello)
            try other.give(hello.record)
            #expect(other.failure == failure)
        }
    }
}
