// Pre-shared keys that both sides were given beforehand (RFC 8446 §4.2.11), as a configuration holds them: for TLS as they
// are, or by way of RFC 9258's importer, which makes a key of its own for each protocol and hash of them.
//
// Invariants:
// - a key is used in one role: what we show as a client we do not accept as a server, so that nobody can be sent back his
//   own messages (the Selfie attack; RFC 9257 §4.1, §7);
// - no key has fewer than 16 bytes, since a binder lets anybody try keys off line (RFC 9257 §6);
// - the memory is the configuration's own and is wiped with it.
import Bytes
import TLSCrypto

/// The pre-shared keys of a configuration.
public struct ExternalKeys: ~Copyable {
    /// How many bytes an identity may have.
    public static let identityRange = 1...256
    /// How many bytes a key may have.
    public static let keyRange = 16...64
    /// How many bytes the context of an imported key may have.
    public static let contextRange = 0...128

    private var memory: Region
    private var used = 0
    /// How many keys there are.
    public private(set) var count = 0
    /// How many of them are shown as a client, and how many accepted as a server.
    private var clientCount = 0
    private var serverCount = 0
    /// A hash of all that was added: what sessions are bound to.
    private(set) var digest = BoundedBytes<32>()

    /// No memory, and so no keys.
    public init() { memory = Region() }

    /// Room for keys.
    /// - Parameter memory: `bytes(identity:key:context:)` for each.
    public init(in memory: consuming Region) { self.memory = memory }

    /// How much memory a key takes.
    public static func bytes(identity: Int, key: Int, context: Int = 0) -> Int {
        3 + 2 + identity + 1 + context + 1 + key
    }

    /// Whether there is a key for a role.
    public func has(for role: Role) -> Bool { (role == .client ? clientCount : serverCount) > 0 }

    /// Adds a key that is used as it is.
    /// - Parameters:
    ///   - identity: the name under which the client offers it.
    ///   - key: the secret.
    ///   - role: ours: `.client` offers the key, `.server` accepts it.
    ///   - hash: the hash that the key belongs to (RFC 8446 §4.2.11: SHA-256 where nothing else was agreed).
    /// - Throws: `.misuse(.weakPreSharedKey)`, `.misuse(.preSharedKeyInBothRoles)`, `.misuse(.duplicateIdentity)`,
    ///   `.misuse(.badConfiguration)` for lengths out of range, `.limitExceeded(.memory, …)`.
    public mutating func add(
        identity: Span<UInt8>, key: Span<UInt8>, for role: Role, hash: HashAlgorithm = .sha256
    ) throws(TLSError) {
        try append(identity, key, role, hash, context: Span(), isImported: false)
    }

    /// Adds a key for RFC 9258's importer. Both sides must do so with the same context and hash.
    /// - Parameter context: what else the key is bound to, such as the names of the two sides.
    /// - Throws: as `add(identity:key:for:hash:)`.
    public mutating func addImported(
        identity: Span<UInt8>, key: Span<UInt8>, context: Span<UInt8>, for role: Role, hash: HashAlgorithm = .sha256
    ) throws(TLSError) {
        try append(identity, key, role, hash, context: context, isImported: true)
    }

    private mutating func append(
        _ identity: Span<UInt8>, _ key: Span<UInt8>, _ role: Role, _ hash: HashAlgorithm, context: Span<UInt8>,
        isImported: Bool
    ) throws(TLSError) {
        guard key.count >= Self.keyRange.lowerBound else { throw .misuse(.weakPreSharedKey) }
        guard Self.identityRange ~= identity.count, Self.keyRange ~= key.count, Self.contextRange ~= context.count,
            hash != .sha512
        else { throw .misuse(.badConfiguration) }
        try checkAgainstOthers(identity, key, role, context)
        let start = used
        let capacity = memory.count
        var target = memory.mutableBytes
        var writer = ByteWriter(target._mutatingExtracting(start..<capacity))
        writer.append(role == .client ? 1 : 0 as UInt8)
        writer.append(hash.rawValue)
        writer.append(isImported ? 1 : 0 as UInt8)
        writer.appendVector(identity, lengthBytes: 2)
        writer.appendVector(context, lengthBytes: 1)
        writer.appendVector(key, lengthBytes: 1)
        guard !writer.overflowed else {
            throw .limitExceeded(.memory, capacity: capacity, needed: start + writer.count)
        }
        used += writer.count
        count += 1
        if role == .client { clientCount += 1 } else { serverCount += 1 }
        digest = try fingerprint(memory.bytes.extracting(0..<used))
    }

