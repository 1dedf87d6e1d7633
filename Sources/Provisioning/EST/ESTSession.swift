// Requests to one EST server (RFC 7030 §3.2), over TLS connections of our own that are made as they are needed: one carries as
// many exchanges as the server lets it, and each request within is bounded in time as a whole, however busily the server drips.
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
    private let configuration: Configuration
    private var signer: ESTSigner
    let location: ESTLocation
    /// Answers of the server.
    private(set) var reader: HTTPResponseReader
    private var authorization: HTTPAuthorization
    private var request: Region
    private var requestBody: Region
    private var connectionMemory: Region
    private var workspace: Region
    private let time: CurrentTime
    /// For each exchange, the connection included.
    private let milliseconds: Int32
    // Behind the memory that it lies in: it ends first where the session is taken apart by hand (`disconnect`).
    private var pump: Pump<EndpointTransport>?

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
    private mutating func connect(_ deadline: Deadline) throws(CommandFailure) -> Bool {
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
    private mutating func channelBinding() throws(CommandFailure) -> BoundedBytes<64> {
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

    // Exchanges

    /// Asks for something.
    /// - Parameter allowsNone: whether 404 says that there is nothing.
    mutating func get(
        _ operation: ESTOperation, allowsNone: Bool, _ credentials: HTTPCredentials
    ) throws(CommandFailure) -> ESTOutcome {
        var exchange = ESTExchange(operation, .get, location, allowsNone: allowsNone)
        authorization.reset()
        while true {
            let deadline = Deadline.after(milliseconds: milliseconds)
            let isReused = try connect(deadline)
            if let outcome = try attempt(&exchange, bodyCount: 0, credentials, deadline, isReused) { return outcome }
        }
    }

    /// Sends a request for a certificate.
    /// - Parameter request: its DER; empty for one that is bound to the connection and made for each from `contents`.
    mutating func post(
        _ operation: ESTOperation, _ request: Span<UInt8>, _ contents: borrowing RequestContents,
        for key: borrowing EnrolmentKey,
        _ credentials: HTTPCredentials
    ) throws(CommandFailure) -> ESTOutcome {
        var exchange = ESTExchange(operation, .post, location, allowsNone: false)
        authorization.reset()
        while true {
            let deadline = Deadline.after(milliseconds: milliseconds)
            let isReused = try connect(deadline)
            let count = try request.isEmpty ? writeBody(contents, key) : writeBody(request)
            if let outcome = try attempt(&exchange, bodyCount: count, credentials, deadline, isReused) {
                return outcome
            }
        }
    }

    /// Writes a request for a certificate that is bound to the connection as a body.
    private mutating func writeBody(
        _ contents: borrowing RequestContents, _ key: borrowing EnrolmentKey
    ) throws(CommandFailure) -> Int {
        let binding = try channelBinding()
        var der = InlineArray<8192, UInt8>(repeating: 0)
        var room = der.mutableSpan
        let count = try contents.write(binding: binding.bytes, signedBy: key, into: &room)
        return try writeBody(der.span.extracting(0..<count))
    }

    private mutating func writeBody(_ request: Span<UInt8>) throws(CommandFailure) -> Int {
        var body = requestBody.mutableBytes
        guard let length = encodeESTBody(request, into: &body) else {
            throw CommandFailure(ProvisioningError.outputTooSmall)
        }
        return length
    }

    /// Sends the request, and reads the answer.
    /// - Parameter isReused: whether the connection has carried another exchange before.
    /// - Returns: nil where it is to be sent once more.
    private mutating func attempt(
        _ exchange: inout ESTExchange, bodyCount: Int, _ credentials: HTTPCredentials, _ deadline: Deadline,
        _ isReused: Bool
    ) throws(CommandFailure) -> ESTOutcome? {
        var count = 0
        do {
            var writer = ByteWriter(request.mutableBytes)
            HTTPRequest(
                exchange.method, target: exchange.target.bytes, host: exchange.host.bytes,
                authorization: authorization.value, contentType: "application/pkcs10",
                body: requestBody.bytes.extracting(0..<bodyCount)
            ).write(to: &writer)
            guard !writer.overflowed else {
                throw CommandFailure(status: 64, kind: "usage", "the request is too large; ask for fewer names")
            }
            count = writer.count
        }
        do throws(PumpError) {
            try pump?.write(request.bytes.extracting(0..<count), milliseconds: deadline.remaining)
        } catch {
            // As a rule the server has said before why it takes no more.
            guard case .transport = error else { throw failed(CommandFailure(error, location)) }
        }
        request.wipe()
        guard try receive(exchange, deadline, isReused) else { return nil }
        return try judge(&exchange, credentials)
    }

    /// Reads the answer.
    /// - Returns: false where the server had ended the connection after the exchange before, as libest does without a word
    ///   (RFC 9112 §9.3.1, §9.6): nothing came, and the request is to be sent over another one. At worst an authority that
    ///   did take it issues a second certificate for the same key.
    private mutating func receive(
        _ exchange: borrowing ESTExchange, _ deadline: Deadline, _ isReused: Bool
    ) throws(CommandFailure) -> Bool {
        reader.begin()
        var storage = InlineArray<2048, UInt8>(repeating: 0)
        while !reader.isComplete {
            var buffer = storage.mutableSpan
            let count: Int
            do throws(PumpError) {
                count = try pump?.read(into: &buffer, configuration, milliseconds: deadline.remaining) ?? 0
            } catch {
                if isReused, reader.isUntouched, error.isEndOfStream {
                    disconnect()
                    return false
                }
                throw failed(CommandFailure(error, location))
            }
            if count == 0, isReused, reader.isUntouched {
                disconnect()
                return false
            }
            do throws(HTTPError) {
                guard count > 0 else {
                    try reader.receiveEnd()
                    break
                }
                let taken = try reader.receive(buffer.span.extracting(0..<count))
                // Bytes that nobody asked for: nothing that comes behind them would be an answer.
                if taken < count { pump?.connection.close() }
            } catch {
                throw failed(CommandFailure(error, exchange.operation, location))
            }
        }
        if !reader.keepsConnection || pump?.connection.writeCapacity == 0 { disconnect() }
        return true
    }

    /// Ends the connection because of an error.
    private mutating func failed(_ failure: CommandFailure) -> CommandFailure {
        disconnect()
        return failure
    }

    /// What the answer means.
    /// - Returns: nil where the request is to be sent once more.
    private mutating func judge(
        _ exchange: inout ESTExchange, _ credentials: HTTPCredentials
    ) throws(CommandFailure) -> ESTOutcome? {
        var now: Int64 = 0
        if case .known(let seconds) = time { now = seconds }
        let head: HTTPHead
        do throws(HTTPError) { head = try reader.head } catch {
            // It was read as a whole before.
            throw CommandFailure(error, exchange.operation, location)
        }
        switch head.status {
        case 200: return .done
        // RFC 7030 §4.2.3: the header is mandatory; without it a minute.
        case 202: return .later(head.retryAfter(now: now) ?? 60)
        case 204: return .nothing
        case 404 where exchange.allowsNone: return .nothing
        case 301, 302, 303, 307, 308:
            try exchange.redirect(head, location)
            // What was answered for one target is good for that alone (RFC 7616 §3.4, `uri`).
            authorization.reset()
        case 401 where !credentials.user.isEmpty:
            do throws(HTTPAuthorizationError) {
                try authorization.answer(
                    head, exchange.method, target: exchange.target.bytes, credentials, random: .system)
            } catch { throw CommandFailure(error, location) }
        default:
            var failure = CommandFailure(refusedBy: head, reader.body, exchange.operation, location)
            failure.retryAfter = head.retryAfter(now: now)
            throw failure
        }
        return nil
    }

    /// Whether the answer's body is of a media type, whatever parameters that has.
    func answerIs(_ type: StaticString) -> Bool {
        do throws(HTTPError) {
            guard let value = try reader.head.value(of: "Content-Type") else { return false }
            var end = 0
            while end < value.count, value[end] != UInt8(ascii: ";") { end += 1 }
            return value.extracting(0..<end).trimmed().isCaseInsensitively(type)
        } catch { return false }
    }
}

extension PumpError {
    /// Whether the peer has ended the stream, cleanly or not.
    fileprivate var isEndOfStream: Bool {
        switch self {
        case .tls(.truncated): true
        case .transport(let error): error.isBrokenOff
        default: false
        }
    }
}
