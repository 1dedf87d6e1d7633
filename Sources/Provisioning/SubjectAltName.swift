// subjectAltName (RFC 5280 §4.2.1.6): the DNS names and addresses that a certificate is for. A name that may be put into a
// certificate is one that could be expected of a peer, so it is a `ReferenceIdentity`.
import Bytes
import X509

/// Writes the DER of GeneralNames: the value of a subjectAltName extension.
/// - Parameter names: DNS names, patterns and addresses; at least one.
/// - Returns: how many bytes of `output` were written.
/// - Throws: `invalidName` where `names` is empty or has `.any`, `outputTooSmall`.
public func writeSubjectAltNames(
    _ names: Span<ReferenceIdentity>, into output: inout MutableSpan<UInt8>
) throws(ProvisioningError) -> Int {
    guard !names.isEmpty else { throw .invalidName }
    var writer = DERWriter(output._mutatingExtracting(0..<output.count))
    let all = writer.mark
    for position in 0..<names.count {
        let name = names[names.count - 1 - position]
        switch name {
        case .dns(let name): writer.prepend(.context(2), name.bytes)
        case .dnsPattern(let name): writer.prepend(.context(2), name.bytes)
        case .ip(let address): writer.prepend(.context(7), address.bytes)
        case .any: throw .invalidName
        }
    }
    writer.wrap(.sequence, since: all)
    return try writer.moveToFront()
}

/// Requires that `generalNames` (the value of a requested extension), where there are any, are DNS names and addresses
/// that a peer could be expected to have.
/// - Throws: `malformedRequest`, `invalidName`, `unsupportedRequest(.nameKind)`.
func checkRequestedNames(_ generalNames: Span<UInt8>) throws(ProvisioningError) {
    guard !generalNames.isEmpty else { return }
    var names: GeneralNames
    do throws(X509Error) {
        names = try GeneralNames(extensionValue: generalNames)
    } catch {
        throw error.reason == .badName || error.reason == .tooManyNames ? .invalidName : .malformedRequest
    }
    while let name = names.next() {
        switch name.kind {
        case .dns: try checkDNSName(name.value)
        case .ip: continue
        case .email, .uri, .directory, .other: throw .unsupportedRequest(.nameKind)
        }
    }
}

/// An address in a dNSName would be taken for a name by some and for an address by others.
private func checkDNSName(_ text: Span<UInt8>) throws(ProvisioningError) {
    do throws(X509Error) {
        switch try ReferenceIdentity(pattern: text) {
        case .dns, .dnsPattern: return
        case .ip, .any: throw X509Error(.badName)
        }
    } catch {
        throw .invalidName
    }
}
