// Verification of the peer's chain as the configuration's `Trust` says.
import Bytes
import TLSCrypto
import X509

/// Proves that a peer's chain was accepted, as `Trust` says. Made by `Trust.verify` alone.
struct ChainAccepted: ~Copyable {
    /// Whether that was without looking: `Trust.unsafeAcceptsAnyCertificate`.
    let isUnverified: Bool

    fileprivate init(isUnverified: Bool) { self.isUnverified = isUnverified }
}

extension Trust {
    /// Verifies a chain, leaf first.
    /// - Parameter peer: whose chain it is; a server must be good for serverAuth, a client for clientAuth (RFC 5280
    ///   §4.2.1.12).
    func verify(_ chain: CertificateSequence, of peer: Role, at time: CurrentTime) throws(TLSError) -> ChainAccepted {
        if unsafeAcceptsAnyCertificate { return ChainAccepted(isUnverified: true) }
        if !pins.isEmpty {
            try verifyPin(chain)
            // A pin names the very key; with anchors beside it both have to hold.
            if !hasAnchors { return ChainAccepted(isUnverified: false) }
        }
        var requirements = PathRequirements(
            purpose: peer == .server ? .server : .client, identities: names, time: time,
            unknownTimePolicy: unknownTime)
        requirements.maximumDepth = maximumDepth
        requirements.acceptsCommonName = acceptsCommonName
        requirements.policies = policies
        do throws(X509Error) {
            _ = try verifyPath(chain, anchors: anchors, revocationLists: revocationLists, requirements)
        } catch {
            throw .badCertificate(error)
        }
        return ChainAccepted(isUnverified: false)
    }

    private func verifyPin(_ chain: CertificateSequence) throws(TLSError) {
        let hash = try chain.leafKeyHash()
        let all = pins.elements
        for index in all.indices where all[index].span.hasSameBytes(as: hash.bytes) { return }
        throw .keyNotPinned
    }
}

extension CertificateSequence {
    /// SHA-256 of the leaf's SubjectPublicKeyInfo.
    func leafKeyHash() throws(TLSError) -> Digest {
        do throws(X509Error) {
            guard let der = try certificate(at: 0) else { throw X509Error(.noCertificate) }
            let info = try Certificate(der).subjectPublicKeyInfo
            do throws(CryptoError) { return try digest(.sha256, info) } catch { throw X509Error(.cryptoFailure) }
        } catch {
            throw .badCertificate(error)
        }
    }
}
