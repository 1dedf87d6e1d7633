// The outbound side of the record layer (RFC 8446 §5.1, §5.2): collects what is to be sent into records, seals them in
// place, and holds the sealed bytes until the transport has taken them.
//
// Invariants:
// - handshake messages share a record for as long as they fit, so a flight is as few records as it can be;
// - a record is sealed before anything of another type, or under another key, is appended;
// - `output` holds whole sealed records and nothing else;
// - behind the space for records there is room for one alert, so that an alert gets out even when the buffer is full.
import Bytes

/// Collects, seals and holds outbound records.
struct RecordWriter: ~Copyable {
    private var buffer: Region
    /// The keys for what is sent. Change them only through `changeKeys`.
    private(set) var protection: RecordProtection
    /// Sealed bytes that the transport has not taken.
    private var start = 0
    private var end = 0
    /// Where the bytes end that may be lost without harm: tickets.
    private var expendableEnd = 0
    /// The record under construction behind `end`: its type and the bytes of its fragment so far.
    private var openType: ContentType?
    private var openCount = 0
    /// The largest fragment: ours, or the peer's record_size_limit where that is smaller.
    private var fragmentLimit: Int
    /// legacy_record_version of the next records: 0x0301 for an initial ClientHello, then 0x0303 (§5.1).
    private var isInitial: Bool
    /// Whether a change_cipher_spec goes before the next record: see `oweChangeCipherSpec`.
    private var owesChangeCipherSpec = false

    init(buffer: consuming Region, protection: consuming RecordProtection, fragmentLimit: Int, role: Role) {
        self.buffer = buffer
        self.protection = protection
        self.fragmentLimit = fragmentLimit
        isInitial = role == .client
    }

    /// Records under one key before it is to be changed, and changes of keys in all; what a test sets replaces the AEAD's
    /// limit (§5.5) and RFC 9846's bound.
    var recordLimit: UInt64?
    var keyUpdateLimit: UInt64 = (1 << 48) - 1

    /// Whether the key has protected as many records as it should.
    var isKeyUsedUp: Bool { protection.isActive && protection.sequenceNumber >= recordLimit ?? protection.recordLimit }
    /// Whether the key may be changed once more (RFC 9846 §4.7.3: at most 2^48 - 1 times).
    var mayChangeKey: Bool { protection.updates < keyUpdateLimit }

    /// Space for records: all but the room kept for an alert.
    private var capacity: Int { buffer.count - Limits.alertRecord }

    /// Sealed bytes to be sent.
    var output: Span<UInt8> {
        @_lifetime(borrow self)
        get { buffer.bytes.extracting(start..<end) }
    }

    /// The transport has taken the first `count` bytes of `output`.
    mutating func consumeOutput(_ count: Int) {
        start += Swift.min(Swift.max(count, 0), end - start)
        if start == end, openType == nil {
            start = 0
            end = 0
            expendableEnd = 0
        }
    }

    /// What has been sealed so far may be lost without harm.
    mutating func markExpendable() { expendableEnd = end }

    /// Whether `output` is nothing but bytes that may be lost.
    var outputIsExpendable: Bool { start < end && end == expendableEnd && openType == nil }

    /// The peer accepts no larger fragments than this.
    mutating func limitFragments(to count: Int) { fragmentLimit = Swift.min(fragmentLimit, count) }

    /// How many bytes `append` takes now, where nothing is under construction.
    /// - Parameter behindKeyUpdate: whether the record of a KeyUpdate goes before them.
    func room(behindKeyUpdate: Bool) -> Int {
        guard openType == nil else { return 0 }
        let record = fragmentLimit + Limits.recordOverhead
        let space = capacity - end - (behindKeyUpdate ? Limits.keyUpdateRecord : 0)
        return space / record * fragmentLimit + Swift.max(space % record - Limits.recordOverhead, 0)
    }

    /// Appends as much of `bytes` as there is space for.
    /// - Returns: how many bytes were taken; fewer than all means: send `output` first.
    mutating func append(_ type: ContentType, _ bytes: Span<UInt8>) throws(TLSError) -> Int {
        try payChangeCipherSpec()
        var taken = 0
        while taken < bytes.count {
            if let openType, openType != type { try seal() }
            if openType == nil, capacity - end <= Limits.recordOverhead { break }
            openType = type
            let offset = end + Limits.recordHeader + explicitNonceBytes + openCount
            let room = Swift.min(capacity - Limits.recordOverhead - end, fragmentLimit) - openCount
            let count = Swift.min(room, bytes.count - taken)
            var memory = buffer.mutableBytes
            memory.copy(bytes.extracting(taken..<(taken + count)), at: offset)
            openCount += count
            taken += count
            if count == room { try seal() }
        }
        return taken
    }

