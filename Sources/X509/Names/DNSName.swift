// DNS names and their comparison (RFC 9525 §6.3). Both sides are held to the preferred syntax of RFC 1123 §2.1, with
// the underscore that device names have besides; anything else never matches: NUL, non-ASCII, a trailing dot, an
// empty label, an IP address written as a name, a wildcard that is not the whole left-most label.

/// Whether a name must, or must not, have `*` as its left-most label.
enum Wildcard {
    case required, refused, allowed
}

/// Whether `text` is a DNS name of at most 253 bytes.
func isDNSName(_ text: Span<UInt8>, wildcard: Wildcard) -> Bool {
    guard (1...253).contains(text.count) else { return false }
    let hasWildcard = text.count >= 2 && text[0] == UInt8(ascii: "*") && text[1] == UInt8(ascii: ".")
    guard !(hasWildcard && wildcard == .refused), !(!hasWildcard && wildcard == .required) else { return false }
    var labels = 0
    var start = hasWildcard ? 2 : 0
    var lastIsNumber = false
    while true {
        var end = start
        while end < text.count, text[end] != UInt8(ascii: ".") { end += 1 }
        let label = kind(ofLabel: text.extracting(start..<end))
        guard label != .malformed else { return false }
        lastIsNumber = label == .number
        labels += 1
        guard end < text.count else { break }
        start = end + 1
    }
    // A last label of digits alone makes it an IPv4 address, or nothing (RFC 1123 §2.1). A wildcard directly under a
    // top-level label would speak for everybody there.
    return !lastIsNumber && (!hasWildcard || labels >= 2)
}

/// Whether a dNSName that a certificate presents is the reference name. Either may have a wildcard, which stands for
/// exactly one label (RFC 9525 §6.3). ASCII case does not count.
/// - Parameter reference: a name, or a pattern, that was checked when its `ReferenceIdentity` was made.
func matchesDNSName(_ presented: Span<UInt8>, reference: Span<UInt8>) -> Bool {
    guard isDNSName(presented, wildcard: .allowed) else { return false }
    guard presented[0] == UInt8(ascii: "*") || reference[0] == UInt8(ascii: "*") else {
        return isSameIgnoringCase(presented, reference)
    }
    guard let presentedRest = firstDot(presented), let referenceRest = firstDot(reference) else { return false }
    return isSameIgnoringCase(
        presented.extracting(presentedRest..<presented.count), reference.extracting(referenceRest..<reference.count))
}

private enum LabelKind { case name, number, malformed }

/// A label is 1 to 63 letters, digits, hyphens and underscores, with no hyphen at either end.
private func kind(ofLabel label: Span<UInt8>) -> LabelKind {
    guard (1...63).contains(label.count), label[0] != UInt8(ascii: "-"), label[label.count - 1] != UInt8(ascii: "-")
    else { return .malformed }
    var kind = LabelKind.number
    for index in label.indices {
        switch label[index] {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): break
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"),
            UInt8(ascii: "_"):
            kind = .name
        default: return .malformed
        }
    }
    return kind
}

func firstDot(_ text: Span<UInt8>) -> Int? {
    for index in text.indices where text[index] == UInt8(ascii: ".") { return index }
    return nil
}

func isSameIgnoringCase(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Bool {
    guard a.count == b.count else { return false }
    for index in a.indices where lowercase(a[index]) != lowercase(b[index]) { return false }
    return true
}

func lowercase(_ byte: UInt8) -> UInt8 {
    byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
}
