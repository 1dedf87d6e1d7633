// Signatures: RFC 6979 A.2.5 and A.2.6, the strict encoding of Ecdsa-Sig-Value, and both directions against openssl.
import Bytes
import TestSupport
import Testing

@testable import TLSCrypto

@Suite struct SignatureTests {
    struct Deterministic: Sendable {
        let curve: EllipticCurve
        let hash: HashAlgorithm
        let message: String
        let r: [UInt8]
        let s: [UInt8]
    }

    // RFC 6979 A.2.5: the private key x and the public point.
    static let p256Scalar = hex("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721")
    static let p256Point = hex(
        """
        0460FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6
        7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299
        """)
    // RFC 6979 A.2.6.
    static let p384Scalar = hex(
        """
        6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D8
        96D5724E4C70A825F872C9EA60D2EDF5
        """)
    static let p384Point = hex(
        """
        04EC3A4E415B4E19A4568618029F427FA5DA9A8BC4AE92E02E06AAE5286B300C64
        DEF8F0EA9055866064A254515480BC138015D9B72D7D57244EA8EF9AC0C62189
        6708A59367F9DFB9F54CA84B3F1C9DB1288B231C3AE0D4FE7344FD2533264720
        """)

    static let deterministic = [
        Deterministic(
            curve: .secp256r1, hash: .sha256, message: "sample",
            r: hex("EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"),
            s: hex("F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8")),
        Deterministic(
            curve: .secp256r1, hash: .sha384, message: "sample",
            r: hex("0EAFEA039B20E9B42309FB1D89E213057CBF973DC0CFC8F129EDDDC800EF7719"),
            s: hex("4861F0491E6998B9455193E34E7B0D284DDD7149A74B95B9261F13ABDE940954")),
        Deterministic(
            curve: .secp256r1, hash: .sha256, message: "test",
            r: hex("F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367"),
            s: hex("019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083")),
        Deterministic(
            curve: .secp384r1, hash: .sha384, message: "sample",
            r: hex(
                """
                94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C
                81A648152E44ACF96E36DD1E80FABE46
                """),
            s: hex(
                """
                99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94F
                A329C145786E679E7B82C71A38628AC8
                """)),
        Deterministic(
            curve: .secp384r1, hash: .sha256, message: "sample",
            r: hex(
                """
                21B13D1E013C7FA1392D03C5F99AF8B30C570C6F98D4EA8E354B63A21D3DAA33
                BDE1E888E63355D92FA2B3C36D8FB2CD
                """),
            s: hex(
                """
                F3AA443FB107745BF4BD77CB3891674632068A10CA67E3D45DB2266FA7D1FEEB
                EFDC63ECCD1AC42EC0CB8668A4FA0AB0
                """)),
    ]

    @Test(arguments: deterministic)
    func agreesWithRFC6979(_ vector: Deterministic) throws {
        let p256 = vector.curve == .secp256r1
        let key = try SigningKey(
            sec1(vector.curve, p256 ? Self.p256Scalar : Self.p384Scalar, p256 ? Self.p256Point : Self.p384Point))
        let signature = try key.sign(.ecdsa(vector.hash), text(vector.message))
        #expect(signature == sequence(integer(vector.r) + integer(vector.s)))
        try verify(vector.curve, key.publicValue(), .ecdsa(vector.hash), text(vector.message), signature)
    }

    private func verify(
        _ curve: EllipticCurve, _ point: [UInt8], _ algorithm: SignatureAlgorithm, _ message: [UInt8],
        _ signature: [UInt8]
    ) throws(CryptoError) {
        let key = PublicKey(curve: curve, point: point.span)
        try key.verify(algorithm, message: message.span, signature: signature.span)
    }

