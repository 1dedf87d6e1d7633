// What an authority issued, before it is stored: it must be for our key, and lead to an anchor. The chain that goes with it is put
// together from what came with it and from the CA certificates response: RFC 7030 §4.2.3 has the certificate come alone.
import Bytes
import X509

/// Why a certificate that was issued is not taken.
enum IssuedCertificateError: Error, Equatable {
    /// No certificate in the response is for our key.
    case otherKey
    /// The certificate is not good for what it was asked for.
    case invalid(X509Error)
    /// Its chain is longer than the memory for it.
    case tooLarge
}

enum IssuedCertificate {
    /// Intermediates in a chain.
    private static var maximumDepth: Int { 8 }

    /// Finds the certificate for `key` and writes it with its chain, leaf first, anchors not among it.
    /// - Parameters:
    ///   - issued: the certificates of the response.
    ///   - authorities: those of the CA certificates response.
    ///   - floor: how late it is at least: all that is known where `time` is not.
    /// - Returns: how many bytes of `output` the chain takes, as `CertificateSequence` has it.
    static func chain(
        for key: borrowing EnrolmentKey, issued: CertificateSequence, authorities: CertificateSequence,
        anchors: CertificateSequence, time: CurrentTime, floor: Int64, into output: inout MutableSpan<UInt8>
    ) throws(IssuedCertificateError) -> Int {
        guard let leaf = leaf(for: key, in: issued) else { throw .otherKey }
        var writer = ByteWriter(output._mutatingExtracting(0..<output.count))
        var judged = time
        do throws(X509Error) {
            if case .known(let now) = time {
                let notBefore = try Certificate(leaf).notBefore
                // The authority's clock may be ahead of ours: it signs with the time of issuing as notBefore.
                if notBefore <= now + DeviceClock.tolerance { judged = .known(max(now, notBefore)) }
            }
            writer.append(certificate: leaf)
            var subject = leaf
            for _ in 0..<maximumDepth {
                let certificate = try Certificate(subject)
                if try issuer(of: certificate, in: anchors) != nil { break }
                var next = try issuer(of: certificate, in: issued)
                if next == nil { next = try issuer(of: certificate, in: authorities) }
                guard let next else { break }
                writer.append(certificate: next)
                subject = next
            }
        } catch {
            throw .invalid(error)
        }
        let count = writer.count
        guard !writer.overflowed else { throw .tooLarge }
        try verify(CertificateSequence(output.span.extracting(0..<count), .plain), anchors, judged, floor)
        return count
    }

    private static func verify(
        _ chain: CertificateSequence, _ anchors: CertificateSequence, _ time: CurrentTime, _ floor: Int64
    ) throws(IssuedCertificateError) {
        // A device may be a client, a server, or both.
        do throws(X509Error) { try verify(chain, anchors, time, floor, .client) } catch {
            guard error.reason == .wrongPurpose else { throw .invalid(error) }
            do throws(X509Error) { try verify(chain, anchors, time, floor, .server) } catch { throw .invalid(error) }
        }
    }

    private static func verify(
        _ chain: CertificateSequence, _ anchors: CertificateSequence, _ time: CurrentTime, _ floor: Int64,
        _ purpose: Purpose
    ) throws(X509Error) {
        _ = try verifyPath(
            chain, anchors: anchors,
            PathRequirements(purpose: purpose, identity: .any, time: time, unknownTimePolicy: .floor(floor)))
    }

    @_lifetime(copy certificates)
    private static func leaf(for key: borrowing EnrolmentKey, in certificates: CertificateSequence) -> Span<UInt8>? {
        var reader = certificates.reader
        do throws(X509Error) {
            while let der = try reader.next() {
                if key.matches(publicKeyInfo: try Certificate(der).subjectPublicKeyInfo) { return der }
            }
        } catch {}
        return nil
    }

    @_lifetime(copy certificates)
    private static func issuer(
        of certificate: borrowing Certificate, in certificates: CertificateSequence
    ) throws(X509Error) -> Span<UInt8>? {
        var reader = certificates.reader
        while let der = try reader.next() {
            guard !der.hasSameBytes(as: certificate.der) else { continue }
            if certificate.isIssued(by: try Certificate(der)) { return der }
        }
        return nil
    }
}
