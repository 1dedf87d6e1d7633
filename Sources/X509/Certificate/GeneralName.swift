// General names (RFC 5280 §4.2.1.6), as subjectAltName holds them.

import Bytes

/// One name of a subjectAltName extension.
public struct GeneralName: ~Escapable {
    /// What kind of name it is.
    public enum Kind: Equatable, Sendable {
        /// A dNSName: ASCII without NUL. May still be a name that no reference identity matches.
        case dns
        /// An iPAddress: 4 or 16 bytes.
        case ip
        /// An rfc822Name.
        case email
        /// A uniformResourceIdentifier.
        case uri
        /// A directoryName.
        case directory
        /// Any of the other choices; `number` is its context tag.
        case other(number: UInt8)
    }

    /// What kind of name it is.
    public let kind: Kind
    /// The name itself: text in ASCII, or the bytes of the address, or the contents of the element.
    public let value: Span<UInt8>

    /// Checks one name.
    /// - Throws: `badName`
    @_lifetime(copy element)
    init(_ element: DERElement) throws(X509Error) {
        value = element.content
        switch element.tag {
        case .context(1): kind = .email
        case .context(2): kind = .dns
        case .context(6): kind = .uri
        case .context(7): kind = .ip
        case .context(8): kind = .other(number: 8)
        case .contextConstructed(4): kind = .directory
        case .contextConstructed(0), .contextConstructed(3), .contextConstructed(5):
            kind = .other(number: element.tag.rawValue & 0x1F)
        default: throw X509Error(.badName)
        }
        switch kind {
        case .dns, .email, .uri: try checkIA5(element.content)
        // RFC 5280 §4.2.1.6: exactly four or sixteen octets.
        case .ip: guard value.count == 4 || value.count == 16 else { throw X509Error(.badName) }
        case .directory: _ = try readDirectoryName(element.content)
        case .other: break
        }
    }

    /// The name where it is a directoryName.
    var directoryName: DistinguishedName? {
        @_lifetime(copy self)
        get {
            guard kind == .directory else { return nil }
            // It was checked when this was made, so nothing here can fail.
            do throws(X509Error) { return try readDirectoryName(value) } catch { return nil }
        }
    }

    /// Whether both are the same name: directory names as RFC 5280 §7.1 has it, others byte for byte.
    func isSame(as other: GeneralName) -> Bool {
        guard kind == other.kind else { return false }
        if let own = directoryName, let directory = other.directoryName { return own.isSame(as: directory) }
        return value.hasSameBytes(as: other.value)
    }
}

/// `[4]` is explicit, since Name is a CHOICE (RFC 5280 §4.2.1.6).
@_lifetime(copy content)
func readDirectoryName(_ content: Span<UInt8>) throws(X509Error) -> DistinguishedName {
    var reader = DERReader(content)
    let name = try reader.readDistinguishedName()
    try reader.finish()
    return name
}

/// The names of a subjectAltName extension or of another GeneralNames, to be read one after the other.
public struct GeneralNames: ~Escapable {
    private var reader: DERReader

    /// No names.
    @_lifetime(immortal)
    init() { reader = DERReader(Span()) }

    /// Checks every name.
    /// - Parameter value: the contents of the extension: GeneralNames.
    /// - Throws: `malformedDER`, `unexpectedElement`, `trailingData`, `badName`, `tooManyNames`
    @_lifetime(copy value)
    public init(extensionValue value: Span<UInt8>) throws(X509Error) {
        var outer = DERReader(value)
        let names = try outer.read(.sequence)
        try outer.finish()
        try self.init(names)
    }

    /// Checks every name.
    /// - Parameter content: the contents of a GeneralNames, without its tag, which may be implicit.
    @_lifetime(copy content)
    init(_ content: Span<UInt8>) throws(X509Error) {
        reader = DERReader(content)
        // SEQUENCE SIZE (1..MAX)
        guard !reader.isAtEnd else { throw X509Error(.badName) }
        var check = reader
        var count = 0
        while !check.isAtEnd {
            _ = try GeneralName(try check.readElement())
            count += 1
            guard count <= X509Limits.alternativeNames else { throw X509Error(.tooManyNames) }
        }
    }

    /// Whether there is no name: no extension, since one without names is refused.
    var isEmpty: Bool { reader.isAtEnd }

    /// The next name, or nil after the last.
    @_lifetime(copy self)
    public mutating func next() -> GeneralName? {
        guard !reader.isAtEnd else { return nil }
        // All were checked when this was made, so nothing here can fail.
        do throws(X509Error) {
            return try GeneralName(try reader.readElement())
        } catch {
            return nil
        }
    }
}

/// IA5String in a certificate's name: ASCII, and no NUL, on which C programs have cut names short.
private func checkIA5(_ text: Span<UInt8>) throws(X509Error) {
    for index in text.indices where text[index] == 0 || text[index] >= 0x80 { throw X509Error(.badName) }
}
