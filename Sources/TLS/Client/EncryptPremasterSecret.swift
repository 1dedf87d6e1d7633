// RSA key transport as the client does it (RFC 5246 §7.4.7.1): a premaster secret is drawn and encrypted to the key of the
// server's certificate, which was verified.
import Bytes
import TLSCrypto
import X509

extension ConnectionCore {
    /// Draws the premaster secret and writes the ciphertext down, as `signedContent`, until ClientKeyExchange is sent.
    /// - Parameter certificate: the server's Certificate message.
    mutating func encryptPremaster(
        to certificate: Span<UInt8>, _ context: inout HandshakeContext, _ configuration: borrowing Configuration
    ) throws(TLSError) {
        let shown = try CertificateMessage(HandshakeMessage(certificate), in: negotiated.version, .X509).first
        let leaf = try Certificate.peerLeaf(shown)
        let key = try leaf.peerKey(for: .keyTransport, configuration)
        // Our ClientHello's version is that of TLS 1.2, whatever else it offers (RFC 8446 §4.1.2).
        try context.master.drawPremaster(.tls12, random)
        var memory = InlineArray<512, UInt8>(repeating: 0)
        var ciphertext = memory.mutableSpan
        let count: Int
        do throws(CryptoError) {
            count = try key.encrypt(context.master.premasterSecret, random: random, into: &ciphertext)
        } catch {
            throw .cryptoFailed(error)
        }
        try resumption.remember(leaf, until: configuration.trust.revocationKnownUntil)
        try writeDown(memory.span.extracting(0..<count))
    }
}
