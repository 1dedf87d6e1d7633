// What revocation lists prove of the time (threats.md: clock poisoning): somebody who is trusted signed a list at its thisUpdate, so it
// is at least that late, whatever a device's clock says. Whether a list is current or complete plays no part: the first is a
// question about the time itself.
//
// Invariants:
// - a list counts where an anchor has signed it, or a certificate that leads to an anchor, and may sign lists (RFC 5280 §6.3.3 (f));
// - every certificate on the way is valid at that thisUpdate, so that no key proves a time beyond its own certificate's end;
// - a certificate that the lists name as revoked proves nothing.
import Bytes

extension RevocationLists {
    /// The latest thisUpdate of the lists that somebody who is trusted has signed, in seconds since 1970; nil where there is none.
    /// - Parameters:
    ///   - anchors: who is trusted.
    ///   - chain: certificates that may lead to them, each before its issuer, such as a chain of our own.
    public func evidenceOfTime(anchors: CertificateSequence, chain: CertificateSequence) -> Int64? {
        var latest: Int64?
        var reader = reader
        do throws(X509Error) {
            while let der = try reader.next() {
                guard let list = readList(der), list.thisUpdate > latest ?? .min else { continue }
                if isProven(list, by: anchors, anchors) || isProven(list, by: chain, anchors) {
                    latest = list.thisUpdate
                }
            }
        } catch {
            // Nothing comes behind what is malformed.
        }
        return latest
    }

    /// Whether one of the candidates has signed the list and is trusted with that.
    private func isProven(
        _ list: RevocationList, by candidates: CertificateSequence, _ anchors: CertificateSequence
    ) -> Bool {
        var reader = candidates.reader
        while true {
            let rest = reader.rest
            do throws(X509Error) {
                guard let der = try reader.next() else { return false }
                let signer = try Certificate(der)
                guard signer.subject.isSame(as: list.issuer), !signer.subject.isEmpty else { continue }
                guard signer.maySignRevocationLists, list.isSigned(by: signer) else { continue }
                // Who is limited to one purpose issues, and revokes, for that one.
                if leads(rest, to: anchors, at: list.thisUpdate, .server) { return true }
                if leads(rest, to: anchors, at: list.thisUpdate, .client) { return true }
            } catch {
                // One that cannot be read has signed nothing; nothing comes behind a malformed sequence.
                guard error.reason != .malformedSequence else { return false }
            }
        }
    }

    /// Whether the first certificate of a chain leads to an anchor at a time.
    private func leads(
        _ chain: CertificateSequence, to anchors: CertificateSequence, at time: Int64, _ purpose: Purpose
    ) -> Bool {
        let requirements = PathRequirements(
            purpose: purpose, identities: ReferenceIdentities(), time: .known(time), unknownTimePolicy: .require)
        do throws(X509Error) {
            guard let der = try chain.certificate(at: 0) else { return false }
            let signer = try Certificate(der)
            try signer.checkCommon(requirements)
            var search = PathSearch(
                chain, anchors: anchors, RevocationLists(bytes, .unsafeSoftFail), requirements)
            _ = try search.endOfPath(from: signer)
            return true
        } catch { return false }
    }
}

@_lifetime(copy der)
private func readList(_ der: Span<UInt8>) -> RevocationList? {
    do throws(X509Error) { return try RevocationList(der) } catch { return nil }
}

extension Certificate {
    /// RFC 5280 §6.3.3 (f): its usage says so, or it is an authority that says nothing of its usage.
    fileprivate var maySignRevocationLists: Bool {
        if let usage = extensions.keyUsage { return usage.contains(.cRLSign) }
        return extensions.basicConstraints?.isCertificateAuthority ?? false
    }
}

extension RevocationList {
    /// Whether the key of `signer` verifies the signature.
    fileprivate func isSigned(by signer: Certificate) -> Bool {
        do throws(X509Error) {
            try signer.publicKey.check(try signatureAlgorithm, message: signedPart, signature: signature)
            return true
        } catch { return false }
    }
}
