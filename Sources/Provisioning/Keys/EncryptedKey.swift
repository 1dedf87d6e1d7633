// Private keys under a password: EncryptedPrivateKeyInfo (RFC 5958 §3) with PBES2 (RFC 8018 §6.2) over PBKDF2 and AES-CBC,
// which is what openssl has written by default since 1.1.0. Other schemes are refused: PBES1 and PKCS#12's are broken.
//
// Invariants:
// - a file cannot make this compute for long: the iterations are bounded before any is made;
// - a wrong password is an error of its own; what was decrypted with it is wiped.
import Bytes
import TLSCrypto
import X509

/// Why an encrypted private key was not decrypted.
public enum EncryptedKeyError: Error, Equatable, Sendable {
    /// There is no EncryptedPrivateKeyInfo.
    case malformed
    /// Another scheme than PBES2 with PBKDF2 and AES-CBC, or more iterations than `maximumIterations`.
    case unsupported
    /// The password is not the one that it was encrypted with.
    case wrongPassword
    /// The key is larger than the memory for it.
    case outputTooSmall
    /// A primitive failed.
    case crypto(CryptoError)
}

/// A private key under a password, over its DER.
struct EncryptedKey: ~Escapable {
    /// So many take seconds on a small board. openssl's default is 2048; 600000 are recommended for passwords of people.
    static var maximumIterations: UInt32 { 10_000_000 }

    let function: PBKDF2Function
    let salt: Span<UInt8>
    let iterations: UInt32
    let keyBytes: Int
    let initialVector: Span<UInt8>
    let encrypted: Span<UInt8>

    /// Reads EncryptedPrivateKeyInfo. Nothing is computed yet.
    @_lifetime(copy der)
    init(_ der: Span<UInt8>) throws(EncryptedKeyError) {
        do throws(X509Error) {
            var outer = DERReader(der)
            var info = try outer.readSequence()
            try outer.finish()
            var algorithm = try info.readSequence()
            encrypted = try info.read(.octetString)
            try info.finish()
            guard try algorithm.read(.objectIdentifier).hasBytes(pbes2) else { throw X509Error(.unexpectedElement) }
            var parameters = try algorithm.readSequence()
            try algorithm.finish()
            // RFC 8018 appendix A.4: the key derivation function, then the encryption scheme.
            var derivation = try parameters.readSequence()
            guard try derivation.read(.objectIdentifier).hasBytes(pbkdf2Identifier) else {
                throw X509Error(.unexpectedElement)
            }
            let derived = try DerivationParameters(derivation.readElement(.sequence).content)
            var scheme = try parameters.readSequence()
            try parameters.finish()
            let cipher = try scheme.read(.objectIdentifier)
            initialVector = try scheme.read(.octetString)
            try scheme.finish()
            // RFC 8018 appendix B.2.5.
            if cipher.hasBytes(aes128CBC) {
                keyBytes = 16
            } else if cipher.hasBytes(aes192CBC) {
                keyBytes = 24
            } else if cipher.hasBytes(aes256CBC) {
                keyBytes = 32
            } else {
                throw X509Error(.unexpectedElement)
            }
            (function, salt, iterations) = (derived.function, derived.salt, derived.iterations)
            guard derived.keyLength == nil || derived.keyLength == keyBytes else { throw X509Error(.unexpectedElement) }
        } catch {
            // What is no DER at all, and what is another scheme.
            throw error.reason == .unexpectedElement ? .unsupported : .malformed
        }
        guard (1...Self.maximumIterations).contains(iterations), initialVector.count == 16 else { throw .unsupported }
        guard !encrypted.isEmpty, encrypted.count % 16 == 0 else { throw .malformed }
    }

    /// Decrypts the PrivateKeyInfo.
    /// - Returns: how many bytes of `output` it has.
    func decrypt(password: Span<UInt8>, into output: inout MutableSpan<UInt8>) throws(EncryptedKeyError) -> Int {
        guard encrypted.count <= output.count else { throw .outputTooSmall }
        var storage = InlineArray<32, UInt8>(repeating: 0)
        var all = storage.mutableSpan
        var key = all._mutatingExtracting(0..<keyBytes)
        var plain = output._mutatingExtracting(0..<encrypted.count)
        plain.copy(encrypted, at: 0)
        do throws(CryptoError) {
            try pbkdf2(function, password: password, salt: salt, iterations: iterations, into: &key)
            try decryptAESCBC(key: key.span, initialVector: initialVector, &plain)
        } catch {
            key.wipe()
            throw .crypto(error)
        }
        key.wipe()
        guard let count = Self.unpadded(plain.span), Self.isPrivateKeyInfo(plain.span.extracting(0..<count)) else {
            plain.wipe()
            throw .wrongPassword
        }
        return count
    }

