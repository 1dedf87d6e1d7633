// The inbound side of the record layer (RFC 8446 §5.1, §5.2, §5.4): takes bytes from the transport, finds records, opens
// them in place and hands out their fragments.
//
// Invariants:
// - a fragment is a view of the one buffer and stays until it has been consumed; only then is the next record looked at;
// - a protected record must fit the buffer; a plaintext handshake record is handed on piece by piece, so it need not;
// - everything that could be repeated without end (empty fragments) has a budget.
import Bytes
import TLSCrypto

/// Finds and opens inbound records.
struct RecordReader: ~Copyable {
    private var buffer: Region
    /// The keys for what is received. Change them only through `changeKeys`.
    private(set) var protection: RecordProtection
    private let fragmentLimit: Int
    /// Received bytes: from the next record's header, or the rest of a plaintext record's fragment, up to `end`.
    private var start = 0
    private var end = 0
    /// What is left of the fragment that was handed out.
    private var fragmentStart = 0
    private var fragmentEnd = 0
    /// The content type of the current fragment.
    private(set) var fragmentType = ContentType.handshake
    /// Bytes of an unprotected handshake record that have not been handed out.
    private var plaintextRemaining = 0
    private var emptyFragments = 0
    private var smallFragments = 0

    /// Bytes of early data that are still passed over (§4.2.10); 0 unless the client announced some.
    private var earlyDataLeft = 0
    /// Bytes of a record that is passed over without having fitted, or without keys.
    private var discarding = 0
    /// Whether a handshake message has begun: nothing is passed over within it.
    var isMessageUnderWay = false

    /// Early data of a client that are passed over: as much as other stacks take, a full record.
    static let earlyDataBudget = 16384
    /// Fragments without content in a row that are borne.
    static let emptyFragmentBudget = 32
    /// Handshake records shorter than `smallFragment` that are borne before there is application data. A hello
    /// with a large key share and a flight with a usual chain may come in single bytes, as §5.1 allows.
    static let smallFragmentBudget = 8192
    static let smallFragment = 16

    /// What `next` found.
    enum Event: Equatable {
        case needsInput
        /// A fragment of this type is in `fragment`; `isProtected` tells whether it came sealed.
        case fragment(ContentType, isProtected: Bool)
    }

    init(buffer: consuming Region, protection: consuming RecordProtection, fragmentLimit: Int) {
        self.buffer = buffer
        self.protection = protection
        self.fragmentLimit = fragmentLimit
    }

    /// Copies in as many bytes of `input` as there is space for.
    /// - Returns: how many were taken.
    mutating func receive(_ input: Span<UInt8>) -> Int {
        var memory = receiveSpace
        let count = Swift.min(memory.count, input.count)
        memory.copy(input.extracting(0..<count), at: 0)
        end += count
        return count
    }

    /// The free space behind what has been received, for a transport to read into.
    var receiveSpace: MutableSpan<UInt8> {
        @_lifetime(&self)
        mutating get {
            compact()
            let free = end..<buffer.count
            return buffer.mutableBytes(in: free)
        }
    }

    /// The transport has read `count` bytes into `receiveSpace`.
    mutating func didReceive(_ count: Int) { end += Swift.min(Swift.max(count, 0), buffer.count - end) }

    /// Whether nothing was received that has not been consumed.
    var isEmpty: Bool { start == end && fragmentStart == fragmentEnd }

    /// Moves what has been received to the front, unless a fragment that is still in use lies before it.
    private mutating func compact() {
        guard fragmentStart == fragmentEnd, start > 0 else { return }
        var memory = buffer.mutableBytes
        for index in start..<end { memory[index - start] = memory[index] }
        end -= start
        start = 0
        fragmentStart = 0
        fragmentEnd = 0
    }

    /// What is left of the current fragment.
    var fragment: Span<UInt8> {
        @_lifetime(borrow self)
        get { buffer.bytes.extracting(fragmentStart..<fragmentEnd) }
    }

    /// The first `count` bytes of `fragment` have been used.
    mutating func consumeFragment(_ count: Int) {
        fragmentStart += Swift.min(Swift.max(count, 0), fragmentEnd - fragmentStart)
    }

    /// Whether the current record holds nothing more: no key may change otherwise (§5.1).
    var isAtRecordBoundary: Bool { fragmentStart == fragmentEnd && plaintextRemaining == 0 }

