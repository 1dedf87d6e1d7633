// What an EST server wants in a request: CsrAttrs (RFC 7030 §4.5.2, RFC 9908): object identifiers and attributes, of which these
// are obeyed:
//
//     challengePassword                    bind the request to the TLS connection (RFC 7030 §3.5)
//     id-ecPublicKey, a curve; rsaEncryption, a size                     the kind of key
//     extensionRequest with Extensions (RFC 9908 §3.2)                   those that have a value, as they are
//     id-aa-certificationRequestInfoTemplate (RFC 9908 §3.4)             its kind of key and its extensions
//
// All others are passed over: a client asks for what it can (RFC 7030 §4.5.2).
import Bytes
import TLSCrypto
import X509

/// What a server wants, over its DER.
struct CSRAttributes: ~Escapable {
    /// Whether the request is to be bound to the connection.
    private(set) var wantsChannelBinding = false
    /// The kind of key; nil where any will do.
    private(set) var keyType: KeyType?
    /// Extensions that the server wants, element after element; some may have no value (see `RequestedExtension`).
    private(set) var extensions: Span<UInt8>
    private var wantsOtherKey = false

    /// Nothing is wanted.
    @_lifetime(immortal)
    init() { extensions = Span() }

    /// Reads a list, which may be empty, and may be no bytes at all.
    /// - Throws: `notAttributes`, `unsupportedKey`.
    @_lifetime(copy der)
    init(_ der: Span<UInt8>) throws(ESTBodyError) {
        extensions = der.extracting(0..<0)
        guard !der.isEmpty else { return }
        do throws(X509Error) {
            var outer = DERReader(der)
            let list = try outer.read(.sequence)
            try outer.finish()
            var reader = DERReader(list)
            while !reader.isAtEnd {
                let element = try reader.readElement()
                switch element.tag {
                case .objectIdentifier: take(identifier: element.content)
                case .sequence: try take(attribute: element.content)
                default: throw X509Error(.unexpectedElement)
                }
            }
            // Every extension is looked at once here, so that reading them later cannot fail.
            var all = RequestedExtensionReader(extensions)
            while try all.next() != nil {}
        } catch {
            throw .notAttributes
        }
        guard keyType != nil || !wantsOtherKey else { throw .unsupportedKey }
    }

    private mutating func take(identifier: Span<UInt8>) {
        if identifier.hasSameBytes(as: challengePassword.span) { wantsChannelBinding = true }
        // Any key of the kind.
        if identifier.hasSameBytes(as: ecPublicKey.span) { take(.p256) }
        if identifier.hasSameBytes(as: rsaEncryption.span) { take(.rsa2048) }
        if let type = KeyType(curve: identifier) { take(type) }
    }

    /// The first kind that we have is the one.
    private mutating func take(_ type: KeyType?) {
        wantsOtherKey = wantsOtherKey || type == nil
        if keyType == nil { keyType = type }
    }

    /// Attribute ::= SEQUENCE { type, values SET }
    @_lifetime(self: copy self, copy content)
    private mutating func take(attribute content: Span<UInt8>) throws(X509Error) {
        var reader = DERReader(content)
        let type = try reader.read(.objectIdentifier)
        var values = DERReader(try reader.read(.set))
        try reader.finish()
        if type.hasSameBytes(as: challengePassword.span) {
            wantsChannelBinding = true
        } else if type.hasSameBytes(as: ecPublicKey.span) {
            take(try KeyType.curve(in: &values) ?? nil)
        } else if type.hasSameBytes(as: rsaEncryption.span) {
            take(values.isAtEnd ? .rsa2048 : KeyType(rsaBits: try values.readSmallInteger()))
        } else if type.hasSameBytes(as: extensionRequest.span), values.nextTag == .sequence {
            extensions = try values.read(.sequence)
        } else if type.hasSameBytes(as: requestTemplate.span) {
            try take(template: try values.read(.sequence))
        }
    }

