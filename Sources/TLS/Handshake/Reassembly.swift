// Handshake messages out of record fragments (RFC 8446 §5.1): a message may be spread over records, and a record may
// hold several. One message at a time is held whole; the peer's Certificate message, and the CertificateStatus behind it, can be
// kept while those after them are read, since its key is needed again and the application may want to look at both.
//
// Invariants:
// - never more than the memory given: a longer message is refused as soon as its length is known;
// - what is handed out does not change until `consume` or `hold`.
import Bytes

/// Puts one handshake message after another together.
struct Reassembly: ~Copyable {
    private var memory: Region
    /// Bytes at the end that only messages after a kept one may use.
    private let reserve: Int
    /// Bytes of the kept messages, at the front, and of the first of them.
    private var held = 0
    private var firstHeld = 0
    /// Bytes of the current message so far, behind the kept one.
    private var count = 0
    /// Bytes of a message that is passed over.
    private var skipping = 0
    /// A type whose messages are passed over where they are too long, rather than refused.
    private let skippable: HandshakeType?

    init(memory: consuming Region, reserve: Int, skippable: HandshakeType? = nil) {
        self.memory = memory
        self.reserve = reserve
        self.skippable = skippable
    }

    /// With a message that came before, `count` bytes of it, at the front of the memory.
    init(memory: consuming Region, complete count: Int) {
        self.memory = memory
        reserve = 0
        skippable = nil
        self.count = count
    }

    /// What is kept leaves the reserve to the messages behind it, a second message that is kept, too.
    private var capacity: Int {
        let needsReserve = held == 0 || keeps(HandshakeType(rawValue: memory.bytes[held]))
        return memory.count - held - (needsReserve ? reserve : 0)
    }

    /// Whether messages of a type are kept until the handshake is over: what the peer shows of itself.
    func keeps(_ type: HandshakeType) -> Bool { type == .certificate || type == .certificate_status_RESERVED }

    /// Header and body of the current message, once its header has come.
    private var total: Int? {
        HandshakeMessage.byteCount(memory.bytes.extracting(held..<(held + count)))
    }

    /// Whether a message is whole.
    var isComplete: Bool { count == total && skipping == 0 }

    /// Whether nothing of a message has come.
    var isEmpty: Bool { count == 0 && skipping == 0 }

    /// The current message, which must be complete.
    var message: HandshakeMessage {
        @_lifetime(borrow self)
        get { HandshakeMessage(memory.bytes.extracting(held..<(held + count))) }
    }

    /// The message that was kept; empty if none was.
    var heldMessage: Span<UInt8> {
        @_lifetime(borrow self)
        get { memory.bytes.extracting(0..<firstHeld) }
    }

    /// The message that was kept behind it: a CertificateStatus; empty if none was.
    var secondHeldMessage: Span<UInt8> {
        @_lifetime(borrow self)
        get { memory.bytes.extracting(firstHeld..<held) }
    }

    /// Takes bytes up to the end of the current message.
    /// - Returns: how many of `fragment`.
    mutating func take(_ fragment: Span<UInt8>) throws(TLSError) -> Int {
        if skipping > 0 { return skip(fragment.count) }
        var taken = copy(fragment, upTo: HandshakeMessage.headerBytes)
        guard let total else { return taken }
        if total > capacity {
            let type = HandshakeType(rawValue: memory.bytes[held])
            guard let skippable, type == skippable else {
                throw .limitExceeded(.handshakeMessage, capacity: capacity, needed: total)
            }
            skipping = total - count
            count = 0
            return taken + skip(fragment.count - taken)
        }
        taken += copy(fragment.extracting(taken..<fragment.count), upTo: total)
        return taken
    }

    private mutating func skip(_ available: Int) -> Int {
        let skipped = Swift.min(skipping, available)
        skipping -= skipped
        return skipped
    }

    private mutating func copy(_ fragment: Span<UInt8>, upTo wanted: Int) -> Int {
        let taken = Swift.min(Swift.max(wanted - count, 0), fragment.count)
        let offset = held + count
        var bytes = memory.mutableBytes
        bytes.copy(fragment.extracting(0..<taken), at: offset)
        count += taken
        return taken
    }

    /// The current message is done with.
    mutating func consume() { count = 0 }

    /// The current message is done with but stays readable as `heldMessage`, a second one as `secondHeldMessage`.
    mutating func hold() {
        if held == 0 { firstHeld = count }
        held += count
        count = 0
    }
}
