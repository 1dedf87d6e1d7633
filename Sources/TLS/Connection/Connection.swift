// A TLS connection, without input or output (RFC 8446, RFC 5246): bytes go in, bytes come out, and a step says what happened. It
// holds no socket, no clock and no thread; it is given its memory when it is made and never asks for more.
//
// How to drive it: move bytes from the peer in with `receive`, call `step` until it says something other than
// `progressed`, send `output`, do what the step asks for. `Transport.Pump` does that over a transport.
//
// Invariants:
// - the first failure stays; after it nothing is read or sent but the alert that tells it;
// - application data is taken and given only after the peer's Finished, never before;
// - secrets lie in regions of the memory given and are wiped when replaced, on failure, and at the end.
import Bytes
import TLSCrypto
import X509

/// One TLS connection, client or server.
public struct Connection: ~Copyable {
    var core: ConnectionCore
    /// Nil once the workspace has been given back.
    var handshake: Handshake?
    /// The handshake's messages, in the workspace; without memory once that has been given back.
    private(set) var reassembly: Reassembly
    private(set) var postHandshake: PostHandshake
    private(set) var phase = Phase.handshaking
    /// The first failure.
    private(set) var failure: TLSError?

    /// How far a connection has come.
    enum Phase {
        case handshaking, established
    }

    /// Which directions have been closed.
    private(set) var peerHasClosed = false
    private(set) var hasClosed = false

    /// A connection before its first byte.
    /// - Parameters:
    ///   - memory: `limits.connectionBytes`, for the life of the connection.
    ///   - workspace: `limits.workspaceBytes`, until `releaseWorkspace`.
    ///   - random: where ephemeral keys and randoms come from.
    ///   - time: the time at which certificates are judged.
    /// - Throws: `.limitExceeded(.memory, …)`.
    public init(
        _ role: Role, _ limits: Limits, memory: inout Arena, workspace: inout Arena,
        random: RandomSource = .system, time: CurrentTime
    ) throws(TLSError) {
        let core = try ConnectionCore(role, limits, memory: &memory, random: random, time: time)
        let messages = try workspace.region(limits.handshakeMessage + Limits.afterCertificate)
        let handshake = try Handshake(role, limits, workspace: &workspace)
        self.core = core
        postHandshake = PostHandshake(memory: Region())
        reassembly = Reassembly(memory: messages, reserve: Limits.afterCertificate)
        self.handshake = consume handshake
    }

    /// Which side this is.
    public var role: Role { core.role }

    /// What has been settled.
    public var negotiated: Negotiated { core.negotiated }

    /// Server: the name that the client asked for; empty if it did not.
    public var serverName: BoundedBytes<253> { core.serverName }

    /// Whether the handshake is over and the connection has not failed.
    public var isEstablished: Bool { phase == .established && failure == nil }

    // Bytes from the peer

    /// Takes bytes from the peer, as many as there is space for.
    /// - Returns: how many were taken.
    public mutating func receive(_ input: Span<UInt8>) -> Int {
        failure == nil ? core.reader.receive(input) : input.count
    }

    /// Free space to read bytes from the peer into; tell with `didReceive` how many there were.
    public var receiveSpace: MutableSpan<UInt8> {
        @_lifetime(&self)
        mutating get { core.reader.receiveSpace }
    }

    /// `count` bytes have been read into `receiveSpace`.
    public mutating func didReceive(_ count: Int) { core.reader.didReceive(count) }

    /// The transport has ended. Without the peer's close_notify before, that is a truncation (RFC 8446 §6.1).
    public mutating func receiveEndOfStream() {
        if !peerHasClosed { fail(.truncated) }
    }

    // Bytes to the peer

    /// Bytes to be sent. They go out even where a step says `failed`.
    public var output: Span<UInt8> {
        @_lifetime(borrow self)
        get { core.writer.output }
    }

    /// Whether `output` is nothing but tickets: a peer that has gone does not miss them, so that they could not be sent is
    /// no failure.
    public var outputIsExpendable: Bool { core.writer.outputIsExpendable }

    /// The transport has taken the first `count` bytes of `output`.
    public mutating func consumeOutput(_ count: Int) { core.writer.consumeOutput(count) }

    // What happens

    /// Goes one step on.
    /// - Parameter configuration: the same each time.
    public mutating func step(_ configuration: borrowing Configuration) -> Step {
        if let failure { return .failed(failure) }
        do throws(TLSError) {
            return phase == .handshaking ? try stepHandshake(configuration) : try stepEstablished(configuration)
        } catch {
            fail(error)
            return .failed(error)
        }
    }

