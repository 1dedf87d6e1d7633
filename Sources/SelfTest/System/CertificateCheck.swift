// A stored chain (RFC 5280): parsed, verified at a fixed time, refused under another name and at another time.
import Bytes
import TLSCrypto
import X509

/// Leaf and intermediate lead to the authority; for another name they do not, nor when they have expired.
func checkCertificate(_ context: inout CheckContext) throws(CheckFailure) -> Outcome {
    var chainMemory = try take(2048, from: &context.arena)
    var anchorMemory = try take(1024, from: &context.arena)
    var chainCount = try appendDER(StoredChain.leaf, to: &chainMemory, at: 0)
    // Broken: the last byte of the leaf, in its signature.
    if context.options.isBroken { chainMemory.flipBit(of: chainCount - 1) }
    chainCount = try appendDER(StoredChain.intermediate, to: &chainMemory, at: chainCount)
    let anchorCount = try appendDER(StoredChain.root, to: &anchorMemory, at: 0)
    let chain = CertificateSequence(chainMemory.bytes.extracting(0..<chainCount), .plain)
    let anchors = CertificateSequence(anchorMemory.bytes.extracting(0..<anchorCount), .plain)
    var requirements = PathRequirements(
        purpose: .server, identity: .dns(BoundedBytes(text: "device.example")), time: .known(StoredChain.time),
        unknownTimePolicy: .require)
    do throws(X509Error) {
        let path = try verifyPath(chain, anchors: anchors, requirements)
        guard path.depth == 1 else {
            return .failed("the stored chain has one intermediate, and another count was found")
        }
    } catch {
        throw .certificate(error)
    }
    requirements.identities = ReferenceIdentities(.dns(BoundedBytes(text: "other.example")))
    guard refused(chain, anchors, requirements) == .nameMismatch else {
        return .failed("a certificate for another name was accepted")
    }
    requirements.identities = ReferenceIdentities(.dns(BoundedBytes(text: "device.example")))
    // 2050: four years after its end.
    requirements.time = .known(2_524_608_000)
    return refused(chain, anchors, requirements) == .expired ? .passed : .failed("an expired certificate was accepted")
}

/// Why the chain is refused, or nil.
private func refused(
    _ chain: CertificateSequence, _ anchors: CertificateSequence, _ requirements: PathRequirements
) -> X509Error.Reason? {
    do throws(X509Error) {
        _ = try verifyPath(chain, anchors: anchors, requirements)
        return nil
    } catch { return error.reason }
}

/// Decodes a literal's base64 and appends the bytes as a `CertificateSequence` has them.
/// - Returns: where the next one begins.
private func appendDER(
    _ base64: StaticString, to memory: inout Region, at start: Int
) throws(CheckFailure) -> Int {
    let text = BoundedBytes<1024>(text: base64)
    var bytes = memory.mutableBytes
    guard bytes.count - start > 3 else { throw .wrong("out of memory") }
    var place = bytes._mutatingExtracting((start + 3)..<bytes.count)
    let count: Int
    do throws(CryptoError) { count = try decodeBase64(text.bytes, into: &place) } catch { throw .crypto(error) }
    bytes[start] = 0
    bytes[start + 1] = UInt8(truncatingIfNeeded: count >> 8)
    bytes[start + 2] = UInt8(truncatingIfNeeded: count)
    return start + 3 + count
}

extension Region {
    /// Makes one bit of byte `index` wrong.
    mutating func flipBit(of index: Int) {
        var bytes = mutableBytes
        bytes[index] ^= 1
    }
}