    /// Changes the keys for the next record.
    mutating func changeKeys(
        _ aligned: borrowing HandshakeAligned, _ change: (inout RecordProtection) throws(TLSError) -> Void
    ) throws(TLSError) {
        try change(&protection)
    }

    /// Finds the next fragment. The one before must have been consumed.
    mutating func next() throws(TLSError) -> Event {
        if fragmentStart < fragmentEnd { throw .misuse(.handshakeUnderWay) }
        if plaintextRemaining > 0 { return nextPieceOfPlaintext() }
        while true {
            if discarding > 0, !discard() { return .needsInput }
            if let event = try nextRecord() { return event }
        }
    }

    /// Finds the next record.
    /// - Returns: nil for one of early data, which is passed over.
    private mutating func nextRecord() throws(TLSError) -> Event? {
        guard let header = RecordHeader(buffer.bytes.extracting(start..<end)) else { return .needsInput }
        let isProtected12 = protection.isActive && protection.format != .hiddenType
        try header.check(isProtected12: isProtected12)
        if try passesOverUnread(header) { return nil }
        let isProtected = try isProtected(header)
        if !isProtected, header.type == .handshake {
            guard header.length > 0 else { throw .peerMisbehaved(.emptyHandshakeFragment) }  // §5.1
            start += Limits.recordHeader
            plaintextRemaining = header.length
            try countSmall(header.length)
            return nextPieceOfPlaintext()
        }
        try checkFits(header)
        guard end - start >= Limits.recordHeader + header.length else { return .needsInput }
        fragmentStart = start + Limits.recordHeader
        fragmentEnd = fragmentStart + header.length
        start = fragmentEnd
        if isProtected, try !openUnlessEarlyData() { return nil }
        let type = isProtected && !isProtected12 ? try innerType() : header.type
        // RFC 5246 §6.2.1: the plaintext itself is bounded, too.
        guard fragmentEnd - fragmentStart <= Limits.plaintextFragment else { throw .peerMisbehaved(.recordOverflow) }
        fragmentType = type
        try checkEmpty(type)
        if type == .handshake { try countSmall(fragmentEnd - fragmentStart) }
        if type == .application_data { smallFragments = 0 }
        return .fragment(type, isProtected: isProtected)
    }

    private mutating func nextPieceOfPlaintext() -> Event {
        let count = Swift.min(plaintextRemaining, end - start)
        guard count > 0 else { return .needsInput }
        fragmentStart = start
        fragmentEnd = start + count
        start += count
        plaintextRemaining -= count
        fragmentType = .handshake
        return .fragment(.handshake, isProtected: false)
    }

    /// Whether a record with this header is sealed, or may come in the clear although there are keys.
    private func isProtected(_ header: RecordHeader) throws(TLSError) -> Bool {
        // In TLS 1.2 keys change with a change_cipher_spec, and everything behind it is sealed.
        if protection.isActive, protection.format != .hiddenType { return true }
        switch header.type {
        case .application_data:
            guard protection.isActive else { throw .peerMisbehaved(.unexpectedRecord) }
            return true
        case .change_cipher_spec: return false  // Appendix D.4; what is in it is for the handshake to judge
        // A peer that failed before it had keys can only say so in the clear.
        case .alert where !protection.isActive || protection.sequenceNumber == 0: return false
        case .handshake where !protection.isActive: return false
        default: throw .peerMisbehaved(.unexpectedRecord)  // §5
        }
    }

    private func checkFits(_ header: RecordHeader) throws(TLSError) {
        let capacity = buffer.count - Limits.recordHeader
        guard header.length <= capacity else {
            throw .limitExceeded(
                .inboundFragment, capacity: fragmentLimit, needed: header.length - protection.overhead)
        }
    }

    /// Opens the record in `fragment` in place, without its padding and type (§5.2).
    private mutating func open() throws(TLSError) {
        let count = fragmentEnd - fragmentStart
        // §5.2: the ciphertext is at least a content type and a tag; in TLS 1.2 a nonce and a tag.
        let before = protection.format.explicitNonceBytes
        guard count >= before + AEADAlgorithm.tagBytes + protection.format.hiddenTypeBytes else {
            throw .peerMisbehaved(.badRecordMAC)
        }
        var header = InlineArray<5, UInt8>(repeating: 0)
        let headerStart = fragmentStart - Limits.recordHeader
        for index in 0..<5 { header[index] = buffer.bytes[headerStart + index] }
        let nonce = BoundedBytes<8>(buffer.bytes.extracting(fragmentStart..<(fragmentStart + before))) ?? BoundedBytes()
        var memory = buffer.mutableBytes
        var sealed = memory._mutatingExtracting((fragmentStart + before)..<fragmentEnd)
        try protection.open(header: header.span, explicitNonce: nonce.bytes, &sealed)
        fragmentStart += before
        fragmentEnd -= AEADAlgorithm.tagBytes
    }

