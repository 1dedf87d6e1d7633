// A flight as a list of things to send, before it is protected: handshake messages, which share records as far as they
// fit, and records of any kind. Sealing it needs the keys of whoever is to have sent it.
import Bytes
import TLSCrypto
import TestSupport

@testable import TLS

/// One thing to send.
enum FlightItem: Equatable {
    /// A handshake message, header included.
    case message([UInt8], isProtected: Bool)
    /// A record of its own.
    case record(type: UInt8, content: [UInt8], isProtected: Bool, padding: Int)
    /// Bytes as they are; never a handshake record.
    case raw([UInt8])

    var isProtected: Bool {
        switch self {
        case .message(_, let isProtected), .record(_, _, let isProtected, _): isProtected
        case .raw: false
        }
    }
}

/// A piece of the stream of handshake bytes: what the receiver will have seen if it takes them all.
struct HandshakeBytes: Equatable {
    var plain: [UInt8] = []
    var protected: [UInt8] = []

    mutating func append(_ item: FlightItem) {
        switch item {
        case .message(let bytes, let isProtected), .record(type: 22, content: let bytes, let isProtected, _):
            if isProtected { protected += bytes } else { plain += bytes }
        case .raw(let bytes): plain += Self.handshakeRecords(in: bytes)
        default: break
        }
    }

    /// What handshake records carry that stand behind others in raw bytes.
    private static func handshakeRecords(in bytes: [UInt8]) -> [UInt8] {
        var found: [UInt8] = []
        var rest = bytes[...]
        while rest.count >= 5 {
            let header = Array(rest.prefix(5))
            let content = rest.dropFirst(5).prefix(Int(header[3]) << 8 | Int(header[4]))
            if header[0] == 22 { found += content }
            rest = rest.dropFirst(5 + content.count)
        }
        return found
    }

    init(_ flights: [[FlightItem]]) {
        for item in flights.joined() { append(item) }
    }

    /// Whether everything in `other` stands at the beginning of this.
    func begins(with other: HandshakeBytes) -> Bool {
        plain.starts(with: other.plain) && protected.starts(with: other.protected)
    }
}

/// Seals flights of `sender` with the handshake keys that `holder` has, as one sequence of records.
final class FlightSealer {
    // Properties end in this order: what lies in memory before the memory.
    private var protection: RecordProtection
    private let memory = FuzzMemory(AEADKey.contextBytes + 256)
    private let fragment: Int
    private let is12: Bool

    /// - Parameter fragment: the most handshake bytes in one record.
    init(_ holder: Side, _ sender: Role, fragment: Int) {
        self.fragment = max(fragment, 1)
        is12 = holder.variant.is12
        do throws(TLSError) {
            var arena = memory.arena
            protection = RecordProtection(
                context: try arena.region(AEADKey.contextBytes), secret: try arena.region(Limits.trafficSecret))
            try holder.connection.installHandshake(sender, in: &protection)
        } catch { fatalError("no keys for a flight: \(error)") }
    }

    /// The flight as records.
    func seal(_ flight: [FlightItem]) -> [UInt8] {
        var output: [UInt8] = []
        var pending: [UInt8] = []
        var pendingIsProtected = false
        func flush() {
            while !pending.isEmpty {
                let count = min(fragment, pending.count)
                output += record(22, Array(pending.prefix(count)), pendingIsProtected, padding: 0)
                pending.removeFirst(count)
            }
        }
        for item in flight {
            if item.isProtected != pendingIsProtected { flush() }
            switch item {
            case .message(let bytes, let isProtected):
                pendingIsProtected = isProtected
                pending += bytes
            case .record(let type, let content, let isProtected, let padding):
                flush()
                output += record(type, content, isProtected, padding: padding)
            case .raw(let bytes):
                flush()
                output += bytes
            }
        }
        flush()
        return output
    }

