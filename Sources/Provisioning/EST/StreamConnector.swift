// What an EST client brings to a session: the way to the server.
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
