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
    /// Seconds for which a key seals.
    static let interval: Int64 = 3600
    /// The longest lifetime of a session from its full handshake, in seconds.
    public static let longestLifetime: UInt32 = 86_400
    /// The key that seals, and one for each hour of the longest lifetime.
    private static let places = 25
    /// ChaCha20-Poly1305 runs in constant time also where there are no instructions for AES.
    private static let algorithm = AEADAlgorithm.chaCha20Poly1305
    private static let keyBytes = 32
    /// How many tickets one handshake may issue.
    public static let mostTickets = 8

    /// How many bytes of memory the keys need.
    public static let memoryBytes = places * keyBytes

    private var memory: Region
    /// When the key at each place was made.
    private var made = InlineArray<25, Int64>(repeating: 0)
    /// Which places hold a key: one bit for each.
    private var live: UInt32 = 0
    /// The place of the key that seals.
    private var current = 0
    /// How many tickets a client gets.
    private(set) var count = 0
    /// Seconds from a full handshake until nothing is resumed from it any more.
    private(set) var lifetime: Int64 = 0
    /// SHA-256 of the context that tickets are bound to.
    private(set) var contextHash = BoundedBytes<32>()

    /// Keys without memory: they cannot be enabled.
    public init() { memory = Region() }

    /// Memory for keys, without any yet.
    /// - Parameter memory: at least `memoryBytes`, that no other configuration uses.
    public init(in memory: consuming Region) { self.memory = memory }

    /// Whether there is a key: whether tickets are issued and accepted.
    public var isEnabled: Bool { live != 0 }

    /// Begins to issue tickets. Tickets issued before are no longer accepted.
    /// - Parameters:
    ///   - count: how many tickets a client gets after a handshake, 1 to `mostTickets`.
    ///   - seconds: how long after a full handshake its client may resume, at most `longestLifetime`. However often a
    ///     ticket is renewed, this counts from the full handshake.
    ///   - context: what else a ticket is bound to: the name of a tunnel, say.
    ///   - random: where the key comes from.
    ///   - time: now.
    /// - Throws: `.limitExceeded(.memory, …)`, `.cryptoFailed`.
    public mutating func enable(
        count: Int = 1, lifetime seconds: UInt32 = 86_400, context: Span<UInt8> = Span(),
        random: RandomSource = .system, at time: CurrentTime
    ) throws(TLSError) {
        guard memory.count >= Self.memoryBytes else {
            throw .limitExceeded(.memory, capacity: memory.count, needed: Self.memoryBytes)
        }
        disable()
        contextHash = try fingerprint(context)
        self.count = Swift.min(Swift.max(count, 1), Self.mostTickets)
        lifetime = Int64(Swift.min(seconds, Self.longestLifetime))
        var now: Int64 = 0
        if case .known(let seconds) = time { now = seconds }
        try makeKey(at: now, place: 0, random)
    }

    /// Takes a new key into use where the current one is an hour old, and wipes those that no ticket needs any more. To be
    /// called from time to time, between steps; where nothing is due, nothing happens.
    public mutating func rotate(at time: CurrentTime, random: RandomSource = .system) throws(TLSError) {
        guard isEnabled, case .known(let now) = time else { return }
        // A clock that was set back must not keep a key alive.
        if now < made[current] || now >= made[current].plus(Self.interval) {
            try makeKey(at: now, place: (current + 1) % Self.places, random)
        }
        for place in 0..<Self.places where place != current && isLive(place) {
            let successor = made[(place + 1) % Self.places]
            if now >= successor.plus(lifetime) { wipe(place) }
        }
    }

    /// Wipes all keys: from now on no ticket is issued or accepted.
    public mutating func disable() {
        memory.wipe()
        live = 0
        current = 0
    }

    private func isLive(_ place: Int) -> Bool { live & 1 << UInt32(place) != 0 }

    private mutating func makeKey(at now: Int64, place: Int, _ random: RandomSource) throws(TLSError) {
        wipe(place)
        let start = place * Self.keyBytes
        var key = memory.mutableBytes(in: start..<(start + Self.keyBytes))
        try random.draw(into: &key)
        made[place] = now
        live |= 1 << UInt32(place)
        current = place
    }

    private mutating func wipe(_ place: Int) {
        let start = place * Self.keyBytes
        var key = memory.mutableBytes(in: start..<(start + Self.keyBytes))
        key.wipe()
        live &= ~(1 << UInt32(place))
    }

    @_lifetime(borrow self)
    private func key(_ place: Int) -> Span<UInt8> {
        memory.bytes.extracting((place * Self.keyBytes)..<((place + 1) * Self.keyBytes))
    }

    /// Appends a ticket.
    /// - Parameters:
    ///   - plaintext: what it says: `TicketContents.append`.
    ///   - binding: what it is bound to.
    ///   - cipher: borrowed for this call.
    func appendTicket(
        _ plaintext: Span<UInt8>, binding: Span<UInt8>, random: RandomSource, _ cipher: inout AEADKey,
        to writer: inout ByteWriter
    ) throws(TLSError) {
        var nonce = InlineArray<12, UInt8>(repeating: 0)
        let count = plaintext.count + AEADAlgorithm.tagBytes
        guard isEnabled, count <= TicketContents.greatestTicket else { throw .misuse(.badConfiguration) }
        var nonceSpan = nonce.mutableSpan
        try random.draw(into: &nonceSpan)
        writer.append(UInt8(truncatingIfNeeded: current))
        writer.append(nonce.span)
        try withSecret(count) { (sealed: inout MutableSpan<UInt8>) throws(TLSError) in
            sealed.copy(plaintext, at: 0)
            try crypto { () throws(CryptoError) in
                try cipher.setKey(Self.algorithm, key(current))
                try cipher.seal(nonce: nonce.span, additionalData: binding, &sealed)
            }
            writer.append(sealed.span)
        }
    }

    /// Opens a ticket in place.
    /// - Returns: what it says, or nil for one that we cannot open.
    func open(
        _ ticket: inout MutableSpan<UInt8>, binding: Span<UInt8>, _ cipher: inout AEADKey
    ) -> TicketContents? {
        let start = 1 + AEADAlgorithm.nonceBytes
        guard ticket.count > start + AEADAlgorithm.tagBytes, ticket.count <= TicketContents.greatestTicket else {
            return nil
        }
        let place = Int(ticket[0])
        guard place < Self.places, isLive(place) else { return nil }
        var nonce = InlineArray<12, UInt8>(repeating: 0)
        for index in 0..<12 { nonce[index] = ticket[1 + index] }
        let count = ticket.count
        do {
            var sealed = ticket._mutatingExtracting(start..<count)
            do throws(CryptoError) {
                try cipher.setKey(Self.algorithm, key(place))
                try cipher.open(nonce: nonce.span, additionalData: binding, &sealed)
            } catch { return nil }
        }
        return TicketContents(ticket.span.extracting(start..<(count - AEADAlgorithm.tagBytes)), offset: start)
    }
}
