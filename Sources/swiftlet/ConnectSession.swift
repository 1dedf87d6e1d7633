// The run of `connect`: the handshake, then one loop over the stream, stdin and stdout. None of the three is waited for while
// another could move, so that neither side can block the other.
import Bytes
import CLinux
import TLS
import Transport

/// One connection from beginning to end.
struct ConnectSession: ~Copyable {
    private var pump: TLSPump
    private let context: TLSContext
    private let endpoint: String
    private let serverName: String
    private let expectedName: String
    private let sessionFile: SessionFile?
    private let exporter: ExporterOption?
    private let staplePath: String?
    private let earlyData: [UInt8]
    private var standard = FileDescriptorTransport.standard
    private var summary: HandshakeSummary?

    /// - Parameters:
    ///   - endpoint: where it leads to, as it was given.
    ///   - serverName: what server_name says; empty for nothing.
    ///   - expectedName: the name that the peer has to show; empty for any.
    ///   - sessionFile: where the session that the peer gives is kept.
    ///   - exporter: what to export.
    ///   - staplePath: where the OCSP response goes that the server stapled; nil where none was asked for.
    ///   - earlyData: what goes before stdin, early where the server takes it.
    init(
        _ pump: consuming TLSPump, _ context: TLSContext, endpoint: String, serverName: String, expectedName: String,
        sessionFile: SessionFile?, exporter: ExporterOption?, staplePath: String?, earlyData: [UInt8]
    ) {
        self.pump = pump
        self.context = context
        self.endpoint = endpoint
        self.serverName = serverName
        self.expectedName = expectedName
        self.sessionFile = sessionFile
        self.exporter = exporter
        self.staplePath = staplePath
        self.earlyData = earlyData
    }

    /// Runs to the end.
    /// - Parameters:
    ///   - timeout: milliseconds for the handshake.
    ///   - linger: milliseconds of silence after our own end.
    /// - Throws: `CommandError`.
    mutating func run(timeout: Int32, linger: Int32, json: Bool) throws {
        do {
            try runToEnd(timeout: timeout, linger: linger, json: json)
        } catch {
            pump.transport.stream.finish(milliseconds: Self.millisecondsForEnd)
            throw error
        }
        pump.transport.stream.finish(milliseconds: max(linger, Self.millisecondsForEnd))
    }

    /// How long the end of a stream over the link has at least.
    private static var millisecondsForEnd: Int32 { 500 }

    private mutating func runToEnd(timeout: Int32, linger: Int32, json: Bool) throws {
        // In a place of its own: the pump changes while it is read.
        let data = earlyData
        var early = 0
        do throws(PumpError) {
            var signer = ContextSigner(context: context)
            early = try pump.sendEarlyData(data.span, context.configuration, milliseconds: timeout)
            try pump.handshake(context.configuration, &signer, milliseconds: timeout)
        } catch {
            throw failure(.tls(error))
        }
        do throws(TransportError) {
            summary = try pump.endHandshake(serverName: serverName, context)
        } catch {
            throw failure(.tls(.transport(error)))
        }
        do throws(TLSError) {
            summary?.exported = try exporter?.material(of: pump.connection)
        } catch {
            throw failure(.tls(.tls(error)))
        }
        // What the server did not take early comes now.
        if pump.connection.negotiated.earlyData != .accepted { early = 0 }
        do throws(PumpError) {
            try pump.write(data.span.extracting(early..<data.count), milliseconds: timeout)
        } catch {
            throw failure(.tls(error))
        }
        if let staplePath, let staple = summary?.ocspStaple { try keepStaple(staple, in: staplePath, says: !json) }
        if !json, let summary { writeError("connected to \(escaped(endpoint)): \(summary.text)\n") }
        if !json, let exported = summary?.exported { writeError("exported \(exported)\n") }
        do throws(RelayError) {
            try relay(linger: linger)
        } catch {
            throw failure(error)
        }
        try sessionFile?.keep(from: &pump)
        if json, let summary { writeError(JSONValue.object(summary.members(pump.transport)).text + "\n") }
    }

