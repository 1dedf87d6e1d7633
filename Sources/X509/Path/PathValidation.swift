// Path validation (RFC 5280 §6): what the leaf must satisfy is asked first, because it is cheap; then `PathSearch` looks
// for a way to an anchor. An anchor need not be self-signed: an intermediate among the anchors ends a path.

import Bytes
import TLSCrypto

/// The proof that a chain leads from its leaf to an anchor and satisfies what was required. Only `verifyPath` makes it.
public struct VerifiedPath: Sendable {
    /// How many intermediates stand between leaf and anchor.
    public let depth: Int
    /// Which of the anchors the path ends at.
    public let anchorIndex: Int
    /// The last second at which the leaf is valid, since 1970-01-01T00:00:00Z.
    public let leafNotAfter: Int64
    /// SHA-256 of the leaf.
    public let leafDigest: Digest

    fileprivate init(depth: Int, anchorIndex: Int, leafNotAfter: Int64, leafDigest: Digest) {
        self.depth = depth
        self.anchorIndex = anchorIndex
        self.leafNotAfter = leafNotAfter
        self.leafDigest = leafDigest
    }

    /// The leaf's key, as a view of the chain that was verified.
    /// - Throws: `differentLeaf` where `chain` does not begin with the leaf that was verified.
    @_lifetime(copy chain)
    public func leafPublicKey(in chain: CertificateSequence) throws(X509Error) -> PublicKey {
        guard let der = try chain.certificate(at: 0) else { throw X509Error(.noCertificate) }
        guard try sha256(der) == leafDigest else { throw X509Error(.differentLeaf, certificate: 0) }
        return try Certificate(der).publicKey
    }
}

/// Finds and validates a path.
/// - Parameters:
///   - chain: what the peer sent: the leaf, then intermediates in any order. Duplicates and unrelated certificates are
///     tolerated.
///   - anchors: what is trusted. A leaf that is identical to an anchor needs no issuer; its names, times and usages
///     are checked all the same.
///   - requirements: names, purpose, time and bounds.
/// - Throws: why there is no path: the first fault of the leaf, or the first that ended the search upwards, with the
///   certificate or anchor at fault; that a certificate is revoked goes before all others.
public func verifyPath(
    _ chain: CertificateSequence, anchors: CertificateSequence, _ requirements: PathRequirements
) throws(X509Error) -> VerifiedPath {
    try verifyPath(chain, anchors: anchors, revocationLists: RevocationLists(), requirements)
}

/// Finds and validates a path, and holds every certificate below the anchor against revocation lists.
/// - Parameters:
///   - chain: as above.
///   - anchors: as above.
///   - revocationLists: lists of any issuers, in any order, and what happens where one is missing.
///   - requirements: as above.
/// - Throws: as above.
public func verifyPath(
    _ chain: CertificateSequence, anchors: CertificateSequence, revocationLists: RevocationLists,
    _ requirements: PathRequirements
) throws(X509Error) -> VerifiedPath {
    guard try chain.count() <= X509Limits.chainCertificates else { throw X509Error(.tooManyCertificates) }
    guard let der = try chain.certificate(at: 0) else { throw X509Error(.noCertificate) }
    do throws(X509Error) {
        let leaf = try Certificate(der)
        _ = try leaf.publicKey
        try leaf.checkAsLeaf(requirements)
        var search = PathSearch(chain, anchors: anchors, revocationLists, requirements)
        let end = try search.endOfPath(from: leaf)
        return VerifiedPath(
            depth: end.depth, anchorIndex: end.anchorIndex, leafNotAfter: leaf.notAfter, leafDigest: try sha256(der))
    } catch {
        throw error.at(certificate: 0)
    }
}

/// The digest that names a leaf.
private func sha256(_ der: Span<UInt8>) throws(X509Error) -> Digest {
    do throws(CryptoError) {
        return try digest(.sha256, der)
    } catch {
        throw X509Error(.cryptoFailure)
    }
}