    private func record(_ type: UInt8, _ content: [UInt8], _ isProtected: Bool, padding: Int) -> [UInt8] {
        guard isProtected, protection.isActive else { return [type, 3, 3] + vector(content, 2) }
        guard protection.format == .hiddenType else { return record12(type, content) }
        var body = content + [type] + [UInt8](repeating: 0, count: padding + 16)
        let header = [23, 3, 3] + bigEndian(body.count, 2)
        var span = body.mutableSpan
        do throws(TLSError) { try protection.seal(header: header.span, &span) } catch {
            fatalError("cannot seal: \(error)")
        }
        return header + body
    }

    private func record12(_ type: UInt8, _ content: [UInt8]) -> [UInt8] {
        let header = [type, 3, 3] + bigEndian(content.count + protection.overhead, 2)
        let nonce = array(protection.explicitNonce.bytes)
        var body = content + [UInt8](repeating: 0, count: 16)
        var span = body.mutableSpan
        do throws(TLSError) { try protection.seal(header: header.span, &span) } catch {
            fatalError("cannot seal: \(error)")
        }
        return header + nonce + body
    }

    /// The messages of records of TLS 1.2, opened with the same keys, and the change_cipher_spec between them.
    private func open12(_ records: [UInt8]) -> [FlightItem] {
        var content: [UInt8] = []
        var isProtected = false
        var items: [FlightItem] = []
        var rest = records[...]
        while rest.count >= 5 {
            let header = Array(rest.prefix(5))
            let record = Array(rest.dropFirst(5).prefix(Int(header[3]) << 8 | Int(header[4])))
            rest = rest.dropFirst(5 + record.count)
            if header[0] == 20 {
                items += Self.messages(content).map { .message($0, isProtected: false) }
                items.append(.record(type: 20, content: record, isProtected: false, padding: 0))
                content = []
                isProtected = true
            } else {
                content += isProtected ? opened12(header, record) : record
            }
        }
        return items + Self.messages(content).map { .message($0, isProtected: isProtected) }
    }

    private func opened12(_ header: [UInt8], _ record: [UInt8]) -> [UInt8] {
        let nonce = Array(record.prefix(protection.format.explicitNonceBytes))
        var body = Array(record.dropFirst(nonce.count))
        var span = body.mutableSpan
        do throws(TLSError) { try protection.open(header: header.span, explicitNonce: nonce.span, &span) } catch {
            fatalError("cannot open a recorded flight: \(error)")
        }
        return body.dropLast(16)
    }

    /// The messages of records, opened with the same keys.
    func open(_ records: [UInt8]) -> [FlightItem] {
        if is12 { return open12(records) }
        var plain: [UInt8] = []
        var inner: [UInt8] = []
        var rest = records[...]
        while rest.count >= 5 {
            let header = Array(rest.prefix(5))
            var body = Array(rest.dropFirst(5).prefix(Int(header[3]) << 8 | Int(header[4])))
            rest = rest.dropFirst(5 + body.count)
            if header[0] == 22 { plain += body }
            guard header[0] == 23 else { continue }
            var span = body.mutableSpan
            do throws(TLSError) { try protection.open(header: header.span, explicitNonce: Span(), &span) } catch {
                fatalError("cannot open a recorded flight: \(error)")
            }
            body.removeLast(16)
            inner += body.dropLast()
        }
        return Self.messages(plain).map { .message($0, isProtected: false) }
            + Self.messages(inner).map { .message($0, isProtected: true) }
    }

    /// Whole messages, one after the other.
    private static func messages(_ bytes: [UInt8]) -> [[UInt8]] {
        var found: [[UInt8]] = []
        var rest = bytes[...]
        while rest.count >= 4 {
            let count = rest.dropFirst().prefix(3).reduce(0) { $0 << 8 | Int($1) }
            found.append(Array(rest.prefix(4 + count)))
            rest = rest.dropFirst(4 + count)
        }
        return found
    }
}
