// The record layer by itself (RFC 8446 §5, RFC 5246 §6.2): a reader and a writer with the same keys, and whatever comes
// between them. Nothing that was not sealed comes out as protected, and what was comes out as it was, in order.
import Bytes
import LinkSimulation
import TLSCrypto
import TestSupport

@testable import TLS

let recordTargets: [FuzzTarget] = [FuzzTarget("records", longest: 2048, weight: 2) { fuzzRecords($0) }]

/// The suites that an input chooses from; nil is no protection. With each AEAD, and both ways to make a nonce in TLS 1.2.
private let recordSuites: [CipherSuite?] = [
    nil, .TLS_AES_128_GCM_SHA256, .TLS_AES_256_GCM_SHA384, .TLS_CHACHA20_POLY1305_SHA256, .TLS_AES_128_CCM_SHA256,
    .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
]

/// The first byte chooses the suite, the second the greatest fragment and whether the peer may send early data; then come
/// acts: bytes as they are, or a record with these contents, whole or with a byte changed.
private func fuzzRecords(_ input: Span<UInt8>) {
    var program = Program(input)
    let suite = recordSuites[program.byte() % recordSuites.count]
    let choice = program.byte()
    let memory = TestArena(8192)
    // What is cut from it below ends first.
    defer { withExtendedLifetime(memory) {} }
    do throws(ArenaExhausted) {
        var layer = try RecordPair(suite, fragment: 32 + choice & 0xf0, memory)
        if choice & 1 == 1, suite?.version != .tls12 { layer.reader.expectRefusedEarlyData() }
        while !program.isAtEnd {
            let act = program.byte()
            let bytes = program.bytes(most: 400)
            let isRead = act & 1 == 0 ? layer.give(bytes) : layer.send(bytes, act, program.byte())
            guard isRead else { return }
        }
    } catch { fatalError("no memory for a record layer") }
}

/// A writer, a reader, and what is on its way between them.
private struct RecordPair: ~Copyable {
    var reader: RecordReader
    private var writer: RecordWriter
    private let isProtected: Bool
    private let fragment: Int
    /// What was sealed and has not come out, with its type.
    private var pending: [(type: ContentType, bytes: ArraySlice<UInt8>)] = []

    init(_ suite: CipherSuite?, fragment: Int, _ memory: TestArena) throws(ArenaExhausted) {
        let inbound = try memory.arena.take(fragment + 64)
        let outbound = try memory.arena.take(fragment + 128)
        let opening = try Self.protection(suite, memory)
        let sealing = try Self.protection(suite, memory)
        reader = RecordReader(buffer: inbound, protection: opening, fragmentLimit: fragment)
        writer = RecordWriter(buffer: outbound, protection: sealing, fragmentLimit: fragment, role: .server)
        isProtected = suite != nil
        self.fragment = fragment
    }

    private static func protection(
        _ suite: CipherSuite?, _ memory: TestArena
    ) throws(ArenaExhausted) -> RecordProtection {
        var protection = RecordProtection(
            context: try memory.arena.take(AEADKey.contextBytes), secret: try memory.arena.take(Limits.trafficSecret))
        guard let suite, let (aead, hash) = suite.parameters else { return protection }
        let secret = [UInt8](repeating: 7, count: 48)
        do throws(TLSError) {
            if suite.version == .tls12 {
                let nonce = RecordFormat(of12: aead).implicitNonceBytes
                try protection.install(
                    suite, key: secret.span.extracting(0..<aead.keyBytes), iv: secret.span.extracting(0..<nonce))
            } else {
                try protection.install(suite, trafficSecret: secret.span.extracting(0..<hash.byteCount))
            }
        } catch { fatalError("no keys: \(error)") }
        return protection
    }

