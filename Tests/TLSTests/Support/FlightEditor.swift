// Takes a flight apart into its handshake messages and puts it together again, so that a test can send what an honest
// side never would. The keys come from the handshake of the side under test's peer; nothing of the record layer under
// test is used to seal but `RecordProtection`, which RFC 8448's traces check.
import Bytes
import TLSCrypto
import TestSupport
import Testing

@testable import TLS

/// A handshake message of a flight: whole, header included.
struct FlightMessage: Equatable {
    var isProtected: Bool
    var bytes: [UInt8]

    var type: HandshakeType { HandshakeType(rawValue: bytes[0]) }

    /// The change_cipher_spec of TLS 1.2, which is no message but stands among them; its one byte.
    static let changeCipherSpec = FlightMessage(isProtected: false, bytes: [1])
    var isChangeCipherSpec: Bool { bytes.count == 1 }

    /// The same with another body; the length in the header follows.
    func with(body: [UInt8]) -> FlightMessage {
        let header = [bytes[0], UInt8(body.count >> 16), UInt8(body.count >> 8 & 255), UInt8(body.count & 255)]
        return FlightMessage(isProtected: isProtected, bytes: header + body)
    }

    var body: [UInt8] { Array(bytes.dropFirst(4)) }
}

/// Opens and seals flights of `sender` with the handshake keys that `holder` has derived.
struct FlightEditor {
    let holder: TestPeer
    let sender: Role

    /// A protection with the sender's handshake key, at sequence number 0.
    private func withProtection<R>(_ body: (inout RecordProtection) throws -> R) throws -> R {
        let memory = TestMemory(AEADKey.contextBytes + 256)
        var arena = memory.arena
        var protection = RecordProtection(
            context: try arena.take(AEADKey.contextBytes), secret: try arena.take(Limits.trafficSecret))
        try holder.connection.installHandshake(sender, in: &protection)
        return try body(&protection)
    }

    private var is12: Bool { holder.connection.negotiated.version == .tls12 }

    /// The messages of a flight. With TLS 1.2 its change_cipher_spec is one of them.
    func open(_ flight: [UInt8]) throws -> [FlightMessage] {
        if is12 { return try open12(flight) }
        var plain: [UInt8] = []
        var inner: [UInt8] = []
        try withProtection { protection in
            for record in records(flight) {
                switch record[0] {
                case 22: plain += record[5...]
                case 23:
                    var body = Array(record[5...])
                    var span = body.mutableSpan
                    try protection.open(header: Array(record[0..<5]).span, explicitNonce: Span(), &span)
                    body.removeLast(16)
                    while body.last == 0 { body.removeLast() }
                    #expect(body.removeLast() == 22)
                    inner += body
                default: continue
                }
            }
        }
        return messages(plain, isProtected: false) + messages(inner, isProtected: true)
    }

    private func open12(_ flight: [UInt8]) throws -> [FlightMessage] {
        var found: [FlightMessage] = []
        var isSealed = false
        for record in records(flight) {
            if record[0] == 20 {
                isSealed = true
                found.append(.changeCipherSpec)
            } else if isSealed {
                try withProtection { protection in
                    var body = Array(record[13...])
                    var span = body.mutableSpan
                    let nonce = Array(record[5..<13])
                    try protection.open(header: Array(record[0..<5]).span, explicitNonce: nonce.span, &span)
                    found += self.messages(Array(body.dropLast(16)), isProtected: true)
                }
            } else {
                found += self.messages(Array(record[5...]), isProtected: false)
            }
        }
        return found
    }

    /// As `seal`, with what is not protected in its order, a record for each; what is protected comes last.
    private func seal12(_ messages: [FlightMessage]) throws -> [UInt8] {
        var flight: [UInt8] = []
        for message in messages where !message.isProtected {
            let type: UInt8 = message.isChangeCipherSpec ? 20 : 22
            flight += recordHeader(type, message.bytes.count) + message.bytes
        }
        let inner = messages.filter(\.isProtected).flatMap(\.bytes)
        return inner.isEmpty ? flight : try flight + firstRecord12(.handshake, inner)
    }

    /// The first record of the sender's under its key of TLS 1.2.
    func firstRecord12(_ type: ContentType, _ content: [UInt8]) throws -> [UInt8] {
        try withProtection { protection in
            let header = recordHeader(type.rawValue, 8 + content.count + 16)
            let nonce = array(protection.explicitNonce.bytes)
            var body = content + [UInt8](repeating: 0, count: 16)
            var span = body.mutableSpan
            try protection.seal(header: header.span, &span)
            return header + nonce + body
        }
    }

    /// Messages as a flight: the unprotected ones in one record, the protected ones in another.
    func seal(_ messages: [FlightMessage]) throws -> [UInt8] {
        if is12 { return try seal12(messages) }
        let plain = messages.filter { !$0.isProtected }.flatMap(\.bytes)
        let inner = messages.filter(\.isProtected).flatMap(\.bytes)
        var flight: [UInt8] = plain.isEmpty ? [] : recordHeader(22, plain.count) + plain
        guard !inner.isEmpty else { return flight }
        try withProtection { protection in
            let header = recordHeader(23, inner.count + 17)
            var body = inner + [22] + [UInt8](repeating: 0, count: 16)
            var span = body.mutableSpan
            try protection.seal(header: header.span, &span)
            flight += header + body
        }
        return flight
    }

    private func messages(_ bytes: [UInt8], isProtected: Bool) -> [FlightMessage] {
        var found: [FlightMessage] = []
        var offset = 0
        while offset + 4 <= bytes.count {
            let length = Int(bytes[offset + 1]) << 16 | Int(bytes[offset + 2]) << 8 | Int(bytes[offset + 3])
            found.append(FlightMessage(isProtected: isProtected, bytes: Array(bytes[offset..<(offset + 4 + length)])))
            offset += 4 + length
        }
        return found
    }
}

/// The header of a record.
func recordHeader(_ type: UInt8, _ length: Int) -> [UInt8] { [type, 3, 3, UInt8(length >> 8), UInt8(length & 255)] }

/// The records in a run of bytes, headers included.
func records(_ bytes: [UInt8]) -> [[UInt8]] {
    var found: [[UInt8]] = []
    var offset = 0
    while offset + 5 <= bytes.count {
        let end = offset + 5 + (Int(bytes[offset + 3]) << 8 | Int(bytes[offset + 4]))
        guard end <= bytes.count else { break }
        found.append(Array(bytes[offset..<end]))
        offset = end
    }
    return found
}
