// The names of application protocols in order of preference, kept as they go onto the wire (RFC 7301 §3.1).
import Bytes

/// Up to 255 bytes of application protocol names, each with its length in front.
@_addressableForDependencies  // see BoundedBytes
public struct ApplicationProtocols: Sendable {
    private var storage = BoundedBytes<255>()

    /// No application protocol.
    public init() {}

    /// Appends a name of 1 to 255 bytes.
    /// - Returns: false, and nothing is appended, where the name is empty or the list is full.
    public mutating func append(_ name: Span<UInt8>) -> Bool {
        var memory = InlineArray<255, UInt8>(repeating: 0)
        var writer = ByteWriter(memory.mutableSpan)
        writer.append(storage.bytes)
        writer.appendVector(name, lengthBytes: 1)
        guard !name.isEmpty, !writer.overflowed else { return false }
        let count = writer.count
        guard let appended = BoundedBytes<255>(memory.span.extracting(0..<count)) else { return false }
        storage = appended
        return true
    }

    /// The ProtocolNameList without its own length.
    public var wire: Span<UInt8> {
        @_lifetime(borrow self)
        get { storage.bytes }
    }

    /// Whether there is none.
    public var isEmpty: Bool { storage.isEmpty }

    /// The place of `name` in the list, if it is there.
    public func index(of name: Span<UInt8>) -> Int? {
        var reader = ByteReader(storage.bytes)
        var index = 0
        while let candidate = reader.readVector8() {
            if candidate.hasSameBytes(as: name) { return index }
            index += 1
        }
        return nil
    }

    /// The name at `index`, or nothing.
    @_lifetime(borrow self)
    public func name(at index: Int) -> Span<UInt8> {
        var reader = ByteReader(storage.bytes)
        var left = index
        while let candidate = reader.readVector8() {
            if left == 0 { return candidate }
            left -= 1
        }
        return Span()
    }
}
