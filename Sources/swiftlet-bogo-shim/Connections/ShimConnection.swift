// One connection to the runner: TCP, the shim's number, the handshake, what follows it.
import Bytes
import TLS
import TLSCrypto
import Transport

/// A connection over TCP.
typealias TLSPump = Pump<SocketTransport>

/// One connection of a run.
struct ShimConnection: ~Copyable {
    /// What the flags say; from the refusal of a client's early data on, those of a retry.
    private(set) var settings: Settings
    private let settingsOfRetry: Settings
    let context: Context
    /// Seconds since 1970 by the clock of this run.
    let now: Int64
    var pump: TLSPump
    /// What the last ticket can be resumed with; nil before one came.
    var session: [UInt8]?
    /// Client: what the handshake offers, and how much of the first writing has gone early.
    private(set) var offer = Offer()
    var sentEarly = 0

    /// What a client offers to resume.
    struct Offer {
        var hasSession = false
        /// How many bytes of early data are announced; 0 for none.
        var earlyData = 0
    }

    /// Connects and says which shim we are.
    /// - Parameters:
    ///   - retried: the flags for a client whose early data are refused.
    ///   - session: what a client offers to resume.
    ///   - now: seconds since 1970 by the clock of this run.
    init(
        _ settings: Settings, retried: Settings, _ context: Context, offering session: [UInt8]?, at now: Int64
    ) throws(ShimError) {
        self.settings = settings
        settingsOfRetry = retried
        self.now = now
        self.context = context
        var socket = try Self.connect(settings)
        try Self.introduce(settings.shimID, to: &socket)
        guard !settings.versions.isEmpty else { throw Self.lackOfVersions(settings) }
        let limits = context.configuration.limits
        var memory = permanentMemory(limits.connectionBytes)
        var workspace = permanentMemory(limits.workspaceBytes)
        do throws(TLSError) {
            var connection = try Connection(
                settings.isServer ? .server : .client, limits, memory: &memory, workspace: &workspace,
                time: .known(now))
            // Whether the session is good enough to be offered, the connection decides; the outcome is checked.
            if let session { offer.hasSession = try connection.offerSession(session.span, context.configuration) }
            if offer.hasSession, settings.enablesEarlyData {
                offer.earlyData = try connection.offerEarlyData(context.configuration)
            }
            pump = Pump(connection, over: socket)
        } catch { throw ShimError(error) }
    }

    private static func lackOfVersions(_ settings: Settings) -> ShimError {
        settings.allowsOlderVersions
            ? .unimplemented("TLS 1.1 and older")
            : .failed("NO_SUPPORTED_VERSIONS_ENABLED", detail: "the flags leave no version")
    }

    private static func connect(_ settings: Settings) throws(ShimError) -> SocketTransport {
        let host = settings.isIPv6 ? "::1" : "127.0.0.1"
        guard let bytes = BoundedBytes<253>(Array(host.utf8).span) else { throw .unusable("our own address") }
        do throws(TransportError) {
            return try SocketTransport(
                connectingTo: .tcp(TCPEndpoint(host: bytes, port: settings.port)), milliseconds: 10_000,
                names: .numbersOnly)
        } catch { throw .unusable("the runner's port \(settings.port): \(error)") }
    }

