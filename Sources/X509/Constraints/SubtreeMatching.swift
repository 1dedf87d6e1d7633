// Whether a name is within a subtree (RFC 5280 §4.2.1.10), for each kind of name.
//
// A permitted subtree must hold everything that the name stands for; an excluded one nothing of it. The two differ where
// a name stands for many (a wildcard) or cannot be understood: that is neither permitted nor free of what is excluded.

import Bytes

/// Which question is asked.
enum SubtreeUse {
    /// Is all of the name within it?
    case permitted
    /// Is any of the name within it?
    case excluded

    /// The answer for a name that cannot be understood: the one that refuses it.
    fileprivate var unknown: Bool { self == .excluded }
}

extension GeneralSubtree {
    /// Whether a name of the same kind is within the subtree.
    func matches(_ name: Span<UInt8>, _ use: SubtreeUse) -> Bool {
        switch kind {
        case .dns: matchesDNS(name, use)
        case .email: matchesEmail(name, use)
        case .uri: matchesURI(name, use)
        case .ip: matchesAddress(name)
        case .directory: matchesDirectory(name, use)
        case .other: use.unknown
        }
    }

    /// "Any DNS name that can be constructed by simply adding zero or more labels to the left-hand side of the name
    /// satisfies the name constraint."
    private func matchesDNS(_ name: Span<UInt8>, _ use: SubtreeUse) -> Bool {
        guard isDNSName(name, wildcard: .allowed) else { return use.unknown }
        guard name[0] == UInt8(ascii: "*") else { return isWithinDomain(name, base, orSame: true) }
        let rest = name.extracting(2..<name.count)
        // Whatever stands in place of the wildcard is within the domain that the rest is in.
        if base.isEmpty || isWithinDomain(rest, base, orSame: base[0] != UInt8(ascii: ".")) { return true }
        if base[0] == UInt8(ascii: "."), isSameIgnoringCase(rest, base.extracting(1..<base.count)) { return true }
        // A wildcard stands for one label, so it may be just the one at the root of the subtree.
        guard use == .excluded, base[0] != UInt8(ascii: "."), let dot = firstDot(base) else { return false }
        return isSameIgnoringCase(rest, base.extracting((dot + 1)..<base.count))
    }

    /// A mailbox; or a host, for every mailbox on it; or a period and a domain, for every mailbox on a host within it.
    private func matchesEmail(_ name: Span<UInt8>, _ use: SubtreeUse) -> Bool {
        guard let at = lastAt(name), at > 0 else { return use.unknown }
        let host = name.extracting((at + 1)..<name.count)
        guard isDNSName(host, wildcard: .refused) else { return use.unknown }
        guard let baseAt = lastAt(base) else { return isWithinDomain(host, base, orSame: false) }
        // RFC 5280 §7.5: the local part as it is, the host without regard to case.
        return isSameIgnoringCase(host, base.extracting((baseAt + 1)..<base.count))
            && name.extracting(0..<at).hasSameBytes(as: base.extracting(0..<baseAt))
    }

    /// A host, or a period and a domain. "If a constraint is applied to a URI that does not include an authority
    /// component, or one in which the host name is not specified as a fully qualified domain name, then the application MUST reject the certificate."
    private func matchesURI(_ name: Span<UInt8>, _ use: SubtreeUse) -> Bool {
        guard let host = hostOfURI(name), isDNSName(host, wildcard: .refused) else { return use.unknown }
        return isWithinDomain(host, base, orSame: false)
    }

    /// Octet for octet under the mask; IPv4 is never within a range of IPv6.
    private func matchesAddress(_ name: Span<UInt8>) -> Bool {
        guard base.count == 2 * name.count else { return false }
        for index in name.indices where (name[index] ^ base[index]) & base[name.count + index] != 0 { return false }
        return true
    }

    private func matchesDirectory(_ name: Span<UInt8>, _ use: SubtreeUse) -> Bool {
        do throws(X509Error) {
            return try readDirectoryName(name).isWithin(try readDirectoryName(base))
        } catch {
            return use.unknown
        }
    }
}

/// Whether a host is within a domain.
/// - Parameters:
///   - domain: empty for everything; with a period in front for what lies below it; otherwise itself,
///   - orSame: and where this is set, what lies below it as well.
private func isWithinDomain(_ host: Span<UInt8>, _ domain: Span<UInt8>, orSame: Bool) -> Bool {
    guard !domain.isEmpty else { return true }
    let hasPeriod = domain[0] == UInt8(ascii: ".")
    if host.count == domain.count { return !hasPeriod && isSameIgnoringCase(host, domain) }
    guard hasPeriod || orSame, host.count > domain.count else { return false }
    let start = host.count - domain.count
    guard isSameIgnoringCase(host.extracting(start..<host.count), domain) else { return false }
    return hasPeriod || host[start - 1] == UInt8(ascii: ".")
}

/// Where the last `@` is.
func lastAt(_ text: Span<UInt8>) -> Int? {
    var index = text.count - 1
    while index >= 0 {
        if text[index] == UInt8(ascii: "@") { return index }
        index -= 1
    }
    return nil
}

/// The host of a URI (RFC 3986 §3.2): what stands between `//` or `@` and the first of `:/?#` after it.
@_lifetime(copy uri)
private func hostOfURI(_ uri: Span<UInt8>) -> Span<UInt8>? {
    var index = 0
    while index < uri.count, uri[index] != UInt8(ascii: ":") { index += 1 }
    guard index > 0, uri.count - index >= 3, uri[index + 1] == UInt8(ascii: "/"), uri[index + 2] == UInt8(ascii: "/")
    else { return nil }
    var start = index + 3
    var end = start
    while end < uri.count, !isEndOfAuthority(uri[end]) {
        if uri[end] == UInt8(ascii: "@") { start = end + 1 }
        end += 1
    }
    let authority = uri.extracting(start..<end)
    for place in authority.indices where authority[place] == UInt8(ascii: ":") {
        return authority.extracting(0..<place)
    }
    return authority
}

private func isEndOfAuthority(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "/") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#")
}
