// What a renewal's settings name, looked at before anything begins: the store has an identity, and every file can be read and is
// what it should be. Nothing of it is kept: an attempt reads it again, in a process of its own (RenewalHelper).
import Bytes
import Provisioning
import TLSCrypto
import X509

extension RenewalSettings {
    /// Looks at everything that is named.
    /// - Returns: which generation the store has, and when it is to be renewed.
    func load(
        _ files: inout FileReader, warn: (Message) -> Void
    ) throws(ConfigurationError) -> (StoreMetadata, Renewal) {
        if !factoryIdentity.isEmpty {
            try files.loadIdentity(factoryIdentity.bytes, line: line(of: .factoryIdentity), warn)
        }
        try checkFiles(&files, warn)
        let loaded = try files.loadIdentity(identity.bytes, line: line(of: .identity), warn)
        let renewal = try files.renewal(
            of: identity.bytes, hasFactoryIdentity: hasFactoryIdentity, line: line(of: .identity))
        if anchors.isEmpty, pskFile.isEmpty {
            try files.take(.anchors, of: identity.bytes, line: line(of: .identity))
        }
        files.forgetIdentity()
        return (loaded.metadata, renewal)
    }

    private func checkFiles(_ files: inout FileReader, _ warn: (Message) -> Void) throws(ConfigurationError) {
        defer { files.wipe() }
        if !anchors.isEmpty { try checkCertificates(anchors, .anchors, "the anchors", &files) }
        if !factoryCertificate.isEmpty {
            try checkCertificates(factoryCertificate, .factoryCertificate, "the factory's certificate", &files)
            try files.read(factoryKey.bytes, what: "the factory's key", line: line(of: .factoryKey))
            _ = try MaterialLoader.signingKey(files.contents, factoryKey, line(of: .factoryKey))
            MaterialLoader.warnIfReadableByOthers(factoryKey, "the key ", warn)
        }
        if !passwordFile.isEmpty {
            try files.read(passwordFile.bytes, what: "the password", line: line(of: .passwordFile))
            MaterialLoader.warnIfReadableByOthers(passwordFile, "the password ", warn)
        }
        if !pinFile.isEmpty { MaterialLoader.warnIfReadableByOthers(pinFile, "the PIN in ", warn) }
        if !pskFile.isEmpty {
            try files.read(pskFile.bytes, what: "the pre-shared keys", line: line(of: .pskFile))
            MaterialLoader.warnIfReadableByOthers(pskFile, "the file of pre-shared keys ", warn)
        }
    }

    private func checkCertificates(
        _ path: Path, _ key: RenewalKey, _ what: StaticString, _ files: inout FileReader
    ) throws(ConfigurationError) {
        try files.read(path.bytes, what: what, line: line(of: key))
        // A buffer as large as the text is always large enough.
        var decoded = lastingRegion(files.contents.count)
        var room = decoded.mutableBytes
        var isGood = false
        do throws(PEMError) {
            let count = try PEM.decode(files.contents, label: "CERTIFICATE", into: &room)
            isGood = Self.areCertificates(decoded.bytes.extracting(0..<count))
        } catch {}
        guard isGood else {
            throw ConfigurationError(
                line(of: key), "cannot use ", path.bytes, ": expected certificates in PEM, BEGIN CERTIFICATE")
        }
    }

    private static func areCertificates(_ sequence: Span<UInt8>) -> Bool {
        var reader = CertificateSequence(sequence, .plain).reader
        do throws(X509Error) {
            while let der = try reader.next() { _ = try Certificate(der).publicKey }
            return true
        } catch { return false }
    }
}