    /// The shim's number, 8 bytes with the least significant first.
    private static func introduce(_ number: UInt64, to socket: inout SocketTransport) throws(ShimError) {
        let bytes = (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
        do throws(TransportError) {
            // An empty socket takes eight bytes at once.
            guard try socket.write(bytes.span) == .bytes(8) else { throw TransportError(.write, .timedOut) }
        } catch { throw .unusable("the connection to the runner: \(error)") }
    }

    /// From the handshake to the end.
    /// - Returns: what the next connection can offer.
    consuming func run(isResumption: Bool) throws(ShimError) -> [UInt8]? {
        try handshake()
        try checkExpectations(isResumption: isResumption)
        try checkEarlyData()
        try checkTLSUnique()
        if pump.connection.isEstablished { pump.connection.releaseWorkspace() }
        do throws(PumpError) {
            try exchange()
        } catch {
            pump.tellFailure(milliseconds: 5000)
            if settings.renegotiates, error == .tls(.peerMisbehaved(.renegotiation)) {
                throw .unimplemented("renegotiation")
            }
            throw Self.shimError(error)
        }
        try checkTicket()
        return session
    }

    /// Without an extended master secret there is none of ours; BoringSSL's has one after a full handshake.
    private func checkTLSUnique() throws(ShimError) {
        guard settings.sendsTLSUnique, pump.connection.tlsUnique.isEmpty else { return }
        throw pump.connection.negotiated.resumed
            ? .unexpected("failed to get tls-unique") : .unimplemented("tls-unique without extended master secret")
    }

    private mutating func handshake() throws(ShimError) {
        do throws(PumpError) {
            if offer.earlyData > 0, settings.writesFirst { try writeEarly() }
            try carryThrough()
        } catch {
            // The runner has to get to the alert, also on a machine with other things to do.
            pump.tellFailure(milliseconds: 5000)
            if offer.earlyData > 0, error == .tls(.peerIncompatible(.noCommonVersion)) {
                throw .failed("WRONG_VERSION_ON_EARLY_DATA", detail: "\(error)")
            }
            if settings.allowsOlderVersions, isAboutVersion(error) { throw .unimplemented("TLS 1.1 and older") }
            if isRefusalOfHello(error) { throw .failed("HANDSHAKE_FAILURE_ON_CLIENT_HELLO", detail: "\(error)") }
            throw Self.shimError(error)
        }
    }

    /// To the end of the handshake, or as far as a server's early data: the rest comes with what is read.
    private mutating func carryThrough() throws(PumpError) {
        while true {
            let turn = pump.turn(context.configuration)
            // From here on it is what BoringSSL makes another connection of.
            if !settings.isServer, pump.connection.negotiated.earlyData == .rejected { settings = settingsOfRetry }
            var signer = context.signer(settings)
            if try pump.answer(turn, &signer) { continue }
            switch turn {
            case .progressed: continue
            case .blocked(let readiness): try wait(for: readiness)
            case .failed(let error): throw error
            default: return
            }
        }
    }

    mutating func wait(for readiness: Readiness) throws(PumpError) {
        do throws(TransportError) {
            _ = try pump.transport.wait(for: readiness, milliseconds: nil)
        } catch { throw .transport(error) }
    }

    /// Sends as much of what is written first as goes early.
    private mutating func writeEarly() throws(PumpError) {
        let once = Array(settings.initialWrite.utf8)
        for _ in 0..<settings.initialWrites {
            let count = try pump.sendEarlyData(once.span, context.configuration, milliseconds: nil)
            sentEarly += count
            guard count == once.count else { return }
            // What is written at once is a record of its own only where nothing of the buffer is taken.
            try flush()
        }
    }

    private mutating func flush() throws(PumpError) {
        while true {
            do throws(TransportError) { if try pump.flush() { return } } catch { throw .transport(error) }
            try wait(for: .writable)
        }
    }

    /// Whether a handshake failed because the runner speaks only an older version: it says so, or finds nothing in our
    /// hello that it could use.
    private func isAboutVersion(_ error: PumpError) -> Bool {
        switch error {
        case .tls(.peerIncompatible(.noCommonVersion)), .tls(.alertReceived(.protocol_version)): true
        default: isRefusalOfHello(error)
        }
    }

    /// Whether the server refused our very first message, for which BoringSSL has a name of its own.
    private func isRefusalOfHello(_ error: PumpError) -> Bool {
        error == .tls(.alertReceived(.handshake_failure)) && pump.connection.negotiated.cipherSuite == nil
    }

    private static func shimError(_ error: PumpError) -> ShimError {
        switch error {
        case .tls(let error): ShimError(error)
        case .transport(let error): .unusable("the connection to the runner: \(error)")
        case .timedOut: .unusable("the connection to the runner: it is silent")
        case .signer(let error): .failed("SIGN_ERROR", detail: "\(error)")
        }
    }
}
