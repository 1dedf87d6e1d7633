// Whole connections, as client and as server. What `Side` asserts holds for all of them.
//
// - connection-*: any bytes before there are keys;
// - handshake-*: the recorded flights of an honest peer, edited before they are sealed. Nothing that differs from what the
//   peer said is ever the end of a handshake (RFC 8446 §4.4.4: the Finished covers all of it);
// - hostile-*: a live peer that changes its hello, EncryptedExtensions or CertificateRequest and stands by it: it signs
//   what it sent and its Finished is right, so that what comes after is reached as well;
// - established-*: two live sides after the handshake; the peer sends any messages, alerts and data under its keys.
//
// Those with -12 are the same in TLS 1.2: with key exchange and RSA key transport, tickets, client certificates, and with and
// without an extended master secret.
import Bytes
import TestSupport

@testable import TLS

let connectionTargets: [FuzzTarget] = [
    FuzzTarget("connection-client", weight: 2) { fuzzBytes(.client, $0) },
    FuzzTarget("connection-server", weight: 2) { fuzzBytes(.server, $0) },
    FuzzTarget("handshake-client", longest: 512, weight: 6) { fuzzHandshake(.client, $0) },
    FuzzTarget("handshake-server", longest: 512, weight: 6) { fuzzHandshake(.server, $0) },
    FuzzTarget("hostile-client", longest: 512, weight: 6) { fuzzHostile(.client, $0) },
    FuzzTarget("hostile-server", longest: 512, weight: 6) { fuzzHostile(.server, $0) },
    FuzzTarget("established-client", longest: 1024, weight: 6) { fuzzEstablished(.client, $0) },
    FuzzTarget("established-server", longest: 1024, weight: 6) { fuzzEstablished(.server, $0) },
    FuzzTarget("handshake-12-client", longest: 512, weight: 4) { fuzzHandshake(.client, $0, is12: true) },
    FuzzTarget("handshake-12-server", longest: 512, weight: 4) { fuzzHandshake(.server, $0, is12: true) },
    FuzzTarget("hostile-12-client", longest: 512, weight: 4) { fuzzHostile(.client, $0, is12: true) },
    FuzzTarget("hostile-12-server", longest: 512, weight: 4) { fuzzHostile(.server, $0, is12: true) },
    FuzzTarget("established-12-client", longest: 1024, weight: 4) { fuzzEstablished(.client, $0, is12: true) },
    FuzzTarget("established-12-server", longest: 1024, weight: 4) { fuzzEstablished(.server, $0, is12: true) },
]

/// The first byte chooses variant and pieces, the rest is what the peer sends.
private func fuzzBytes(_ role: Role, _ input: Span<UInt8>) {
    var program = Program(input)
    let choice = program.byte()
    // Other random bytes than were recorded: a peer that plays a recording knows no secret either.
    let variants = choice & 0x40 == 0 ? Variant.all : Variant.of12
    withSide(role, variants[(choice & 0x3F) % variants.count], isRecorded: false) { side in
        _ = side.send()
        side.give(program.all(), piece: choice & 0x80 == 0 ? .max : 1 + (choice >> 2 & 15))
        side.connection.receiveEndOfStream()
        require(!side.wasEstablished, "a handshake with a peer that knows no secret")
    }
}

/// A variant, how it is cut, and edits of the peer's flights.
private func fuzzHandshake(_ role: Role, _ input: Span<UInt8>, is12: Bool = false) {
    var program = Program(input)
    let choice = program.byte()
    let recording = Recording.of(choice, is12: is12)
    let sender: Role = role == .client ? .server : .client
    let honest = recording.flights(of: sender)
    var flights = honest
    while !program.isAtEnd { edit(&flights, &program, is12: is12) }
    withSide(role, recording.variant) { side in
        let fragment = choice & 0x40 == 0 ? recording.variant.fragment : 16 + (choice >> 2 & 15)
        let sealer = FlightSealer(recording.holder, sender, fragment: fragment)
        _ = side.send()
        for flight in flights {
            side.give(sealer.seal(flight), piece: choice & 0x80 == 0 ? .max : 7)
            _ = side.send()
        }
        side.connection.receiveEndOfStream()
        guard side.wasEstablished else {
            require(flights != honest, "the honest flights are not accepted: \(side.lastStep)")
            return
        }
        require(HandshakeBytes(flights).begins(with: HandshakeBytes(honest)), "a handshake that was tampered with")
    }
}

/// The messages of a peer that stands by what it says.
private final class HostileMessages {
    private var program: Program
    private let recording: Recording
    private let role: Role
    private var hellos = 0
    private(set) var hasChanged = false

    init(_ recording: Recording, _ role: Role, _ program: Program) {
        self.recording = recording
        self.role = role
        self.program = program
    }

    /// A hook that this object must outlive.
    var hook: ReplayHook {
        unsafe ReplayHook(
            message: { context, type, out, capacity in
                guard let context = unsafe context else { return 0 }
                let messages = unsafe Unmanaged<HostileMessages>.fromOpaque(context).takeUnretainedValue()
                let bytes = messages.next(HandshakeType(rawValue: type))
                guard bytes.count <= capacity else { return 0 }
                unsafe UnsafeMutableRawBufferPointer(start: out, count: bytes.count).copyBytes(from: bytes)
                return bytes.count
            }, context: Unmanaged.passUnretained(self).toOpaque())
    }

    private func next(_ type: HandshakeType) -> [UInt8] {
        let isHello = type == .client_hello || type == .server_hello
        guard var message = recording.message(type, of: role, skipping: isHello ? hellos : 0) else { return [] }
        if isHello { hellos += 1 }
        let honest = message
        // The low bits say how many edits this message gets.
        for _ in 0..<(program.byte() % 4) { message = edit(message, &program, is12: recording.variant.is12) }
        if message != honest { hasChanged = true }
        return message
    }
}

