// The keys under which a server seals its tickets (RFC 8446 §4.6.1, RFC 5077 §4). What a ticket stands for is in the ticket
// itself, so a server keeps nothing for each session: only these keys, which live in memory alone.
//
// Invariants:
// - one key seals, for about an hour: whoever owns the configuration calls `rotate`;
// - the keys before it open what they sealed until a ticket's lifetime is over, and are wiped then;
// - without keys there are no tickets: none is issued, none is accepted.
import Bytes
import TLSCrypto
import X509

/// Ticket keys of a server: disabled until `enable`.
public struct TicketKeys: ~Copyable {
    /// How many bytes of memory the keys need.
    public static let memoryBytes = 0

    private var memory: Region

    /// Keys without memory: they cannot be enabled.
    public init() { memory = Region() }

    /// Memory for keys, without any yet.
    /// - Parameter memory: at least `memoryBytes`.
    public init(in memory: consuming Region) { self.memory = memory }

    /// Whether there is a key: whether tickets are issued and accepted.
    public var isEnabled: Bool { false }

    /// Begins to issue tickets. Tickets issued before are no longer accepted.
    /// - Parameters:
    ///   - count: how many tickets a client gets after a handshake, 1 to 8.
    ///   - seconds: how long after a full handshake its client may resume; at most seven days (RFC 8446 §4.6.1). However
    ///     often a ticket is renewed, this counts from the full handshake.
    ///   - context: what else a ticket is bound to: the name of a tunnel, say.
    ///   - random: where the key comes from.
    ///   - time: now.
    /// - Throws: `.limitExceeded(.memory, …)`, `.cryptoFailed`.
    public mutating func enable(
        count: Int = 1, lifetime seconds: UInt32 = 86_400, context: Span<UInt8> = Span(),
        random: RandomSource = .system, at time: CurrentTime
    ) throws(TLSError) {}

    /// Takes a new key into use where the current one is an hour old, and wipes those that no ticket needs any more. To be
    /// called from time to time, between steps; calls in between cost nothing.
    public mutating func rotate(at time: CurrentTime, random: RandomSource = .system) throws(TLSError) {}

    /// Wipes all keys: from now on no ticket is issued or accepted.
    public mutating func disable() { memory.wipe() }
}