    private mutating func stepHandshake(_ configuration: borrowing Configuration) throws(TLSError) -> Step {
        guard let step = try handshake?.advance(&core, &reassembly, configuration) else {
            throw .misuse(.handshakeUnderWay)
        }
        if step == .established {
            phase = .established
            let memory = core.releaseSignedContent()
            postHandshake =
                core.is12
                ? try PostHandshake(of12: memory, &core, configuration) : PostHandshake(memory: memory)
        }
        return step
    }

    private mutating func stepEstablished(_ configuration: borrowing Configuration) throws(TLSError) -> Step {
        if postHandshake.takeAnnouncement() { return .ticket }
        if peerHasClosed { return hasClosed ? (output.isEmpty ? .closed : .hasOutput) : .peerClosed }
        switch try core.nextFragment(isHandshake: false, isMessageUnderWay: !postHandshake.isBetweenMessages) {
        case .needsInput: return output.isEmpty ? .needsInput : .hasOutput
        case .changeCipherSpec: throw .peerMisbehaved(.unexpectedRecord)
        case .applicationData: return .applicationData
        case .handshake:
            return try postHandshake.receive(&core, configuration) ? .ticket : .progressed
        case .closeNotify:
            peerHasClosed = true
            return .progressed
        }
    }

    // The handshake's questions

    /// Which signature is wanted, or which decryption, once `step` has said that one is.
    public var signatureRequest: SignatureRequest? {
        guard let operation = core.keyOperation, let identity = core.negotiated.identity else { return nil }
        return SignatureRequest(identity: identity, operation: operation)
    }

    /// What is to be signed, its hash, or what is to be decrypted: `SignatureRequest.operation` says which; empty where nothing
    /// is wanted.
    public var contentToSign: Span<UInt8> {
        @_lifetime(borrow self)
        get { core.signedContent }
    }

    /// Answers `Step.wantsSignature`.
    /// - Parameter signature: as the scheme encodes it; for ECDSA a DER Ecdsa-Sig-Value. Or the block that was decrypted,
    ///   which is to be wiped afterwards.
    public mutating func supplySignature(_ signature: Span<UInt8>) throws(TLSError) {
        guard failure == nil, phase == .handshaking else { throw .misuse(.noSignatureWanted) }
        try handshake?.supplySignature(signature)
    }

    /// Answers `Step.wantsSignature` where no signature can be had: the connection fails, and the peer is told.
    /// - Parameter error: why, as `TLSError.cryptoFailed` will say.
    public mutating func refuseSignature(_ error: CryptoError) { fail(.cryptoFailed(error)) }

    /// Answers `Step.wantsVerdict`.
    /// - Parameter alert: what the peer is told where it is refused (RFC 8446 §6.2), for an application that knows better,
    ///   such as `certificate_revoked`.
    public mutating func supplyVerdict(
        accepted: Bool, alert: AlertDescription = .certificate_unknown
    ) throws(TLSError) {
        guard failure == nil, phase == .handshaking else { throw .misuse(.noVerdictWanted) }
        do throws(TLSError) { try handshake?.supplyVerdict(accepted: accepted, alert) } catch {
            fail(error)
            throw error
        }
    }

    /// The certificates that the peer showed, leaf first, also where they were refused; empty before they came and
    /// after `releaseWorkspace`, and where it shows a raw public key.
    public var peerCertificates: CertificateSequence {
        @_lifetime(borrow self)
        get {
            let isRaw = negotiated.peerCertificateType == .RawPublicKey
            let message = isRaw ? Span() : reassembly.heldMessage
            return CertificateMessage.certificates(in: message, of: negotiated.version)
        }
    }