    private func checkAgainstOthers(
        _ identity: Span<UInt8>, _ key: Span<UInt8>, _ role: Role, _ context: Span<UInt8>
    ) throws(TLSError) {
        var reader = reader
        while let other = reader.next() {
            let isSameIdentity = other.identity.hasSameBytes(as: identity)
            if other.role != role {
                guard !isSameIdentity, !constantTimeEqual(other.key, key) else {
                    throw .misuse(.preSharedKeyInBothRoles)
                }
            } else if isSameIdentity, other.context.hasSameBytes(as: context) {
                throw .misuse(.duplicateIdentity)
            }
        }
    }

    /// Whether a key or an identity that is here for one role is there for the other: one endpoint must not have such keys,
    /// however many configurations it has.
    public func isMirrored(in other: borrowing ExternalKeys) -> Bool {
        var ours = reader
        while let one = ours.next() {
            var theirs = other.reader
            while let two = theirs.next() {
                guard one.role != two.role else { continue }
                if one.identity.hasSameBytes(as: two.identity) || constantTimeEqual(one.key, two.key) { return true }
            }
        }
        return false
    }

    /// The identity of the key at `index`, in the order of adding; empty where there is none.
    @_lifetime(borrow self)
    public func identity(at index: Int) -> Span<UInt8> {
        var reader = reader
        while let key = reader.next() {
            if key.index == index { return key.identity }
        }
        return Span()
    }

    /// Reads the keys one after the other.
    var reader: ExternalKeyReader {
        @_lifetime(borrow self)
        get { ExternalKeyReader(memory.bytes.extracting(0..<used)) }
    }

    /// The key at `index`, or nil.
    @_lifetime(borrow self)
    func key(at index: Int) -> ExternalKey? {
        var reader = reader
        while let key = reader.next() {
            if key.index == index { return key }
        }
        return nil
    }
}

/// A pre-shared key of a configuration.
struct ExternalKey: ~Escapable {
    /// Its place, in the order of adding.
    let index: Int
    /// Which role of ours it is for.
    let role: Role
    /// The hash that it belongs to.
    let hash: HashAlgorithm
    /// Whether RFC 9258's importer makes the key that is used.
    let isImported: Bool
    let identity: Span<UInt8>
    let context: Span<UInt8>
    /// The secret.
    let key: Span<UInt8>

    @_lifetime(copy reader)
    fileprivate init?(_ reader: inout ByteReader, index: Int) {
        guard let role = reader.readUInt8(), let hash = reader.readUInt8().flatMap(HashAlgorithm.init(rawValue:)),
            let isImported = reader.readUInt8(), let identity = reader.readVector16(),
            let context = reader.readVector8(), let key = reader.readVector8()
        else { return nil }
        self.index = index
        self.role = role == 1 ? .client : .server
        self.hash = hash
        self.isImported = isImported == 1
        self.identity = identity
        self.context = context
        self.key = key
    }
}

/// Walks through the keys of a configuration.
struct ExternalKeyReader: ~Escapable {
    private var bytes: ByteReader
    private var index = 0

    @_lifetime(copy bytes)
    fileprivate init(_ bytes: Span<UInt8>) { self.bytes = ByteReader(bytes) }

    /// The next key, or nil at the end.
    @_lifetime(copy self)
    mutating func next() -> ExternalKey? {
        guard let key = ExternalKey(&bytes, index: index) else { return nil }
        index += 1
        return key
    }
}
