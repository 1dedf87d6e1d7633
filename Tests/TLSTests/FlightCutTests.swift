// Every flight cut at every byte boundary, and the transport ending at every byte (RFC 8446 §6.1).
import TestSupport
import Testing

@testable import TLS

@Suite struct FlightCutTests {
    let identities: TestIdentities

    init() throws { identities = try TestIdentities.get() }

    /// The flights of TLS 1.3, and of TLS 1.2, where the server has a second.
    enum Flight: CaseIterable {
        case clientHello, serverFlight, clientFlight
        case clientHello12, serverFlight12, clientFlight12, serverFinish12

        var is12: Bool { self != .clientHello && self != .serverFlight && self != .clientFlight }
        var isOfServer: Bool { self == .serverFlight || self == .serverFlight12 || self == .serverFinish12 }
    }

    /// Two new sides and a flight between them that has not been delivered.
    private func pending(_ flight: Flight) throws -> (client: TestPeer, server: TestPeer, bytes: [UInt8]) {
        let setup = identities.clientSetup
        let client = try TestPeer(.client, flight.is12 ? setup.only12 : setup)
        let server = try TestPeer(.server, identities.serverSetup)
        try client.run()
        let hello = client.takeOutput()
        if flight == .clientHello || flight == .clientHello12 { return (client, server, hello) }
        try server.give(hello)
        let answer = server.takeOutput()
        if flight == .serverFlight || flight == .serverFlight12 { return (client, server, answer) }
        try client.give(answer)
        let second = client.takeOutput()
        if flight != .serverFinish12 { return (client, server, second) }
        try server.give(second)
        try client.run()
        return (client, server, server.takeOutput())
    }

    @Test(arguments: Flight.allCases)
    func aFlightMayBeCutAnywhere(_ flight: Flight) throws {
        let length = try pending(flight).bytes.count
        for cut in 1..<length {
            let (client, server, bytes) = try pending(flight)
            let receiver = flight.isOfServer ? client : server
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
            let receiver = flight.isOfServer ? client : server
            try receiver.give(Array(bytes.prefix(cut)))
            receiver.connection.receiveEndOfStream()
            try receiver.run()
            #expect(receiver.failure == .truncated, "end at \(cut)")
            #expect(receiver.takeOutput().isEmpty)
        }
    }
}
