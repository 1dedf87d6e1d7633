// The exchanges of a session with an EST server: a request, repeated where the server wants that (a connection that it has ended, a
// redirection, a 401), and what the answer means.
import Bytes
import TLS
import TLSCrypto
import Transport

extension ESTSession {
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
