// Which certificates of a CA certificates response (RFC 7030 §4.1.3) become anchors, and which only help to build paths.
//
//     self-signed authorities                                             anchors
//     self-issued, signed by one of those (OldWithNew, RFC 4210 §4.4)     anchors: what the old key signed still holds
//     self-issued, signed by an anchor from before (NewWithOld)           anchor, unless its key already is one
//     all others                                                          intermediates
//
// Invariant: it is asked only about a response that came over a connection whose server was verified, or of which one
// certificate is known by its fingerprint (threats.md: new anchors only over an explicit anchor).
import Bytes
import X509

enum AuthoritySelection {
    /// Writes the anchors among `certificates`, which were all parsed before.
    /// - Parameter before: the anchors that the server was verified by; may be empty.
    /// - Returns: how many bytes of `output` they take.
    static func anchors(
        among certificates: CertificateSequence, before: CertificateSequence, into output: inout MutableSpan<UInt8>
    ) -> Int {
        var writer = ByteWriter(output._mutatingExtracting(0..<output.count))
        do throws(X509Error) {
            var reader = certificates.reader
            while let der = try reader.next() {
                let candidate = try Certificate(der)
                guard candidate.isAuthority, candidate.isSelfIssued, candidate.isIssued(by: candidate) else { continue }
                writer.append(certificate: der)
            }
            var second = certificates.reader
            while let der = try second.next() {
                let candidate = try Certificate(der)
                guard candidate.isAuthority, candidate.isSelfIssued, !candidate.isIssued(by: candidate) else {
                    continue
                }
                var isLinked = try isIssued(candidate, byOneOf: certificates)
                if !isLinked { isLinked = try isIssued(candidate, byOneOf: before) }
                guard isLinked, try !isKey(of: candidate, ofOneOf: certificates) else { continue }
                writer.append(certificate: der)
            }
        } catch {
            // They were parsed before.
            return 0
        }
        return writer.overflowed ? 0 : writer.count
    }

    /// Whether one of the self-signed issued `candidate`.
    private static func isIssued(
        _ candidate: borrowing Certificate, byOneOf certificates: CertificateSequence
    ) throws(X509Error) -> Bool {
        var reader = certificates.reader
        while let der = try reader.next() {
            let issuer = try Certificate(der)
            if issuer.isSelfIssued, issuer.isIssued(by: issuer), candidate.isIssued(by: issuer) { return true }
        }
        return false
    }

    /// Whether one of the self-signed has the candidate's key.
    private static func isKey(
        of candidate: borrowing Certificate, ofOneOf certificates: CertificateSequence
    ) throws(X509Error) -> Bool {
        var reader = certificates.reader
        while let der = try reader.next() {
            let other = try Certificate(der)
            if other.subjectPublicKeyInfo.hasSameBytes(as: candidate.subjectPublicKeyInfo),
                other.isSelfIssued, other.isIssued(by: other)
            {
                return true
            }
        }
        return false
    }

    /// The certificate with this SHA-256.
    @_lifetime(copy certificates)
    static func certificate(
        withHash hash: StoredHash, among certificates: CertificateSequence
    ) throws(X509Error) -> Span<UInt8>? {
        var reader = certificates.reader
        while let der = try reader.next() {
            do throws(StoreError) {
                if try storedHash(der) == hash { return der }
            } catch { throw X509Error(.cryptoFailure) }
        }
        return nil
    }
}

extension Certificate {
    /// RFC 5280 §4.2.1.9
    fileprivate var isAuthority: Bool { extensions.basicConstraints?.isCertificateAuthority == true }
}

extension ByteWriter {
    /// Appends a certificate as `CertificateSequence` has it.
    @_lifetime(self: copy self)
    mutating func append(certificate der: Span<UInt8>) {
        let vector = beginVector(lengthBytes: 3)
        append(der)
        endVector(vector)
    }
}
