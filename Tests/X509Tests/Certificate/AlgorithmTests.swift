// Signature algorithms and public keys.
import TLSCrypto
import TestSupport
import Testing
import X509

@Suite struct AlgorithmIdentifierTests {
    private func parse(_ der: [UInt8]) -> Result<SignatureAlgorithm, X509Error> {
        do throws(X509Error) {
            return .success(try SignatureAlgorithm(algorithmIdentifier: der.span))
        } catch {
            return .failure(error)
        }
    }

    @Test func ecdsaHasNoParameters() {
        #expect(parse(Algorithm.ecdsaSHA256) == .success(.ecdsa(.sha256)))
        #expect(parse(Algorithm.ecdsaSHA384) == .success(.ecdsa(.sha384)))
        #expect(parse(Algorithm.ecdsaSHA512) == .success(.ecdsa(.sha512)))
        // RFC 5758 §3.2
        let withNull = sequence(oid("1.2.840.10045.4.3.2"), null)
        #expect(parse(withNull) == .failure(X509Error(.unsupportedSignatureAlgorithm)))
    }

    /// RFC 4055 §5: NULL, and absent is accepted.
    @Test func rsaHasNullParametersOrNone() {
        for (last, hash) in [(11, HashAlgorithm.sha256), (12, .sha384), (13, .sha512)] {
            #expect(parse(Algorithm.rsa(last)) == .success(.rsaPKCS1(hash)))
            #expect(parse(Algorithm.rsa(last, [])) == .success(.rsaPKCS1(hash)))
            #expect(parse(Algorithm.rsa(last, integer(1))) == .failure(X509Error(.unsupportedSignatureAlgorithm)))
            #expect(parse(Algorithm.rsa(last, [0x05, 0x01, 0x00])) == .failure(X509Error(.malformedDER)))
        }
    }

    /// threats: no MD5, no SHA-1, nowhere.
    @Test func md5AndSHA1AreRefusedByTheirOwnReason() {
        for weak in [Algorithm.ecdsaSHA1, Algorithm.rsa(5), Algorithm.rsa(4), Algorithm.rsa(2)] {
            #expect(parse(weak) == .failure(X509Error(.weakSignatureAlgorithm)))
        }
    }

    @Test func othersAreUnsupported() {
        // Ed25519 (RFC 8410), sha224WithRSAEncryption, ecdsa-with-SHA224
        for other in [sequence(oid("1.3.101.112")), Algorithm.rsa(14), sequence(oid("1.2.840.10045.4.3.1"))] {
            #expect(parse(other) == .failure(X509Error(.unsupportedSignatureAlgorithm)))
        }
    }

    @Test func pssIsReadWithItsParameters() {
        let sizes: [([UInt8], UInt8, HashAlgorithm)] = [
            (Algorithm.sha256, 32, .sha256), (Algorithm.sha384, 48, .sha384), (Algorithm.sha512, 64, .sha512),
        ]
        for (hash, salt, expected) in sizes {
            #expect(parse(Algorithm.pss(hash: hash, mask: hash, salt: salt)) == .success(.rsaPSS(expected)))
            // RFC 4055 §3.1: a trailer of 1 may be written or not.
            #expect(parse(Algorithm.pss(hash: hash, mask: hash, salt: salt, trailer: 1)) == .success(.rsaPSS(expected)))
        }
        // RFC 4055 §2.1: a hash's parameters are NULL or absent.
        let bare = sequence(oid("2.16.840.1.101.3.4.2.1"))
        #expect(parse(Algorithm.pss(hash: bare, mask: bare, salt: 32)) == .success(.rsaPSS(.sha256)))
    }

