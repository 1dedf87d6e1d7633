// What the tests of TLSCrypto share: memory for handles, calls with arrays instead of spans, and a random source that
// replays given bytes.
import Bytes

@testable import TLSCrypto

/// The bytes of text.
func text(_ text: String) -> [UInt8] { Array(text.utf8) }

/// The hash of an array.
func hash(_ algorithm: HashAlgorithm, _ bytes: [UInt8]) throws(CryptoError) -> [UInt8] {
    try digest(algorithm, bytes.span).array
}

/// Memory for handles, zero at first; it must outlive them.
@safe final class Memory {
    let buffer: UnsafeMutableRawBufferPointer
    private var arena: Arena

    init(_ count: Int = 8192) {
        // Freed in `deinit`, after the handles.
        unsafe buffer = .allocate(byteCount: count, alignment: 16)
        unsafe buffer.initializeMemory(as: UInt8.self, repeating: 0)
        arena = unsafe Arena(unsafe: buffer)
    }

    func take(_ count: Int) -> Region { try! arena.take(count) }

    /// What stands in the memory now.
    var contents: [UInt8] { unsafe Array(buffer) }

    deinit { unsafe buffer.deallocate() }
}

extension [UInt8] {
    /// `count` bytes that `write` puts into memory that it is given.
    static func written<E: Error>(
        _ count: Int, _ write: (inout MutableSpan<UInt8>) throws(E) -> Void
    ) throws(E) -> [UInt8] {
        var bytes = [UInt8](repeating: 0xA5, count: count)
        var span = bytes.mutableSpan
        try write(&span)
        return bytes
    }

    /// The bytes that `write` puts into memory of at most `capacity`; it answers how many.
    static func prefix<E: Error>(
        _ capacity: Int, _ write: (inout MutableSpan<UInt8>) throws(E) -> Int
    ) throws(E) -> [UInt8] {
        var bytes = [UInt8](repeating: 0xA5, count: capacity)
        var span = bytes.mutableSpan
        let count = try write(&span)
        return Array(bytes[..<count])
    }
}

extension BoundedBytes {
    var array: [UInt8] {
        let all = bytes
        return all.indices.map { all[$0] }
    }
}

extension Memory {
    func ephemeral(_ group: KeyAgreementGroup, _ random: RandomSource = .system) throws(CryptoError) -> EphemeralKey {
        try EphemeralKey(group, random: random, in: take(EphemeralKey.memoryBytes))
    }

    func aead(_ algorithm: AEADAlgorithm, _ key: [UInt8]) throws(CryptoError) -> AEADKey {
        try AEADKey(algorithm, key: key.span, in: take(AEADKey.contextBytes))
    }
}

extension AEADKey {
    mutating func seal(_ nonce: [UInt8], _ aad: [UInt8], _ plaintext: [UInt8]) throws(CryptoError) -> [UInt8] {
        var buffer = plaintext + [UInt8](repeating: 0, count: 16)
        var span = buffer.mutableSpan
        try seal(nonce: nonce.span, additionalData: aad.span, &span)
        return buffer
    }

    mutating func open(_ nonce: [UInt8], _ aad: [UInt8], _ ciphertext: [UInt8]) throws(CryptoError) -> [UInt8] {
        var buffer = ciphertext
        var span = buffer.mutableSpan
        try open(nonce: nonce.span, additionalData: aad.span, &span)
        return Array(buffer.dropLast(16))
    }
}

extension EphemeralKey {
    func sharedSecret(_ peer: [UInt8]) throws(CryptoError) -> [UInt8] {
        let count = group.sharedSecretBytes
        return try .written(count) { (span: inout MutableSpan<UInt8>) throws(CryptoError) in
            try sharedSecret(peer: peer.span, into: &span)
        }
    }
}

extension SigningKey {
    init(_ file: [UInt8]) throws(CryptoError) { try self.init(pemOrDER: file.span) }

    static func pem(_ type: KeyType) throws(CryptoError) -> [UInt8] {
        try .prefix(maximumPEMBytes) { (span: inout MutableSpan<UInt8>) throws(CryptoError) in
            try generatePEM(type, random: .system, into: &span)
        }
    }

    func sign(_ algorithm: SignatureAlgorithm, _ message: [UInt8]) throws(CryptoError) -> [UInt8] {
        try .prefix(Self.maximumSignatureBytes) { (span: inout MutableSpan<UInt8>) throws(CryptoError) in
            try sign(algorithm, message: message.span, into: &span)
        }
    }

    func publicKeyInfo() throws(CryptoError) -> [UInt8] {
        try .prefix(600) { (span: inout MutableSpan<UInt8>) throws(CryptoError) in try publicKeyInfo(into: &span) }
    }

    func publicValue() throws(CryptoError) -> [UInt8] {
        try .prefix(600) { (span: inout MutableSpan<UInt8>) throws(CryptoError) in try publicValue(into: &span) }
    }
}

/// A random source that gives `bytes` in order and fails when they are used up.
final class Replay {
    private var bytes: ArraySlice<UInt8>
    private(set) var drawn = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes[...] }

    /// Must not outlive this object.
    var source: RandomSource {
        // The test keeps the object alive for as long as the source.
        unsafe RandomSource(
            unsafe: { context, out, count in
                // `source` passed the object, and `out` has `count` bytes.
                let replay = unsafe Unmanaged<Replay>.fromOpaque(context!).takeUnretainedValue()
                guard replay.bytes.count >= count else { return 1 }
                unsafe out.copyMemory(from: Array(replay.bytes.prefix(count)), byteCount: count)
                replay.bytes = replay.bytes.dropFirst(count)
                replay.drawn += count
                return 0
            }, context: Unmanaged.passUnretained(self).toOpaque())
    }
}