/// `role` is the side that misbehaves; what is asserted is asserted of the other, and of itself.
private func fuzzHostile(_ role: Role, _ input: Span<UInt8>, is12: Bool = false) {
    var program = Program(input)
    let recording = Recording.of(program.byte(), is12: is12)
    let messages = HostileMessages(recording, role, program)
    withSide(role, recording.variant, hook: messages.hook) { hostile in
        withSide(role == .client ? .server : .client, recording.variant) { side in
            converse(hostile, side)
            if side.wasEstablished, hostile.wasEstablished {
                require(
                    side.connection.negotiated.cipherSuite == hostile.connection.negotiated.cipherSuite,
                    "two suites in one connection")
            }
            require(messages.hasChanged || side.wasEstablished, "an honest handshake failed: \(side.lastStep)")
        }
    }
    withExtendedLifetime(messages) {}
}

/// Lets two sides talk until neither has anything to say.
func converse(_ first: Side, _ second: Side) {
    var toSecond = first.send()
    var toFirst = second.send()
    for _ in 0..<64 {
        if toSecond.isEmpty, toFirst.isEmpty { return }
        let back = second.give(toSecond) + second.send()
        toSecond = first.give(toFirst) + first.send()
        toFirst = back
    }
    fatalError("two sides never come to rest")
}

/// `role` is the side under test. The program says what its peer sends.
private func fuzzEstablished(_ role: Role, _ input: Span<UInt8>, is12: Bool = false) {
    var program = Program(input)
    let variants = is12 ? Variant.quick12 : Variant.quick
    let variant = variants[program.byte() % variants.count]
    withSide(role == .client ? .server : .client, variant) { peer in
        withSide(role, variant) { side in
            converse(peer, side)
            require(side.wasEstablished && peer.wasEstablished, "an honest handshake failed: \(side.lastStep)")
            var sent: [UInt8] = []
            while !program.isAtEnd { act(&program, side, peer, &sent) }
            require(side.received == Array(sent.prefix(side.received.count)), "other data than were sent")
            if program.byte() & 1 == 0 { side.connection.receiveEndOfStream() }
        }
    }
}

/// One act of the peer or of the application.
private func act(_ program: inout Program, _ side: Side, _ peer: Side, _ sent: inout [UInt8]) {
    switch program.byte() % 8 {
    case 0: peer.inject(.handshake, program.bytes(most: 300))
    case 1:
        let messages = side.variant.is12 ? postHandshakeMessages12 : postHandshakeMessages
        peer.inject(.handshake, edit(messages[program.byte() % 2], &program, is12: side.variant.is12))
    case 2: peer.inject(.alert, program.bytes(most: 3))
    case 3:
        send(peer, .application_data, program.bytes(most: 600), &sent)
    case 4: peer.updateKeys(requestingPeer: program.byte() & 1 == 1)
    case 5: send(peer, ContentType(rawValue: UInt8(program.byte())), program.bytes(most: 40), &sent)
    case 6:
        side.write(program.bytes(most: 600))
        if program.byte() % 4 == 0 { side.connection.close() }
    default: side.updateKeys(requestingPeer: program.byte() & 1 == 1)
    }
    let bytes = peer.connection.takeOutput()
    let answer = side.give(bytes, piece: program.byte() & 1 == 0 ? .max : 11)
    // What the peer answers to that, it keeps until its next turn.
    peer.give(answer + side.send())
}

/// Has a peer send a record, and notes what of it is data.
private func send(_ peer: Side, _ type: ContentType, _ content: [UInt8], _ sent: inout [UInt8]) {
    let count = peer.inject(type, content)
    if type == .application_data { sent += content.prefix(count) }
}

/// A KeyUpdate that asks for one, and a NewSessionTicket.
private let postHandshakeMessages: [[UInt8]] = [
    hex("18 00 00 01 01"),
    hex("04 00 00 1d 00 00 1c 20 01 02 03 04 08 00 00 00 00 00 00 00 01 00 04 aa bb cc dd 00 04 ff 01 00 00"),
]

/// A HelloRequest, which asks for a renegotiation (RFC 5246 §7.4.1.1), and a NewSessionTicket (RFC 5077 §3.3).
private let postHandshakeMessages12: [[UInt8]] = [
    hex("00 00 00 00"), hex("04 00 00 0a 00 00 1c 20 00 04 aa bb cc dd"),
]

extension Side {
    /// Seals a record of any type and content under this side's keys.
    /// - Returns: how many bytes of the content went.
    @discardableResult
    fileprivate func inject(_ type: ContentType, _ content: [UInt8]) -> Int {
        guard failure == nil else { return 0 }
        do throws(TLSError) {
            let count = try connection.core.writer.append(type, content.span)
            try connection.core.writer.seal()
            return count
        } catch { fatalError("cannot seal: \(error)") }
    }

    /// Changes this side's keys, where it can.
    fileprivate func updateKeys(requestingPeer: Bool) {
        do throws(TLSError) { try connection.updateKeys(requestingPeer: requestingPeer) } catch {
            guard case .misuse = error else { return require(failure != nil || !connection.isEstablished, "\(error)") }
        }
    }

    fileprivate func write(_ data: [UInt8]) {
        do throws(TLSError) { _ = try connection.write(data.span) } catch {
            require(!connection.isEstablished || error == .misuse(.alreadyClosed), "data cannot be written: \(error)")
        }
    }
}
