// Private keys: made, and read from files. Their bytes stay in memory that is wiped.
import Bytes
import TLSCrypto

/// Makes a key.
/// - Returns: its PEM.
func generateKey(_ type: KeyTypeOption) throws -> SecretBuffer {
    var buffer = SecretBuffer(capacity: 8192)
    var room = buffer.room
    let kind: KeyType =
        switch type {
        case .p256: .p256
        case .p384: .p384
        case .rsa2048: .rsa2048
        }
    do throws(CryptoError) {
        let count = try SigningKey.generatePEM(kind, random: .system, into: &room)
        buffer.count = count
    } catch {
        throw fileError("cannot make a key: \(reason(error))")
    }
    return buffer
}

/// The key in a file's contents.
/// - Parameter path: where it came from, for the error.
func loadKey(_ contents: borrowing SecretBuffer, from path: String) throws -> SigningKey {
    do throws(CryptoError) {
        return try SigningKey(pemOrDER: contents.bytes)
    } catch {
        throw fileError("cannot use the key '\(escaped(path))': \(reason(error))")
    }
}

/// What `body` writes into a buffer of `capacity` bytes.
func built<E: Error>(
    _ capacity: Int = 64 << 10, _ body: (inout MutableSpan<UInt8>) throws(E) -> Int
) throws(E) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: capacity)
    var span = buffer.mutableSpan
    let count = try body(&span)
    return Array(buffer.prefix(count))
}
