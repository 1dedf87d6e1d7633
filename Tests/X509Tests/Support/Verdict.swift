// Asking for a verdict in one line.
import Bytes
import Foundation
import X509

/// 2030-01-01T00:00:00Z, within the validity of every crafted certificate.
let year2030: Int64 = 1_893_456_000

/// Now, for certificates that openssl has made.
var now: CurrentTime { .known(Int64(Date().timeIntervalSince1970)) }

/// Certificates as a sequence, with or without the extensions of TLS 1.3 between them.
func joined(_ certificates: [[UInt8]], withExtensions: Bool = false) -> [UInt8] {
    var bytes: [UInt8] = []
    for der in certificates {
        bytes += [UInt8(der.count >> 16), UInt8(der.count >> 8 & 0xFF), UInt8(der.count & 0xFF)]
        bytes += der
        if withExtensions { bytes += [0, 0] }
    }
    return bytes
}

/// A DNS name or an address as a reference identity.
func identity(_ text: String) -> ReferenceIdentity {
    try! ReferenceIdentity(Array(text.utf8).span)
}

/// What a test requires; the name is not looked at unless one is given.
func requirements(
    name: String? = nil, purpose: Purpose = .server, time: CurrentTime = .known(year2030),
    policy: UnknownTimePolicy = .require
) -> PathRequirements {
    PathRequirements(
        purpose: purpose, identity: name.map(identity) ?? .any, time: time, unknownTimePolicy: policy)
}

/// The verdict on a chain: the path, or why there is none. Revocation is looked at where lists are given.
func verify(
    _ chain: [[UInt8]], anchors: [[UInt8]] = [Crafted.root], lists: [[UInt8]]? = nil, softFail: Bool = false,
    _ requirements: PathRequirements = requirements()
) -> Result<VerifiedPath, X509Error> {
    let chainBytes = joined(chain, withExtensions: true)
    let anchorBytes = joined(anchors)
    let listBytes = joined(lists ?? [])
    let policy: RevocationPolicy = lists == nil ? .unchecked : softFail ? .unsafeSoftFail : .required
    do throws(X509Error) {
        return .success(
            try verifyPath(
                CertificateSequence(chainBytes.span, .withExtensions),
                anchors: CertificateSequence(anchorBytes.span, .plain),
                revocationLists: RevocationLists(listBytes.span, policy), requirements))
    } catch {
        return .failure(error)
    }
}

/// Why a chain is refused, or nil where it is accepted.
func fault(
    _ chain: [[UInt8]], anchors: [[UInt8]] = [Crafted.root], lists: [[UInt8]]? = nil, softFail: Bool = false,
    _ requirements: PathRequirements = requirements()
) -> X509Error? {
    switch verify(chain, anchors: anchors, lists: lists, softFail: softFail, requirements) {
    case .success: nil
    case .failure(let error): error
    }
}

/// Why a certificate cannot be read, or nil where it can.
func parseFault(_ der: [UInt8]) -> X509Error.Reason? {
    do throws(X509Error) {
        _ = try Certificate(der.span)
        return nil
    } catch {
        return error.reason
    }
}
