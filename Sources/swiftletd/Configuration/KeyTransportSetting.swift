// What `unsafe-rsa-key-transport` asks of a tunnel's certificate, and what it says about the library that decrypts.
import Bytes
import TLS
import TLSCrypto

extension TunnelSettings {
    /// Refuses a certificate with which no handshake could ever succeed, and warns of what is known of the decryption.
    /// - Parameter warn: takes each warning.
    func checkKeyTransport(
        _ configuration: borrowing Configuration, _ warn: (Message) -> Void
    ) throws(ConfigurationError) {
        // A tunnel has one identity.
        let transports = configuration.identities.transportsKeys(0)
        guard !transports || role == .server && unsafeRSAKeyTransport else {
            throw ConfigurationError(
                identity.isEmpty ? certificateLine : identityLine,
                role == .server
                    ? "the certificate is for RSA key transport alone (no digitalSignature); give one that may sign, or unsafe-rsa-key-transport = yes"
                    : "the certificate may not sign (no digitalSignature), so a client cannot use it; give another")
        }
        guard unsafeRSAKeyTransport, role == .server else { return }
        guard transports else {
            throw ConfigurationError(
                unsafeRSAKeyTransportLine,
                "unsafe-rsa-key-transport takes a certificate for that alone (key usage keyEncipherment, no digitalSignature), whose key never signs; swiftlet ca issue --key-transport makes one"
            )
        }
        guard rsaDecryptionIsKnownToLeak else { return }
        var message = Message("RSA key transport is on, and Mbed TLS ")
        message.add(Int(backendVersion >> 24))
        message.add(".")
        message.add(Int(backendVersion >> 16 & 0xFF))
        message.add(".")
        message.add(Int(backendVersion >> 8 & 0xFF))
        message.add(" predates the fix of CVE-2024-23170: how long it takes to decrypt can tell ")
        message.add("who sends many ciphertexts what others sent")
        warn(message)
    }
}
