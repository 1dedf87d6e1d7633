// The peer's certificates, or its raw public key, for whoever wants to look at them.
import Bytes
import X509

extension CertificateMessage {
    /// The certificates in a whole Certificate message that has been parsed before; none in an empty span.
    @_lifetime(copy message)
    static func certificates(in message: Span<UInt8>, of version: ProtocolVersion) -> CertificateSequence {
        do throws(TLSError) {
            return try CertificateMessage(HandshakeMessage(message), in: version, .X509).chain
        } catch {
            return CertificateSequence(message.extracting(0..<0), .withExtensions)
        }
    }

    /// The SubjectPublicKeyInfo in a whole Certificate message that has been parsed before; empty for an empty span.
    @_lifetime(copy message)
    static func rawPublicKey(in message: Span<UInt8>, of version: ProtocolVersion) -> Span<UInt8> {
        do throws(TLSError) {
            return try CertificateMessage(HandshakeMessage(message), in: version, .RawPublicKey).first
        } catch {
            return message.extracting(0..<0)
        }
    }

    /// The OCSP response beside the first certificate in a whole Certificate message, or in TLS 1.2 in a whole
    /// CertificateStatus, both parsed before; empty where there is none.
    @_lifetime(copy message, copy status)
    static func ocspStaple(
        in message: Span<UInt8>, or status: Span<UInt8>, of version: ProtocolVersion
    ) -> Span<UInt8> {
        do throws(TLSError) {
            if version == .tls12 { return try CertificateStatus(HandshakeMessage(status)).response }
            return try CertificateMessage(HandshakeMessage(message), in: version, .X509).ocspStaple
        } catch {
            return message.extracting(0..<0)
        }
    }
}
