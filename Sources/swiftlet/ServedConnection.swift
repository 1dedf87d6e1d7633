// One connection of `serve`, from the handshake to its end.
import Bytes
import CLinux
import TLS
import Transport

/// What is done with a connection.
enum Service {
    /// One page that describes it (RFC 1945).
    case http
    /// What comes is sent back.
    case echo
}

/// One connection. `turn` never blocks.
final class ServedConnection {
    /// The slot that the connection lives in.
    let memory: ConnectionMemory
    /// On the monotonic clock, in milliseconds: when the connection is given up; nil for never.
    private(set) var deadline: Int64?
    private var pump: TLSPump
    private let context: TLSContext
    private let options: TLSOptions
    private let service: Service
    private let peer: String
    /// What is still to be said before TLS.
    private var dialogue: SMTPDialogue?
    /// What the handshake came to, once it is over.
    private var summary: HandshakeSummary?
    /// The end of the request so far.
    private var request: [UInt8] = []
    /// What is still to be sent.
    private var answer: [UInt8] = []
    private var isAnswered = false
    private var hasClosed = false
    /// The connection has failed: what is left is to let the alert be read.
    private var isDraining = false
    private var readiness = Readiness.readable
    /// TLS is over, and the link's channel is being ended.
    private var isEnding = false
    /// Whether both sides have closed.
    private(set) var hasEndedCleanly = false

    private static let largestRequest = 16384

    init(
        _ pump: consuming TLSPump, _ memory: ConnectionMemory, _ context: TLSContext, _ options: TLSOptions,
        _ service: Service, peer: String
    ) {
        self.pump = pump
        self.memory = memory
        self.context = context
        self.options = options
        self.service = service
        self.peer = peer
        dialogue = options.starttls.map { _ in SMTPDialogue(.offerTLS, name: .ofThisMachine) }
        deadline = swl_monotonic_milliseconds() + Int64(options.timeout)
    }

    /// What to poll.
    var pollEntry: swl_poll_entry {
        swiftlet.pollEntry(pump.transport.readingDescriptor, pump.transport.stream.polled(for: readiness))
    }

    /// Does what can be done.
    /// - Returns: whether the connection goes on.
    func turn(isLate: Bool) -> Bool {
        pump.transport.stream.service()
        if isEnding, !isLate { return !pump.transport.stream.isOver }
        guard turnTLS(isLate: isLate) || isLate else {
            // The link has to deliver what TLS said last.
            isEnding = true
            pump.transport.stream.finish()
            deadline = swl_monotonic_milliseconds() + Int64(max(options.linger, 500))
            return !pump.transport.stream.isOver
        }
        return !isLate
    }

    /// Lets go of a channel of the link, so that the next connection can have it.
    func endStream() { if pump.transport.stream.isLink { pump.transport.stream.breakOff() } }

    private func turnTLS(isLate: Bool) -> Bool {
        guard !isLate else {
            if !hasClosed, !isDraining, !isEnding { log("it took too long; give a larger --timeout") }
            return false
        }
        guard dialogue == nil || comesToTLS() else { return true }
        do throws(PumpError) {
            while !isDraining {
                switch try step() {
                case .again: continue
                case .waiting: return true
                case .ended: return false
                }
            }
        } catch {
            // After our own close the peer may go as it likes.
            fail(hasClosed ? nil : describe(error))
        }
        readiness = pump.hasOutput ? .either : .readable
        return !pump.drain()
    }

    /// The connection has failed: what is left is to let the peer read why.
    private func fail(_ message: String?) {
        if let message { log(message) }
        isDraining = true
        deadline = swl_monotonic_milliseconds() + Int64(options.linger)
    }

    /// Goes on with what comes before TLS.
    /// - Returns: whether that is over, one way or the other.
    private func comesToTLS() -> Bool {
        do throws(SMTPDialogueError) {
            if let readiness = try dialogue?.turn(over: &pump.transport) {
                self.readiness = readiness
                return false
            }
        } catch {
            fail(swiftlet.describe(error))
        }
        dialogue = nil
        return true
    }

    /// What a step came to.
    private enum Outcome {
        case again, waiting, ended
    }

