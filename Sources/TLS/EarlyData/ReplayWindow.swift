// A server's defence against early data that come twice (RFC 8446 §8): each ClientHello that brings early data is written
// down (§8.2) for as long as its age would still be believed (§8.3), in memory of fixed size.
//
// Invariants:
// - whatever cannot be told for sure is refused: a clock that went back, a window that is full, the first time after the
//   start, when what was accepted before is not known;
// - only a ClientHello whose binder is right is written down, so nobody without a ticket can fill the window;
// - an entry is forgotten only when the age check refuses its ClientHello by itself.
import Bytes
import X509

/// What a server keeps of early data that it has accepted. Disabled, so that all early data are refused, until `enable`.
///
/// The memory behind it changes while a connection borrows the configuration: all connections of one configuration must
/// be stepped by one thread at a time.
public struct ReplayWindow: ~Copyable {
    /// How far a ClientHello's age may be from what we expect, in seconds, either way (§8.3).
    static let tolerance: Int64 = 10
    /// The first 16 bytes of a binder, and the last second at which its age is believed.
    private static let entryBytes = 16 + 8
    /// The latest time that was seen.
    private static let headBytes = 8

    private let memory: Region
    private var began: Int64 = .max
    /// The bytes of early data that a client may send with a new ticket; 0 while disabled.
    private(set) var maximumSize: UInt32 = 0

    /// How much memory is needed for so many ClientHellos in twenty seconds.
    public static func memoryBytes(entries: Int) -> Int { headBytes + entries * entryBytes }

    /// No memory: it cannot be enabled.
    public init() { memory = Region() }

    /// A window that is not in use yet.
    /// - Parameter memory: `memoryBytes(entries:)`, that no other configuration uses.
    public init(in memory: consuming Region) { self.memory = memory }

    /// Whether early data can be accepted.
    public var isEnabled: Bool { maximumSize > 0 }

    private var capacity: Int { Swift.max(memory.count - Self.headBytes, 0) / Self.entryBytes }

    /// Begins to accept early data, twenty seconds from now: until then what came before the start could come again.
    /// - Parameters:
    ///   - maximumSize: how many bytes of it a client may send.
    ///   - time: now.
    /// - Throws: `.limitExceeded(.memory, …)`, `.misuse(.badConfiguration)` where the time is not known.
    public mutating func enable(maximumSize: UInt32, at time: CurrentTime) throws(TLSError) {
        guard capacity > 0 else {
            throw .limitExceeded(.memory, capacity: memory.count, needed: Self.memoryBytes(entries: 1))
        }
        guard case .known(let now) = time else { throw .misuse(.badConfiguration) }
        began = now
        self.maximumSize = maximumSize
    }

    /// Whether a ClientHello may bring early data; if so, it is written down and may not again.
    /// - Parameters:
    ///   - binder: its binder, which has been checked.
    ///   - expected: when it should have come, by its own word, in seconds.
    func admits(binder: Span<UInt8>, expectedAt expected: Int64, now: Int64) -> Bool {
        guard isEnabled, binder.count >= 16, now >= began.plus(2 * Self.tolerance) else { return false }
        let (age, overflow) = now.subtractingReportingOverflow(expected)
        guard !overflow, -Self.tolerance...Self.tolerance ~= age else { return false }
        // A clock that went back believes ages again whose entries are gone.
        guard now >= time(at: 0) else { return false }
        setTime(now, at: 0)
        var free: Int?
        for index in 0..<capacity {
            let offset = Self.headBytes + index * Self.entryBytes
            if time(at: offset + 16) < now {
                free = free ?? offset
            } else if memory.bytes.extracting(offset..<(offset + 16)).hasSameBytes(as: binder.extracting(0..<16)) {
                return false
            }
        }
        guard let free else { return false }
        write(binder.extracting(0..<16), at: free)
        setTime(expected.plus(Self.tolerance), at: free + 16)
        return true
    }

    private func time(at offset: Int) -> Int64 {
        var reader = ByteReader(memory.bytes.extracting(offset..<(offset + 8)))
        return reader.readTime() ?? .max
    }

    private func setTime(_ time: Int64, at offset: Int) {
        var bytes = InlineArray<8, UInt8>(repeating: 0)
        var writer = ByteWriter(bytes.mutableSpan)
        writer.append(time: time)
        write(bytes.span, at: offset)
    }

    /// Writes although `self` is only borrowed: see the remark at the type.
    private func write(_ bytes: Span<UInt8>, at offset: Int) {
        precondition(offset >= 0 && bytes.count <= memory.count - offset)
        for index in bytes.indices {
            // The range was just checked; nobody else has the memory.
            unsafe memory.unsafeAddress.storeBytes(of: bytes[index], toByteOffset: offset + index, as: UInt8.self)
        }
    }
}