    /// Seals records of `bytes` and gives them to the reader, whole or with a byte changed: of those only what is before it
    /// may come out.
    /// - Returns: whether more can follow.
    mutating func send(_ bytes: [UInt8], _ act: Int, _ change: Int) -> Bool {
        let type = [ContentType.handshake, .application_data, .alert][(act >> 1 & 3) % 3]
        guard !bytes.isEmpty else { return true }
        do throws(TLSError) {
            let taken = try writer.append(type, bytes.span)
            try writer.seal()
            var line = array(writer.output)
            writer.consumeOutput(line.count)
            let difference = UInt8(truncatingIfNeeded: change)
            if act & 0x80 != 0, !line.isEmpty, difference != 0 {
                let place = (act & 0x7f) % line.count
                let whole = contentsBefore(place, in: line, of: taken)
                if whole > 0 { pending.append((type, bytes.prefix(whole))) }
                line[place] ^= difference
                return give(line)
            }
            if taken > 0 { pending.append((type, bytes.prefix(taken))) }
            return give(line)
        } catch { return false }
    }

    /// How many bytes of contents are in the records that end before `place`, of records with `contents` bytes in all.
    private func contentsBefore(_ place: Int, in line: [UInt8], of contents: Int) -> Int {
        var ends: [Int] = []
        while (ends.last ?? 0) + 5 <= line.count {
            let start = ends.last ?? 0
            ends.append(start + 5 + (Int(line[start + 3]) << 8 | Int(line[start + 4])))
        }
        // Each has the same overhead behind its header: nonce, inner type, tag.
        let overhead = (line.count - 5 * ends.count - contents) / max(ends.count, 1)
        let before = ends.filter { $0 <= place }
        return (before.last ?? 0) - before.count * (5 + overhead)
    }

    /// Gives bytes to the reader in two pieces, and takes what comes out.
    /// - Returns: whether more can follow.
    mutating func give(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        var piece = rest.count / 3
        // Each turn takes bytes or ends.
        while true {
            let part = Array(rest.prefix(max(piece, rest.isEmpty ? 0 : 1)))
            let taken = reader.receive(part.span)
            rest = rest.dropFirst(taken)
            piece = rest.count
            guard drain() else { return false }
            if rest.isEmpty { return true }
            // A buffer that is full of what is no whole record: the reader would have failed.
            require(taken > 0, "the reader neither takes bytes nor says why")
        }
    }

    /// - Returns: whether the reader wants more.
    private mutating func drain() -> Bool {
        do throws(TLSError) {
            for _ in 0..<4096 {
                switch try reader.next() {
                case .needsInput: return true
                case .fragment(let type, let isSealed):
                    let fragment = array(reader.fragment)
                    // A plaintext handshake record comes out in pieces that may fill the buffer.
                    let most = isSealed ? self.fragment + 1 : self.fragment + 64
                    require(fragment.count <= most, "a fragment of \(fragment.count) bytes")
                    if isSealed { compare(type, fragment) }
                    reader.consumeFragment(fragment.count)
                }
            }
        } catch { return false }
        fatalError("4096 fragments out of a buffer of a few hundred bytes")
    }

    private mutating func compare(_ type: ContentType, _ fragment: [UInt8]) {
        require(isProtected, "something protected without keys")
        guard let next = pending.first else { fatalError("a record that nobody has sealed") }
        require(next.type == type, "another type than was sealed")
        require(next.bytes.starts(with: fragment), "other bytes than were sealed")
        pending[0].bytes = next.bytes.dropFirst(fragment.count)
        if pending[0].bytes.isEmpty { pending.removeFirst() }
    }
}

/// Writes seeds by `plant`: for each suite records that arrive, one that is changed, and bytes in between.
func plantRecordSeeds(_ plant: (String, String, [UInt8]) -> Void) {
    let content = [UInt8](1...40)
    for suite in recordSuites.indices {
        let begin = [UInt8(suite), 0xf1]
        let whole = [1, 3, 5].flatMap { (act: UInt8) -> [UInt8] in [act, 0, 40] + content + [0] }
        plant("records", "whole-\(suite)", begin + whole)
        plant("records", "changed-\(suite)", begin + whole + [0x91, 0, 40] + content + [1])
        plant("records", "plain-\(suite)", begin + [0, 0, 10, 22, 3, 3, 0, 5, 1, 0, 0, 1, 9])
        plant("records", "small-\(suite)", [UInt8(suite), 0] + [3, 1, 0] + [UInt8](repeating: 5, count: 256) + [0])
    }
    plant("records", "change-cipher-spec", [1, 0xf0, 0, 0, 6, 20, 3, 3, 0, 1, 1])
}
