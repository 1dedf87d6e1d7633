// The key schedule's part in pre-shared keys (RFC 8446 §7.1, §4.2.11.2, §4.6.1): the binder of a key, the
// resumption_master_secret, and the key that a ticket stands for.
import Bytes
import TLSCrypto

extension KeySchedule {
    /// The label of the binder of a resumption key (§7.1).
    static var resumptionBinderLabel: StaticString { "res binder" }

    /// The binder of a key (§4.2.11.2): a Finished over the ClientHello up to the binders, keyed with the key's Early Secret
    /// under the label that tells what kind of key it is (§7.1; RFC 9258 §5.2).
    static func binder(
        _ hash: HashAlgorithm, key: Span<UInt8>, label: StaticString, transcript: Digest
    ) throws(TLSError) -> Digest {
        try withSecret(hash.byteCount) { (early: inout MutableSpan<UInt8>) throws(TLSError) -> Digest in
            try extract(hash, key, into: &early)
            return try withSecret(hash.byteCount) { (binderKey: inout MutableSpan<UInt8>) throws(TLSError) -> Digest in
                try deriveSecret(hash, from: early.span, label: label, into: &binderKey)
                return try finishedMAC(hash, baseKey: binderKey.span, transcript: transcript)
            }
        }
    }

    /// resumption_master_secret (§7.1), from the Master Secret.
    /// - Parameters:
    ///   - transcript: hash of ClientHello…client Finished.
    ///   - target: as long as the hash.
    func deriveResumption(transcript: Digest, into target: inout MutableSpan<UInt8>) throws(TLSError) {
        try expandLabel(hash, secret: currentSecret, label: "res master", context: transcript.bytes, into: &target)
    }

    /// The key that a ticket stands for (§4.6.1).
    /// - Parameter target: as long as the hash.
    static func ticketKey(
        _ hash: HashAlgorithm, resumptionSecret: Span<UInt8>, nonce: Span<UInt8>, into target: inout MutableSpan<UInt8>
    ) throws(TLSError) {
        try expandLabel(hash, secret: resumptionSecret, label: "resumption", context: nonce, into: &target)
    }
}