    private func step() throws(PumpError) -> Outcome {
        guard try sendAnswer() else {
            readiness = .writable
            return .waiting
        }
        let turn = pump.turn(context.configuration)
        var signer = ContextSigner(context: context)
        if try pump.answer(turn, &signer) { return .again }
        switch turn {
        case .progressed, .ticket: return .again
        case .blocked(let readiness):
            self.readiness = readiness
            return .waiting
        case .established: try establish()
        case .earlyData:
            let data = pump.copyOfEarlyData()
            pump.connection.consumeEarlyData(data.count)
            take(data)
        case .applicationData:
            let data = pump.copyOfApplicationData()
            pump.connection.consumeApplicationData(data.count)
            take(data)
        case .peerClosed:
            if service == .http, !isAnswered { prepareAnswer() }
            guard try sendAnswer() else {
                readiness = .writable
                return .waiting
            }
            close()
        case .closed:
            hasEndedCleanly = true
            return .ended
        case .failed(let error): throw error
        case .wantsSignature, .wantsVerdict: throw .tls(.misuse(.badConfiguration))
        }
        return .again
    }

    private func establish() throws(PumpError) {
        let serverName = escaped(pump.connection.serverName.bytes)
        do throws(TransportError) {
            summary = try pump.endHandshake(serverName: serverName, context)
        } catch {
            throw .transport(error)
        }
        // A request that came early.
        if service == .http, isComplete(after: request.count) { prepareAnswer() }
        deadline = service == .http ? swl_monotonic_milliseconds() + Int64(options.timeout) : nil
    }

    private func take(_ data: [UInt8]) {
        guard !hasClosed else { return }
        switch service {
        case .echo: answer += data
        case .http:
            request += data
            if summary != nil, !isAnswered, isComplete(after: data.count) { prepareAnswer() }
        }
    }

    /// Whether the empty line at the end of the headers is among the last `count` bytes, or there is more than we read
    /// of any request. Only those are looked at, so that a request in single bytes costs no more than any other.
    private func isComplete(after count: Int) -> Bool {
        guard request.count < Self.largestRequest else { return true }
        let text = request.suffix(count + 3).filter { $0 != UInt8(ascii: "\r") }
        return zip(text, text.dropFirst()).contains { $0 == UInt8(ascii: "\n") && $1 == UInt8(ascii: "\n") }
    }

    /// Sends what is left of the answer.
    /// - Returns: false where the socket takes no more now.
    private func sendAnswer() throws(PumpError) -> Bool {
        guard summary != nil else { return true }
        while !answer.isEmpty {
            guard try flush() else { return false }
            let bytes = answer
            do throws(TLSError) {
                answer.removeFirst(try pump.connection.write(bytes.span))
            } catch {
                throw .tls(error)
            }
        }
        if service == .http, isAnswered { close() }
        return try flush()
    }

    private func flush() throws(PumpError) -> Bool {
        do throws(TransportError) { return try pump.flush() } catch { throw .transport(error) }
    }

    private func close() {
        guard !hasClosed else { return }
        hasClosed = true
        pump.connection.close()
        deadline = swl_monotonic_milliseconds() + Int64(options.linger)
    }

    private func prepareAnswer() {
        isAnswered = true
        let isTooLarge = request.count >= Self.largestRequest
        let page = isTooLarge ? "The request is larger than 16 KiB.\n" : summary?.page ?? ""
        answer = Array(
            """
            HTTP/1.0 \(isTooLarge ? "400 Bad Request" : "200 OK")\r
            Content-Type: text/plain; charset=us-ascii\r
            Content-Length: \(page.utf8.count)\r
            Connection: close\r
            \r
            \(page)
            """.utf8)
    }

    private func log(_ message: String) {
        writeError("swiftlet: \(peer): \(summary == nil ? "handshake failed: " : "")\(message)\n")
    }

    private func describe(_ error: PumpError) -> String {
        switch error {
        case .tls(let error):
            connectionError(
                error, isEstablished: summary != nil,
                chain: summary?.peerChain ?? certificates(ofPeer: pump.connection),
                rawPublicKey: rawPublicKey(ofPeer: pump.connection), anchors: context.anchors
            ).message
        case .transport(let error): textBuilt { error.describe(into: &$0) }
        case .timedOut: "it took too long; give a larger --timeout"
        case .signer(let error): "our key cannot sign: \(context.reason(ofSigner: error))"
        }
    }
}
