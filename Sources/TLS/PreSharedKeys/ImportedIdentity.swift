// RFC 9258's importer: of one key that was agreed on beforehand it makes another for each protocol and each hash, under an
// identity that says which, so that none of them can be taken for another or for the key itself.
import Bytes
import TLSCrypto

/// ImportedIdentity (RFC 9258 §5.1): the identity under which a client offers an imported key.
struct ImportedIdentity: ~Escapable {
    let externalIdentity: Span<UInt8>
    let context: Span<UInt8>
    let targetProtocol: ProtocolVersion
    let targetKDF: UInt16

    /// Reads an identity, or answers nil for one that is none of these.
    @_lifetime(copy bytes)
    init?(_ bytes: Span<UInt8>) {
        var reader = ByteReader(bytes)
        guard let external = reader.readVector16(), !external.isEmpty, let context = reader.readVector16(),
            let targetProtocol = reader.readUInt16(), let targetKDF = reader.readUInt16(), reader.isAtEnd
        else { return nil }
        externalIdentity = external
        self.context = context
        self.targetProtocol = ProtocolVersion(rawValue: targetProtocol)
        self.targetKDF = targetKDF
    }

    /// Appends the identity of a key for TLS 1.3 with a hash.
    static func append(_ key: ExternalKey, for target: HashAlgorithm, to writer: inout ByteWriter) {
        writer.appendVector(key.identity, lengthBytes: 2)
        writer.appendVector(key.context, lengthBytes: 2)
        writer.append(ProtocolVersion.tls13.rawValue)
        writer.append(target.kdfIdentifier)
    }
}

extension HashAlgorithm {
    /// HKDF with this hash (RFC 9258 §8, registry "TLS KDF Identifiers").
    fileprivate var kdfIdentifier: UInt16 { self == .sha384 ? 2 : 1 }
}

extension ExternalKey {
    /// Whether it can be used with suites of a hash: an imported key with any (RFC 9258 §4), others with their own.
    func fits(_ target: HashAlgorithm) -> Bool { isImported || hash == target }

    /// Whether a client that offers `identity` means this key, for use with suites of a hash.
    func isOffered(as identity: Span<UInt8>, for target: HashAlgorithm) -> Bool {
        guard isImported else { return hash == target && self.identity.hasSameBytes(as: identity) }
        guard let imported = ImportedIdentity(identity) else { return false }
        // RFC 9258 §5.1: all of it has to be the same.
        return imported.externalIdentity.hasSameBytes(as: self.identity)
            && imported.context.hasSameBytes(as: context) && imported.targetProtocol == .tls13
            && imported.targetKDF == target.kdfIdentifier
    }

    /// Appends the identity under which a client offers it.
    func appendIdentity(for target: HashAlgorithm, to writer: inout ByteWriter) {
        if isImported {
            ImportedIdentity.append(self, for: target, to: &writer)
        } else {
            writer.append(identity)
        }
    }

    /// Writes the key that the key schedule takes.
    /// - Parameter memory: `ExternalKeys.keyRange.upperBound` bytes.
    /// - Returns: its length.
    func write(for target: HashAlgorithm, into memory: inout MutableSpan<UInt8>) throws(TLSError) -> Int {
        guard isImported else {
            memory.copy(key, at: 0)
            return key.count
        }
        var imported = memory._mutatingExtracting(0..<target.byteCount)
        try writeImported(for: target, into: &imported)
        return target.byteCount
    }

    /// ipskx = HKDF-Expand-Label(HKDF-Extract(0, epsk), "derived psk", Hash(ImportedIdentity), L), with the hash of the
    /// external key and L of the target's (RFC 9258 §5.1).
    private func writeImported(
        for target: HashAlgorithm, into output: inout MutableSpan<UInt8>
    ) throws(TLSError) {
        let identityHash = try hashed(hash) { (writer: inout ByteWriter) in
            ImportedIdentity.append(self, for: target, to: &writer)
        }
        try withSecret(hash.byteCount) { (secret: inout MutableSpan<UInt8>) throws(TLSError) in
            try extract(hash, key, into: &secret)
            try expandLabel(
                hash, secret: secret.span, label: "derived psk", context: identityHash.bytes, into: &output)
        }
    }

    /// The label of its binder (RFC 8446 §7.1, RFC 9258 §5.2).
    var binderLabel: StaticString { isImported ? "imp binder" : "ext binder" }

    /// The binder that shows that the client has it (RFC 8446 §4.2.11.2).
    func binder(for target: HashAlgorithm, transcript: Digest) throws(TLSError) -> Digest {
        try withSecret(ExternalKeys.keyRange.upperBound) { (key: inout MutableSpan<UInt8>) throws(TLSError) -> Digest in
            let count = try write(for: target, into: &key)
            return try KeySchedule.binder(
                target, key: key.span.extracting(0..<count), label: binderLabel, transcript: transcript)
        }
    }
}
