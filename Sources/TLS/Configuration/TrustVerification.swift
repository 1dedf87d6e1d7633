// Verification of the peer's chain, or of its raw public key, as the configuration's `Trust` says.
import Bytes
import TLSCrypto
import X509

/// Proves that a peer's chain, or its raw public key, was accepted, as `Trust` says. Made by `Trust.verify` alone.
struct ChainAccepted: ~Copyable {
    /// Whether that was without looking: `Trust.unsafeAcceptsAnyCertificate`.
    let isUnverified: Bool
    /// Which of the two it was.
    let authentication: PeerAuthentication

    fileprivate init(_ authentication: PeerAuthentication, isUnverified: Bool) {
        self.authentication = authentication
        self.isUnverified = isUnverified
    }
}

extension Trust {
    /// Verifies a chain, leaf first.
    /// - Parameters:
    ///   - peer: whose chain it is; a server must be good for serverAuth, a client for clientAuth (RFC 5280 §4.2.1.12).
    ///   - use: what the leaf's key does in the handshake.
    func verify(
        _ chain: CertificateSequence, of peer: Role, for use: KeyUse, at time: CurrentTime
    ) throws(TLSError) -> ChainAccepted {
        if unsafeAcceptsAnyCertificate { return ChainAccepted(.certificate, isUnverified: true) }
        if !pins.isEmpty {
            try verifyPin(chain)
            // A pin names the very key; with anchors beside it both have to hold.
            if !hasAnchors { return ChainAccepted(.certificate, isUnverified: false) }
        }
        var requirements = PathRequirements(
            purpose: peer == .server ? .server : .client, identities: names, time: time,
            unknownTimePolicy: unknownTime)
        requirements.keyUse = use
        requirements.maximumDepth = maximumDepth
        requirements.acceptsCommonName = acceptsCommonName
        requirements.policies = policies
        try x509 { () throws(X509Error) in
            _ = try verifyPath(chain, anchors: anchors, revocationLists: revocationLists, requirements)
        }
        return ChainAccepted(.certificate, isUnverified: false)
    }

    /// Verifies a raw public key (RFC 7250 §4.2 leaves it to the application how): it is one of those that are trusted.
    /// - Parameter info: its SubjectPublicKeyInfo, which must hold a key that a certificate could have.
    func verify(rawPublicKey info: Span<UInt8>) throws(TLSError) -> ChainAccepted {
        _ = try rawPublicKey(info)
        if unsafeAcceptsAnyCertificate { return ChainAccepted(.rawPublicKey, isUnverified: true) }
        try Self.require(try hashed(.sha256, info), among: rawPublicKeys)
        return ChainAccepted(.rawPublicKey, isUnverified: false)
    }

    /// The key in a peer's SubjectPublicKeyInfo, which must be long enough.
    @_lifetime(copy info)
    func peerKey(in info: Span<UInt8>) throws(X509Error) -> PublicKey {
        try PublicKey(
            subjectPublicKeyInfo: info, minimumRSABits: max(minimumRSABits, X509Limits.rsaBits.lowerBound))
    }

    /// The last second for which the revocation lists speak (RFC 5280 §5.1.2.5): what they have shown of a peer is not
    /// known any longer. No limit where none are required.
    var revocationKnownUntil: Int64 {
        guard revocation == .required else { return .max }
        var end = Int64.max
        do throws(X509Error) {
            var reader = revocationLists.reader
            while let der = try reader.next() { end = Swift.min(end, try RevocationList(der).nextUpdate ?? 0) }
        } catch {
            // They parsed when they were added.
            return 0
        }
        return end
    }

    private static func require(_ hash: Digest, among pins: borrowing FixedList<8, Pin>) throws(TLSError) {
        let all = pins.elements
        for index in all.indices where all[index].span.hasSameBytes(as: hash.bytes) { return }
        throw .keyNotPinned
    }

    private func verifyPin(_ chain: CertificateSequence) throws(TLSError) {
        try Self.require(try chain.leafKeyHash(), among: pins)
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
