// Stores and identities for the tests of the store.
import Bytes
import Foundation
import TLSCrypto
import TestSupport
import X509

@testable import Provisioning

/// The texts of an identity's files.
struct TestIdentity {
    let key: [UInt8]
    let chain: [UInt8]
    var anchors: [UInt8] = []

    /// A self-signed identity.
    init(_ commonName: String, _ type: KeyType = .p256) throws {
        let key = try built { out throws(CryptoError) in
            try SigningKey.generatePEM(type, random: .system, into: &out)
        }
        let signer = try SigningKey(pemOrDER: key.span)
        let subject = try name(commonName)
        let info = try publicKeyInfo(of: signer)
        var contents = CertificateContents(
            serialNumber: try randomSerialNumber(.system), issuer: subject.span, subject: subject.span,
            publicKeyInfo: info.span, subjectAltNames: Span())
        contents.notBefore = 1_700_000_000
        contents.notAfter = 1_800_000_000
        let der = try built { out throws(ProvisioningError) in
            try writeCertificate(contents, signedBy: signer, into: &out)
        }
        self.key = key
        chain = try pem(der, "CERTIFICATE")
        anchors = chain
    }

    func fill(_ memory: inout IdentityMemory) throws(StoreError) {
        try memory.set(.key, key.span)
        try memory.set(.chain, chain.span)
        try memory.set(.anchors, anchors.span)
    }
}

/// A folder for one store.
final class StoreFolder {
    let files: TemporaryDirectory
    let path: String

    init() throws {
        files = try TemporaryDirectory()
        path = files.file("store")
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    func open(create: Bool = true, board: UInt8 = 1) throws(StoreError) -> IdentityStore {
        let text = Array(path.utf8)
        let hash = [UInt8](repeating: board, count: 32)
        return try IdentityStore(path: text.span, create: create, board: StoredHash(hash.span) ?? StoredHash())
    }

    @discardableResult
    func install(_ identity: TestIdentity, at time: Int64 = 1_750_000_000) throws -> UInt32 {
        let store = try open()
        var memory = try identityMemory()
        try identity.fill(&memory)
        return try store.install(&memory, at: time)
    }

    /// What is loaded: what is said about it, and the files' texts.
    func load(board: UInt8 = 1) throws -> (LoadedIdentity, key: [UInt8], chain: [UInt8], anchors: [UInt8]) {
        let store = try open(create: false, board: board)
        var memory = try identityMemory()
        let loaded = try store.load(into: &memory)
        return (loaded, bytes(memory[.key]), bytes(memory[.chain]), bytes(memory[.anchors]))
    }

    func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: file(name)))
    }

    func names(_ folder: String = "") throws -> Set<String> {
        Set(try FileManager.default.contentsOfDirectory(atPath: "\(path)/\(folder)"))
    }
}

/// Room for an identity. Never given back: the tests are short.
func identityMemory() throws -> IdentityMemory {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: IdentityMemory.bytes, alignment: 16)
    // Never freed, so it outlives every region.
    var arena = unsafe Arena(unsafe: memory)
    return try IdentityMemory(&arena)
}

/// A copy of a span's bytes.
func bytes(_ span: Span<UInt8>) -> [UInt8] { span.indices.map { span[$0] } }
