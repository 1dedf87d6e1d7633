// What a connection keeps for its whole life: the record layer, what was negotiated, the exporter secret, and the budgets
// for what a peer may send without use. Here alerts and change_cipher_spec records are taken out of the stream, for the
// handshake and after it alike.
import Bytes
import TLSCrypto
import X509

/// The record layer of a connection with what was settled over it.
struct ConnectionCore: ~Copyable {
    let role: Role
    var reader: RecordReader
    var writer: RecordWriter
    var negotiated = Negotiated()
    /// exporter_master_secret (RFC 8446 §7.5); in TLS 1.2 the master secret and both randoms (RFC 5705 §4).
    var exporter: Region
    /// What our private key is used on, as a rule what we sign (§4.4.3), and how long it is. Here and not in the workspace,
    /// since the application has to see it. After
    /// the handshake the memory serves the messages that come then; a ticket of TLS 1.2 comes into it before.
    private var signedContentMemory: Region
    private var signedContentCount = 0
    /// What our private key is to do with it.
    private(set) var keyOperation: PrivateKeyOperation?
    /// Client of TLS 1.2: bytes of the NewSessionTicket that is kept for after the handshake; 0 without one.
    var ticketCount = 0
    /// Whether that stands for a session that the server keeps, and holds its identifier (RFC 5246 §7.4.1.3).
    private(set) var ticketIsSessionID = false
    /// TLS 1.2: the first verify_data of the handshake: tls-unique (RFC 5929 §3).
    var firstFinished = BoundedBytes<12>()
    /// What sessions are resumed from.
    var resumption: Resumption
    var earlyData = EarlyDataState()
    /// The name that the client asked for (RFC 6066 §3); empty if it did not.
    var serverName = BoundedBytes<253>()
    let random: RandomSource
    let time: CurrentTime
    /// Whether the peer told its record_size_limit (RFC 8449), which a server answers only then.
    private(set) var peerSentRecordSize = false
    /// Server: the max_fragment_length that the client asked for (RFC 6066 §4), to be answered.
    private(set) var maxFragmentLength: MaxFragmentLength?
    /// Server: whether the client asks for an OCSP response. Client of TLS 1.2: whether the server has announced one.
    var expectsOCSPStaple = false
    /// Server: the types of certificates that the client takes, and those that it can show (RFC 7250 §4.1).
    var typesOfServer = CertificateTypeSet.byDefault
    var typesOfClient = CertificateTypeSet.byDefault
    /// Client: whether the version is open and may come to be TLS 1.2.
    var mayBecome12 = false
    private var changeCipherSpecs = 0
    private var warnings = 0

    /// change_cipher_spec records that are borne in a handshake: one is usual, and one more after a HelloRetryRequest.
    static let changeCipherSpecBudget = 4
    /// user_canceled alerts that are borne (§6.1).
    static let warningBudget = 4

    /// What stands next in the inbound stream.
    enum Inbound {
        case needsInput, handshake, applicationData, closeNotify
        /// TLS 1.2: the change_cipher_spec of a handshake (RFC 5246 §7.1).
        case changeCipherSpec
    }

    /// Whether the version has been settled as TLS 1.2.
    var is12: Bool { negotiated.version == .tls12 }

    /// Whether a suite with RSA key transport has been settled on (RFC 5246 §7.4.7.1).
    var transportsKey: Bool { negotiated.cipherSuite?.transportsKey ?? false }

    /// Settles the version as TLS 1.2, in which a change_cipher_spec means something and none may have come yet.
    mutating func settleOn12() throws(TLSError) {
        guard changeCipherSpecs == 0 else { throw .peerMisbehaved(.unexpectedRecord) }
        negotiated.version = .tls12
        mayBecome12 = false
    }

