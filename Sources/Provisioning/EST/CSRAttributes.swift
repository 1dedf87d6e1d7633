// What an EST server wants in a request: CsrAttrs (RFC 7030 §4.5.2, RFC 9908): object identifiers and attributes, of which these
// are obeyed:
//
//     challengePassword                    bind the request to the TLS connection (RFC 7030 §3.5)
//     id-ecPublicKey, a curve; rsaEncryption, a size                     the kind of key
//     extensionRequest with Extensions (RFC 9908 §3.2)                   those that have a value, as they are
//     id-aa-certificationRequestInfoTemplate (RFC 9908 §3.4)             subject, kind of key, extensions; nothing else then counts
//
// All others are passed over: a client asks for what it can (RFC 7030 §4.5.2). What becomes of a request is RequestContents's.
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
    /// Whether it is a template that says all this: what is in it is not for the client to leave out.
    private(set) var isTemplate = false
    /// Whether a template says what the subject is to be.
    private(set) var hasSubject = false
    /// The relative distinguished names of that, one after the other, whose attributes may have no value.
    private(set) var subject: Span<UInt8>
    private var hasExtensions = false
    private var wantsOtherKey = false

    /// Reads a list, which may be empty, and may be no bytes at all.
    /// - Throws: `notAttributes`, `unsupportedKey`.
    @_lifetime(copy der)
    init(_ der: Span<UInt8>) throws(ESTBodyError) {
        extensions = der.extracting(0..<0)
        subject = der.extracting(0..<0)
        guard !der.isEmpty else { return }
        do throws(X509Error) {
            var outer = DERReader(der)
            let list = try outer.read(.sequence)
            try outer.finish()
            // RFC 9908 §3.4, §4: who knows the template leaves what is there for others aside.
            if let template = try Self.template(in: list) {
                isTemplate = true
                try take(template: template)
            } else {
                try take(list: list)
            }
            // Every extension is looked at once here, so that reading them later cannot fail.
            var all = RequestedExtensionReader(extensions)
            while try all.next() != nil {}
        } catch {
            throw .notAttributes
        }
        guard keyType != nil || !wantsOtherKey else { throw .unsupportedKey }
    }

    /// The one template of a list, which is checked to be one; nil where there is none.
    @_lifetime(copy list)
    private static func template(in list: Span<UInt8>) throws(X509Error) -> Span<UInt8>? {
        var reader = DERReader(list)
        var found: Span<UInt8>?
        while !reader.isAtEnd {
            let element = try reader.readElement()
            guard element.tag == .sequence else { continue }
            var attribute = DERReader(element.content)
            guard try attribute.read(.objectIdentifier).hasSameBytes(as: requestTemplate.span) else { continue }
            guard found == nil else { throw X509Error(.unexpectedElement) }
            var values = DERReader(try attribute.read(.set))
            try attribute.finish()
            found = try values.read(.sequence)
            try values.finish()
        }
        return found
    }

    @_lifetime(self: copy self, copy list)
    private mutating func take(list: Span<UInt8>) throws(X509Error) {
        var reader = DERReader(list)
        while !reader.isAtEnd {
            let element = try reader.readElement()
            switch element.tag {
            case .objectIdentifier: take(identifier: element.content)
            case .sequence: try take(attribute: element.content)
            default: throw X509Error(.unexpectedElement)
            }
        }
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
            try take(extensions: &values)
        }
    }

    /// RFC 9908 §3.2, §3.4: there is one request for extensions, with one value.
    @_lifetime(self: copy self, copy values)
    private mutating func take(extensions values: inout DERReader) throws(X509Error) {
        guard !hasExtensions else { throw X509Error(.unexpectedElement) }
        hasExtensions = true
        extensions = try values.read(.sequence)
        try values.finish()
    }

    /// RFC 9908 §3.4: SEQUENCE { version, subject OPTIONAL, subjectPKInfo [0] OPTIONAL, attributes [1] }
    @_lifetime(self: copy self, copy content)
    private mutating func take(template content: Span<UInt8>) throws(X509Error) {
        var reader = DERReader(content)
        guard try reader.readSmallInteger() == 0 else { throw X509Error(.unsupportedVersion) }
        if let names = try reader.readOptional(.sequence) {
            hasSubject = true
            subject = names
            var all = SubjectTemplateReader(names)
            while try all.next() != nil {}
        }
        if let info = try reader.readOptional(.contextConstructed(0)) { try take(publicKeyInfo: info) }
        guard let attributes = try reader.readOptional(.contextConstructed(1)) else { return try reader.finish() }
        try reader.finish()
        var list = DERReader(attributes)
        while !list.isAtEnd {
            var attribute = try list.readSequence()
            let type = try attribute.read(.objectIdentifier)
            var values = DERReader(try attribute.read(.set))
            try attribute.finish()
            if type.hasSameBytes(as: challengePassword.span) { wantsChannelBinding = true }
            if type.hasSameBytes(as: extensionRequest.span) || type.hasSameBytes(as: extensionTemplate.span) {
                try take(extensions: &values)
            }
        }
    }

    /// RFC 9908 §3.4: the algorithm, and for RSA a key whose length alone counts.
    private mutating func take(publicKeyInfo info: Span<UInt8>) throws(X509Error) {
        var key = DERReader(info)
        var algorithm = try key.readSequence()
        let kind = try algorithm.read(.objectIdentifier)
        if kind.hasSameBytes(as: ecPublicKey.span) {
            take(try KeyType.curve(in: &algorithm) ?? nil)
        } else if kind.hasSameBytes(as: rsaEncryption.span) {
            take(key.isAtEnd ? .rsa2048 : KeyType(rsaBits: Self.bits(ofKey: try key.readOctetAlignedBitString())))
        } else {
            take(nil)
        }
    }

    /// The bits of an RSAPublicKey's modulus (RFC 8017 §A.1.1) or, where it is none, of the bytes that stand for it.
    private static func bits(ofKey bytes: Span<UInt8>) -> Int {
        do throws(X509Error) {
            var outer = DERReader(bytes)
            var key = try outer.readSequence()
            let modulus = try key.read(.integer)
            return 8 * (modulus.count > 0 && modulus[0] == 0 ? modulus.count - 1 : modulus.count)
        } catch {
            return 8 * bytes.count
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

// Contents octets of 1.2.840.113549.1.9.7, 1.2.840.113549.1.9.14, 1.2.840.113549.1.9.16.2.61 and .62, 1.2.840.10045.2.1,
// 1.2.840.113549.1.1.1, 1.2.840.10045.3.1.7, 1.3.132.0.34.
private let challengePassword: [9 of UInt8] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x07]
private let extensionRequest: [9 of UInt8] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x0E]
private let requestTemplate: [11 of UInt8] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x10, 0x02, 0x3D]
private let extensionTemplate: [11 of UInt8] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x10, 0x02, 0x3E]
private let ecPublicKey: [7 of UInt8] = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01]
private let rsaEncryption: [9 of UInt8] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01]
private let prime256v1: [8 of UInt8] = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]
private let secp384r1: [5 of UInt8] = [0x2B, 0x81, 0x04, 0x00, 0x22]
