// Sessions and tickets (RFC 8446 §2.2, §4.6.1): what a client keeps and what a server seals. Whatever is made of them,
// nothing is resumed but what was given out.
import Bytes
import TLSCrypto
import TestSupport

@testable import TLS

let resumptionTargets: [FuzzTarget] = [
    FuzzTarget("session", longest: 1024, weight: 2) { fuzzSession($0, .resuming) },
    FuzzTarget("session-12", longest: 1024, weight: 2) { fuzzSession($0, .resuming12) },
    FuzzTarget("ticket", longest: 512) { fuzzTicket($0) },
    FuzzTarget("ticket-contents", longest: 256) { input in _ = TicketContents(input, offset: 13) },
]

/// The first byte says what follows: a session as it is, or one whose check is made right, or edits of a good one.
private func fuzzSession(_ input: Span<UInt8>, _ variant: Variant) {
    var program = Program(input)
    let good = GoodSession.of(variant)
    let mode = program.byte() % 3
    var bytes = mode == 2 ? good.bytes : program.all()
    if mode == 2 {
        for _ in 0..<(1 + program.byte() % 4) where !bytes.isEmpty {
            let place = program.number() % bytes.count
            switch program.byte() % 3 {
            case 0: bytes[place] ^= UInt8(program.byte())
            case 1: bytes.remove(at: place)
            default: bytes.insert(UInt8(program.byte()), at: place)
            }
        }
    }
    let isForged = program.byte() & 1 == 1 || mode == 1
    if isForged { forgeCheck(&bytes, good.binding) }
    withSide(.client, variant) { client in
        // Otherwise there are a thousand times as many handshakes as parsers that are fuzzed.
        guard client.offer(bytes) else { return }
        // Bytes of the input's own may be a good session of another build of ours, whose handshake was another.
        let isGood = bytes == good.bytes || mode != 2
        require(isForged || isGood, "a session that was tampered with is offered")
        withSide(.server, variant) { server in
            converse(client, server)
            guard client.connection.negotiated.resumed || server.connection.negotiated.resumed else { return }
            guard client.wasEstablished || server.wasEstablished else { return }
            require(isGood || good.hasSameSecrets(as: bytes), "a session that was tampered with is resumed")
        }
    }
}

/// Makes the check at the end right: whoever can read a session can do so.
private func forgeCheck(_ bytes: inout [UInt8], _ binding: [UInt8]) {
    guard bytes.count > Session.checkBytes else { return }
    let end = bytes.count - Session.checkBytes
    var check = [UInt8](repeating: 0, count: Session.checkBytes)
    var memory = check.mutableSpan
    do throws(CryptoError) {
        try hmac(
            .sha256, key: binding.span, bytes.span.extracting(0..<end), into: &memory)
    } catch { fatalError("no check: \(error)") }
    bytes.replaceSubrange(end..., with: check)
}

/// Bytes as a ticket that a server opens; the first says whether they are edits of a good one.
private func fuzzTicket(_ input: Span<UInt8>) {
    var program = Program(input)
    let isEdited = program.byte() & 1 == 1
    let binding = Array("what the ticket is bound to".utf8)
    withSide(.server, .resuming) { server in
        let good = server.sealTicket(binding)
        var bytes = isEdited ? good : program.all()
        while isEdited, !program.isAtEnd, !bytes.isEmpty {
            bytes[program.byte() % bytes.count] ^= UInt8(program.byte())
            if program.byte() % 8 == 0 { bytes.removeLast() }
        }
        let isHonest = bytes == good
        let opened = server.opens(&bytes, binding: binding)
        require(opened == isHonest, opened ? "a forged ticket is opened" : "a good ticket is not opened")
    }
}

/// A session that a server gave out, and what it is bound to.
final class GoodSession: @unchecked Sendable {
    private static let of13 = withoutLeakDetection { GoodSession(.resuming) }
    private static let of12 = withoutLeakDetection { GoodSession(.resuming12) }

    /// The session that a variant resumes.
    static func of(_ variant: Variant) -> GoodSession { variant.is12 ? of12 : of13 }

    let bytes: [UInt8]
    let binding: [UInt8]
    private let ticket: [UInt8]
    private let key: [UInt8]

    private init(_ variant: Variant) {
        var session: [UInt8] = []
        var binding: [UInt8] = []
        withSide(.client, variant) { client in
            withSide(.server, variant) { server in
                converse(client, server)
                session = client.takeSession()
                binding = client.sessionBinding
            }
        }
        bytes = session
        self.binding = binding
        guard let read = Session(session.span) else { fatalError("a server gave out no session") }
        ticket = array(read.ticket)
        key = array(read.key)
    }

    /// Whether another session has the ticket and the key of this one.
    func hasSameSecrets(as other: [UInt8]) -> Bool {
        guard let read = Session(other.span) else { return false }
        return array(read.ticket) == ticket && array(read.key) == key
    }
}

extension Side {
    /// Offers to resume a session.
    func offer(_ session: [UInt8]) -> Bool {
        do throws(TLSError) { return try connection.offerSession(session.span, configuration) } catch {
            fatalError("a session is refused with \(error)")
        }
    }

    /// The session of the last ticket.
    fileprivate func takeSession() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Limits.session)
        var memory = bytes.mutableSpan
        do throws(TLSError) {
            let count = try connection.takeSession(into: &memory)
            return Array(bytes[0..<count])
        } catch { fatalError("there is no session: \(error)") }
    }

    fileprivate var sessionBinding: [UInt8] {
        do throws(TLSError) { return array(try SessionBinding.client(configuration).bytes) } catch {
            fatalError("no binding: \(error)")
        }
    }

    private func withCipher<Result>(_ body: (inout AEADKey) throws(TLSError) -> Result) -> Result {
        let memory = FuzzMemory(AEADKey.contextBytes + 32)
        defer { withExtendedLifetime(memory) {} }
        do throws(TLSError) {
            var arena = memory.arena
            var cipher = AEADKey(in: try arena.region(AEADKey.contextBytes))
            return try body(&cipher)
        } catch { fatalError("no ticket: \(error)") }
    }

    /// A ticket that says little, bound to `binding`.
    fileprivate func sealTicket(_ binding: [UInt8]) -> [UInt8] {
        let contents =
            [HashAlgorithm.sha256.rawValue] + bigEndian(Int(Fixtures.time), 8) + [UInt8](repeating: 7, count: 32)
        var ticket = [UInt8](repeating: 0, count: 256)
        var span = ticket.mutableSpan
        let capacity = span.count
        var writer = ByteWriter(span._mutatingExtracting(0..<capacity))
        withCipher { (cipher: inout AEADKey) throws(TLSError) in
            try configuration.tickets.appendTicket(
                contents.span, binding: binding.span, random: random.source, &cipher, to: &writer)
        }
        let count = writer.count
        return Array(ticket[0..<count])
    }

    fileprivate func opens(_ ticket: inout [UInt8], binding: [UInt8]) -> Bool {
        var span = ticket.mutableSpan
        return withCipher { configuration.tickets.open(&span, binding: binding.span, &$0) != nil }
    }
}
