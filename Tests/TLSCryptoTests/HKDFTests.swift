// HMAC against RFC 4231, HKDF against RFC 5869 appendix A and the key schedule of RFC 8448 §3.
import TestSupport
import Testing

@testable import TLSCrypto

@Suite struct HKDFTests {
    struct Authentication: Sendable {
        let algorithm: HashAlgorithm
        let key: [UInt8]
        let message: [UInt8]
        let expected: [UInt8]
    }

    // RFC 4231 §4.2, §4.3, §4.7.
    static let authentications = [
        Authentication(
            algorithm: .sha256, key: [UInt8](repeating: 0x0B, count: 20), message: text("Hi There"),
            expected: hex("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")),
        Authentication(
            algorithm: .sha384, key: [UInt8](repeating: 0x0B, count: 20), message: text("Hi There"),
            expected: hex(
                """
                afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c
                faea9ea9076ede7f4af152e8b2fa9cb6
                """)),
        Authentication(
            algorithm: .sha512, key: [UInt8](repeating: 0x0B, count: 20), message: text("Hi There"),
            expected: hex(
                """
                87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde
                daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854
                """)),
        Authentication(
            algorithm: .sha256, key: text("Jefe"), message: text("what do ya want for nothing?"),
            expected: hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")),
        Authentication(
            algorithm: .sha384, key: text("Jefe"), message: text("what do ya want for nothing?"),
            expected: hex(
                """
                af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e
                8e2240ca5e69e2c78b3239ecfab21649
                """)),
        Authentication(
            algorithm: .sha256, key: [UInt8](repeating: 0xAA, count: 131),
            message: text("Test Using Larger Than Block-Size Key - Hash Key First"),
            expected: hex("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")),
    ]

    @Test(arguments: authentications)
    func agreesWithRFC4231(_ vector: Authentication) throws {
        let result = try mac(vector.algorithm, vector.key, vector.message)
        #expect(result == vector.expected)
    }

    @Test func wantsRoomForExactlyAHash() {
        #expect(throws: CryptoError.outputTooSmall) {
            _ = try [UInt8].written(31) { (out: inout MutableSpan<UInt8>) throws(CryptoError) in
                try hmac(.sha256, key: [1].span, [2].span, into: &out)
            }
        }
    }

    @Test func agreesWithRFC5869() throws {
        // A.1
        let first = try extract(.sha256, hex("000102030405060708090a0b0c"), [UInt8](repeating: 0x0B, count: 22))
        #expect(first == hex("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5"))
        #expect(
            try expand(.sha256, first, hex("f0f1f2f3f4f5f6f7f8f9"), 42)
                == hex(
                    """
                    3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf
                    34007208d5b887185865
                    """))
        // A.2: longer inputs and outputs
        let second = try extract(.sha256, Array(0x60...0xAF), Array(0x00...0x4F))
        #expect(second == hex("06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244"))
        #expect(
            try expand(.sha256, second, Array(0xB0...0xFF), 82)
                == hex(
                    """
                    b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c
                    59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71
                    cc30c58179ec3e87c14c01d5c1f3434f1d87
                    """))
        // A.3: no salt, no info
        let third = try extract(.sha256, [], [UInt8](repeating: 0x0B, count: 22))
        #expect(third == hex("19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04"))
        #expect(
            try expand(.sha256, third, [], 42)
                == hex(
                    """
                    8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d
                    9d201395faa4b61a96c8
                    """))
    }

    // RFC 8448 §3, with the labels of RFC 8446 §7.1.
    @Test func agreesWithTheKeyScheduleOfRFC8448() throws {
        let zeros = [UInt8](repeating: 0, count: 32)
        let nothing = try hash(.sha256, [])
        let early = try extract(.sha256, [], zeros)
        #expect(early == hex("33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a"))
        let derived = try expandLabel(early, "derived", nothing, 32)
        #expect(derived == hex("6f2615a108c702c5678f54fc9dbab69716c076189c48250cebeac3576c3611ba"))
        let shared = hex("8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d")
        let handshake = try extract(.sha256, derived, shared)
        #expect(handshake == hex("1dc826e93606aa6fdc0aadc12f741b01046aa6b99f691ed221a9f0ca043fbeac"))
        let hellos = hex("860c06edc07858ee8e78f0e7428c58edd6b43f2ca3e6e95f02ed063cf0e1cad8")
        #expect(
            try expandLabel(handshake, "c hs traffic", hellos, 32)
                == hex("b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21"))
        let server = try expandLabel(handshake, "s hs traffic", hellos, 32)
        #expect(server == hex("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38"))
        #expect(try expandLabel(server, "key", [], 16) == hex("3fce516009c21727d0f2e4e86ee403bc"))
        #expect(try expandLabel(server, "iv", [], 12) == hex("5d313eb2671276ee13000b30"))
        let master = try extract(.sha256, try expandLabel(handshake, "derived", nothing, 32), zeros)
        #expect(master == hex("18df06843d13a08bf2a449844c5f8a478001bc4d4c627984d5a41da8d0402919"))
    }

    @Test func refusesWhatRFC5869DoesNotAllow() throws {
        let key = [UInt8](repeating: 1, count: 32)
        #expect(try expand(.sha256, key, [], 255 * 32).count == 255 * 32)
        #expect(throws: CryptoError.unsupported) { try expand(.sha256, key, [], 255 * 32 + 1) }
        #expect(throws: CryptoError.invalidKey) { try expand(.sha256, [UInt8](key.dropLast()), [], 32) }
    }

    private func mac(_ algorithm: HashAlgorithm, _ key: [UInt8], _ message: [UInt8]) throws(CryptoError) -> [UInt8] {
        try .written(algorithm.byteCount) { (out: inout MutableSpan<UInt8>) throws(CryptoError) in
            try hmac(algorithm, key: key.span, message.span, into: &out)
        }
    }

    private func extract(_ algorithm: HashAlgorithm, _ salt: [UInt8], _ input: [UInt8]) throws(CryptoError) -> [UInt8] {
        try .written(algorithm.byteCount) { (out: inout MutableSpan<UInt8>) throws(CryptoError) in
            try hkdfExtract(algorithm, salt: salt.span, inputKeyMaterial: input.span, into: &out)
        }
    }

    private func expand(
        _ algorithm: HashAlgorithm, _ key: [UInt8], _ info: [UInt8], _ count: Int
    ) throws(CryptoError) -> [UInt8] {
        try .written(count) { (out: inout MutableSpan<UInt8>) throws(CryptoError) in
            try hkdfExpand(algorithm, pseudorandomKey: key.span, info: info.span, into: &out)
        }
    }

    private func expandLabel(_ secret: [UInt8], _ label: String, _ context: [UInt8], _ count: Int) throws -> [UInt8] {
        let full = text("tls13 " + label)
        let info = [0, UInt8(count), UInt8(full.count)] + full + [UInt8(context.count)] + context
        return try expand(.sha256, secret, info, count)
    }
}
