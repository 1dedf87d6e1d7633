// How far a connection is with early data (RFC 8446 §2.3, §4.2.10): from the client's call, or the server's acceptance, to
// EndOfEarlyData.
import Bytes
import TLSCrypto

/// What became of early data.
public enum EarlyDataOutcome: UInt8, Sendable {
    /// There was none.
    case notOffered
    /// The server did not take it: whoever wrote it sends it again, if that is still wanted.
    case rejected
    /// The server has it.
    case accepted
}

/// The early data of one connection.
struct EarlyDataState {
    enum Phase: UInt8 {
        case none
        /// Client: the ClientHello is to announce it.
        case wanted
        /// Client: it may be written; the server has not answered.
        case sending
        /// Client: the server takes it, EndOfEarlyData is still to be sent. Server: it may come.
        case accepted
        /// It is over.
        case ended
    }

    var phase = Phase.none
    /// Bytes that may still be sent or still come.
    var left: UInt32 = 0
    /// Client: the suite of the session, under which it is sent.
    var suite = CipherSuite.TLS_AES_128_GCM_SHA256
    /// Client: the application protocol of the session: its place in the configuration, or -1 for none.
    var applicationProtocol: Int16 = -1
    /// Server: whether answers may be written before the client has finished.
    var mayAnswer = false
}

extension Connection {
    /// Client, after `offerSession` and before the first step: announces early data. It can be read and replayed by whoever
    /// records it, as often as they find servers that take it: send only what does no harm twice (RFC 8446 §8, Appendix E.5).
    /// - Returns: how many bytes the server said that it takes; 0 where it takes none, and then nothing is announced.
    /// - Throws: `.misuse(.handshakeUnderWay)` after the first step, or for a server.
    public mutating func offerEarlyData(_ configuration: borrowing Configuration) throws(TLSError) -> Int {
        guard role == .client, failure == nil, phase == .handshaking else { throw .misuse(.handshakeUnderWay) }
        return try handshake?.offerEarlyData(&core, configuration) ?? 0
    }

    /// Client: whether early data is announced, and neither sent as far as it may be nor answered.
    public var earlyDataIsPending: Bool {
        failure == nil && (core.earlyData.phase == .wanted || core.earlyData.phase == .sending)
    }

    /// Client: writes early data. What has been written is kept nowhere: where `negotiated.earlyData` is `.rejected`, write
    /// it again with `write` if that is still wanted.
    /// - Returns: how many bytes were taken: 0 before the ClientHello has been made (`step`), once the server has answered,
    ///   and when it takes no more. Fewer than all otherwise means: send `output` first.
    public mutating func writeEarlyData(_ data: Span<UInt8>) throws(TLSError) -> Int {
        if let failure { throw failure }
        guard role == .client else { throw .misuse(.notEstablished) }
        guard core.earlyData.phase == .sending else { return 0 }
        let most = Swift.min(data.count, Int(clamping: core.earlyData.left))
        do throws(TLSError) {
            let count = try core.writer.append(.application_data, data.extracting(0..<most))
            try core.writer.seal()
            core.earlyData.left -= UInt32(clamping: count)
            return count
        } catch {
            fail(error)
            throw error
        }
    }

    /// Server: early data that has come, after `Step.earlyData`; consume it to go on. Somebody may have recorded it before.
    public var earlyData: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            let isData = phase == .handshaking && failure == nil && core.readsEarlyData
            return isData && core.reader.fragmentType == .application_data ? core.reader.fragment : Span()
        }
    }

    /// The first `count` bytes of `earlyData` have been used.
    public mutating func consumeEarlyData(_ count: Int) {
        let used = Swift.min(Swift.max(count, 0), earlyData.count)
        core.reader.consumeFragment(used)
        core.earlyData.left -= Swift.min(UInt32(clamping: used), core.earlyData.left)
    }
}

extension ConnectionCore {
    /// Server: whether application data may come before the handshake is over.
    var readsEarlyData: Bool { role == .server && earlyData.phase == .accepted }

    /// Client: the server does not take it. What is sent from now on has other keys, or none.
    mutating func rejectEarlyData() {
        guard earlyData.phase == .sending else { return }
        earlyData.phase = .ended
        negotiated.earlyData = .rejected
    }

    /// Server: checks that the early data which has come is not more than the ticket allows (§4.2.10).
    func checkEarlyData() throws(TLSError) {
        guard reader.fragment.count <= Int(clamping: earlyData.left) else {
            throw .peerMisbehaved(.tooMuchEarlyData)
        }
    }
}

extension HandshakeContext {
    /// Takes the key schedule to client_early_traffic_secret (§7.1). The transcript must end with the ClientHello.
    mutating func deriveEarlySecret(
        _ hash: HashAlgorithm, exporter: inout Region, _ configuration: borrowing Configuration
    ) throws(TLSError) {
        guard session.hash == hash else { throw .misuse(.badConfiguration) }
        try schedule.start(hash, preSharedKey: session.key)
        try schedule.deriveEarly(transcript: try transcript.current(hash), exporter: &exporter)
        logEarlySecrets(exporter: exporter.bytes, configuration)
    }
}
