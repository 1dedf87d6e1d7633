// The private keys of the two sides. A signature is remembered by what it signs: an input that changes nothing before a
// CertificateVerify then costs none.
import TLS
import TLSCrypto

/// Signs as one side. Not for two threads: one alone runs a fuzzer.
final class Signer: @unchecked Sendable {
    static let client = Signer(Fixtures.clientKey)
    static let server = Signer(Fixtures.serverKey)
    /// Decrypts, and never signs.
    static let transport = Signer(Fixtures.transportKey)

    private let key: SigningKey
    private var known: [[UInt8]: [UInt8]] = [:]

    private init(_ der: [UInt8]) {
        do throws(CryptoError) { key = try SigningKey(pemOrDER: der.span) } catch {
            fatalError("a key of the fuzzers is none: \(error)")
        }
    }

    var kind: PublicKeyKind { key.kind }

    /// The block that a ciphertext decrypts to.
    func decrypt(_ ciphertext: [UInt8]) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: SigningKey.maximumSignatureBytes)
        var memory = block.mutableSpan
        do throws(CryptoError) {
            let count = try key.decrypt(ciphertext.span, into: &memory)
            return Array(block[0..<count])
        } catch { fatalError("cannot decrypt: \(error)") }
    }

    func sign(_ request: SignatureRequest, _ content: [UInt8]) -> [UInt8] {
        if let signature = known[content] { return signature }
        var signature = [UInt8](repeating: 0, count: SigningKey.maximumSignatureBytes)
        var memory = signature.mutableSpan
        do throws(CryptoError) {
            let count = try key.sign(request, content.span, into: &memory)
            signature.removeLast(signature.count - count)
        } catch { fatalError("cannot sign: \(error)") }
        // What is remembered must not grow without end.
        if known.count < 64 { withoutLeakDetection { known[content] = signature } }
        return signature
    }
}