    /// TLS 1.2: settles from the peer's hello whether the master secret is an extended one, which it must be unless the
    /// configuration says otherwise (RFC 7627 §5.2, §5.3), and checks how the peer writes points.
    mutating func settleMasterSecret(
        in extensions: ExtensionBlock, _ configuration: borrowing Configuration
    ) throws(TLSError) {
        try ECPointFormats.check(in: extensions)
        negotiated.extendedMasterSecret = try ExtendedMasterSecret.isIndicated(in: extensions)
        guard negotiated.extendedMasterSecret || configuration.unsafeAllowsMissingExtendedMasterSecret else {
            throw .peerIncompatible(.noExtendedMasterSecret)
        }
    }

    init(
        _ role: Role, _ limits: Limits, memory: inout Arena, random: RandomSource, time: CurrentTime
    ) throws(TLSError) {
        let readProtection = RecordProtection(
            context: try memory.region(AEADKey.contextBytes), secret: try memory.region(Limits.trafficSecret))
        let writeProtection = RecordProtection(
            context: try memory.region(AEADKey.contextBytes), secret: try memory.region(Limits.trafficSecret))
        let inbound = try memory.region(limits.inboundBuffer)
        let outbound = try memory.region(limits.outboundBuffer)
        let exporter = try memory.region(Limits.exporter)
        let resumption = try memory.region(Limits.resumption)
        let signedContent = try memory.region(limits.postHandshakeMessage)
        // Everything that can fail has been done: a noncopyable value is initialised as a whole.
        self.role = role
        reader = RecordReader(buffer: inbound, protection: readProtection, fragmentLimit: limits.inboundFragment)
        writer = RecordWriter(
            buffer: outbound, protection: writeProtection, fragmentLimit: limits.outboundFragment, role: role)
        self.exporter = exporter
        self.resumption = Resumption(memory: resumption)
        signedContentMemory = signedContent
        self.random = random
        self.time = time
    }

    /// What is to be signed; empty until that is known.
    var signedContent: Span<UInt8> {
        @_lifetime(borrow self)
        get { signedContentMemory.bytes.extracting(0..<signedContentCount) }
    }

    /// Server: writes down what is to be decrypted (RFC 5246 §7.4.7.1).
    mutating func prepareDecryption(of ciphertext: Span<UInt8>) throws(TLSError) {
        try prepareSignedContent(for: .decrypt) { (writer: inout ByteWriter) in writer.append(ciphertext) }
    }

    /// Client: keeps the encrypted premaster secret until it is sent.
    mutating func writeDown(_ ciphertext: Span<UInt8>) throws(TLSError) {
        try prepareSignedContent(for: nil) { (writer: inout ByteWriter) in writer.append(ciphertext) }
    }

    /// Writes down what our private key is used on.
    mutating func prepareSignedContent(
        for operation: PrivateKeyOperation?, _ write: (inout ByteWriter) -> Void
    ) throws(TLSError) {
        keyOperation = operation
        var writer = ByteWriter(signedContentMemory.mutableBytes)
        write(&writer)
        guard !writer.overflowed else {
            throw .limitExceeded(.outgoingMessage, capacity: writer.capacity, needed: writer.count)
        }
        signedContentCount = writer.count
    }

    /// Client of TLS 1.2: keeps a ticket that came within the handshake, or a session identifier as one. One that is too
    /// long is passed over: a resumption less, not a failure.
    mutating func keepTicket(lifetime: UInt32, _ ticket: Span<UInt8>, isSessionID: Bool) {
        signedContentMemory.wipe()
        signedContentCount = 0
        var writer = ByteWriter(signedContentMemory.mutableBytes)
        NewSessionTicket.append12(lifetime: lifetime, ticket: ticket, to: &writer)
        ticketCount = writer.overflowed ? 0 : writer.count
        ticketIsSessionID = isSessionID
    }

    /// Gives the memory of the signed content, wiped but for a ticket that is kept, to whoever needs it after the handshake.
    mutating func releaseSignedContent() -> Region {
        if ticketCount == 0 { signedContentMemory.wipe() }
        signedContentCount = 0
        return exchange(&signedContentMemory, with: Region())
    }

