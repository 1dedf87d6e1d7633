// A listening socket, TCP or Unix. The handle owns the descriptor, and the file of a Unix socket, and removes both.
import Bytes
import CLinux

/// Waits for connections at an endpoint.
public struct Listener: ~Copyable {
    /// The listening socket, for an epoll loop: readable when a connection waits. It is owned by this handle.
    public let descriptor: Int32
    /// Where it listens, with the port that the system chose where the endpoint said 0.
    public let localAddress: SocketAddress
    private let path: BoundedBytes<107>
    private let file: swl_file_status

    /// Listens at the first address of `endpoint`.
    /// - Parameters:
    ///   - backlog: connections that may wait to be accepted.
    ///   - permissions: of a Unix socket's file, less the process's umask. A file left behind by a process that is gone
    ///     is replaced.
    /// - Throws: `TransportError` with operation `.resolve` or `.listen`.
    public init(
        at endpoint: Endpoint, backlog: Int32 = 128, permissions: UInt32 = 0o660,
        names: SocketAddresses.NamePolicy = .lookUp
    ) throws(TransportError) {
        let address = try SocketAddresses(of: endpoint, names: names)[0]
        // Pointers to local values, which no call keeps.
        let listening = unsafe withUnsafePointer(to: address.raw) { unsafe swl_listen($0, backlog, permissions) }
        guard listening >= 0 else { throw TransportError(.listen, code: Int(listening)) }
        var local = SocketAddress()
        // As above.
        let named = unsafe swl_local_address(listening, &local.raw)
        guard named >= 0 else {
            _ = swl_close(listening)
            throw TransportError(.listen, code: Int(named))
        }
        descriptor = listening
        localAddress = local
        path = Self.path(of: endpoint)
        file = Self.status(of: path) ?? swl_file_status()
    }

    /// The path of a Unix socket that is a file, else nothing.
    private static func path(of endpoint: Endpoint) -> BoundedBytes<107> {
        guard case .unix(let path) = endpoint, path.bytes[0] != UInt8(ascii: "@") else { return BoundedBytes() }
        return path
    }

    private static func status(of path: BoundedBytes<107>) -> swl_file_status? {
        var status = swl_file_status()
        let bytes = path.bytes
        // The call reads the path and writes the status.
        let result = unsafe bytes.withUnsafeBufferPointer { path in
            guard let base = path.baseAddress else { return -SWL_EINVAL }
            return unsafe swl_path_status(SWL_WORKING_DIRECTORY, base, path.count, &status)
        }
        return result >= 0 && status.kind == SWL_KIND_SOCKET ? status : nil
    }

    deinit {
        removeFile()
        _ = swl_close(descriptor)
    }

    /// Removes the file of a Unix socket, unless another process has put its own there meanwhile.
    private func removeFile() {
        guard !path.isEmpty, let now = Self.status(of: path) else { return }
        guard now.device == file.device, now.inode == file.inode else { return }
        let bytes = path.bytes
        // The call reads the path.
        unsafe bytes.withUnsafeBufferPointer { path in
            guard let base = path.baseAddress else { return }
            _ = unsafe swl_remove_file(SWL_WORKING_DIRECTORY, base, path.count)
        }
    }

    /// The next connection, or nil where none waits.
    /// - Throws: `TransportError` with operation `.accept`. Out of descriptors or memory, a connection goes on waiting.
    public mutating func accept() throws(TransportError) -> SocketTransport? {
        let result = swl_accept(descriptor, nil)
        if result == -SWL_EAGAIN { return nil }
        guard result >= 0 else { throw TransportError(.accept, code: Int(result)) }
        return SocketTransport(adopting: result, isConnecting: false)
    }

    /// Waits for a connection.
    /// - Parameter milliseconds: how long at most; nil is no limit.
    /// - Returns: false when the time passed first.
    public func wait(milliseconds: Int32?) throws(TransportError) -> Bool {
        try DescriptorIO.wait(
            reading: descriptor, writing: -1, for: .readable, milliseconds: milliseconds)
    }
}
