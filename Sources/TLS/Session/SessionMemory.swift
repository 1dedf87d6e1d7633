// The pre-shared key of a handshake, in the workspace. A client's holds the session that it offers; a server's the ticket
// that it has opened, in place; either may hold the external key that was settled on instead.
//
// Invariant: there is a key exactly where there is a hash, and it is that of a session whose bindings have been checked, or
// one of the configuration.
import Bytes
import TLSCrypto

/// Where a pre-shared key lies in a handshake.
struct SessionMemory: ~Copyable {
    private var memory: Region
    private var count = 0
    private var keyStart = 0
    private var keyCount = 0
    /// The hash of the key; nil where there is none.
    private(set) var hash: HashAlgorithm?

    /// - Parameter memory: for a session whose ticket has `Limits.ticket` bytes.
    init(memory: consuming Region) { self.memory = memory }

    /// The key; empty where there is none.
    var key: Span<UInt8> {
        @_lifetime(borrow self)
        get { memory.bytes.extracting(keyStart..<(keyStart + keyCount)) }
    }

    /// Client: the session that is offered.
    var session: Session? {
        @_lifetime(borrow self)
        get { count == 0 ? nil : Session(memory.bytes.extracting(0..<count)) }
    }

    /// Client: keeps a session to be offered.
    /// - Returns: whether it is one.
    mutating func keep(_ bytes: Span<UInt8>) -> Bool {
        drop()
        guard bytes.count <= memory.count, let session = Session(bytes) else { return false }
        let hash = session.hash
        var target = memory.mutableBytes
        target.copy(bytes, at: 0)
        count = bytes.count
        keyStart = Limits.sessionKeyOffset
        keyCount = hash.byteCount
        self.hash = hash
        return true
    }

    /// Takes an external key in place of whatever is there.
    /// - Parameter target: the hash of the suite.
    mutating func take(_ key: ExternalKey, for target: HashAlgorithm) throws(TLSError) {
        drop()
        do {
            var room = memory.mutableBytes(in: 0..<ExternalKeys.keyRange.upperBound)
            keyCount = try key.write(for: target, into: &room)
        }
        hash = target
    }

    /// Server: opens a ticket in this memory.
    /// - Returns: what it says of the peer, or nil where it cannot be opened; then there is no key.
    mutating func open(
        _ ticket: Span<UInt8>, _ keys: borrowing TicketKeys, binding: Span<UInt8>, _ cipher: inout AEADKey
    ) -> PeerRecord? {
        drop()
        guard ticket.count <= memory.count else { return nil }
        var target = memory.mutableBytes(in: 0..<ticket.count)
        target.copy(ticket, at: 0)
        guard let contents = keys.open(&target, binding: binding, &cipher) else {
            drop()
            return nil
        }
        count = ticket.count
        keyStart = contents.keyStart
        keyCount = contents.hash.byteCount
        hash = contents.hash
        return contents.peer
    }

    /// Forgets everything.
    mutating func drop() {
        memory.wipe()
        count = 0
        keyStart = 0
        keyCount = 0
        hash = nil
    }
}
