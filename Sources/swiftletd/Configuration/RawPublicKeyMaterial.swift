// A tunnel's raw public keys (RFC 7250): the ones that are trusted, out of the file that raw-public-keys names, and our own, the
// public half of raw-key.
import Bytes
import TLS
import TLSCrypto
import X509

extension MaterialLoader {
    /// Trusts the keys of a tunnel in its configuration. Certificates stay possible where there are anchors.
    func rawPublicKeys(
        _ settings: TunnelSettings, _ files: inout FileReader, _ memory: inout MaterialMemory,
        in configuration: inout Configuration
    ) throws(ConfigurationError) {
        guard !settings.rawPublicKeys.isEmpty else { return }
        let (path, line) = (settings.rawPublicKeys, settings.rawPublicKeysLine)
        let trustsCertificates = !configuration.trust.isEmpty
        try files.read(path.bytes, what: "the raw public keys", line: line)
        // A buffer as large as the text is always large enough.
        var decoded = try memory.region(files.contents.count)
        var room = decoded.mutableBytes
        do throws(PEMError) {
            _ = try PEM.decode(files.contents, label: "PUBLIC KEY", into: &room)
        } catch {
            throw ConfigurationError(
                line, "cannot use the raw public keys ", path.bytes, ": expected PEM, BEGIN PUBLIC KEY")
        }
        configuration.trust.certificateTypes.removeAll()
        var reader = ByteReader(decoded.bytes)
        while let info = reader.readVector24(), !info.isEmpty {
            do throws(TLSError) {
                try configuration.trust.addRawPublicKey(info)
            } catch {
                throw ConfigurationError(
                    line, "cannot use the raw public keys ", path.bytes,
                    ": expected at most 8 keys on P-256 or P-384, or RSA of 2048 to 4096 bits")
            }
        }
        if trustsCertificates { configuration.trust.certificateTypes.append(.X509) }
    }

    /// Makes a tunnel's raw key an identity of its configuration, behind the certificate, if there is one.
    func rawKey(
        _ settings: TunnelSettings, _ files: inout FileReader, _ warn: (Message) -> Void,
        in configuration: inout Configuration
    ) throws(ConfigurationError) -> SigningKey? {
        guard !settings.rawKey.isEmpty else { return nil }
        let (path, line) = (settings.rawKey, settings.rawKeyLine)
        try files.read(path.bytes, what: "the raw key", line: line)
        defer { files.wipe() }
        let key = try Self.signingKey(files.contents, path, line)
        let schemes = try settings.schemes(
            for: key.kind, among: FixedList(filler: .ecdsa_secp256r1_sha256), "the raw key", line)
        var memory = InlineArray<600, UInt8>(repeating: 0)
        var room = memory.mutableSpan
        let count: Int
        do throws(CryptoError) {
            count = try key.publicKeyInfo(into: &room)
        } catch {
            throw ConfigurationError(
                line, "cannot use the raw key ", path.bytes, ": it has no public half; make another")
        }
        do throws(TLSError) {
            try configuration.identities.addRawPublicKey(memory.span.extracting(0..<count), schemes: schemes)
        } catch {
            throw ConfigurationError(line, "cannot use the raw key ", path.bytes, ": it cannot be shown; make another")
        }
        Self.warnIfReadableByOthers(path, "the raw key ", warn)
        return key
    }
}