    /// Writes the server's OCSP response to its file. A server that has none leaves the file as it is.
    private func keepStaple(_ staple: [UInt8], in path: String, says: Bool) throws {
        if !staple.isEmpty { try replaceFile(path, staple.span) }
        guard says else { return }
        writeError(
            staple.isEmpty
                ? "no OCSP response came with the certificate\n"
                : "an OCSP response of \(staple.count) bytes came with the certificate; nobody has looked at it\n")
    }

    /// Moves bytes both ways until the peer has ended, or has been silent for `linger` milliseconds after our end.
    private mutating func relay(linger: Int32) throws(RelayError) {
        var state = RelayState()
        var buffer = [UInt8](repeating: 0, count: 16384)
        var scratch = buffer.mutableSpan
        while true {
            switch pump.relay(&standard, &state, context.configuration, scratch: &scratch) {
            case .progressed: break
            case .blocked(let plain, let tls):
                guard wait(plain, tls, milliseconds: state.plainHasEnded ? linger : -1) else {
                    // The peer cannot answer what has not left us yet.
                    if pump.transport.stream.isDelivering { continue }
                    return
                }
            case .finished: return
            case .failed(let error): throw error
            }
            if state.peerHasClosed { return end() }
        }
    }

    /// The peer sends nothing more, so nobody there waits for stdin: ends our side as well.
    private mutating func end() {
        pump.connection.close()
        // A peer that has closed need not take our close_notify.
        _ = try? pump.flush()
    }

    /// Waits until a stream is ready.
    /// - Parameter milliseconds: how long; negative is without limit.
    /// - Returns: false where the time passed first.
    private mutating func wait(_ plain: Readiness?, _ tls: Readiness?, milliseconds: Int32) -> Bool {
        var entries = [
            pollEntry(plain?.wantsReading == true ? standard.readingDescriptor : -1, .readable),
            pollEntry(plain?.wantsWriting == true ? standard.writingDescriptor : -1, .writable),
            pollEntry(pump.transport.readingDescriptor, pump.transport.stream.polled(for: tls)),
        ]
        // The call looks at these entries and writes their `has`. A signal only makes us look again.
        let isReady = unsafe swl_poll(&entries, entries.count, milliseconds) != 0
        pump.transport.stream.service()
        return isReady
    }

    private func failure(_ error: RelayError) -> CommandError {
        var failure: CommandError
        switch error {
        case .plain(let error): failure = transportError(error, "stdin or stdout")
        case .tls(.tls(let error)):
            failure = connectionError(
                error, isEstablished: summary != nil,
                chain: summary?.peerChain ?? certificates(ofPeer: pump.connection),
                rawPublicKey: rawPublicKey(ofPeer: pump.connection), anchors: context.anchors,
                expectedName: expectedName)
        case .tls(.transport(let error)): failure = transportError(error, endpoint)
        case .tls(.timedOut):
            failure = CommandError(
                status: .failed, kind: "timeout",
                message: "\(escaped(endpoint)): the handshake took too long; check the peer or give a larger --timeout")
        case .tls(.signer(let error)):
            failure = CommandError(
                status: .failed, kind: error == .unavailable ? "key" : "internal",
                message: "our key cannot sign: \(context.reason(ofSigner: error))")
        }
        failure.handshake = summary?.members(pump.transport) ?? []
        return failure
    }
}

/// What to poll a descriptor for; nil is nothing.
func pollEntry(_ descriptor: Int32, _ readiness: Readiness?) -> swl_poll_entry {
    guard let readiness else { return swl_poll_entry(descriptor: -1, wants: 0, has: 0) }
    let events = (readiness.wantsReading ? SWL_READABLE : 0) | (readiness.wantsWriting ? SWL_WRITABLE : 0)
    return swl_poll_entry(descriptor: descriptor, wants: Int16(events), has: 0)
}
