// Named policies: what a connection offers and accepts, as somebody who has to answer for it wrote it down. A policy is data;
// what it comes to is the part of its source's list that this stack implements. The tables are in PolicyTables.swift.
//
// A policy says which versions, cipher suites, groups and signature schemes are used and how long records are. It says
// nothing of certificates' own signatures and keys: those are judged by path validation, the same for all policies
// (RSA from 2048 bits, P-256 and P-384, SHA-2).
import Bytes

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

    /// Where it comes from.
    public var source: StaticString {
        switch self {
        case .default: "everything that Swiftlet implements"
        case .modern: "Mozilla, Server Side TLS 5.7, configuration \"modern\""
        case .rfc9325: "RFC 9325 sections 3.1, 4.2, 4.4 and 4.5; RFC 8446 section 9.1"
        case .nistSP80052r2: "NIST SP 800-52 revision 2, sections 3.1, 3.2, 3.3 and 3.4"
        case .bsiTR021022: "BSI TR-02102-2, version 2025-01, sections 3.3 and 3.4"
        case .constrained: "RFC 7925 section 4 and RFC 8439, with records of 2 KiB"
        }
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
        if ordersByProcessor, chaCha20First { configuration.putChaCha20First() }
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
