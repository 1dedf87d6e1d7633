// One TLS connection over one socket, never blocking: whoever owns it polls the descriptor and calls `advance`.
//
// Invariant: the connection's memory is a slot that is used again only after the stream has ended.
import Bytes
import TLS
import TLSCrypto
import Transport
import X509

/// Memory for one connection at a time.
@safe final class ConnectionMemory {
    fileprivate let connection: UnsafeMutableRawBufferPointer
    fileprivate let workspace: UnsafeMutableRawBufferPointer

    /// Takes the memory; it is kept until the process ends.
    init(_ limits: Limits) {
        unsafe connection = .allocate(byteCount: limits.connectionBytes, alignment: Region.alignment)
        unsafe workspace = .allocate(byteCount: limits.workspaceBytes, alignment: Region.alignment)
    }
}

/// What a stream waits for, or has to say.
enum StreamEvent: Equatable {
    /// Nothing can be done before the socket is readable, or writable where `wantsWriting`.
    case waiting
    /// The handshake is over; said once.
    case established
    /// There is `connection.applicationData`.
    case data
    /// The peer has said that it sends nothing more.
    case peerClosed
    /// Both sides have closed.
    case closed
}

/// Why a stream failed.
enum StreamFailure: Error {
    case tls(TLSError)
    case transport(TransportError)
}

/// A TLS connection over a socket.
struct TLSStream: ~Copyable {
    private(set) var connection: Connection
    private var transport: SocketTransport
    private let context: TLSContext
    /// Bytes on the wire.
    private(set) var bytesSent = 0
    private(set) var bytesReceived = 0
    /// How many times the handshake made us send something, after nothing or after bytes from the peer.
    private(set) var flights = 0
    private var isSending = false
    private var handshakeIsOver = false
    /// The peer's certificates, leaf first, in DER; known once the handshake is over.
    private(set) var peerChain: [[UInt8]] = []
    /// The peer no longer takes bytes; it may still have said why.
    private var isBroken = false

    init(
        _ role: Role, _ transport: consuming SocketTransport, _ context: TLSContext, _ memory: ConnectionMemory,
        time: Int64
    ) throws {
        // The memory is the slot's own, and the slot outlives this stream.
        var connectionArena = unsafe Arena(unsafe: memory.connection)
        var workspaceArena = unsafe Arena(unsafe: memory.workspace)
        connection = try Connection(
            role, context.configuration.limits, memory: &connectionArena, workspace: &workspaceArena,
            time: .known(time))
        self.transport = transport
        self.context = context
    }

    /// The socket, to be polled.
    var descriptor: Int32 { transport.descriptor }

    /// Whether there is something to be sent.
    var wantsWriting: Bool { !connection.output.isEmpty }

    /// Goes on until something happens that the owner has to know of.
    mutating func advance() throws(StreamFailure) -> StreamEvent {
        while true {
            let isFlushed = try flush()
            switch connection.step(context.configuration) {
            case .progressed: continue
            case .hasOutput: guard isFlushed || isBroken else { return .waiting }
            case .needsInput: guard try fill() else { return .waiting }
            case .wantsSignature: try sign()
            case .wantsVerdict: try acceptVerdict()
            case .established:
                try finishHandshake()
                return .established
            case .applicationData: return .data
            case .peerClosed: return .peerClosed
            case .closed: return .closed
            case .failed(let error):
                // The alert; whether it gets there no longer matters.
                _ = try? flush()
                throw .tls(error)
            }
        }
    }

    private mutating func finishHandshake() throws(StreamFailure) {
        var reader = connection.peerCertificates.reader
        // The list has been parsed before; what cannot be read is left out.
        while let der = try? reader.next() { peerChain.append(array(der)) }
        connection.releaseWorkspace()
        _ = try flush()
        handshakeIsOver = true
    }

    /// Sends what there is.
    /// - Returns: whether all of it has been taken.
    @discardableResult
    mutating func flush() throws(StreamFailure) -> Bool {
        while !connection.output.isEmpty {
            let outcome: WriteOutcome
            do throws(TransportError) {
                outcome = try transport.write(connection.output)
            } catch {
                guard error.isBrokenOff else { throw .transport(error) }
                // What the peer sent before it went, an alert as a rule, says more than the broken write.
                isBroken = true
                let lost = connection.output.count
                connection.consumeOutput(lost)
                return true
            }
            guard case .bytes(let count) = outcome else { return false }
            connection.consumeOutput(count)
            bytesSent += count
            if !isSending, !handshakeIsOver { flights += 1 }
            isSending = true
        }
        return true
    }

    /// Takes what has arrived.
    /// - Returns: false where nothing has.
    private mutating func fill() throws(StreamFailure) -> Bool {
        do throws(TransportError) {
            var space = connection.receiveSpace
            switch try transport.read(into: &space) {
            case .bytes(let count):
                connection.didReceive(count)
                bytesReceived += count
                isSending = false
                return count > 0
            case .endOfStream:
                connection.receiveEndOfStream()
                return true
            case .wouldBlock:
                return false
            }
        } catch {
            guard error.isBrokenOff else { throw .transport(error) }
            connection.receiveEndOfStream()
            return true
        }
    }

    private mutating func sign() throws(StreamFailure) {
        guard let request = connection.signatureRequest, context.keys.indices.contains(request.identity),
            let algorithm = request.scheme.signatureAlgorithm
        else { throw .tls(.misuse(.badConfiguration)) }
        var storage = InlineArray<512, UInt8>(repeating: 0)
        var signature = storage.mutableSpan
        let count: Int
        do throws(CryptoError) {
            count = try context.keys[request.identity].key.sign(
                algorithm, message: connection.contentToSign, into: &signature)
        } catch {
            throw .tls(.cryptoFailed(error))
        }
        do throws(TLSError) {
            try connection.supplySignature(storage.span.extracting(0..<count))
        } catch {
            throw .tls(error)
        }
    }

    private mutating func acceptVerdict() throws(StreamFailure) {
        do throws(TLSError) { try connection.supplyVerdict(accepted: true) } catch { throw .tls(error) }
    }

    /// The first `count` bytes of the application data have been used.
    mutating func consumeApplicationData(_ count: Int) { connection.consumeApplicationData(count) }

    /// The application data that has come.
    func copyOfApplicationData() -> [UInt8] { array(connection.applicationData) }

    /// Server: the name that the client asked for; empty where it did not.
    var serverName: String { escaped(connection.serverName.bytes) }

    /// Takes plaintext to be sent.
    /// - Returns: how many bytes were taken; fewer than all means: flush first.
    mutating func write(_ bytes: Span<UInt8>) throws(StreamFailure) -> Int {
        do throws(TLSError) { return try connection.write(bytes) } catch { throw .tls(error) }
    }

    /// Queues close_notify.
    mutating func close() { connection.close() }

    /// Ends the stream to the peer after everything has been flushed. Where the peer has gone, nothing is to be ended.
    mutating func finishWriting() { try? transport.finishWriting() }
}
