// What an EST client brings to a session: the way to the server, and a key that proves who it is.
import Bytes
import TLS
import TLSCrypto
import Transport

/// How a stream to the server is made: over TCP, or whatever else leads there.
public protocol StreamConnector {
    /// - Parameter milliseconds: how long it may take.
    mutating func connect(milliseconds: Int32) throws(TransportError) -> EndpointTransport
}

/// Streams over TCP.
public struct TCPConnector: StreamConnector {
    private let endpoint: Endpoint

    public init(_ server: TCPEndpoint) { endpoint = .tcp(server) }

    public mutating func connect(milliseconds: Int32) throws(TransportError) -> EndpointTransport {
        EndpointTransport(try SocketTransport(connectingTo: endpoint, milliseconds: milliseconds))
    }
}

/// Signs with the client's key, where it has one.
struct ESTSigner: ~Copyable, HandshakeDelegate {
    var key: SigningKey?

    mutating func sign(
        _ request: SignatureRequest, _ content: Span<UInt8>, into signature: inout MutableSpan<UInt8>
    ) throws(CryptoError) -> Int {
        guard let count = try key?.sign(request, content, into: &signature) else { throw .unsupported }
        return count
    }
}
