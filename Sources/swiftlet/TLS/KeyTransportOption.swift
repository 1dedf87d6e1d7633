// What `--unsafe-rsa-key-transport` asks of the certificates, and what it says about the library that decrypts.
import CMbedTLS
import TLS
import TLSCrypto

extension TLSOptions {
    /// Refuses certificates with which no handshake could ever succeed, and warns of what is known of the decryption.
    func checkKeyTransport(_ configuration: borrowing Configuration, for role: Role) throws {
        var transporting = false
        for identity in 0..<configuration.identities.count where configuration.identities.transportsKeys(identity) {
            transporting = true
        }
        guard !transporting || role == .server && unsafeRsaKeyTransport else {
            throw usageError(
                "a certificate is for RSA key transport alone (its key usage has no digitalSignature); "
                    + "give one that may sign" + (role == .server ? ", or --unsafe-rsa-key-transport" : ""))
        }
        guard role == .server, unsafeRsaKeyTransport else { return }
        guard transporting else {
            throw usageError(
                "--unsafe-rsa-key-transport takes a certificate for that alone (key usage keyEncipherment, no "
                    + "digitalSignature), whose key never signs; 'ca issue --key-transport' makes one")
        }
        guard rsaDecryptionIsKnownToLeak else { return }
        let version = unsafe String(cString: swl_mbedtls_version_text())
        writeError(
            "swiftlet: RSA key transport is on, and Mbed TLS \(version) predates the fix of CVE-2024-23170: how long it "
                + "takes to decrypt can tell who sends many ciphertexts what others sent\n")
    }
}
