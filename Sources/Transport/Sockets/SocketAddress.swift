// Addresses of sockets: what an endpoint stands for once its host name has been looked up.
import Bytes
import CLinux

/// The address of a TCP or Unix socket.
public struct SocketAddress: BitwiseCopyable, Sendable {
    var raw: swl_address

    init() { raw = swl_address() }

    /// Appends the address as an endpoint's text, `127.0.0.1:4433`. Of a Unix name, which the peer chooses, bytes outside
    /// printable ASCII are shown as `?`.
    public func write(to writer: inout ByteWriter) {
        var text = InlineArray<160, UInt8>(repeating: 0)
        var span = text.mutableSpan
        // The call writes at most `count` bytes, and answers how many.
        let count = unsafe span.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return 0 }
            return unsafe withUnsafePointer(to: raw) { unsafe swl_address_text($0, base, buffer.count) }
        }
        writer.append(text.span.extracting(first: count))
    }
}

/// The addresses that an endpoint stands for, best first, at most eight.
public struct SocketAddresses: Sendable {
    private var list: FixedList<8, SocketAddress>

    /// Whether names may be looked up.
    public enum NamePolicy: Sendable {
        /// Only addresses in numbers; never blocks.
        case numbersOnly
        /// Names too: asks the system's resolver, which blocks for as long as it likes.
        case lookUp
    }

    /// The addresses of a `tcp:` or `unix:` endpoint.
    /// - Throws: `TransportError` with operation `.resolve`.
    public init(of endpoint: Endpoint, names: NamePolicy = .lookUp) throws(TransportError) {
        list = FixedList(filler: SocketAddress())
        switch endpoint {
        case .tcp(let endpoint): try resolve(endpoint, names)
        case .unix(let path): try append(unixPath: path.bytes)
        case .serial, .link: throw TransportError(.resolve, .notSupported(.serialPorts))
        }
        guard list.count > 0 else { throw TransportError(.resolve, .unusable(.noAddress)) }
    }

    /// How many there are; never 0.
    public var count: Int { list.count }

    /// The address at `index`, which must be less than `count`.
    public subscript(index: Int) -> SocketAddress { list.elements[index] }

    private mutating func resolve(_ endpoint: TCPEndpoint, _ names: NamePolicy) throws(TransportError) {
        var found = InlineArray<8, swl_address>(repeating: swl_address())
        var span = found.mutableSpan
        let host = endpoint.host.bytes
        // The call reads `host` and writes at most eight addresses; both stay valid during it.
        let result = unsafe host.withUnsafeBufferPointer { host in
            unsafe span.withUnsafeMutableBufferPointer { addresses in
                guard let name = host.baseAddress, let first = addresses.baseAddress else { return -SWL_EINVAL }
                let numeric: Int32 = names == .numbersOnly ? 1 : 0
                return unsafe swl_resolve(name, host.count, endpoint.port, numeric, first, addresses.count)
            }
        }
        guard result >= 0 else { throw TransportError(.resolve, code: Int(result)) }
        for index in 0..<Int(result) {
            var address = SocketAddress()
            address.raw = found[index]
            list.append(address)
        }
    }

    private mutating func append(unixPath path: Span<UInt8>) throws(TransportError) {
        var address = SocketAddress()
        // The call reads `path` and writes the one address.
        let result = unsafe path.withUnsafeBufferPointer { path in
            guard let base = path.baseAddress else { return -SWL_EINVAL }
            return unsafe swl_unix_address(base, path.count, &address.raw)
        }
        guard result >= 0 else { throw TransportError(.resolve, code: Int(result)) }
        list.append(address)
    }
}
