// The extensions of the certificates that we write (RFC 5280 §4.2.1), and the key identifiers in two of them.
import Bytes
import TLSCrypto
import X509

/// The identifier of a public key: the leftmost 160 bits of the SHA-256 of the subjectPublicKey's bits (RFC 7093 §2
/// method 1; RFC 5280's own methods need SHA-1).
/// - Parameter publicKeyInfo: DER of a SubjectPublicKeyInfo.
/// - Throws: `unsupportedKey` where that is no such DER, `crypto`.
public func keyIdentifier(ofPublicKeyInfo publicKeyInfo: Span<UInt8>) throws(ProvisioningError) -> KeyIdentifier {
    let bits: Span<UInt8>
    do throws(X509Error) {
        var outer = DERReader(publicKeyInfo)
        var info = try outer.readSequence()
        _ = try info.readSequence()
        bits = try info.readOctetAlignedBitString()
    } catch {
        throw .unsupportedKey
    }
    let hash: Digest
    do throws(CryptoError) { hash = try digest(.sha256, bits) } catch { throw .crypto(error) }
    guard let identifier = KeyIdentifier(hash.bytes.extracting(0..<20)) else { throw .unsupportedKey }
    return identifier
}

extension DERWriter {
    /// `[3] EXPLICIT Extensions`.
    @_lifetime(self: copy self)
    mutating func prependExtensions(of contents: borrowing CertificateContents) throws(ProvisioningError) {
        let all = mark
        prependAuthorityKeyIdentifier(contents.authorityKeyIdentifier.bytes)
        let identifier = try keyIdentifier(ofPublicKeyInfo: contents.publicKeyInfo)
        let value = mark
        prepend(.octetString, identifier.bytes)
        wrapExtension("2.5.29.14", critical: false, since: value)
        // The empty Name is SEQUENCE {}: then the names alone say who this is (§4.2.1.6).
        prependSubjectAltNames(contents.subjectAltNames, critical: contents.subject.count <= 2)
        prependUse(contents.use)
        wrap(.sequence, since: all)
        wrap(.contextConstructed(3), since: all)
    }

    /// §4.2.1.6, from the DER of GeneralNames.
    @_lifetime(self: copy self)
    mutating func prependSubjectAltNames(_ generalNames: Span<UInt8>, critical: Bool) {
        guard !generalNames.isEmpty else { return }
        let value = mark
        prepend(generalNames)
        wrapExtension("2.5.29.17", critical: critical, since: value)
    }

    /// §4.2.1.1, the keyIdentifier alone.
    @_lifetime(self: copy self)
    mutating func prependAuthorityKeyIdentifier(_ identifier: Span<UInt8>) {
        guard !identifier.isEmpty else { return }
        let value = mark
        prepend(.context(0), identifier)
        wrap(.sequence, since: value)
        wrapExtension("2.5.29.35", critical: false, since: value)
    }

    /// extendedKeyUsage (§4.2.1.12), keyUsage (§4.2.1.3) and basicConstraints (§4.2.1.9).
    @_lifetime(self: copy self)
    private mutating func prependUse(_ use: CertificateUse) {
        switch use {
        case .authority(let pathLength):
            prependKeyUsage(0b0000_0110, unusedBits: 1)  // keyCertSign (5), cRLSign (6)
            let value = mark
            prependSmallInteger(pathLength)
            prependTrue()
            wrap(.sequence, since: value)
            wrapExtension("2.5.29.19", critical: true, since: value)
        case .endEntity(let server, let client):
            prependExtendedKeyUsage(server: server, client: client)
            prependKeyUsage(0b1000_0000, unusedBits: 7)  // digitalSignature (0)
            prependNoAuthority()
        case .keyTransportServer:
            prependExtendedKeyUsage(server: true, client: false)
            prependKeyUsage(0b0010_0000, unusedBits: 5)  // keyEncipherment (2)
            prependNoAuthority()
        }
    }

    /// cA is FALSE by default, and DER leaves defaults out.
    @_lifetime(self: copy self)
    private mutating func prependNoAuthority() {
        let value = mark
        wrap(.sequence, since: value)
        wrapExtension("2.5.29.19", critical: true, since: value)
    }

    @_lifetime(self: copy self)
    private mutating func prependExtendedKeyUsage(server: Bool, client: Bool) {
        guard server || client else { return }
        let value = mark
        if client { prependObjectIdentifier("1.3.6.1.5.5.7.3.2") }
        if server { prependObjectIdentifier("1.3.6.1.5.5.7.3.1") }
        wrap(.sequence, since: value)
        wrapExtension("2.5.29.37", critical: false, since: value)
    }

    @_lifetime(self: copy self)
    private mutating func prependKeyUsage(_ bits: UInt8, unusedBits: UInt8) {
        let value = mark
        prepend(bits)
        prepend(unusedBits)
        wrap(.bitString, since: value)
        wrapExtension("2.5.29.15", critical: true, since: value)
    }

    /// Makes everything since `mark` the value of an Extension (§4.1).
    @_lifetime(self: copy self)
    mutating func wrapExtension(_ identifier: StaticString, critical: Bool, since mark: Int) {
        wrap(.octetString, since: mark)
        if critical { prependTrue() }
        prependObjectIdentifier(identifier)
        wrap(.sequence, since: mark)
    }
}
