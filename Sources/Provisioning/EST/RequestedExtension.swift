// Extensions that a server wants in a request (RFC 9908 §3.2, §3.4): Extension, whose value may be left to the client.
import Bytes
import X509

/// An extension that a server wants.
struct RequestedExtension: ~Escapable {
    /// The contents of its object identifier.
    let identifier: Span<UInt8>
    /// Its value; no bytes where that is left to the client.
    let value: Span<UInt8>
    /// All of it.
    let encoding: Span<UInt8>
    let isCritical: Bool

    var isSubjectAltName: Bool { identifier.hasSameBytes(as: subjectAltName.span) }
    var isKeyUsage: Bool { identifier.hasSameBytes(as: keyUsage.span) }
    var isExtendedKeyUsage: Bool { identifier.hasSameBytes(as: extendedKeyUsage.span) }

    @_lifetime(copy element)
    fileprivate init(_ element: DERElement) throws(X509Error) {
        var reader = DERReader(element.content)
        identifier = try reader.read(.objectIdentifier)
        isCritical = try reader.readBooleanDefaultFalse()
        // RFC 9908 §3.4: a template may leave the value out.
        if let present = try reader.readOptional(.octetString) {
            value = present
        } else {
            value = element.content.extracting(0..<0)
        }
        try reader.finish()
        encoding = element.encoding
    }
}

/// A cursor over extensions.
struct RequestedExtensionReader: ~Escapable {
    private var reader: DERReader

    @_lifetime(copy extensions)
    init(_ extensions: Span<UInt8>) { reader = DERReader(extensions) }

    @_lifetime(copy self)
    mutating func next() throws(X509Error) -> RequestedExtension? {
        guard !reader.isAtEnd else { return nil }
        return try RequestedExtension(try reader.readElement(.sequence))
    }
}

// Contents octets of 2.5.29.17, 2.5.29.15, 2.5.29.37.
private let subjectAltName: [3 of UInt8] = [0x55, 0x1D, 0x11]
private let keyUsage: [3 of UInt8] = [0x55, 0x1D, 0x0F]
private let extendedKeyUsage: [3 of UInt8] = [0x55, 0x1D, 0x25]
