// A certs-only Simple PKI Response (RFC 5272 §4.1): SignedData (RFC 5652 §5.1) that signs nothing and carries certificates, which
// is how EST sends them. It vouches for nothing: what comes out is to be verified.
import Bytes
import X509

/// The certificates in a response, over its DER.
struct CertsOnly: ~Escapable {
    /// The contents of the set of certificates.
    private let certificates: Span<UInt8>

    /// More are refused: each may cost a signature check.
    static var maximumCertificates: Int { 64 }

    /// Checks the structure; that of the certificates is checked as they are read.
    @_lifetime(copy der)
    init(_ der: Span<UInt8>) throws(ESTBodyError) {
        guard der.count < 2 || der[0] != 0x30 || der[1] != 0x80 else { throw .indefiniteLength }
        do throws(X509Error) {
            // RFC 5652 §3: ContentInfo ::= SEQUENCE { contentType, content [0] EXPLICIT }
            var outer = DERReader(der)
            var info = try outer.readSequence()
            try outer.finish()
            guard try info.read(.objectIdentifier).hasSameBytes(as: signedData.span) else {
                throw X509Error(.unexpectedElement)
            }
            var content = DERReader(try info.read(.contextConstructed(0)))
            try info.finish()
            // §5.1: SignedData ::= SEQUENCE { version, digestAlgorithms, encapContentInfo, certificates [0] IMPLICIT
            // OPTIONAL, crls [1] IMPLICIT OPTIONAL, signerInfos }
            var signed = try content.readSequence()
            try content.finish()
            _ = try signed.readSmallInteger()
            _ = try signed.read(.set)
            _ = try signed.read(.sequence)
            if let present = try signed.readOptional(.contextConstructed(0)) {
                certificates = present
            } else {
                certificates = der.extracting(0..<0)
            }
            _ = try signed.readOptional(.contextConstructed(1))
            _ = try signed.read(.set)
            try signed.finish()
            try Self.check(certificates)
        } catch {
            throw error.reason == .tooManyCertificates ? .tooManyCertificates : .notCertificates
        }
    }

    private static func check(_ certificates: Span<UInt8>) throws(X509Error) {
        var reader = DERReader(certificates)
        var count = 0
        while !reader.isAtEnd {
            _ = try reader.readElement()
            count += 1
            guard count <= maximumCertificates else { throw X509Error(.tooManyCertificates) }
        }
    }

    /// Writes the certificates one after the other, each with its length in front, as `CertificateSequence` has them.
    /// Whatever else CertificateChoices (RFC 5652 §10.2.2) may be is passed over, and so are certificates that we cannot read:
    /// what cannot be read vouches for nobody.
    /// - Returns: how many bytes of `output` that is.
    /// - Throws: `noCertificates`, `tooLarge`.
    func write(to output: inout MutableSpan<UInt8>) throws(ESTBodyError) -> Int {
        var writer = ByteWriter(output._mutatingExtracting(0..<output.count))
        var reader = DERReader(certificates)
        do throws(X509Error) {
            while !reader.isAtEnd {
                let element = try reader.readElement()
                if element.tag == .sequence, Self.isReadable(element.encoding) {
                    writer.append(certificate: element.encoding)
                }
            }
        } catch {
            throw .notCertificates
        }
        guard writer.count > 0 else { throw .noCertificates }
        guard !writer.overflowed else { throw .tooLarge }
        return writer.count
    }

    private static func isReadable(_ der: Span<UInt8>) -> Bool {
        do throws(X509Error) {
            _ = try Certificate(der)
            return true
        } catch {
            return false
        }
    }
}

/// 1.2.840.113549.1.7.2 as contents octets.
private let signedData: [9 of UInt8] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02]
