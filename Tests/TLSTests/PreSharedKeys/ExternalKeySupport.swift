// External keys for both sides of a test.
import Bytes
import TLSCrypto
import TestSupport
import Testing

@testable import TLS

/// A key that both sides were given beforehand.
struct SharedKey: Sendable {
    var identity = "device-1"
    var key = [UInt8](0..<32)
    var hash = HashAlgorithm.sha256
    /// The context of an imported key; nil for a key that is used as it is.
    var context: String?

    static let plain = SharedKey()
    static let longer = SharedKey(identity: "device-384", key: [UInt8](32..<80), hash: .sha384)
    static let imported = SharedKey(context: "gateway-1")

    func add(to keys: inout ExternalKeys, for role: Role) throws(TLSError) {
        let identity = Array(identity.utf8)
        guard let context else {
            return try keys.add(identity: identity.span, key: key.span, for: role, hash: hash)
        }
        let bytes = Array(context.utf8)
        try keys.addImported(identity: identity.span, key: key.span, context: bytes.span, for: role, hash: hash)
    }
}

extension PeerSetup {
    /// The same with external keys.
    func with(keys: [SharedKey], for role: Role, modes: [PSKKeyExchangeMode] = [.psk_dhe_ke]) -> PeerSetup {
        configured {
            for key in keys {
                do { try key.add(to: &$0.externalKeys, for: role) } catch { Issue.record("\(key): \(error)") }
            }
            $0.pskKeyExchangeModes.removeAll()
            for mode in modes { $0.pskKeyExchangeModes.append(mode) }
        }
    }
}

// Spans are used up inside a method of the keys, where the borrow is plain.
extension ExternalKeys {
    func copyFirstIdentity() -> [UInt8] { array(identity(at: 0)) }

    func isFirstOffered(as identity: [UInt8]) -> Bool {
        key(at: 0)?.isOffered(as: identity.span, for: .sha256) ?? false
    }

    func copyFirstKey(for target: HashAlgorithm) throws -> [UInt8] {
        var memory = [UInt8](repeating: 0, count: 64)
        var span = memory.mutableSpan
        let count = try key(at: 0)?.write(for: target, into: &span) ?? 0
        return Array(memory.prefix(count))
    }
}
