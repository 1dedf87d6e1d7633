// Lint of public keys and of signatures' algorithms.
import TLSCrypto
import X509

extension LintCheck {
    static let malformedKey = LintCheck(
        "malformed-key", .error, "RFC 3279 §2.3.1, RFC 5480 §2, RFC 8017 §3.1",
        "the public key breaks the rules of its kind")
    static let rsaSize = LintCheck(
        "rsa-size", .error, "NIST SP 800-131A §3, RFC 9325 §4.5", "the RSA key has less than 2048 bits")
    static let rsaExponent = LintCheck(
        "rsa-exponent", .warning, "FIPS 186-5 §A.1.1", "the RSA key's exponent is less than 65537")
    static let unsupportedKey = LintCheck(
        "unsupported-key", .warning, "Swiftlet",
        "Swiftlet knows only P-256, P-384 and RSA keys of 2048 to 4096 bits")
    static let weakSignature = LintCheck(
        "weak-signature", .error, "RFC 8446 §4.4.2.4, RFC 9155", "signed with MD2, MD5 or SHA-1")
    static let unsupportedSignature = LintCheck(
        "unsupported-signature", .warning, "Swiftlet",
        "Swiftlet knows only ECDSA, RSA and RSA-PSS with SHA-256, SHA-384 or SHA-512")
    static let algorithmMismatch = LintCheck(
        "algorithm-mismatch", .error, "RFC 5280 §4.1.1.2, §5.1.1.2",
        "the algorithm inside what is signed is not the one beside the signature")

    static let keyChecks = [
        malformedKey, rsaSize, rsaExponent, unsupportedKey, weakSignature, unsupportedSignature, algorithmMismatch,
    ]
}

/// A SubjectPublicKeyInfo.
struct LintedKey {
    let info: [UInt8]
    /// The algorithm in dotted form; empty where it cannot be read.
    private(set) var algorithm = ""

    var isRSA: Bool { algorithm == "1.2.840.113549.1.1.1" }
    var isEllipticCurve: Bool { algorithm == "1.2.840.10045.2.1" }

    /// Looks at the key.
    init(_ value: DERValue, _ findings: inout LintFindings) {
        info = value.encoding
        do throws(X509Error) {
            var fields = try value.fields()
            var identifier = try fields.next(.sequence).fields()
            algorithm = try identifier.next().dottedIdentifier()
            _ = try PublicKey(subjectPublicKeyInfo: info.span)
            if isRSA { checkRSA(try Self.rsaNumbers(try fields.next()), &findings) }
        } catch {
            switch error.reason {
            case .unsupportedPublicKey:
                findings.report(.unsupportedKey, "the key of algorithm \(algorithm) is not supported by Swiftlet")
            case .badPublicKeySize: reportSize(value, &findings)
            default: findings.report(error, "the public key", as: .malformedKey)
            }
        }
    }

    /// Modulus and exponent without the octets of their signs.
    private static func rsaNumbers(_ bits: DERValue) throws(X509Error) -> (modulus: [UInt8], exponent: [UInt8]) {
        var numbers = try DERValue.only(Array(bits.content.dropFirst()), .sequence).fields()
        return (Array(try numbers.next().content.drop { $0 == 0 }), Array(try numbers.next().content.drop { $0 == 0 }))
    }

    private func checkRSA(_ numbers: (modulus: [UInt8], exponent: [UInt8]), _ findings: inout LintFindings) {
        let exponent = numbers.exponent.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        findings.require(
            exponent >= 65_537, .rsaExponent, "the RSA key's exponent is \(exponent); 65537 is the least recommended")
    }

    private func reportSize(_ value: DERValue, _ findings: inout LintFindings) {
        guard let fields = try? value.children(), fields.count == 2, let numbers = try? Self.rsaNumbers(fields[1]),
            let first = numbers.modulus.first
        else { return findings.report(.malformedKey) }
        let bits = 8 * numbers.modulus.count - first.leadingZeroBitCount
        if bits < X509Limits.rsaBits.lowerBound {
            findings.report(.rsaSize, "the RSA key has \(bits) bits; \(X509Limits.rsaBits.lowerBound) are the least")
        } else {
            findings.report(.unsupportedKey, "the RSA key has \(bits) bits; Swiftlet bears at most 4096")
        }
    }

    /// Whether the key's other half has made a signature; nil where that cannot be told.
    func verifies(_ algorithm: [UInt8], message: [UInt8], signature: [UInt8]) -> Bool? {
        guard let known = try? SignatureAlgorithm(algorithmIdentifier: algorithm.span),
            let key = try? PublicKey(subjectPublicKeyInfo: info.span)
        else { return nil }
        do throws(CryptoError) {
            try key.verify(known, message: message.span, signature: signature.span)
            return true
        } catch {
            return false
        }
    }
}

/// Looks at the algorithm of a signature.
func lintSignatureAlgorithm(_ algorithm: [UInt8], _ findings: inout LintFindings) {
    do throws(X509Error) {
        _ = try SignatureAlgorithm(algorithmIdentifier: algorithm.span)
    } catch {
        switch error.reason {
        case .weakSignatureAlgorithm: findings.report(.weakSignature)
        case .unsupportedSignatureAlgorithm: findings.report(.unsupportedSignature)
        default: findings.report(error, "the signature's algorithm")
        }
    }
}