    /// RFC 9908 §3.4: SEQUENCE { version, subject OPTIONAL, subjectPKInfo [0] OPTIONAL, attributes [1] }, of which the
    /// subject is our own.
    @_lifetime(self: copy self, copy content)
    private mutating func take(template content: Span<UInt8>) throws(X509Error) {
        var reader = DERReader(content)
        _ = try reader.readSmallInteger()
        _ = try reader.readOptional(.sequence)
        if let info = try reader.readOptional(.contextConstructed(0)) {
            var key = DERReader(info)
            var algorithm = try key.readSequence()
            let kind = try algorithm.read(.objectIdentifier)
            if kind.hasSameBytes(as: ecPublicKey.span) {
                take(try KeyType.curve(in: &algorithm) ?? nil)
            } else if kind.hasSameBytes(as: rsaEncryption.span) {
                take(.rsa2048)
            } else {
                take(nil)
            }
        }
        guard let attributes = try reader.readOptional(.contextConstructed(1)) else { return }
        var list = DERReader(attributes)
        while !list.isAtEnd {
            var attribute = try list.readSequence()
            let type = try attribute.read(.objectIdentifier)
            var values = DERReader(try attribute.read(.set))
            let isExtensions =
                type.hasSameBytes(as: extensionRequest.span) || type.hasSameBytes(as: extensionTemplate.span)
            if type.hasSameBytes(as: challengePassword.span) { wantsChannelBinding = true }
            if isExtensions, values.nextTag == .sequence { extensions = try values.read(.sequence) }
        }
    }
}

extension KeyType {
    /// The key on a named curve.
    fileprivate init?(curve identifier: Span<UInt8>) {
        if identifier.hasSameBytes(as: prime256v1.span) {
            self = .p256
        } else if identifier.hasSameBytes(as: secp384r1.span) {
            self = .p384
        } else {
            return nil
        }
    }

    fileprivate init?(rsaBits bits: Int) {
        switch bits {
        case 2048: self = .rsa2048
        case 3072: self = .rsa3072
        case 4096: self = .rsa4096
        default: return nil
        }
    }

    /// The kind of key on the curve that is named next; P-256 where none is; nil within for a curve that we do not have.
    fileprivate static func curve(in reader: inout DERReader) throws(X509Error) -> KeyType?? {
        guard !reader.isAtEnd else { return .some(.p256) }
        return .some(KeyType(curve: try reader.read(.objectIdentifier)))
    }
}

/// An extension that a server wants.
struct RequestedExtension: ~Escapable {
    /// The contents of its object identifier.
    let identifier: Span<UInt8>
    /// Its value; no bytes where that is left to the client.
    let value: Span<UInt8>
    /// All of it.
    let encoding: Span<UInt8>

    var isSubjectAltName: Bool { identifier.hasSameBytes(as: subjectAltName.span) }

    @_lifetime(copy element)
    fileprivate init(_ element: DERElement) throws(X509Error) {
        var reader = DERReader(element.content)
        identifier = try reader.read(.objectIdentifier)
        _ = try reader.readBooleanDefaultFalse()
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

// Contents octets of 1.2.840.113549.1.9.7, 1.2.840.113549.1.9.14, 1.2.840.113549.1.9.16.2.61 and .62, 1.2.840.10045.2.1,
// 1.2.840.113549.1.1.1, 1.2.840.10045.3.1.7, 1.3.132.0.34, 2.5.29.17.
private let challengePassword: [9 of UInt8] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x07]
private let extensionRequest: [9 of UInt8] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x0E]
private let requestTemplate: [11 of UInt8] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x10, 0x02, 0x3D]
private let extensionTemplate: [11 of UInt8] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x10, 0x02, 0x3E]
private let ecPublicKey: [7 of UInt8] = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01]
private let rsaEncryption: [9 of UInt8] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01]
private let prime256v1: [8 of UInt8] = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]
private let secp384r1: [5 of UInt8] = [0x2B, 0x81, 0x04, 0x00, 0x22]
private let subjectAltName: [3 of UInt8] = [0x55, 0x1D, 0x11]
