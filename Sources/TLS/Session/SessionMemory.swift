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
    /// Where the key lies; small numbers, since every connection has room for them.
    private var keyStart: UInt8 = 0
    private var keyCount: UInt8 = 0
    /// The hash of the key; nil where there is none.
    private(set) var hash: HashAlgorithm?
    /// The suite of a session of TLS 1.2, which has a master secret for a key; nil for any other.
    private(set) var suite12: CipherSuite?

    /// - Parameter memory: for a session whose ticket has `Limits.ticket` bytes.
    init(memory: consuming Region) { self.memory = memory }

    /// The key; empty where there is none.
    var key: Span<UInt8> {
        @_lifetime(borrow self)
        get { memory.bytes.extracting(Int(keyStart)..<(Int(keyStart) + Int(keyCount))) }
    }

    /// Whether there is a session of TLS 1.2.
    var is12: Bool { suite12 != nil }

    /// The master secret of a session of TLS 1.2; empty where there is none.
    var key12: Span<UInt8> {
        @_lifetime(borrow self)
        get { memory.bytes.extracting(Int(keyStart)..<(Int(keyStart) + (is12 ? Int(keyCount) : 0))) }
    }

    /// Client: the session of TLS 1.2 that is offered.
    var session12: Session? {
        @_lifetime(borrow self)
        get { is12 ? Session(memory.bytes.extracting(0..<count)) : nil }
    }

    /// Client: the session of TLS 1.3 that is offered.
    var session: Session? {
        @_lifetime(borrow self)
        get { count == 0 || is12 ? nil : Session(memory.bytes.extracting(0..<count)) }
    }

    /// Client: keeps a session to be offered.
    /// - Returns: whether it is one.
    mutating func keep(_ bytes: Span<UInt8>) -> Bool {
        drop()
        guard bytes.count <= memory.count, let session = Session(bytes) else { return false }
        var target = memory.mutableBytes
        target.copy(bytes, at: 0)
        count = bytes.count
        let suite = session.cipherSuite
        settleKey(at: Limits.sessionKeyOffset, session.hash, suite12: suite.version == .tls12 ? suite : nil)
        return true
    }

    /// Settles where the key of a session lies, and what it belongs to: a hash, or a suite of TLS 1.2.
    private mutating func settleKey(at start: Int, _ hash: HashAlgorithm, suite12: CipherSuite?) {
        keyStart = UInt8(truncatingIfNeeded: start)
        keyCount = UInt8(truncatingIfNeeded: Session.keyBytes(hash, is12: suite12 != nil))
        self.suite12 = suite12
        self.hash = suite12 == nil ? hash : nil
    }

    /// Takes an external key in place of whatever is there.
    /// - Parameter target: the hash of the suite.
    mutating func take(_ key: ExternalKey, for target: HashAlgorithm) throws(TLSError) {
        drop()
        do {
            var room = memory.mutableBytes(in: 0..<ExternalKeys.keyRange.upperBound)
            keyCount = UInt8(truncatingIfNeeded: try key.write(for: target, into: &room))
        }
        hash = target
    }

    /// Server: opens a ticket in this memory.
    /// - Returns: what it says, or nil where it cannot be opened; then there is no key.
    mutating func open(
        _ ticket: Span<UInt8>, _ keys: borrowing TicketKeys, binding: Span<UInt8>, _ cipher: inout AEADKey
    ) -> TicketContents? {
        drop()
        guard ticket.count <= memory.count else { return nil }
        var target = memory.mutableBytes(in: 0..<ticket.count)
        target.copy(ticket, at: 0)
        guard let contents = keys.open(&target, binding: binding, &cipher) else {
            drop()
            return nil
        }
        count = ticket.count
        settleKey(at: contents.keyStart, contents.hash, suite12: contents.session12?.suite)
        return contents
    }

    /// Forgets everything.
    mutating func drop() {
        memory.wipe()
        count = 0
        keyStart = 0
        keyCount = 0
        hash = nil
        suite12 = nil
    }
}
