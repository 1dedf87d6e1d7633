// The handshake message that is being sent. It is composed in memory of its own, goes into the transcript at once, and
// then into records as far as there is space, so that a flight larger than the outbound buffer leaves in parts.
import Bytes
import TLSCrypto

/// One handshake message on its way into records.
struct OutgoingMessage: ~Copyable {
    private var memory: Region
    private var count = 0
    private var sent = 0
    /// The identity whose certificates follow the composed bytes, and how many bytes of them have gone.
    private var tailIdentity: Int?
    private var tailSent = 0
    /// Whether the certificates go without their extensions: TLS 1.2.
    private var tailIsPlain = false

    init(memory: consuming Region) { self.memory = memory }

    /// Composes a message and appends it to the transcript.
    mutating func compose(
        _ transcript: inout Transcript, _ write: (inout ByteWriter) throws(TLSError) -> Void
    ) throws(TLSError) {
        try compose(write)
        try transcript.update(memory.bytes.extracting(0..<count))
    }

    /// Composes a message without telling the transcript.
    private mutating func compose(_ write: (inout ByteWriter) throws(TLSError) -> Void) throws(TLSError) {
        var writer = ByteWriter(memory.mutableBytes)
        try write(&writer)
        guard !writer.overflowed else {
            throw .limitExceeded(.outgoingMessage, capacity: writer.capacity, needed: writer.count)
        }
        count = writer.count
        sent = 0
        tailIdentity = nil
    }

    /// Composes a ClientHello that ends with the binders of pre-shared keys (RFC 8446 §4.2.11.2). They cover all that comes
    /// before the list of them, so they are filled in afterwards.
    /// - Parameters:
    ///   - offers: the keys.
    ///   - binder: the MAC of a key for a transcript.
    ///   - write: writes the message with any bytes in the binders' places.
    mutating func composeWithBinders(
        _ transcript: inout Transcript, _ offers: KeyOffers,
        binder: (KeyOffer, Digest) throws(TLSError) -> Digest, write: (inout ByteWriter) throws(TLSError) -> Void
    ) throws(TLSError) {
        try compose(write)
        let truncated = count - PreSharedKey.binderListBytes(offers)
        guard truncated > 0 else { throw .misuse(.badConfiguration) }
        try transcript.update(memory.bytes.extracting(0..<truncated))
        // The length of the list, then of each binder.
        var offset = truncated + 2
        for index in 0..<offers.count {
            let offer = offers.elements[index]
            let mac = try binder(offer, try transcript.current(offer.hash))
            var bytes = memory.mutableBytes
            bytes.copy(mac.bytes, at: offset + 1)
            offset += 1 + mac.count
        }
        try transcript.update(memory.bytes.extracting(truncated..<count))
    }

    /// Composes a message that a test may have fixed beforehand: see `ReplayHook`.
    mutating func compose(
        _ transcript: inout Transcript, _ configuration: borrowing Configuration, _ type: HandshakeType,
        _ write: (inout ByteWriter) throws(TLSError) -> Void
    ) throws(TLSError) {
        if takeFixed(configuration, type) { return try transcript.update(memory.bytes.extracting(0..<count)) }
        try compose(&transcript, write)
    }

    /// Composes a message that is no part of the transcript (RFC 8446 §4.4.1), unless a test has fixed it.
    mutating func composeAside(
        _ configuration: borrowing Configuration, _ type: HandshakeType,
        _ write: (inout ByteWriter) throws(TLSError) -> Void
    ) throws(TLSError) {
        if !takeFixed(configuration, type) { try compose(write) }
    }

    /// Takes a message that a test has fixed.
    /// - Returns: whether it had.
    private mutating func takeFixed(_ configuration: borrowing Configuration, _ type: HandshakeType) -> Bool {
        guard let replay = configuration.replay else { return false }
        // The hook writes at most `memory.count` bytes to memory that this object owns.
        let fixed = unsafe replay.message(replay.context, type.rawValue, memory.unsafeAddress, memory.count)
        guard fixed > 0 else { return false }
        count = fixed
        sent = 0
        tailIdentity = nil
        return true
    }

    /// Composes a Certificate message (RFC 8446 §4.4.2; RFC 5246 §7.4.2) that ends with the certificates of an identity, if
    /// there is one. Of a raw public key TLS 1.2 has no list: with its length, it is the whole message (RFC 7250 §3).
    mutating func composeCertificate(
        _ transcript: inout Transcript, identity: Int?, in version: ProtocolVersion,
        _ configuration: borrowing Configuration
    ) throws(TLSError) {
        let isPlain = version == .tls12
        let hasList = !isPlain || configuration.identities.type(identity ?? -1) == .X509
        var listCount = 0
        if let identity {
            listCount = Self.wireCount(configuration.identities.certificateList(identity), isPlain: isPlain)
        }
        try compose(&transcript) { (writer: inout ByteWriter) in
            writer.append(HandshakeType.certificate.rawValue)
            writer.appendUInt24((isPlain ? 0 : 1) + (hasList ? 3 : 0) + listCount)
            // certificate_request_context: empty in the handshake (§4.4.2)
            if !isPlain { writer.append(0 as UInt8) }
            if hasList { writer.appendUInt24(listCount) }
        }
        guard let identity else { return }
        tailIdentity = identity
        tailSent = 0
        tailIsPlain = isPlain
        let list = configuration.identities.certificateList(identity)
        var run = Self.run(list, from: 0, isPlain: isPlain)
        while !run.isEmpty {
            try transcript.update(list.extracting(run))
            run = Self.run(list, from: run.upperBound, isPlain: isPlain)
        }
    }

    /// The next bytes of a certificate_list that stand together on the wire, from `offset` on: in TLS 1.2 those of one
    /// certificate, without the extensions behind it.
    private static func run(_ list: Span<UInt8>, from offset: Int, isPlain: Bool) -> Range<Int> {
        guard isPlain else { return offset..<list.count }
        var reader = ByteReader(list)
        var start = 0
        while reader.readVector24() != nil {
            if offset < reader.offset { return Swift.max(start, offset)..<reader.offset }
            _ = reader.readVector16()
            start = reader.offset
        }
        return list.count..<list.count
    }

    private static func wireCount(_ list: Span<UInt8>, isPlain: Bool) -> Int {
        var count = 0
        var run = run(list, from: 0, isPlain: isPlain)
        while !run.isEmpty {
            count += run.count
            run = Self.run(list, from: run.upperBound, isPlain: isPlain)
        }
        return count
    }

    /// Moves the message into records.
    /// - Returns: whether all of it has gone; if not, send the records first.
    mutating func flush(
        into writer: inout RecordWriter, _ configuration: borrowing Configuration
    ) throws(TLSError) -> Bool {
        if sent < count {
            sent += try writer.append(.handshake, memory.bytes.extracting(sent..<count))
            guard sent == count else { return false }
        }
        guard let identity = tailIdentity else { return true }
        let list = configuration.identities.certificateList(identity)
        var run = Self.run(list, from: tailSent, isPlain: tailIsPlain)
        while !run.isEmpty {
            tailSent = run.lowerBound + (try writer.append(.handshake, list.extracting(run)))
            guard tailSent == run.upperBound else { return false }
            run = Self.run(list, from: tailSent, isPlain: tailIsPlain)
        }
        tailIdentity = nil
        return true
    }
}