    /// The length without the padding (RFC 8018 §6.1.1 step 4), or nil where that is none.
    private static func unpadded(_ bytes: Span<UInt8>) -> Int? {
        let padding = Int(bytes[bytes.count - 1])
        guard (1...16).contains(padding) else { return nil }
        for index in (bytes.count - padding)..<bytes.count where Int(bytes[index]) != padding { return nil }
        return bytes.count - padding
    }

    /// Whether this is one SEQUENCE: a wrong password leaves a good padding once in 256 times.
    private static func isPrivateKeyInfo(_ bytes: Span<UInt8>) -> Bool {
        var reader = DERReader(bytes)
        do throws(X509Error) {
            var info = try reader.readSequence()
            try reader.finish()
            return try info.readSmallInteger() <= 1
        } catch {
            return false
        }
    }
}

/// PBKDF2-params (RFC 8018 appendix A.2).
private struct DerivationParameters: ~Escapable {
    let salt: Span<UInt8>
    let iterations: UInt32
    let keyLength: Int?
    let function: PBKDF2Function

    @_lifetime(copy content)
    init(_ content: Span<UInt8>) throws(X509Error) {
        var reader = DERReader(content)
        salt = try reader.read(.octetString)
        iterations = UInt32(try reader.readSmallInteger())
        keyLength = reader.nextTag == .integer ? try reader.readSmallInteger() : nil
        guard !reader.isAtEnd else {
            // The default is algid-hmacWithSHA1.
            function = .hmacSHA1
            return
        }
        var algorithm = try reader.readSequence()
        try reader.finish()
        let identifier = try algorithm.read(.objectIdentifier)
        if !algorithm.isAtEnd { _ = try algorithm.read(.null) }
        try algorithm.finish()
        if identifier.hasBytes(hmacWithSHA1) {
            function = .hmacSHA1
        } else if identifier.hasBytes(hmacWithSHA256) {
            function = .hmacSHA256
        } else if identifier.hasBytes(hmacWithSHA384) {
            function = .hmacSHA384
        } else if identifier.hasBytes(hmacWithSHA512) {
            function = .hmacSHA512
        } else {
            throw X509Error(.unexpectedElement)
        }
    }
}

/// Decrypts the private key of a PEM file (`ENCRYPTED PRIVATE KEY`, RFC 7468 §11).
/// - Parameter output: gets PrivateKeyInfo in DER; wipe it when the key has been taken from it.
/// - Returns: how many bytes that is.
public func decryptPrivateKey(
    pem text: Span<UInt8>, password: Span<UInt8>, into output: inout MutableSpan<UInt8>
) throws(EncryptedKeyError) -> Int {
    var storage = InlineArray<8192, UInt8>(repeating: 0)
    var room = storage.mutableSpan
    let count: Int
    do throws(PEMError) {
        count = try PEM.decodeFirst(text, label: "ENCRYPTED PRIVATE KEY", into: &room)
    } catch {
        throw .malformed
    }
    return try EncryptedKey(storage.span.extracting(0..<count)).decrypt(password: password, into: &output)
}

/// Whether a file has a private key under a password in it.
public func isEncryptedKey(_ text: Span<UInt8>) -> Bool {
    let begin: StaticString = "-----BEGIN ENCRYPTED PRIVATE KEY-----"
    let length = begin.utf8CodeUnitCount
    guard text.count >= length else { return false }
    for start in 0...(text.count - length) {
        var reader = ByteReader(text.extracting(start..<text.count))
        if reader.read(literal: begin) { return true }
    }
    return false
}

// The contents of the object identifiers: 1.2.840.113549.1.5.13 and .12, 1.2.840.113549.2.7, .9, .10, .11 (RFC 8018
// appendix C), 2.16.840.1.101.3.4.1.2, .22, .42.
private let pbes2: InlineArray<9, UInt8> = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x05, 0x0D]
private let pbkdf2Identifier: InlineArray<9, UInt8> = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x05, 0x0C]
private let hmacWithSHA1: InlineArray<8, UInt8> = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x02, 0x07]
private let hmacWithSHA256: InlineArray<8, UInt8> = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x02, 0x09]
private let hmacWithSHA384: InlineArray<8, UInt8> = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x02, 0x0A]
private let hmacWithSHA512: InlineArray<8, UInt8> = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x02, 0x0B]
private let aes128CBC: InlineArray<9, UInt8> = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x02]
private let aes192CBC: InlineArray<9, UInt8> = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x16]
private let aes256CBC: InlineArray<9, UInt8> = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2A]

extension Span where Element == UInt8 {
    fileprivate func hasBytes<let count: Int>(_ other: InlineArray<count, UInt8>) -> Bool {
        hasSameBytes(as: other.span)
    }
}
