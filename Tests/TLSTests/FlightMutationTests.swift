// Every message of every flight truncated, extended, repeated, left out, and swapped with its neighbour, towards both
// roles: the right alert, and no trap (RFC 8446 §4: "Protocol messages MUST be sent in the order defined").
import TestSupport
import Testing

@testable import TLS

@Suite struct FlightMutationTests {
    let identities: TestIdentities

    init() throws { identities = try TestIdentities.get() }

    /// A flight on its way: who gets it, and the messages in it.
    struct Pending {
        let receiver: TestPeer
        let editor: FlightEditor
        let messages: [FlightMessage]
    }

    /// The flights of TLS 1.3, and of TLS 1.2, where the server has a second.
    enum Flight: CaseIterable {
        case clientHello, serverFlight, clientFlight
        case clientHello12, serverFlight12, clientFlight12, serverFinish12

        var is12: Bool { self != .clientHello && self != .serverFlight && self != .clientFlight }
    }

    /// Two new sides that have come as far as `flight`, which has not been delivered.
    private func pending(_ flight: Flight) throws -> Pending {
        let setup = identities.clientSetup
        let client = try TestPeer(.client, flight.is12 ? setup.only12 : setup)
        let server = try TestPeer(.server, identities.serverSetup)
        try client.run()
        let first = client.takeOutput()
        if flight == .clientHello || flight == .clientHello12 {
            let editor = FlightEditor(holder: server, sender: .client)
            return Pending(receiver: server, editor: editor, messages: try editor.open(first))
        }
        try server.give(first)
        let second = server.takeOutput()
        if flight == .serverFlight || flight == .serverFlight12 {
            let editor = FlightEditor(holder: server, sender: .server)
            return Pending(receiver: client, editor: editor, messages: try editor.open(second))
        }
        try client.give(second)
        let third = client.takeOutput()
        if flight == .serverFinish12 {
            try client.run()
            try server.give(third)
            let editor = FlightEditor(holder: client, sender: .server)
            return Pending(receiver: client, editor: editor, messages: try editor.open(server.takeOutput()))
        }
        // The server of TLS 1.2 learns its keys from the flight itself.
        let editor = FlightEditor(holder: flight == .clientFlight12 ? client : server, sender: .client)
        try server.run()
        return Pending(receiver: server, editor: editor, messages: try editor.open(third))
    }

    private func deliver(_ pending: Pending, _ messages: [FlightMessage]) throws -> TLSError? {
        try pending.receiver.give(try pending.editor.seal(messages))
        try pending.receiver.run()
        // What was answered leaves before anything further is looked at.
        while pending.receiver.lastStep == .hasOutput, !pending.receiver.takeOutput().isEmpty {
            try pending.receiver.run()
        }
        return pending.receiver.failure
    }

    private func count(_ flight: Flight) throws -> Int {
        let messages = try pending(flight).messages
        // Nothing would be shown of no message.
        #expect(!messages.isEmpty)
        return messages.count
    }

    @Test(arguments: Flight.allCases)
    func unchangedFlightsAreAccepted(_ flight: Flight) throws {
        let flightUnderTest = try pending(flight)
        #expect(try deliver(flightUnderTest, flightUnderTest.messages) == nil)
    }

    /// The alert for a message that is too short or too long. A Finished is nothing but a MAC, so it is wrong (§4.4.4).
    private func alertForLength(_ message: FlightMessage) -> AlertDescription {
        message.type == .finished ? .decrypt_error : .decode_error
    }

    @Test(arguments: Flight.allCases)
    func aByteLessIsADecodeError(_ flight: Flight) throws {
        for index in 0..<(try count(flight)) {
            let flightUnderTest = try pending(flight)
            var messages = flightUnderTest.messages
            let message = messages[index]
            // A change_cipher_spec is no message; a ServerHelloDone has nothing to lose.
            if message.body.isEmpty { continue }
            messages[index] = message.with(body: Array(message.body.dropLast()))
            #expect(try deliver(flightUnderTest, messages)?.alert == alertForLength(message), "\(message.type)")
        }
    }

    @Test(arguments: Flight.allCases)
    func aByteMoreIsADecodeError(_ flight: Flight) throws {
        for index in 0..<(try count(flight)) {
            let flightUnderTest = try pending(flight)
            var messages = flightUnderTest.messages
            let message = messages[index]
            if message.isChangeCipherSpec { continue }
            messages[index] = message.with(body: message.body + [0])
            #expect(try deliver(flightUnderTest, messages)?.alert == alertForLength(message), "\(message.type)")
        }
    }

    @Test(arguments: Flight.allCases)
    func aMessageTwiceIsUnexpected(_ flight: Flight) throws {
        for index in 0..<(try count(flight)) {
            let flightUnderTest = try pending(flight)
            var messages = flightUnderTest.messages
            messages.insert(messages[index], at: index)
            // Behind the first change_cipher_spec everything is sealed, and the second is not.
            let expected: AlertDescription =
                messages[index].isChangeCipherSpec ? .bad_record_mac : .unexpected_message
            #expect(try deliver(flightUnderTest, messages)?.alert == expected, "\(messages[index].type)")
        }
    }

    @Test(arguments: Flight.allCases)
    func aMessageLeftOutIsNoticed(_ flight: Flight) throws {
        for index in 0..<(try count(flight)) {
            let flightUnderTest = try pending(flight)
            var messages = flightUnderTest.messages
            let left = messages.remove(at: index)
            let failure = try deliver(flightUnderTest, messages)
            if left.isChangeCipherSpec {
                #expect(failure?.alert == .unexpected_message)
                continue
            }
            switch left.type {
            // Nothing of it is missed before its successor comes, which never does.
            case .client_hello, .finished, .server_hello_done_RESERVED:
                #expect(failure == nil && !flightUnderTest.receiver.isEstablished)
            // The server of TLS 1.2 notices when the client's Finished comes: there is no certificate.
            case .certificate_request where flight.is12: #expect(failure == nil)
            // Not asked for a certificate is a possible server; but the signature covers what it said.
            case .certificate_request: #expect(failure?.alert == .decrypt_error)
            default: #expect(failure?.alert == .unexpected_message, "\(left.type)")
            }
        }
    }

    @Test(arguments: Flight.allCases)
    func neighboursSwappedAreUnexpected(_ flight: Flight) throws {
        let count = try count(flight)
        for index in 0..<max(count - 1, 0) {
            let flightUnderTest = try pending(flight)
            var messages = flightUnderTest.messages
            // What is protected cannot come before what makes its keys.
            guard messages[index].isProtected == messages[index + 1].isProtected else { continue }
            messages.swapAt(index, index + 1)
            #expect(try deliver(flightUnderTest, messages)?.alert == .unexpected_message, "\(messages[index].type)")
        }
    }

    @Test(arguments: Flight.allCases)
    func anyByteFlippedNeverEstablishes(_ flight: Flight) throws {
        for index in 0..<(try count(flight)) {
            let length = try pending(flight).messages[index].bytes.count
            for offset in stride(from: 0, to: length, by: max(1, length / 24)) {
                let flightUnderTest = try pending(flight)
                var messages = flightUnderTest.messages
                // An ECDSA signature in DER is not always of the same length.
                messages[index].bytes[Swift.min(offset, messages[index].bytes.count - 1)] ^= 0x41
                _ = try deliver(flightUnderTest, messages)
                #expect(!flightUnderTest.receiver.isEstablished)
            }
        }
    }
}
