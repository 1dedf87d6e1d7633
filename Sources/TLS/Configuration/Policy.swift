// Named policies: what a connection offers and accepts, as somebody who has to answer for it wrote it down. A policy is data;
// what it comes to is the part of its source's list that this stack implements. The tables are in PolicyTables.swift, what
// they were taken from and held against in PolicySources.swift.
//
// A policy says which versions, cipher suites, groups and signature schemes are used, with which keys either side may show
// who it is, and how long records are. The signatures and keys of authorities are judged by path validation, the same for
// all policies (RSA from 2048 bits, P-256 and P-384, SHA-2); what an option asks for by its own name is not a policy's.
import Bytes
import TLSCrypto

/// A named policy.
public enum Policy: UInt8, Sendable, BitwiseCopyable {
    /// Everything that is implemented, what this processor does fastest first.
    case `default`
    /// Mozilla's "modern": TLS 1.3 alone.
    case modern
    /// RFC 9325 (BCP 195), which says what everybody should use.
    case rfc9325
    /// NIST SP 800-52 revision 2, for the authorities of the USA.
    case nistSP80052r2
    /// BSI TR-02102-2, for those of Germany.
    case bsiTR021022
    /// For boards with little memory and no AES instructions, and lines with little room.
    case constrained

    /// How many there are; their raw values are 0 and up.
    public static let count = 6

    /// The policy with this name.
    public init?(name: Span<UInt8>) {
        for value in 0..<Self.count {
            guard let policy = Self(rawValue: UInt8(truncatingIfNeeded: value)) else { continue }
            if policy.name.hasSameBytes(as: name) {
                self = policy
                return
            }
        }
        return nil
    }

    /// Its name in configurations.
    public var name: StaticString {
        switch self {
        case .default: "default"
        case .modern: "modern"
        case .rfc9325: "rfc9325"
        case .nistSP80052r2: "nist-sp800-52r2"
        case .bsiTR021022: "bsi-tr-02102-2"
        case .constrained: "constrained"
        }
    }

    /// All the names, for messages.
    public static var names: StaticString {
        "default, modern, rfc9325, nist-sp800-52r2, bsi-tr-02102-2, constrained"
    }

    /// Whether the order of its suites is ours to choose: the source has none.
    public var ordersByProcessor: Bool { self == .default }

    /// Makes `configuration` follow the policy. Its limits are not touched: see `recordSize`.
    /// - Parameter chaCha20First: whether this processor does ChaCha20-Poly1305 faster than AES-GCM. Counts only where
    ///   `ordersByProcessor`.
    public func apply(to configuration: inout Configuration, chaCha20First: Bool) {
        configuration.versions = versions
        configuration.cipherSuites = cipherSuites
        configuration.groups = groups
        configuration.signatureSchemes = signatureSchemes
        configuration.trust.minimumRSABits = minimumRSABits
        if ordersByProcessor, chaCha20First { configuration.putChaCha20First() }
    }

    /// What a key of ours may sign with, for `Identities.add`: what is not accepted of a peer is not done either.
    /// - Parameter own: what the signer can do, best first; empty for all that its kind of key can.
    /// - Returns: `own` where the policy leaves nothing of it out; nil for a key that the policy does not allow.
    public func schemes(
        for key: PublicKeyKind,
        among own: FixedList<8, SignatureScheme> = FixedList(filler: .ecdsa_secp256r1_sha256)
    ) -> FixedList<8, SignatureScheme>? {
        if case .rsa(let bits) = key, bits < minimumRSABits { return nil }
        let every = Self.default.signatureSchemes
        let accepted = signatureSchemes
        var allowed = FixedList<8, SignatureScheme>(filler: .ecdsa_secp256r1_sha256)
        var leavesOut = false
        for index in 0..<(own.isEmpty ? every.count : own.count) {
            let scheme = own.isEmpty ? every.elements[index] : own.elements[index]
            // Of the uses of a signature this is the one with the most schemes.
            guard scheme.canSignHandshake(with: key, as: .serverKeyExchange) else { continue }
            if accepted.contains(scheme) { allowed.append(scheme) } else { leavesOut = true }
        }
        guard !allowed.isEmpty else { return nil }
        return leavesOut ? allowed : own
    }
}

extension Configuration {
    /// Puts the suites with ChaCha20-Poly1305 in front of the others; otherwise the order stays.
    mutating func putChaCha20First() {
        let old = cipherSuites
        cipherSuites.removeAll()
        for index in 0..<old.count where old.elements[index].usesChaCha20 { cipherSuites.append(old.elements[index]) }
        for index in 0..<old.count where !old.elements[index].usesChaCha20 { cipherSuites.append(old.elements[index]) }
    }
}

extension CipherSuite {
    fileprivate var usesChaCha20: Bool {
        switch self {
        case .TLS_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
            .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256:
            true
        default: false
        }
    }
}

#if !hasFeature(Embedded)
    // For the workstation and tests: `allCases` is an array, which the core may not allocate.
    extension Policy: CaseIterable {}
#endif
