// Connections of this program: their memory, and who signs for them.
import Bytes
import TLS
import TLSCrypto
import Transport
import X509

/// A TLS connection over a socket or a serial line.
typealias TLSPump = Pump<CountedStream>

/// Memory for one connection at a time. It is kept until the process ends, and whoever has it uses it again only when
/// the connection in it has ended.
@safe final class ConnectionMemory {
    fileprivate let connection: UnsafeMutableRawBufferPointer
    fileprivate let workspace: UnsafeMutableRawBufferPointer

    init(_ limits: Limits) {
        unsafe connection = .allocate(byteCount: limits.connectionBytes, alignment: Region.alignment)
        unsafe workspace = .allocate(byteCount: limits.workspaceBytes, alignment: Region.alignment)
    }
}

extension TLSContext {
    /// A connection that has not begun.
    func connection(
        _ role: Role, over stream: consuming EndpointTransport, in memory: ConnectionMemory, time: Int64
    ) throws -> TLSPump {
        // The memory is never freed, and nothing else uses it as long as the connection lasts.
        var connectionArena = unsafe Arena(unsafe: memory.connection)
        var workspaceArena = unsafe Arena(unsafe: memory.workspace)
        let connection = try Connection(
            role, configuration.limits, memory: &connectionArena, workspace: &workspaceArena, time: .known(time))
        return Pump(connection, over: CountedStream(stream))
    }
}

/// Signs with the keys of a context.
struct ContextSigner: HandshakeDelegate {
    let context: TLSContext

    mutating func sign(
        _ request: SignatureRequest, _ content: Span<UInt8>, into signature: inout MutableSpan<UInt8>
    ) throws(CryptoError) -> Int {
        guard context.keys.indices.contains(request.identity) else { throw .unsupported }
        return try context.keys[request.identity].sign(request, content, into: &signature)
    }
}

extension Pump where Stream == CountedStream {
    /// What there is to do once the handshake is over: keeps what is to be known of it, and gives its memory back.
    mutating func endHandshake(serverName: String, _ context: TLSContext) throws(TransportError) -> HandshakeSummary {
        let summary = HandshakeSummary(connection, serverName: serverName, context)
        connection.releaseWorkspace()
        // Our last flight may still be there.
        _ = try flush()
        transport.endFlights()
        return summary
    }

    /// The early data that has come.
    func copyOfEarlyData() -> [UInt8] { array(connection.earlyData) }

    /// The application data that has come.
    func copyOfApplicationData() -> [UInt8] { array(connection.applicationData) }
}
