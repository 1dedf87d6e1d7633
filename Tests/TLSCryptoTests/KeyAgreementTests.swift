// Key agreement against RFC 7748 §5.2 and §6.1 (X25519), RFC 5903 §8.1 and §8.2 (P-256, P-384) and the keys of
// RFC 8448 §3; and the public values that must be refused (RFC 8446 §4.2.8.2, §7.4.2).
import Bytes
import CMbedTLS
import TestSupport
import Testing

@testable import TLSCrypto

@Suite struct KeyAgreementTests {
    /// The key that a source gives whose only bytes are `scalar`.
    private func key(
        _ memory: Memory, _ group: KeyAgreementGroup, _ scalar: [UInt8]
    ) throws(CryptoError) -> EphemeralKey {
        let replay = Replay(scalar)
        defer { withExtendedLifetime(replay) {} }
        return try memory.ephemeral(group, replay.source)
    }

    @Test func agreesWithRFC7748Section5() throws {
        let memory = Memory()
        let first = try key(
            memory, .x25519, hex("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"))
        #expect(
            try first.sharedSecret(hex("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c"))
                == hex("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"))
        // The second value has the unused bit of the last byte set.
        let second = try key(
            memory, .x25519, hex("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d"))
        #expect(
            try second.sharedSecret(hex("e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493"))
                == hex("95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"))
    }

    @Test func agreesWithAThousandIterationsOfRFC7748() throws {
        var k = hex("0900000000000000000000000000000000000000000000000000000000000000")
        var u = k
        for iteration in 1...1000 {
            let memory = Memory(EphemeralKey.memoryBytes)
            let next = try key(memory, .x25519, k).sharedSecret(u)
            u = k
            k = next
            if iteration == 1 {
                #expect(k == hex("422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"))
            }
        }
        #expect(k == hex("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"))
    }

    @Test func agreesWithRFC7748Section6() throws {
        let memory = Memory()
        let alice = try key(
            memory, .x25519, hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"))
        let bob = try key(
            memory, .x25519, hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"))
        let alicePublic = hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")
        let bobPublic = hex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")
        #expect(alice.publicValue.array == alicePublic)
        #expect(bob.publicValue.array == bobPublic)
        let shared = hex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742")
        #expect(try alice.sharedSecret(bobPublic) == shared)
        #expect(try bob.sharedSecret(alicePublic) == shared)
    }

    // RFC 8448 §3 prints the bytes that were drawn, so a source that gives them replays the handshake.
    @Test func replaysRFC8448() throws {
        let memory = Memory()
        let client = try key(
            memory, .x25519, hex("49af42ba7f7994852d713ef2784bcbcaa7911de26adc5642cb634540e7ea5005"))
        let server = try key(
            memory, .x25519, hex("b1580eeadf6dd589b8ef4f2d5652578cc810e9980191ec8d058308cea216a21e"))
        #expect(
            client.publicValue.array == hex("99381de560e4bd43d23d8e435a7dbafeb3c06e51c13cae4d5413691e529aaf2c"))
        #expect(
            server.publicValue.array == hex("c9828876112095fe66762bdbf7c672e156d6cc253b833df1dd69b1b04e751f0f"))
        #expect(
            try client.sharedSecret(server.publicValue.array)
                == hex("8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d"))
    }

    @Test func agreesWithRFC5903OnP256() throws {
        let memory = Memory()
        let initiator = try key(
            memory, .secp256r1, hex("C88F01F510D9AC3F70A292DAA2316DE544E9AAB8AFE84049C62A9C57862D1433"))
        let responder = try key(
            memory, .secp256r1, hex("C6EF9C5D78AE012A011164ACB397CE2088685D8F06BF9BE0B283AB46476BEE53"))
        #expect(
            initiator.publicValue.array
                == hex(
                    """
                    04DAD0B65394221CF9B051E1FECA5787D098DFE637FC90B9EF945D0C3772581180
                    5271A0461CDB8252D61F1C456FA3E59AB1F45B33ACCF5F58389E0577B8990BB3
                    """))
        #expect(
            responder.publicValue.array
                == hex(
                    """
                    04D12DFB5289C8D4F81208B70270398C342296970A0BCCB74C736FC7554494BF63
                    56FBF3CA366CC23E8157854C13C58D6AAC23F046ADA30F8353E74F33039872AB
                    """))
        let shared = hex("D6840F6B42F6EDAFD13116E0E12565202FEF8E9ECE7DCE03812464D04B9442DE")
        #expect(try initiator.sharedSecret(responder.publicValue.array) == shared)
        #expect(try responder.sharedSecret(initiator.publicValue.array) == shared)
    }

    @Test func agreesWithRFC5903OnP384() throws {
        let memory = Memory()
        let initiator = try key(
            memory, .secp384r1,
            hex(
                """
                099F3C7034D4A2C699884D73A375A67F7624EF7C6B3C0F160647B67414DCE655
                E35B538041E649EE3FAEF896783AB194
                """))
        let responder = try key(
            memory, .secp384r1,
            hex(
                """
                41CB0779B4BDB85D47846725FBEC3C9430FAB46CC8DC5060855CC9BDA0AA2942
                E0308312916B8ED2960E4BD55A7448FC
                """))
        #expect(
            initiator.publicValue.array
                == hex(
                    """
                    04667842D7D180AC2CDE6F74F37551F55755C7645C20EF73E31634FE72B4C55EE6
                    DE3AC808ACB4BDB4C88732AEE95F41AA9482ED1FC0EEB9CAFC4984625CCFC23F
                    65032149E0E144ADA024181535A0F38EEB9FCFF3C2C947DAE69B4C634573A81C
                    """))
        #expect(
            try initiator.sharedSecret(responder.publicValue.array)
                == hex(
                    """
                    11187331C279962D93D604243FD592CB9D0A926F422E47187521287E7156C5C4
                    D603135569B9E9D09CF5D4A270F59746
                    """))
    }

    @Test(arguments: KeyAgreementGroup.allCases)
    func bothSidesAgreeAndTwoKeysDiffer(_ group: KeyAgreementGroup) throws {
        let memory = Memory()
        let a = try memory.ephemeral(group)
        let b = try memory.ephemeral(group)
        #expect(a.publicValue.count == group.publicValueBytes)
        #expect(a.publicValue != b.publicValue)
        let shared = try a.sharedSecret(b.publicValue.array)
        #expect(try b.sharedSecret(a.publicValue.array) == shared)
        #expect(shared.count == group.sharedSecretBytes)
    }

    // Points of small order, as in RFC 7748 §6.1's check: 0, 1, two of order 8, p-1, p, p+1.
    static let smallOrder = [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ]

    @Test(arguments: smallOrder)
    func refusesPointsOfSmallOrder(_ point: String) throws {
        let memory = Memory()
        let mine = try memory.ephemeral(.x25519)
        #expect(throws: CryptoError.invalidPublicValue) { try mine.sharedSecret(hex(point)) }
        // The last bit does not count (RFC 7748 §5).
        var masked = hex(point)
        masked[31] |= 0x80
        #expect(throws: CryptoError.invalidPublicValue) { try mine.sharedSecret(masked) }
    }

    @Test(arguments: [KeyAgreementGroup.secp256r1, .secp384r1])
    func refusesWhatIsNotAPointOfTheCurve(_ group: KeyAgreementGroup) throws {
        let memory = Memory()
        let mine = try memory.ephemeral(group)
        let good = try memory.ephemeral(group).publicValue.array
        var offCurve = good
        offCurve[good.count - 1] ^= 1
        var compressed = [UInt8](good.prefix(1 + group.sharedSecretBytes))
        compressed[0] = 2 + (good.last! & 1)
        var hybrid = good
        hybrid[0] = 6 + (good.last! & 1)
        let outOfRange = [4] + [UInt8](repeating: 0xFF, count: good.count - 1)
        let zero = [4] + [UInt8](repeating: 0, count: good.count - 1)
        let infinity: [UInt8] = [0]
        let untagged = [UInt8](good.dropFirst())
        for bad in [offCurve, compressed, hybrid, outOfRange, zero, infinity, [0] + untagged, untagged] {
            #expect(throws: CryptoError.invalidPublicValue) { try mine.sharedSecret(bad) }
        }
        #expect(throws: Never.self) { try mine.sharedSecret(good) }
    }

    @Test(arguments: KeyAgreementGroup.allCases)
    func refusesWrongLengths(_ group: KeyAgreementGroup) throws {
        let memory = Memory()
        let mine = try memory.ephemeral(group)
        let good = try memory.ephemeral(group).publicValue.array
        for bad in [[], Array(good.dropLast()), good + [0], good + good] {
            #expect(throws: CryptoError.invalidPublicValue) { try mine.sharedSecret(bad) }
        }
        #expect(throws: CryptoError.outputTooSmall) {
            _ = try [UInt8].written(31) { (out: inout MutableSpan<UInt8>) throws(CryptoError) in
                try mine.sharedSecret(peer: good.span, into: &out)
            }
        }
    }

    @Test func drawsAgainWhereTheNumberIsNoScalar() throws {
        let memory = Memory()
        // n of P-256 (SEC 2 §2.4.2), which is one too many; then zero; then 1, whose public value is the generator.
        let order = hex("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551")
        let zero = [UInt8](repeating: 0, count: 32)
        let one = [UInt8](repeating: 0, count: 31) + [1]
        let replay = Replay(order + zero + one)
        let key = try memory.ephemeral(.secp256r1, replay.source)
        #expect(replay.drawn == 96)
        #expect(
            key.publicValue.array.prefix(33)
                == hex("046B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296")[...])
    }

    @Test(arguments: KeyAgreementGroup.allCases)
    func aSourceThatFailsIsAnError(_ group: KeyAgreementGroup) {
        let memory = Memory()
        let empty = Replay([1, 2, 3])
        #expect(throws: CryptoError.randomUnavailable) { _ = try memory.ephemeral(group, empty.source) }
    }

    @Test func aSourceThatGivesOnlyZerosIsAnError() {
        let memory = Memory()
        let zeros = Replay([UInt8](repeating: 0, count: 32 * 64))
        #expect(throws: CryptoError.randomUnavailable) { _ = try memory.ephemeral(.secp256r1, zeros.source) }
    }

    @Test(arguments: KeyAgreementGroup.allCases)
    func theEndWipesTheScalar(_ group: KeyAgreementGroup) throws {
        let memory = Memory(EphemeralKey.memoryBytes)
        do {
            let key = try memory.ephemeral(group)
            #expect(memory.contents.contains { $0 != 0 })
            withExtendedLifetime(key.publicValue) {}
        }
        #expect(memory.contents.allSatisfy { $0 == 0 })
    }

    // What makes it safe to share the curves between threads: no operation writes to a loaded group.
    @Test func noOperationWritesToTheSharedCurves() throws {
        try prepareCurves()
        let before = fingerprint()
        for group in KeyAgreementGroup.allCases {
            let memory = Memory()
            let a = try memory.ephemeral(group)
            _ = try a.sharedSecret(try memory.ephemeral(group).publicValue.array)
        }
        for type in [KeyType.p256, .p384] {
            let key = try SigningKey(try SigningKey.pem(type))
            guard case .ec(let curve) = key.kind else { continue }
            let signature = try key.sign(.ecdsa(.sha256), text("hello"))
            let point = try key.publicValue()
            try PublicKey(curve: curve, point: point.span)
                .verify(.ecdsa(.sha256), message: text("hello").span, signature: signature.span)
        }
        #expect(fingerprint() == before)
    }

    private func fingerprint() -> [UInt8] {
        [UInt8].written(32) { (out: inout MutableSpan<UInt8>) throws(Never) in
            // The memory has room for the 32 bytes.
            unsafe out.withUnsafeMutableBufferPointer { _ = unsafe swl_curves_fingerprint($0.baseAddress!) }
        }
    }
}
