// The names that a peer is expected to have (RFC 9525 §6.1.2, "reference identifiers"): DNS names and IP addresses,
// never a common name.

import Bytes

/// One name that a peer may be expected to have.
public enum ReferenceIdentity: Equatable, Sendable {
    /// Any name at all: the certificate's names are not looked at. A caller has to say so in words.
    case any
    /// A DNS name in ASCII, without trailing dot.
    case dns(BoundedBytes<253>)
    /// A DNS name whose left-most label is `*`: every name with exactly one label in its place.
    case dnsPattern(BoundedBytes<253>)
    /// An IP address: 4 or 16 bytes.
    case ip(BoundedBytes<16>)

    /// The identity that a text names: an IPv4 or IPv6 address, the latter also in brackets, or else a DNS name.
    /// - Parameter text: ASCII. An internationalised name is given in its A-label form (RFC 5890 §2.3.2.1).
    /// - Throws: `badReferenceIdentity` where it is neither, so also for a trailing dot, NUL, non-ASCII, a wildcard or
    ///   a last label of digits alone.
    public init(_ text: Span<UInt8>) throws(X509Error) {
        if let address = IPAddressText.parse(text) {
            self = .ip(address)
        } else if isDNSName(text, wildcard: .refused), let name = BoundedBytes<253>(text) {
            self = .dns(name)
        } else {
            throw X509Error(.badReferenceIdentity)
        }
    }

    /// The identity that a pattern names: as `init(_:)`, and `*` may be the whole left-most label of a DNS name that
    /// has two more.
    /// - Throws: `badReferenceIdentity`
    public init(pattern text: Span<UInt8>) throws(X509Error) {
        if isDNSName(text, wildcard: .required), let name = BoundedBytes<253>(text) {
            self = .dnsPattern(name)
        } else {
            try self.init(text)
        }
    }
}

/// The names of which a peer must have at least one. Held in 512 bytes: one name of greatest length and room to spare,
/// or some twenty common ones.
@_addressableForDependencies  // see BoundedBytes
public struct ReferenceIdentities: Sendable {
    // Each entry: the kind, the count of its bytes, its bytes.
    private var storage = InlineArray<512, UInt8>(repeating: 0)
    private var used = 0
    /// Whether every peer is accepted, whatever its names.
    public private(set) var acceptsAny = false

    private static var dns: UInt8 { 1 }
    private static var dnsPattern: UInt8 { 2 }
    private static var ip: UInt8 { 3 }

    /// No name: no certificate matches.
    public init() {}

    /// The one name `identity`.
    public init(_ identity: ReferenceIdentity) { append(identity) }

    /// Whether there is no name, nor `.any`.
    public var isEmpty: Bool { used == 0 && !acceptsAny }

    /// Adds a name.
    /// - Returns: false, and nothing is added, where there is no room left.
    @discardableResult
    public mutating func append(_ identity: ReferenceIdentity) -> Bool {
        switch identity {
        case .any:
            acceptsAny = true
            return true
        case .dns(let name): return append(Self.dns, name.bytes)
        case .dnsPattern(let name): return append(Self.dnsPattern, name.bytes)
        case .ip(let address): return append(Self.ip, address.bytes)
        }
    }

    private mutating func append(_ kind: UInt8, _ bytes: Span<UInt8>) -> Bool {
        guard bytes.count <= 255, bytes.count + 2 <= 512 - used else { return false }
        var target = storage.mutableSpan
        target[used] = kind
        target[used + 1] = UInt8(bytes.count)
        target.copy(bytes, at: used + 2)
        used += bytes.count + 2
        return true
    }

    /// The names as they are held: equal bytes mean that the same names were added in the same order.
    public var encoding: Span<UInt8> {
        @_addressableSelf @_lifetime(borrow self)
        get { storage.span.extracting(0..<used) }
    }

    /// Whether one of the names is the one that a certificate presents.
    func matches(_ presented: Span<UInt8>, _ presentedKind: GeneralName.Kind) -> Bool {
        var entries = ByteReader(encoding)
        while let kind = entries.readUInt8(), let expected = entries.readVector8() {
            switch presentedKind {
            case .dns where kind != Self.ip:
                if matchesDNSName(presented, reference: expected) { return true }
            // RFC 9525 §6.4: octet for octet; IPv4 never matches IPv6.
            case .ip where kind == Self.ip:
                if presented.hasSameBytes(as: expected) { return true }
            default: break
            }
        }
        return false
    }
}

extension Certificate {
    /// Requires that the certificate presents one of the names, in its subjectAltName and nowhere else (RFC 9525 §6.2).
    /// - Parameter acceptsCommonName: whether a certificate without subjectAltName may present its common name.
    /// - Throws: `nameMismatch`, `noComparableName`, `badReferenceIdentity` where no name is expected
    public func requireName(
        among identities: borrowing ReferenceIdentities, acceptsCommonName: Bool = false
    ) throws(X509Error) {
        if identities.acceptsAny { return }
        guard !identities.isEmpty else { throw X509Error(.badReferenceIdentity) }
        var names = extensions.subjectAltNames
        if acceptsCommonName, names.isEmpty { return try requireCommonName(among: identities) }
        var isComparable = false
        while let name = names.next() {
            if identities.matches(name.value, name.kind) { return }
            if name.kind == .dns || name.kind == .ip { isComparable = true }
        }
        throw X509Error(isComparable ? .nameMismatch : .noComparableName)
    }

    /// RFC 6125 §6.4.4: a common name that has the form of a DNS name.
    private func requireCommonName(among identities: borrowing ReferenceIdentities) throws(X509Error) {
        var isComparable = false
        var attributes = subject.attributes
        while let attribute = attributes.next() {
            guard attribute.type == .commonName else { continue }
            let name = attribute.value.content
            if identities.matches(name, .dns) { return }
            if isDNSName(name, wildcard: .allowed) { isComparable = true }
        }
        throw X509Error(isComparable ? .nameMismatch : .noComparableName)
    }
}
