// The extensions that a request asks for: the extensionRequest attribute (RFC 2985 §5.4.2) holds Extensions as a
// certificate would (RFC 5280 §4.1).
import Bytes
import X509

/// 1.2.840.113549.1.9.14, 2.5.29.17 and 2.5.29.19 as contents octets.
private let extensionRequest: [9 of UInt8] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x0E]
private let subjectAltName: [3 of UInt8] = [0x55, 0x1D, 0x11]
private let basicConstraints: [3 of UInt8] = [0x55, 0x1D, 0x13]

/// What a request asks for, as far as we take notice of it.
struct RequestedExtensions: ~Escapable {
    /// DER of the GeneralNames; no bytes where none are asked for. Not checked yet: see `checkRequestedNames`.
    private(set) var subjectAltNames: Span<UInt8>
    /// basicConstraints with cA TRUE.
    private(set) var isAuthority = false
    /// An extension that we read stands twice, or there is more than one extensionRequest.
    private(set) var isRepeated = false

    /// Reads the contents of the request's attributes.
    @_lifetime(copy attributes)
    init(_ attributes: Span<UInt8>) throws(X509Error) {
        subjectAltNames = attributes.extracting(0..<0)
        var seen = false
        var reader = DERReader(attributes)
        while !reader.isAtEnd {
            var attribute = try reader.readSequence()
            let type = try attribute.read(.objectIdentifier)
            var values = DERReader(try attribute.read(.set))
            try attribute.finish()
            guard type.hasSameBytes(as: extensionRequest.span) else { continue }
            isRepeated = isRepeated || seen
            seen = true
            var extensions = try values.readSequence()
            try values.finish()
            while !extensions.isAtEnd {
                var one = try extensions.readSequence()
                try readExtension(&one)
            }
        }
    }

    /// Extension ::= SEQUENCE { extnID, critical DEFAULT FALSE, extnValue } (RFC 5280 §4.1).
    @_lifetime(self: copy self, copy reader)
    private mutating func readExtension(_ reader: inout DERReader) throws(X509Error) {
        let identifier = try reader.read(.objectIdentifier)
        _ = try reader.readBooleanDefaultFalse()
        let value = try reader.read(.octetString)
        try reader.finish()
        if identifier.hasSameBytes(as: subjectAltName.span) {
            isRepeated = isRepeated || !subjectAltNames.isEmpty
            subjectAltNames = value
        } else if identifier.hasSameBytes(as: basicConstraints.span) {
            var outer = DERReader(value)
            var constraints = try outer.readSequence()
            let authority = try constraints.readBooleanDefaultFalse()
            isAuthority = isAuthority || authority
        }
    }
}
