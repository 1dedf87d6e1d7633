// The leaf in the peer's Certificate message, and its key, for what is done with that key in the handshake: checking a
// signature, or encrypting to it.
import Bytes
import TLSCrypto
import X509

extension Certificate {
    /// The leaf of the Certificate message that was kept. It parsed before, when it was verified.
    @_lifetime(copy der)
    static func peerLeaf(_ der: Span<UInt8>) throws(TLSError) -> Certificate {
        do throws(X509Error) { return try Certificate(der) } catch { throw .badCertificate(error) }
    }

    /// Its key, which must be one for this use.
    @_lifetime(copy self)
    func peerKey(for use: KeyUse, _ configuration: borrowing Configuration) throws(TLSError) -> PublicKey {
        do throws(X509Error) {
            // Also where the chain was accepted by a pin, or without looking.
            try requireKeyUsage(for: use)
            guard configuration.replay != nil else { return try configuration.trust.peerKey(in: subjectPublicKeyInfo) }
            // RFC 8448's certificates have RSA keys of 1024 bits.
            return try PublicKey(subjectPublicKeyInfo: subjectPublicKeyInfo, minimumRSABits: 1024)
        } catch {
            throw .badCertificate(error)
        }
    }
}

extension Trust {
    /// A peer's raw public key, which is judged as the key of a certificate is.
    @_lifetime(copy info)
    func rawPublicKey(_ info: Span<UInt8>) throws(TLSError) -> PublicKey {
        do throws(X509Error) { return try peerKey(in: info) } catch { throw .badCertificate(error) }
    }
}
