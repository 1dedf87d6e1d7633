// Certificates made field by field and signed with our own signer, so that every field can be wrong.
import TLSCrypto

/// A key that signs crafted certificates.
final class Signer: Sendable {
    private let pem: [UInt8]
    /// Its SubjectPublicKeyInfo.
    let publicKeyInfo: [UInt8]

    init(_ type: KeyType = .p256) {
        var memory = [UInt8](repeating: 0, count: SigningKey.maximumPEMBytes)
        var span = memory.mutableSpan
        let count = try! SigningKey.generatePEM(type, random: .system, into: &span)
        let text = Array(memory[..<count])
        pem = text
        let key = try! SigningKey(pemOrDER: text.span)
        var info = [UInt8](repeating: 0, count: 1024)
        var infoSpan = info.mutableSpan
        let infoCount = try! key.publicKeyInfo(into: &infoSpan)
        publicKeyInfo = Array(info[..<infoCount])
    }

    func sign(_ message: [UInt8], _ algorithm: SignatureAlgorithm = .ecdsa(.sha256)) -> [UInt8] {
        let text = pem
        let key = try! SigningKey(pemOrDER: text.span)
        var memory = [UInt8](repeating: 0, count: SigningKey.maximumSignatureBytes)
        var span = memory.mutableSpan
        let count = try! key.sign(algorithm, message: message.span, into: &span)
        return Array(memory[..<count])
    }

    /// Keys for all tests: making one takes time.
    static let root = Signer()
    static let other = Signer()
    static let intermediate = Signer()
    static let leaf = Signer()
}

/// The parts of a certificate, right unless a test changes them.
struct Crafted {
    var version = element(0xA0, integer(2))
    var serial = integer(1)
    var algorithm = Algorithm.ecdsaSHA256
    var outerAlgorithm: [UInt8]?
    var issuer = name("Root")
    var notBefore = utcTime("200101000000Z")
    var notAfter = utcTime("400101000000Z")
    var subject = name("Leaf")
    var publicKeyInfo = Signer.leaf.publicKeyInfo
    var uniqueIDs: [UInt8] = []
    /// nil for no extensions field at all.
    var extensions: [[UInt8]]? = []
    var trailer: [UInt8] = []

    /// The whole, signed by `signer` with ECDSA and SHA-256.
    func signed(by signer: Signer, _ algorithm: SignatureAlgorithm = .ecdsa(.sha256)) -> [UInt8] {
        let list = extensions.map { element(0xA3, element(0x30, $0.flatMap { $0 })) } ?? []
        let tbs = sequence(
            version, serial, self.algorithm, issuer, sequence(notBefore, notAfter), subject, publicKeyInfo, uniqueIDs,
            list, trailer)
        return sequence(tbs, outerAlgorithm ?? self.algorithm, bits(signer.sign(tbs, algorithm)))
    }

    /// A leaf for a server named `device.example`, to be signed by `Signer.root`.
    static func leaf(_ change: (inout Crafted) -> Void = { _ in }) -> Crafted {
        var leaf = Crafted(extensions: [
            Extension.basicConstraints(ca: false), Extension.digitalSignature, Extension.serverAuth,
            Extension.names(Extension.dns("device.example")),
        ])
        change(&leaf)
        return leaf
    }

    /// An authority's certificate.
    static func authority(
        _ subject: String, issuer: String, key: Signer, pathLength: UInt8? = nil,
        _ change: (inout Crafted) -> Void = { _ in }
    ) -> Crafted {
        var authority = Crafted(
            issuer: name(issuer), subject: name(subject), publicKeyInfo: key.publicKeyInfo,
            extensions: [Extension.basicConstraints(ca: true, pathLength: pathLength), Extension.keyCertSign])
        change(&authority)
        return authority
    }

    /// The self-signed anchor of most tests.
    static let root = root(Extension.cRLSign)

    /// An anchor with this keyUsage.
    static func root(_ keyUsage: [UInt8]) -> [UInt8] {
        Crafted.authority("Root", issuer: "Root", key: .root) {
            $0.extensions = [Extension.basicConstraints(ca: true), keyUsage]
        }.signed(by: .root)
    }
}

/// A chain of `count` intermediates A1 (next to the anchor), A2, …, and a leaf; leaf first, then in order upwards.
func chain(intermediates count: Int, pathLengths: [Int: UInt8] = [:]) -> [[UInt8]] {
    var certificates: [[UInt8]] = []
    for index in 1..<(count + 1) {
        let authority = Crafted.authority(
            "A\(index)", issuer: index == 1 ? "Root" : "A\(index - 1)", key: .intermediate,
            pathLength: pathLengths[index])
        certificates.insert(authority.signed(by: index == 1 ? .root : .intermediate), at: 0)
    }
    let leaf = Crafted.leaf { $0.issuer = name(count == 0 ? "Root" : "A\(count)") }
    return [leaf.signed(by: count == 0 ? .root : .intermediate)] + certificates
}