    @Test func refusesEverythingButTheOneEncoding() throws {
        let vector = Self.deterministic[0]
        let r = vector.r
        let s = vector.s
        let good = sequence(integer(r) + integer(s))
        func refused(_ signature: [UInt8]) -> Bool {
            do throws(CryptoError) {
                try verify(.secp256r1, Self.p256Point, .ecdsa(.sha256), text("sample"), signature)
                return false
            } catch { return error == .badSignature }
        }
        #expect(!refused(good))
        let bad: [String: [UInt8]] = [
            "nothing": [],
            "a byte behind": good + [0],
            "a byte missing": Array(good.dropLast()),
            "a byte behind s": sequence(integer(r) + integer(s) + [0]),
            "r alone": sequence(integer(r)),
            "three numbers": sequence(integer(r) + integer(s) + integer(s)),
            "another tag": [0x31] + good.dropFirst(),
            "OCTET STRING for r": sequence([0x04] + integer(r).dropFirst() + integer(s)),
            "long form of the length": [0x30, 0x81] + good.dropFirst(),
            "indefinite length": [0x30, 0x80] + good.dropFirst(2) + [0, 0],
            "a zero too many": sequence([0x02, 0x22, 0, 0] + r + integer(s)),
            "negative r": sequence([0x02, 0x20] + r + integer(s)),
            "empty r": sequence([0x02, 0x00] + integer(s)),
            "r of zero": sequence([0x02, 0x01, 0x00] + integer(s)),
            "s of zero": sequence(integer(r) + [0x02, 0x01, 0x00]),
            "r and s exchanged": sequence(integer(s) + integer(r)),
            "r too long": sequence(integer([1] + r) + integer(s)),
            // r + n is the same number modulo n, but not in [1, n-1].
            "s of n": sequence(
                integer(r) + integer(hex("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551"))),
            "r and s as they are": r + s,
        ]
        for (what, signature) in bad { #expect(refused(signature), "\(what)") }
        for index in good.indices {
            var changed = good
            changed[index] ^= 0x01
            #expect(refused(changed), "byte \(index)")
        }
    }

    @Test func refusesPointsThatAreNone() throws {
        let signature = sequence(integer(Self.deterministic[0].r) + integer(Self.deterministic[0].s))
        var offCurve = Self.p256Point
        offCurve[64] ^= 1
        let compressed = [0x03] + [UInt8](Self.p256Point[1...32])
        for point in [[], [0], offCurve, compressed, Self.p384Point, [4] + [UInt8](repeating: 0, count: 64)] {
            #expect(throws: CryptoError.invalidPublicValue) {
                try verify(.secp256r1, point, .ecdsa(.sha256), text("sample"), signature)
            }
        }
    }

    @Test func refusesTheAlgorithmOfAnotherKey() throws {
        let key = try SigningKey(sec1(.secp256r1, Self.p256Scalar, Self.p256Point))
        #expect(throws: CryptoError.unsupported) { try key.sign(.rsaPSS(.sha256), [1]) }
        #expect(throws: CryptoError.unsupported) { try key.sign(.rsaPKCS1(.sha256), [1]) }
        #expect(throws: CryptoError.unsupported) {
            try verify(.secp256r1, Self.p256Point, .rsaPSS(.sha256), [1], [2])
        }
        let modulus = [UInt8](repeating: 0xFF, count: 256)
        #expect(throws: CryptoError.unsupported) {
            let key = PublicKey(rsaModulus: modulus.span, exponent: modulus.span)
            try key.verify(.ecdsa(.sha256), message: modulus.span, signature: modulus.span)
        }
    }

    @Test func tooLittleRoomForASignatureIsAnError() throws {
        let key = try SigningKey(sec1(.secp256r1, Self.p256Scalar, Self.p256Point))
        #expect(throws: CryptoError.outputTooSmall) {
            _ = try [UInt8].prefix(71) { (out: inout MutableSpan<UInt8>) throws(CryptoError) in
                try key.sign(.ecdsa(.sha256), message: "sample".utf8.span, into: &out)
            }
        }
    }
}

/// A SEQUENCE of less than 128 bytes.
func sequence(_ content: [UInt8]) -> [UInt8] { [0x30, UInt8(content.count)] + content }

/// A positive INTEGER of less than 128 bytes, minimal.
func integer(_ number: [UInt8]) -> [UInt8] {
    var content = Array(number.drop { $0 == 0 })
    if (content.first ?? 0x80) >= 0x80 { content = [0] + content }
    return [0x02, UInt8(content.count)] + content
}

/// ECPrivateKey of RFC 5915, with parameters and public key.
func sec1(_ curve: EllipticCurve, _ scalar: [UInt8], _ point: [UInt8]) -> [UInt8] {
    let name = curve == .secp256r1 ? hex("06082A8648CE3D030107") : hex("06052B81040022")
    let bits = [0x03, UInt8(point.count + 1), 0x00] + point
    let content =
        [0x02, 0x01, 0x01, 0x04, UInt8(scalar.count)] + scalar + [0xA0, UInt8(name.count)] + name
        + [0xA1, UInt8(bits.count)] + bits
    return content.count < 128 ? sequence(content) : [0x30, 0x81, UInt8(content.count)] + content
}
