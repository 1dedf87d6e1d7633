// Requests to one EST server (RFC 7030 §3.2), over TLS connections of our own that are made as they are needed: one carries as
// many exchanges as the server lets it, and each request within is bounded in time as a whole, however busily the server drips.
// The exchanges themselves are in ESTSessionExchanges.
//
// Invariants:
// - nothing is asked before the server was verified as the configuration says;
// - user and password go to servers that were verified, and only in answer to a 401, at most twice for each target of a request;
// - a redirection is followed on the same server alone, at most three times a request (RFC 7030 §3.2.1).
import Bytes
import TLS
import TLSCrypto
import Transport
import X509

/// The requests of one client to one server.
struct ESTSession<Connector: StreamConnector>: ~Copyable {
    private var connector: Connector
    let configuration: Configuration
    private var signer: ESTSigner
    let location: ESTLocation
    /// Answers of the server.
    var reader: HTTPResponseReader
    var authorization: HTTPAuthorization
    var request: Region
    var requestBody: Region
    private var connectionMemory: Region
    private var workspace: Region
    let time: CurrentTime
    /// For each exchange, the connection included.
    let milliseconds: Int32
    // Behind the memory that it lies in: it ends first where the session is taken apart by hand (`disconnect`).
    var pump: Pump<EndpointTransport>?

    init(
        _ connector: Connector, _ configuration: consuming Configuration, _ signer: consuming ESTSigner,
        _ location: ESTLocation, memory: inout Arena, time: CurrentTime, milliseconds: Int32
    ) throws(ArenaExhausted) {
        let limits = configuration.limits
        let head = try memory.take(HTTPResponseReader.maximumHead)
        let body = try memory.take(Enrolment.maximumBody)
        let authorizationMemory = try memory.take(HTTPAuthorization.bytes)
        let request = try memory.take(Enrolment.maximumRequest)
        let requestBody = try memory.take(Enrolment.maximumRequestBody)
        let connectionMemory = try memory.take(limits.connectionBytes)
        let workspace = try memory.take(limits.workspaceBytes)
        self.connector = connector
        self.configuration = configuration
        self.signer = signer
        self.location = location
        self.time = time
        self.milliseconds = milliseconds
        reader = HTTPResponseReader(head: head, body: body)
        authorization = HTTPAuthorization(authorizationMemory)
        self.request = request
        self.requestBody = requestBody
        self.connectionMemory = connectionMemory
        self.workspace = workspace
        pump = nil
    }

    /// Bytes of memory that a session takes.
    static func bytes(_ limits: Limits) -> Int {
        HTTPResponseReader.maximumHead + Enrolment.maximumBody + HTTPAuthorization.bytes + Enrolment.maximumRequest
            + Enrolment.maximumRequestBody + limits.connectionBytes + limits.workspaceBytes + 7 * Region.alignment
    }

    // Connections

    /// Ends the connection, if there is one.
    mutating func disconnect() {
        // The server knows from the answer that no more comes: whether it hears the rest does not matter.
        do throws(PumpError) { _ = try pump?.close(configuration, milliseconds: 0) } catch {}
        pump = nil
    }

    /// Makes a connection, unless there is one.
    /// - Returns: whether there was one.
    mutating func connect(_ deadline: Deadline) throws(CommandFailure) -> Bool {
        dropIfClosed()
        guard pump == nil else { return true }
        let stream: EndpointTransport
        do throws(TransportError) {
            stream = try connector.connect(milliseconds: deadline.remaining ?? milliseconds)
        } catch { throw CommandFailure(error, location) }
        do throws(TLSError) {
            // The connection before, if there was one, has ended: `pump` is nil.
            var memory = connectionMemory.unsafeArena()
            var handshakeMemory = workspace.unsafeArena()
            let connection = try Connection(
                .client, configuration.limits, memory: &memory, workspace: &handshakeMemory, time: time)
            pump = Pump(connection, over: stream)
        } catch { throw CommandFailure(error, location) }
        do throws(PumpError) {
            try pump?.handshake(configuration, &signer, milliseconds: deadline.remaining)
        } catch {
            pump = nil
            // A token says more of why it does not sign than a handshake can.
            if let failure = signer.failure { throw CommandFailure(failure) }
            throw CommandFailure(error, location)
        }
        pump?.connection.releaseWorkspace()
        return false
    }

    /// Notices that the server has ended the connection after its last answer.
    private mutating func dropIfClosed() {
        while let turn = pump?.turn(configuration) {
            switch turn {
            case .blocked: return
            case .progressed, .ticket, .established: continue
            default: disconnect()
            }
        }
    }

    /// What binds a request to the connection (RFC 7030 §3.5), in base64: tls-unique in TLS 1.2 (RFC 5929 §3), tls-exporter in
    /// TLS 1.3 (RFC 9266 §4.2).
    mutating func channelBinding() throws(CommandFailure) -> BoundedBytes<64> {
        var binding = InlineArray<32, UInt8>(repeating: 0)
        var count = 32
        if pump?.connection.negotiated.version == .tls13 {
            // "EXPORTER-Channel-Binding", no context, 32 bytes.
            let label: InlineArray<24, UInt8> = [
                0x45, 0x58, 0x50, 0x4F, 0x52, 0x54, 0x45, 0x52, 0x2D, 0x43, 0x68, 0x61, 0x6E, 0x6E, 0x65, 0x6C, 0x2D,
                0x42, 0x69, 0x6E, 0x64, 0x69, 0x6E, 0x67,
            ]
            var out = binding.mutableSpan
            do throws(TLSError) {
                try pump?.connection.exportKeyingMaterial(label: label.span, context: nil, into: &out)
            } catch { throw CommandFailure(error, location) }
        } else {
            let unique = pump?.connection.tlsUnique ?? BoundedBytes()
            count = unique.count
            var out = binding.mutableSpan
            out.copy(unique.bytes, at: 0)
        }
        guard count > 0 else {
            throw CommandFailure(kind: "handshake", "the connection has nothing that a request could be bound to")
        }
        var text = InlineArray<64, UInt8>(repeating: 0)
        var room = text.mutableSpan
        do throws(CryptoError) {
            let length = try encodeBase64(binding.span.extracting(0..<count), into: &room)
            // 32 bytes are 44 characters.
            return BoundedBytes(text.span.extracting(0..<length)) ?? BoundedBytes()
        } catch { throw CommandFailure(error) }
    }
}
