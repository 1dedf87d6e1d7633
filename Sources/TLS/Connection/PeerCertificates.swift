// The peer's certificates, for whoever wants to look at them.
import Bytes
import X509

extension CertificateMessage {
    /// The certificates in a whole Certificate message that has been parsed before; none in an empty span.
    @_lifetime(copy message)
    static func certificates(in message: Span<UInt8>) -> CertificateSequence {
        do throws(TLSError) {
            return CertificateSequence(try CertificateMessage(HandshakeMessage(message)).entries, .withExtensions)
        } catch {
            return CertificateSequence(message.extracting(0..<0), .withExtensions)
        }
    }
}