    /// The SubjectPublicKeyInfo of the raw public key (RFC 7250) that the peer showed, also where it was refused; empty before
    /// it came, after `releaseWorkspace`, and where it shows certificates.
    public var peerRawPublicKey: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            guard negotiated.peerCertificateType == .RawPublicKey else { return Span() }
            return CertificateMessage.rawPublicKey(in: reassembly.heldMessage, of: negotiated.version)
        }
    }

    /// Client: the OCSP response that the server stapled to its certificate (RFC 6066 §8), as it came, also while the verdict
    /// is made and where it was refused; empty where there is none, before, and after `releaseWorkspace`. Nobody has looked at
    /// it.
    public var ocspStaple: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            guard role == .client, negotiated.peerCertificateType == .X509 else { return Span() }
            return CertificateMessage.ocspStaple(
                in: reassembly.heldMessage, or: reassembly.secondHeldMessage, of: negotiated.version)
        }
    }

    /// Gives the workspace back, wiped. To be called when the handshake is over; before, the connection fails with it.
    public mutating func releaseWorkspace() {
        if phase == .handshaking { fail(.misuse(.handshakeUnderWay)) }
        dropWorkspace()
    }

    // Application data

    /// What the peer sent, in place; consume it to get more.
    public var applicationData: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            // Never bytes of anything else, and never before the peer's Finished.
            let isData = phase == .established && failure == nil && core.reader.fragmentType == .application_data
            return isData ? core.reader.fragment : Span()
        }
    }

    /// The first `count` bytes of `applicationData` have been used.
    public mutating func consumeApplicationData(_ count: Int) {
        core.reader.consumeFragment(Swift.min(count, applicationData.count))
    }

    /// How many bytes `write` takes now: 0 before the handshake is over and after `close`.
    public var writeCapacity: Int {
        if core.earlyData.mayAnswer, phase == .handshaking, failure == nil, !hasClosed {
            return core.writer.room(behindKeyUpdate: false)
        }
        // A key changes only once all that was sealed with it has left.
        let wantsNewKey = postHandshake.wantsNewKey(core)
        guard isEstablished, !hasClosed, !wantsNewKey || output.isEmpty else { return 0 }
        return core.writer.room(behindKeyUpdate: wantsNewKey)
    }

    /// Seals as much of `data` as there is space for into records. A server that takes early data may write before the
    /// handshake is over (RFC 8446 §4.2.10): whoever sent the early data need not be there any more.
    /// - Returns: how many bytes were taken; fewer than all means: send `output` first.
    /// - Throws: `.misuse` before the handshake is over or after `close`, or the failure of the connection.
    public mutating func write(_ data: Span<UInt8>) throws(TLSError) -> Int {
        if let failure { throw failure }
        guard phase == .established || core.earlyData.mayAnswer else { throw .misuse(.notEstablished) }
        guard !hasClosed else { throw .misuse(.alreadyClosed) }
        do throws(TLSError) {
            guard try postHandshake.renewKey(&core) else { return 0 }
            let count = try core.writer.append(.application_data, data)
            try core.writer.seal()
            return count
        } catch {
            fail(error)
            throw error
        }
    }

    /// Takes new keys into use for what is written from now on (RFC 8446 §4.6.3).
    /// It happens by itself before a key has protected more than its algorithm allows (§5.5).
    /// - Parameter requestingPeer: whether the peer is to do the same. While it has not, it is not asked again (RFC 9846
    ///   §4.7.3).
    /// - Throws: `.misuse` before the handshake is over, after `close`, or while there is output: send that first; in TLS
    ///   1.2, which has no such thing.
    public mutating func updateKeys(requestingPeer: Bool = false) throws(TLSError) {
        guard isEstablished else { throw .misuse(.notEstablished) }
        guard !hasClosed else { throw .misuse(.alreadyClosed) }
        guard !core.is12 else { throw .misuse(.noKeyUpdate) }
        guard output.isEmpty else { throw .misuse(.outputPending) }
        do throws(TLSError) {
            try postHandshake.update(requestingPeer: requestingPeer, &core)
        } catch {
            fail(error)
            throw error
        }
    }

    /// Says that nothing more will be written: close_notify (RFC 8446 §6.1). Reading goes on.
    public mutating func close() {
        guard !hasClosed, failure == nil else { return }
        hasClosed = true
        do throws(TLSError) {
            try core.writer.appendAlert(.warning, .close_notify)
        } catch {
            fail(error)
        }
    }

    /// Ends the connection at once with an error of the application's (RFC 8446 §6.2): the peer is told by a fatal alert, and
    /// nothing is read or written any more.
    /// - Parameter alert: not `close_notify`, which is `close`, or `user_canceled`, which ends nothing (§6.1).
    public mutating func abort(_ alert: AlertDescription) { fail(.aborted(alert)) }

    /// Keeps the first failure, tells the peer, and wipes what is no longer needed.
    mutating func fail(_ error: TLSError) {
        guard failure == nil else { return }
        failure = error
        if let alert = error.alert {
            // The alert is all that still matters; if even that cannot be sealed, the first failure stays the one told.
            try? core.writer.appendAlert(.fatal, alert)
        }
        // What the peer showed stays readable until the workspace is given back; the secrets do not.
        handshake = nil
        core.reader.wipe()
        core.exporter.wipe()
        // §6.2: what a failed connection gave is forgotten; but one that was merely cut off gave it in good order.
        if error != .truncated { core.resumption.wipe() }
    }

    /// Ends everything that lies in the workspace; that wipes it.
    private mutating func dropWorkspace() {
        handshake = nil
        reassembly = Reassembly(memory: Region(), reserve: 0)
    }
}