    /// Finds the real type of the record that was opened, and where its content ends (§5.2, §5.4).
    private mutating func innerType() throws(TLSError) -> ContentType {
        // §5.4: the length without padding is what counts, but the padding counts for the limit.
        guard fragmentEnd - fragmentStart <= Limits.plaintextFragment + Limits.innerContentType else {
            throw .peerMisbehaved(.recordOverflow)
        }
        let bytes = buffer.bytes
        while fragmentEnd > fragmentStart, bytes[fragmentEnd - 1] == 0 { fragmentEnd -= 1 }
        guard fragmentEnd > fragmentStart else { throw .peerMisbehaved(.emptyInnerPlaintext) }
        fragmentEnd -= 1
        return ContentType(rawValue: bytes[fragmentEnd])
    }

    /// Messages spread over records of a few bytes cost us a header, a tag and a turn each.
    private mutating func countSmall(_ length: Int) throws(TLSError) {
        guard length < Self.smallFragment else { return }
        smallFragments += 1
        if smallFragments > Self.smallFragmentBudget { throw .peerMisbehaved(.tooManySmallFragments) }
    }

    /// §5.1: only application data may be empty, and not without end.
    private mutating func checkEmpty(_ type: ContentType) throws(TLSError) {
        guard fragmentStart == fragmentEnd else {
            // A warning between them carries nothing either.
            if type == .handshake || type == .application_data { emptyFragments = 0 }
            return
        }
        if type == .handshake { throw .peerMisbehaved(.emptyHandshakeFragment) }
        emptyFragments += 1
        if emptyFragments > Self.emptyFragmentBudget { throw .peerMisbehaved(.tooManyEmptyRecords) }
    }

    // Early data that is refused

    /// The client announced early data, which we never take: passes it over (§4.2.10) until a record can be opened.
    mutating func expectRefusedEarlyData() { earlyDataLeft = Self.earlyDataBudget }

    /// There is no more early data: behind a second ClientHello nothing is passed over.
    mutating func endRefusedEarlyData() { earlyDataLeft = 0 }

    private var passesOver: Bool { earlyDataLeft > 0 && !isMessageUnderWay }

    /// Whether a record is one of early data that is not even looked at: there is no key yet, as after a
    /// HelloRetryRequest, or it is longer than what was announced allows.
    private mutating func passesOverUnread(_ header: RecordHeader) throws(TLSError) -> Bool {
        guard passesOver, header.type == .application_data else { return false }
        guard !protection.isActive || header.length > buffer.count - Limits.recordHeader else { return false }
        try countEarlyData(header.length)
        start += Limits.recordHeader
        discarding = header.length
        return true
    }

    /// Drops what has come of a record that is passed over.
    /// - Returns: whether it was the last of it.
    private mutating func discard() -> Bool {
        let count = Swift.min(discarding, end - start)
        start += count
        discarding -= count
        fragmentStart = start
        fragmentEnd = start
        return discarding == 0
    }

    /// Opens the current record; one that does not open may be early data, under a key that we never had.
    /// - Returns: whether it was opened.
    private mutating func openUnlessEarlyData() throws(TLSError) -> Bool {
        let count = fragmentEnd - fragmentStart
        do throws(TLSError) {
            try open()
        } catch {
            guard passesOver, error == .peerMisbehaved(.badRecordMAC) else { throw error }
            try countEarlyData(count)
            fragmentEnd = start
            fragmentStart = start
            return false
        }
        earlyDataLeft = 0
        return true
    }

    /// §4.6.1: more than is borne is unexpected_message.
    private mutating func countEarlyData(_ count: Int) throws(TLSError) {
        guard count <= earlyDataLeft else { throw .peerMisbehaved(.tooMuchRefusedEarlyData) }
        earlyDataLeft -= Swift.max(count, 1)
    }

    /// Wipes keys and buffered bytes.
    mutating func wipe() {
        protection.wipe()
        buffer.wipe()
        start = 0
        end = 0
        fragmentStart = 0
        fragmentEnd = 0
    }
}
