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
    private var stream: TLSStream
    private let context: TLSContext
    private let options: TLSOptions
    private let service: Service
    private let peer: String
    private var isEstablished = false
    /// The end of the request so far.
    private var request: [UInt8] = []
    /// What is still to be sent.
    private var answer: [UInt8] = []
    private var isAnswered = false
    private var hasClosed = false

    private static let largestRequest = 16384

    init(
        _ stream: consuming TLSStream, _ memory: ConnectionMemory, _ context: TLSContext, _ options: TLSOptions,
        _ service: Service, peer: String
    ) {
        self.stream = stream
        self.memory = memory
        self.context = context
        self.options = options
        self.service = service
        self.peer = peer
        deadline = swl_monotonic_milliseconds() + Int64(options.timeout)
    }

    /// The socket.
    var descriptor: Int32 { stream.descriptor }

    /// What to poll the socket for. While our answer is stuck nothing more is read.
    var wants: Int16 { Int16(stream.wantsWriting ? SWL_WRITABLE : SWL_READABLE) }

    /// Does what can be done.
    /// - Returns: whether the connection goes on.
    func turn(isLate: Bool) -> Bool {
        guard !isLate else {
            if !hasClosed { log("it took too long; give a larger --timeout") }
            return false
        }
        do {
            while try step() {}
            return true
        } catch is Ended {
            return false
        } catch let failure as StreamFailure {
            // After our own close the peer may go as it likes.
            if !hasClosed { log(describe(failure)) }
            return false
        } catch {
            log("\(error)")
            return false
        }
    }

    /// The connection has ended as it should.
    private struct Ended: Error {}

    /// - Returns: false where the socket has to be waited for.
    private func step() throws -> Bool {
        guard try sendAnswer() else { return false }
        switch try stream.advance() {
        case .waiting: return false
        case .established:
            isEstablished = true
            deadline = service == .http ? swl_monotonic_milliseconds() + Int64(options.timeout) : nil
        case .data: try takeData()
        case .peerClosed:
            if service == .http, !isAnswered { prepareAnswer() }
            guard try sendAnswer() else { return false }
            close()
            try stream.flush()
        case .closed:
            stream.finishWriting()
            throw Ended()
        }
        return true
    }

    private func takeData() throws {
        let data = stream.copyOfApplicationData()
        stream.consumeApplicationData(data.count)
        guard !hasClosed else { return }
        switch service {
        case .echo: answer += data
        case .http:
            request += data
            if !isAnswered, isRequestComplete { prepareAnswer() }
        }
    }

    /// Whether the empty line at the end of the headers has come, or more than we read of any request.
    private var isRequestComplete: Bool {
        guard request.count < Self.largestRequest else { return true }
        let text = request.filter { $0 != 0x0D }
        return zip(text, text.dropFirst()).contains { $0 == 0x0A && $1 == 0x0A }
    }

    /// Sends what is left of the answer.
    /// - Returns: false where the socket takes no more now.
    private func sendAnswer() throws -> Bool {
        while !answer.isEmpty {
            guard try stream.flush() else { return false }
            let bytes = answer
            answer.removeFirst(try stream.write(bytes.span))
        }
        if service == .http, isAnswered { close() }
        return try stream.flush()
    }

    private func close() {
        guard !hasClosed else { return }
        hasClosed = true
        stream.close()
        deadline = swl_monotonic_milliseconds() + Int64(options.linger)
    }

    private func prepareAnswer() {
        isAnswered = true
        let summary = HandshakeSummary(stream, serverName: stream.serverName, context)
        let isTooLarge = request.count >= Self.largestRequest
        let page = isTooLarge ? "The request is larger than 16 KiB.\n" : summary.page
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
        writeError("swiftlet: \(peer): \(isEstablished ? "" : "handshake failed: ")\(message)\n")
    }

    private func describe(_ failure: StreamFailure) -> String {
        switch failure {
        case .tls(let error):
            connectionError(
                error, isEstablished: isEstablished, chain: stream.peerChain, anchors: context.anchors
            ).message
        case .transport(let error): textBuilt { error.describe(into: &$0) }
        }
    }
}
