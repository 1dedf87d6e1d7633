// Every flight cut at every byte boundary, and the transport ending at every byte (RFC 8446 §6.1).
import TestSupport
import Testing

@testable import TLS

@Suite struct FlightCutTests {
    let identities: TestIdentities

    init() throws { identities = try TestIdentities.get() }

    enum Flight: CaseIterable { case clientHello, serverFlight, clientFlight }

    /// Two new sides and a flight between them that has not been delivered.
    private func pending(_ flight: Flight) throws -> (client: TestPeer, server: TestPeer, bytes: [UInt8]) {
        let client = try TestPeer(.client, identities.clientSetup)
        let server = try TestPeer(.server, identities.serverSetup)
        try client.run()
        let hello = client.takeOutput()
        if flight == .clientHello { return (client, server, hello) }
        try server.give(hello)
        let answer = server.takeOutput()
        if flight == .serverFlight { return (client, server, answer) }
        try client.give(answer)
        return (client, server, client.takeOutput())
    }

    @Test(arguments: Flight.allCases)
    func aFlightMayBeCutAnywhere(_ flight: Flight) throws {
        let length = try pending(flight).bytes.count
        for cut in 1..<length {
            let (client, server, bytes) = try pending(flight)
            let receiver = flight == .serverFlight ? client : server
            // Signatures differ in length, so flights do, by a few bytes.
            try receiver.give(Array(bytes.prefix(cut)))
            #expect(receiver.failure == nil)
            try receiver.give(Array(bytes.dropFirst(cut)))
            try converse(client, server)
            #expect(client.isEstablished && server.isEstablished, "cut at \(cut)")
        }
    }

    @Test(arguments: Flight.allCases)
    func anEndAnywhereInAFlightIsATruncation(_ flight: Flight) throws {
        let length = try pending(flight).bytes.count
        for cut in stride(from: 0, to: length - 8, by: 7) {
            let (client, server, bytes) = try pending(flight)
            let receiver = flight == .serverFlight ? client : server
            try receiver.give(Array(bytes.prefix(cut)))
            receiver.connection.receiveEndOfStream()
            try receiver.run()
            #expect(receiver.failure == .truncated, "end at \(cut)")
            #expect(receiver.takeOutput().isEmpty)
        }
    }
}
