// The handshake message that is being sent. It is composed in memory of its own, goes into the transcript at once, and
// then into records as far as there is space, so that a flight larger than the outbound buffer leaves in parts.
import Bytes
import TLSCrypto

/// One handshake message on its way into records.
struct OutgoingMessage: ~Copyable {
    private var memory: Region
    private var count = 0
    private var sent = 0
    /// What follows the composed bytes.
    private var tail: Tail?

    /// Bytes of an identity that go straight from the configuration into the records, and how far they have gone. Small
    /// numbers, since every connection has room for them.
    private struct Tail {
        let identity: UInt8
        let form: Identities.Form
        var run: UInt16 = 0
        /// How many bytes of the run have gone.
        var sent: UInt32 = 0
    }

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
        tail = nil
    }

    /// Composes a ClientHello that ends with the binders of pre-shared keys (RFC 8446 §4.2.11.2), unless a test has fixed it.
    /// They cover all that comes before the list of them, so they are filled in afterwards.
    /// - Parameters:
    ///   - offers: the keys.
    ///   - binder: the MAC of a key for a transcript.
    ///   - write: writes the message with any bytes in the binders' places.
    mutating func composeWithBinders(
        _ transcript: inout Transcript, _ configuration: borrowing Configuration, _ offers: KeyOffers,
        binder: (KeyOffer, Digest) throws(TLSError) -> Digest, write: (inout ByteWriter) throws(TLSError) -> Void
    ) throws(TLSError) {
        if !takeFixed(configuration, .client_hello) { try compose(write) }
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
        tail = nil
        return true
    }

    /// Composes a Certificate message (RFC 8446 §4.4.2; RFC 5246 §7.4.2) that ends with the certificates of an identity, if
    /// there is one.
    /// - Parameter isStapled: TLS 1.3: whether the identity's OCSP response goes with them.
    mutating func composeCertificate(
        _ transcript: inout Transcript, identity: Int?, in version: ProtocolVersion, isStapled: Bool = false,
        _ configuration: borrowing Configuration
    ) throws(TLSError) {
        let is12 = version == .tls12
        let type = configuration.identities.type(identity ?? -1)
        let form: Identities.Form = is12 ? .certificates : isStapled ? .stapledEntries : .entries
        let listCount = identity.map { configuration.identities.byteCount(of: $0, as: form) } ?? 0
        try compose(&transcript) { (writer: inout ByteWriter) in
            CertificateMessage.appendBeforeEntries(entryBytes: listCount, in: version, type, to: &writer)
        }
        if let identity { try follow(identity, form, &transcript, configuration) }
    }

    /// Composes a CertificateStatus (RFC 6066 §8) with the OCSP response of an identity.
    mutating func composeCertificateStatus(
        _ transcript: inout Transcript, identity: Int, _ configuration: borrowing Configuration
    ) throws(TLSError) {
        let count = configuration.identities.byteCount(of: identity, as: .status)
        try compose(&transcript) { (writer: inout ByteWriter) in
            writer.appendHandshakeHeader(.certificate_status_RESERVED, bodyBytes: count)
        }
        try follow(identity, .status, &transcript, configuration)
    }

    /// Has the bytes of an identity follow what is composed.
    private mutating func follow(
        _ identity: Int, _ form: Identities.Form, _ transcript: inout Transcript,
        _ configuration: borrowing Configuration
    ) throws(TLSError) {
        tail = Tail(identity: UInt8(truncatingIfNeeded: identity), form: form)
        var index = 0
        while true {
            let run = configuration.identities.run(index, of: identity, as: form)
            guard !run.isEmpty else { return }
            try transcript.update(configuration.identities.bytes(at: run))
            index += 1
        }
    }

    /// Moves the message into records.
    /// - Parameter isWhole: whether it is to stand in one record, where it fits into one.
    /// - Returns: whether all of it has gone; if not, send the records first.
    mutating func flush(
        into writer: inout RecordWriter, isWhole: Bool, _ configuration: borrowing Configuration
    ) throws(TLSError) -> Bool {
        if isWhole, sent == 0, let length = HandshakeMessage.byteCount(memory.bytes.extracting(0..<count)) {
            guard try writer.makeRoom(forMessage: length) else { return false }
        }
        if sent < count {
            sent += try writer.append(.handshake, memory.bytes.extracting(sent..<count))
            guard sent == count else { return false }
        }
        while var next = tail {
            let run = configuration.identities.run(Int(next.run), of: Int(next.identity), as: next.form)
            guard !run.isEmpty else { break }
            let rest = (run.lowerBound + Int(next.sent))..<run.upperBound
            let written = try writer.append(.handshake, configuration.identities.bytes(at: rest))
            next.sent += UInt32(truncatingIfNeeded: written)
            let isComplete = Int(next.sent) == run.count
            if isComplete {
                next.run += 1
                next.sent = 0
            }
            tail = next
            guard isComplete else { return false }
        }
        tail = nil
        return true
    }
}
