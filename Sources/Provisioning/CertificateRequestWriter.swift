// Writes PKCS#10 requests (RFC 2986 §4): a Name, our public key, and as attributes the names and other extensions that we ask
// for (extensionRequest, RFC 2985 §5.4.2), and what binds the request to a connection (challengePassword, §5.4.1; RFC 7030
// §3.5). The signature is the proof of possession.
import Bytes
import TLSCrypto
import X509

/// What a request asks for besides a subject.
public struct RequestAttributes: ~Escapable {
    /// DER of GeneralNames (see `writeSubjectAltNames`), or empty for none.
    public var subjectAltNames: Span<UInt8>
    /// Further extensions, each in DER, one behind the other; none of them a subjectAltName where there are names.
    public var extensions: Span<UInt8>
    /// Characters of PrintableString, at most 255; empty for none.
    public var challengePassword: Span<UInt8>

    /// Names alone.
    @_lifetime(copy subjectAltNames)
    public init(subjectAltNames: Span<UInt8>) {
        self.subjectAltNames = subjectAltNames
        extensions = subjectAltNames.extracting(0..<0)
        challengePassword = subjectAltNames.extracting(0..<0)
    }

    @_lifetime(copy subjectAltNames, copy extensions, copy challengePassword)
    public init(subjectAltNames: Span<UInt8>, extensions: Span<UInt8>, challengePassword: Span<UInt8>) {
        self.subjectAltNames = subjectAltNames
        self.extensions = extensions
        self.challengePassword = challengePassword
    }
}

/// Writes a request for a certificate for `key` and signs it.
/// - Parameters:
///   - subject: DER of the subject's Name (see `writeDistinguishedName`); may be the empty Name.
///   - attributes: what else is asked for.
///   - key: the private key that the certificate is for.
/// - Returns: how many bytes of `output` were written. On failure its bytes are not to be used.
/// - Throws: `unsupportedKey`, `outputTooSmall`, `crypto`, `token`.
public func writeCertificateRequest<Signer: DocumentSigner & ~Copyable>(
    subject: Span<UInt8>, _ attributes: borrowing RequestAttributes, signedBy key: borrowing Signer,
    into output: inout MutableSpan<UInt8>
) throws(ProvisioningError) -> Int {
    let signature = try SignatureIdentifier(for: key.kind)
    // A SubjectPublicKeyInfo of RSA with 4096 bits has 550 bytes.
    var storage = InlineArray<600, UInt8>(repeating: 0)
    var room = storage.mutableSpan
    let infoCount = try key.writePublicKeyInfo(into: &room)
    var writer = DERWriter(output._mutatingExtracting(0..<output.count))
    let all = writer.mark
    try writer.prepend(attributes, isSubjectEmpty: subject.count <= 2)
    writer.prepend(storage.span.extracting(0..<infoCount))
    writer.prepend(subject)
    writer.prependSmallInteger(0)  // v1
    writer.wrap(.sequence, since: all)
    let count = try writer.moveToFront()
    return try signDocument(count, signature, with: key, in: &output)
}

extension DERWriter {
    /// `[0] IMPLICIT SET OF Attribute`, which is there even where it is empty.
    @_lifetime(self: copy self)
    fileprivate mutating func prepend(
        _ attributes: borrowing RequestAttributes, isSubjectEmpty: Bool
    ) throws(ProvisioningError) {
        var first = InlineArray<4096, UInt8>(repeating: 0)
        var second = InlineArray<512, UInt8>(repeating: 0)
        var extensions = DERWriter(first.mutableSpan)
        extensions.prependExtensionRequest(attributes, isSubjectEmpty: isSubjectEmpty)
        let extensionsCount = try extensions.moveToFront()
        var password = DERWriter(second.mutableSpan)
        password.prependChallengePassword(attributes.challengePassword)
        let passwordCount = try password.moveToFront()
        let one = first.span.extracting(0..<extensionsCount)
        let other = second.span.extracting(0..<passwordCount)
        let all = mark
        // X.690 §11.6: the elements of a SET OF stand in the order of their encodings.
        if Self.isOrdered(one, other) {
            prepend(other)
            prepend(one)
        } else {
            prepend(one)
            prepend(other)
        }
        wrap(.contextConstructed(0), since: all)
    }

    private static func isOrdered(_ one: Span<UInt8>, _ other: Span<UInt8>) -> Bool {
        for index in 0..<min(one.count, other.count) where one[index] != other[index] {
            return one[index] < other[index]
        }
        return one.count <= other.count
    }

    @_lifetime(self: copy self)
    private mutating func prependExtensionRequest(_ attributes: borrowing RequestAttributes, isSubjectEmpty: Bool) {
        guard !attributes.subjectAltNames.isEmpty || !attributes.extensions.isEmpty else { return }
        let all = mark
        prepend(attributes.extensions)
        if !attributes.subjectAltNames.isEmpty {
            prependSubjectAltNames(attributes.subjectAltNames, critical: isSubjectEmpty)
        }
        wrap(.sequence, since: all)  // Extensions
        wrap(.set, since: all)
        prependObjectIdentifier("1.2.840.113549.1.9.14")
        wrap(.sequence, since: all)
    }

    @_lifetime(self: copy self)
    private mutating func prependChallengePassword(_ password: Span<UInt8>) {
        guard !password.isEmpty else { return }
        let all = mark
        prepend(.printableString, password)
        wrap(.set, since: all)
        prependObjectIdentifier("1.2.840.113549.1.9.7")
        wrap(.sequence, since: all)
    }
}