    /// Has a handshake message that fits into one record stand in one, where what is left of the record under construction
    /// is less: peers that ask for small records (RFC 6066 §4) may not put parts together, as mbedTLS.
    /// - Parameter count: the bytes of the message.
    /// - Returns: whether it can be appended now; if not, send `output` first.
    mutating func makeRoom(forMessage count: Int) throws(TLSError) -> Bool {
        guard count <= fragmentLimit else { return true }
        let room = Swift.min(capacity - Limits.recordOverhead - end, fragmentLimit) - openCount
        guard count > room else { return true }
        try seal()
        return start == end || count <= capacity - Limits.recordOverhead - end
    }

    /// Bytes between the header of the next record and its fragment.
    private var explicitNonceBytes: Int { protection.isActive ? protection.format.explicitNonceBytes : 0 }

    /// Whether there is room for one more small record than what is under construction.
    var hasRoomForSmallRecord: Bool {
        let open = openType == nil ? 0 : Limits.recordOverhead + openCount
        return capacity - end - open > Limits.recordOverhead
    }

    /// Seals the record under construction, if there is one.
    mutating func seal() throws(TLSError) {
        guard let type = openType else { return }
        openType = nil
        let count = openCount
        openCount = 0
        try sealRecord(type, count: count, isProtected: protection.isActive)
    }

    /// Changes the keys under which the next records are sealed; what is under construction is sealed with the old ones.
    mutating func changeKeys(
        _ change: (inout RecordProtection) throws(TLSError) -> Void
    ) throws(TLSError) {
        try seal()
        try change(&protection)
    }

    /// Appends the change_cipher_spec record of the middlebox compatibility mode (Appendix D.4), never protected.
    mutating func appendChangeCipherSpec() throws(TLSError) {
        try seal()
        guard capacity - end > Limits.recordOverhead else { return }
        try sealChangeCipherSpec()
    }

    /// Appends the change_cipher_spec record of TLS 1.2 (RFC 5246 §7.1), and changes the keys behind it. There must be
    /// room: see `hasRoomForSmallRecord`.
    mutating func changeCipherSpec(
        _ change: (inout RecordProtection) throws(TLSError) -> Void
    ) throws(TLSError) {
        try seal()
        guard capacity - end > Limits.recordOverhead else { throw .misuse(.outputPending) }
        try sealChangeCipherSpec()
        try changeKeys(change)
    }

    private mutating func sealChangeCipherSpec() throws(TLSError) {
        var memory = buffer.mutableBytes
        memory[end + Limits.recordHeader] = 1
        try sealRecord(.change_cipher_spec, count: 1, isProtected: false)
    }

    /// A change_cipher_spec record goes before whatever is sent next, be that a flight or an alert. It is not sent by
    /// itself: a client's stands at the beginning of its second flight (Appendix D.4), and that is not there yet.
    mutating func oweChangeCipherSpec() { owesChangeCipherSpec = true }

    private mutating func payChangeCipherSpec() throws(TLSError) {
        guard owesChangeCipherSpec else { return }
        owesChangeCipherSpec = false
        try appendChangeCipherSpec()
    }

    /// Appends an alert. There is room for one more than fits otherwise; a second that does not fit is dropped.
    mutating func appendAlert(_ level: AlertLevel, _ description: AlertDescription) throws(TLSError) {
        try seal()
        try payChangeCipherSpec()
        guard end + Limits.alertRecord <= buffer.count else { return }
        let offset = end + Limits.recordHeader + explicitNonceBytes
        var memory = buffer.mutableBytes
        memory[offset] = level.rawValue
        memory[offset + 1] = description.rawValue
        try sealRecord(.alert, count: 2, isProtected: protection.isActive)
    }

    /// Turns the `count` bytes behind the place of the header, and of the explicit nonce, at `end` into a record.
    mutating func sealRecord(_ type: ContentType, count: Int, isProtected: Bool) throws(TLSError) {
        let length = isProtected ? count + protection.overhead : count
        let hidesType = isProtected && protection.format == .hiddenType
        let header = RecordHeader.bytes(
            hidesType ? .application_data : type, length: length, isInitial: isInitial)
        var memory = buffer.mutableBytes
        memory.copy(header.span, at: end)
        let start = end + Limits.recordHeader
        if isProtected {
            let nonce = protection.explicitNonce
            memory.copy(nonce.bytes, at: start)
            if hidesType { memory[start + count] = type.rawValue }  // §5.2: the real type, inside
            var sealed = memory._mutatingExtracting((start + nonce.count)..<(start + length))
            try protection.seal(header: header.span, &sealed)
        }
        end = start + length
        isInitial = false
    }

    /// Wipes keys and buffered bytes.
    mutating func wipe() {
        protection.wipe()
        buffer.wipe()
        start = 0
        end = 0
    }
}
