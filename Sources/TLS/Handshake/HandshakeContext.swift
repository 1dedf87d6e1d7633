// What the states of a handshake share. It lives in the workspace, which goes back to its pool when the handshake is
// over; its regions are wiped then.
import Bytes
import TLSCrypto
import X509

/// The materials of a handshake.
struct HandshakeContext: ~Copyable {
    var transcript: Transcript
    var schedule: KeySchedule
    /// The secrets of TLS 1.2, and both randoms.
    var master: MasterSecret
    var outgoing: OutgoingMessage
    /// Our half of the key exchange.
    var ephemeral: EphemeralKey
    /// What is sent back: the cookie of a HelloRetryRequest (RFC 8446 §4.2.2), and how long it is; behind its place the
    /// session identifier with its length in front.
    private var cookieMemory: Region
    private var cookieCount = 0
    /// The session that is offered, or was opened; or the external key that was settled on.
    var session: SessionMemory
    /// Opens and seals tickets.
    var ticketCipher: AEADKey
    /// Server: whether the client may resume with what we issue (§4.2.9; RFC 5077 §3.2). Client of TLS 1.2: whether the
    /// server has announced a ticket.
    var takesTickets = false

    /// Cuts the context out of a workspace, after the reassembly buffer.
    init(_ limits: Limits, _ workspace: inout Arena) throws(TLSError) {
        let first = try workspace.region(RunningHash.contextBytes)
        let second = try workspace.region(RunningHash.contextBytes)
        let third = try workspace.region(RunningHash.contextBytes)
        let current = try workspace.region(Limits.secret)
        let clientHandshake = try workspace.region(Limits.secret)
        let serverHandshake = try workspace.region(Limits.secret)
        let clientApplication = try workspace.region(Limits.secret)
        let serverApplication = try workspace.region(Limits.secret)
        let outgoing = try workspace.region(limits.outgoingMessage)
        let ephemeral = try workspace.region(EphemeralKey.memoryBytes)
        let cookie = try workspace.region(Limits.cookie + 1 + Hello.sessionIDBytes)
        let session = try workspace.region(Limits.sessionWithoutTicket + limits.ticket)
        let ticketCipher = try workspace.region(AEADKey.contextBytes)
        let masterSecret = try workspace.region(MasterSecret.memoryBytes)
        // Everything that can fail has been done: a noncopyable value is initialised as a whole.
        transcript = try Transcript(first, second, third)
        schedule = KeySchedule(
            current: current, clientHandshake: clientHandshake, serverHandshake: serverHandshake,
            clientApplication: clientApplication, serverApplication: serverApplication)
        master = MasterSecret(memory: masterSecret)
        self.outgoing = OutgoingMessage(memory: outgoing)
        self.ephemeral = EphemeralKey(in: ephemeral)
        cookieMemory = cookie
        self.session = SessionMemory(memory: session)
        self.ticketCipher = AEADKey(in: ticketCipher)
    }

    /// ClientHello.legacy_session_id; with TLS 1.2 the session_id of the ServerHello, once that has come.
    var sessionID: BoundedBytes<32> {
        get {
            let start = Limits.cookie + 1
            let count = Int(cookieMemory.bytes[Limits.cookie])
            return BoundedBytes(cookieMemory.bytes.extracting(start..<(start + count))) ?? BoundedBytes()
        }
        set {
            var memory = cookieMemory.mutableBytes
            memory[Limits.cookie] = UInt8(truncatingIfNeeded: newValue.count)
            memory.copy(newValue.bytes, at: Limits.cookie + 1)
        }
    }

    /// The cookie to send back; empty if there is none.
    var cookie: Span<UInt8> {
        @_lifetime(borrow self)
        get { cookieMemory.bytes.extracting(0..<cookieCount) }
    }

    /// Keeps the server's cookie.
    mutating func keepCookie(_ cookie: Span<UInt8>) throws(TLSError) {
        guard cookie.count <= Limits.cookie else {
            throw .limitExceeded(.cookie, capacity: Limits.cookie, needed: cookie.count)
        }
        var memory = cookieMemory.mutableBytes
        memory.copy(cookie, at: 0)
        cookieCount = cookie.count
    }
}

extension Arena {
    /// Takes memory, with the error of this layer.
    mutating func region(_ count: Int) throws(TLSError) -> Region {
        do throws(ArenaExhausted) { return try take(count) } catch {
            throw .limitExceeded(.memory, capacity: error.capacity, needed: error.needed)
        }
    }
}

extension HandshakeContext {
    /// Takes the key schedule to the Handshake Secret (RFC 8446 §7.1). The transcript must end with the ServerHello.
    /// - Parameters:
    ///   - publicValue: the peer's; empty where there is no key exchange (psk_ke, §4.2.9).
    ///   - usesKey: whether the key of `session` goes into it.
    mutating func agree(
        peer publicValue: Span<UInt8>, _ hash: HashAlgorithm, usesKey: Bool
    ) throws(TLSError) {
        if usesKey {
            guard session.hash == hash else { throw .misuse(.badConfiguration) }
            try schedule.start(hash, preSharedKey: session.key)
        } else {
            guard !publicValue.isEmpty else { throw .misuse(.badConfiguration) }
            try schedule.startWithoutPSK(hash)
        }
        session.drop()
        guard publicValue.isEmpty else { return try agree(peer: publicValue) }
        ephemeral.wipe()
        try schedule.advanceToHandshakeWithoutDHE(transcript: try transcript.current())
    }

    /// Computes the shared secret with the peer's public value (§7.4), which goes into the Handshake Secret.
    private mutating func agree(peer publicValue: Span<UInt8>) throws(TLSError) {
        try withSecret(ephemeral.group.sharedSecretBytes) { (shared: inout MutableSpan<UInt8>) throws(TLSError) in
            try ephemeral.agree(with: publicValue, into: &shared)
            ephemeral.wipe()
            try schedule.advanceToHandshake(sharedSecret: shared.span, transcript: try transcript.current())
        }
    }
}

extension HandshakeContext {
    /// Makes our half of the key exchange.
    mutating func generateKey(in group: NamedGroup, _ random: RandomSource) throws(TLSError) {
        guard let agreement = group.keyAgreement else { throw .misuse(.badConfiguration) }
        try crypto { () throws(CryptoError) in try ephemeral.generate(agreement, random: random) }
    }

    /// TLS 1.2: takes the master secret of the session that is resumed (RFC 5246 §7.3). Nothing will be signed.
    mutating func resumeMasterSecret(
        _ hash: HashAlgorithm, _ configuration: borrowing Configuration
    ) throws(TLSError) {
        try master.resume(hash, master: session.key12)
        session.drop()
        transcript.keepsAll = false
        logMasterSecret(configuration)
    }
}
