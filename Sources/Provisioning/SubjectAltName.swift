// subjectAltName (RFC 5280 §4.2.1.6): the DNS names and addresses that a certificate is for.
import Bytes
import X509

/// One name of a certificate.
public enum SubjectAltName: Equatable, Sendable {
    /// A DNS name in ASCII, without a trailing dot; its first label may be `*`.
    case dns(BoundedBytes<253>)
    /// An IPv4 address in 4 bytes or an IPv6 address in 16.
    case ip(BoundedBytes<16>)

    /// Whether the name is one that an authority may vouch for.
    public var isValid: Bool {
        switch self {
        case .dns(let name): isDNSName(name.bytes)
        case .ip(let address): address.count == 4 || address.count == 16
        }
    }
}

/// Whether `name` is a DNS name in preferred name syntax (RFC 1034 §3.5, RFC 1123 §2.1): labels of 1 to 63 letters,
/// digits and inner hyphens, 253 characters in all. The first label may be `*` where two more follow (RFC 9525
/// §6.3), and the last may not be all digits, so that no IPv4 address passes.
public func isDNSName(_ name: Span<UInt8>) -> Bool {
    guard !name.isEmpty, name.count <= 253 else { return false }
    var start = 0
    var labels = 0
    var lastIsNumber = false
    var hasWildcard = false
    for end in 0...name.count where end == name.count || name[end] == 0x2E {
        let label = name.extracting(start..<end)
        if labels == 0, label.count == 1, label[0] == 0x2A {
            hasWildcard = true
            lastIsNumber = false
        } else {
            guard isLabel(label) else { return false }
            lastIsNumber = isNumber(label)
        }
        labels += 1
        start = end + 1
    }
    return !lastIsNumber && (!hasWildcard || labels >= 3)
}

private func isLabel(_ label: Span<UInt8>) -> Bool {
    guard (1...63).contains(label.count), label[0] != 0x2D, label[label.count - 1] != 0x2D else { return false }
    for index in label.indices {
        switch label[index] {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D: continue
        default: return false
        }
    }
    return true
}

private func isNumber(_ label: Span<UInt8>) -> Bool {
    for index in label.indices where !(0x30...0x39).contains(label[index]) { return false }
    return true
}

/// Writes the DER of GeneralNames: the value of a subjectAltName extension.
/// - Returns: how many bytes of `output` were written.
/// - Throws: `invalidName` (also where `names` is empty), `outputTooSmall`.
public func writeSubjectAltNames(
    _ names: Span<SubjectAltName>, into output: inout MutableSpan<UInt8>
) throws(ProvisioningError) -> Int {
    guard !names.isEmpty else { throw .invalidName }
    var writer = DERWriter(output._mutatingExtracting(0..<output.count))
    let all = writer.mark
    for position in 0..<names.count {
        let name = names[names.count - 1 - position]
        guard name.isValid else { throw .invalidName }
        switch name {
        case .dns(let text): writer.prepend(.context(2), text.bytes)
        case .ip(let address): writer.prepend(.context(7), address.bytes)
        }
    }
    writer.wrap(.sequence, since: all)
    return try writer.moveToFront()
}