    /// Everything that differs from "MGF1 with the same hash, a salt as long as the hash, trailer 1".
    @Test func otherPSSParametersAreRefused() {
        let sha256 = Algorithm.sha256
        let unsupported = [
            Algorithm.pss(hash: sha256, mask: Algorithm.sha384, salt: 32),
            Algorithm.pss(hash: sha256, mask: sha256, salt: 20), Algorithm.pss(hash: sha256, mask: sha256, salt: nil),
            Algorithm.pss(hash: sha256, mask: sha256, salt: 48),
            Algorithm.pss(hash: sha256, mask: sha256, salt: 32, trailer: 2), Algorithm.rsa(10), Algorithm.rsa(10, []),
            Algorithm.pss(hash: sequence(oid("2.16.840.1.101.3.4.2.4"), null), mask: sha256, salt: 32),
            // A mask generation function that is not MGF1.
            Algorithm.rsa(
                10,
                sequence(
                    element(0xA0, sha256), element(0xA1, sequence(oid("1.2.840.113549.1.1.9"), sha256)),
                    element(0xA2, integer(32)))),
        ]
        for wrong in unsupported { #expect(parse(wrong) == .failure(X509Error(.unsupportedSignatureAlgorithm))) }
        // The defaults are SHA-1.
        let weak = [
            Algorithm.pss(hash: [], mask: [], salt: nil), Algorithm.pss(hash: Algorithm.sha1, mask: sha256, salt: 20),
            Algorithm.pss(hash: sha256, mask: [], salt: 32),
            Algorithm.pss(hash: sha256, mask: Algorithm.sha1, salt: 32),
        ]
        for wrong in weak { #expect(parse(wrong) == .failure(X509Error(.weakSignatureAlgorithm))) }
        let surplus = Algorithm.rsa(10, sequence(element(0xA0, sha256), element(0xA1, null), element(0xA4, null)))
        #expect(parse(surplus) != .success(.rsaPSS(.sha256)))
    }
}

@Suite struct SubjectPublicKeyInfoTests {
    private func parse(_ der: [UInt8]) -> Result<PublicKeyKind, X509Error> {
        do throws(X509Error) {
            return .success(try PublicKey(subjectPublicKeyInfo: der.span).kind)
        } catch {
            return .failure(error)
        }
    }

    private func ec(_ curve: String, _ point: [UInt8]) -> [UInt8] {
        sequence(sequence(oid("1.2.840.10045.2.1"), oid(curve)), bits(point))
    }

    private func rsa(_ modulus: [UInt8], _ exponent: [UInt8] = [1, 0, 1], parameters: [UInt8] = null) -> [UInt8] {
        let key = sequence(element(0x02, modulus), element(0x02, exponent))
        return sequence(sequence(oid("1.2.840.113549.1.1.1"), parameters), bits(key))
    }

    /// A number of `count` bits, all of them one: odd, and no real modulus.
    private func modulus(_ count: Int) -> [UInt8] {
        let whole = [UInt8](repeating: 0xFF, count: count / 8)
        return (count % 8 == 0 ? [0] : [UInt8((1 << (count % 8)) - 1)]) + whole
    }

    private let p256 = "1.2.840.10045.3.1.7"
    private let p384 = "1.3.132.0.34"

    @Test func uncompressedPointsAreRead() {
        #expect(parse(ec(p256, [4] + [UInt8](repeating: 1, count: 64))) == .success(.ec(.secp256r1)))
        #expect(parse(ec(p384, [4] + [UInt8](repeating: 1, count: 96))) == .success(.ec(.secp384r1)))
    }

    /// RFC 5480 §2.2
    @Test func otherPointsAreRefused() {
        for wrong in [[], [4], [0], [4] + [UInt8](repeating: 1, count: 63), [4] + [UInt8](repeating: 1, count: 96)] {
            #expect(parse(ec(p256, wrong)) == .failure(X509Error(.badPublicKey)))
        }
        for form: UInt8 in [2, 3] {
            let compressed = [form] + [UInt8](repeating: 1, count: 32)
            #expect(parse(ec(p256, compressed)) == .failure(X509Error(.unsupportedPublicKey)))
        }
    }

    @Test func otherCurvesAndKindsAreUnsupported() {
        let unsupported = X509Error(.unsupportedPublicKey)
        // secp521r1, secp256k1
        #expect(parse(ec("1.3.132.0.35", [4] + [UInt8](repeating: 1, count: 132))) == .failure(unsupported))
        #expect(parse(ec("1.3.132.0.10", [4] + [UInt8](repeating: 1, count: 64))) == .failure(unsupported))
        // Ed25519 (RFC 8410), and explicit curve parameters (RFC 5480 §2.1.1).
        #expect(
            parse(sequence(sequence(oid("1.3.101.112")), bits([UInt8](repeating: 1, count: 32))))
                == .failure(unsupported))
        #expect(parse(sequence(sequence(oid("1.2.840.10045.2.1"), sequence()), bits([4]))) == .failure(unsupported))
    }

    @Test func rsaKeysHave2048To4096Bits() {
        #expect(parse(rsa(modulus(2048))) == .success(.rsa(bits: 2048)))
        #expect(parse(rsa(modulus(3072))) == .success(.rsa(bits: 3072)))
        #expect(parse(rsa(modulus(4096))) == .success(.rsa(bits: 4096)))
        for bits in [512, 1024, 2047, 4097, 8192] {
            #expect(parse(rsa(modulus(bits))) == .failure(X509Error(.badPublicKeySize)))
        }
    }

    /// RFC 8017 §3.1, RFC 3279 §2.3.1
    @Test func malformedRSAKeysAreRefused() {
        let bad: Result<PublicKeyKind, X509Error> = .failure(X509Error(.badPublicKey))
        for exponent: [UInt8] in [[0], [1], [2], [4], [1, 0, 0], [1, 0, 0, 0, 1]] {
            #expect(parse(rsa(modulus(2048), exponent)) == bad)
        }
        #expect(parse(rsa(modulus(2048), [3])) == .success(.rsa(bits: 2048)))
        #expect(parse(rsa(modulus(2048).dropLast() + [0xFE])) == bad)
        #expect(parse(rsa([0x80] + modulus(2048).dropFirst())) == .failure(X509Error(.malformedDER)))
        #expect(parse(rsa(modulus(2048), parameters: [])) == .failure(X509Error(.malformedDER)))
        #expect(parse(rsa(modulus(2048), parameters: [0x05, 0x01, 0x00])) == bad)
    }
}
