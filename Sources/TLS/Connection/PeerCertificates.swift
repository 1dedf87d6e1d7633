// The peer's certificates, for whoever wants to look at them.
import Bytes
import X509

extension CertificateMessage {
    /// The certificates in a whole Certificate message that has been parsed before; none in an empty span.
    @_lifetime(copy message)
    static func certificates(in message: Span<UInt8>, of version: ProtocolVersion) -> CertificateSequence {
        do throws(TLSError) {
            return try CertificateMessage(HandshakeMessage(message), in: version).chain
        } catch {
            return CertificateSequence(message.extracting(0..<0), .withExtensions)
        }
    }
}