    /// The peer takes no records of more than `limit` bytes (RFC 8449 §4: in TLS 1.3 the content type is one of them).
    mutating func limitRecords(to limit: UInt16) {
        peerSentRecordSize = true
        writer.limitFragments(to: Int(limit) - (is12 ? 0 : Limits.innerContentType))
    }

    /// The client wants no fragments of more than this, and will send none.
    mutating func limitRecords(to length: MaxFragmentLength) {
        maxFragmentLength = length
        if let count = length.byteCount { writer.limitFragments(to: count) }
    }

    /// The next fragment that is not an alert or a change_cipher_spec.
    /// - Parameters:
    ///   - isHandshake: whether the handshake is under way, when change_cipher_spec records may come (Appendix D.4).
    ///   - isMessageUnderWay: whether a handshake message has begun that only handshake records may continue (§5.1).
    mutating func nextFragment(isHandshake: Bool, isMessageUnderWay: Bool) throws(TLSError) -> Inbound {
        if !reader.fragment.isEmpty { return reader.fragmentType == .handshake ? .handshake : .applicationData }
        reader.isMessageUnderWay = isMessageUnderWay
        while true {
            guard case .fragment(let type, let isProtected) = try reader.next() else { return .needsInput }
            if isMessageUnderWay, type != .handshake { throw .peerMisbehaved(.interleavedRecords) }
            switch type {
            case .handshake: return .handshake
            case .application_data where isProtected:
                // Before the handshake is over there is none but early data, also where it is empty (RFC 5246 §7.3).
                if isHandshake, !readsEarlyData { throw .peerMisbehaved(.unexpectedRecord) }
                if reader.fragment.isEmpty { continue }
                return .applicationData
            case .change_cipher_spec where !isProtected:
                try passChangeCipherSpec(isHandshake)
                if is12 { return .changeCipherSpec }
            case .alert: if try passAlert() { return .closeNotify }
            default: throw .peerMisbehaved(.unexpectedRecord)  // §5
            }
        }
    }

    /// §5: a change_cipher_spec with the single byte 1 is dropped between the first ClientHello and the peer's Finished;
    /// any other is an unexpected record.
    private mutating func passChangeCipherSpec(_ isHandshake: Bool) throws(TLSError) {
        guard isHandshake else { throw .peerMisbehaved(.unexpectedRecord) }
        guard reader.fragment.count == 1, reader.fragment[0] == 1 else {
            throw .peerMisbehaved(.changeCipherSpecMalformed)
        }
        changeCipherSpecs += 1
        guard changeCipherSpecs <= Self.changeCipherSpecBudget else {
            throw .peerMisbehaved(.tooManyChangeCipherSpecs)
        }
        reader.consumeFragment(1)
    }

    /// Looks at an alert (§6): in TLS 1.3 every alert but two ends the connection, whatever its level says; in TLS 1.2 a
    /// warning does not (RFC 5246 §7.2).
    /// - Returns: whether it was close_notify; false for one that is passed over.
    private mutating func passAlert() throws(TLSError) -> Bool {
        // §5.1, §6: one alert a record, whole.
        guard reader.fragment.count == 2 else { throw .peerMisbehaved(.alertMalformed) }
        // §6: the level says nothing any more, but it is one of two.
        guard reader.fragment[0] == AlertLevel.warning.rawValue || reader.fragment[0] == AlertLevel.fatal.rawValue
        else { throw .illegalParameter(.alertLevel) }
        let isWarning = reader.fragment[0] == AlertLevel.warning.rawValue
        let description = AlertDescription(rawValue: reader.fragment[1])
        reader.consumeFragment(2)
        switch description {
        case .close_notify: return true
        case _ where isWarning && (is12 || mayBecome12), .user_canceled:
            warnings += 1
            guard warnings <= Self.warningBudget else { throw .peerMisbehaved(.tooManyWarnings) }
            return false
        default: throw .alertReceived(description)
        }
    }
}
