// RFC 8448 sections 3, 5, 6 and 7, byte for byte, from either side: given the RFC's random bytes and the peer's
// records, every record that we send and every secret is the RFC's.
import TestSupport
import Testing

@testable import TLS

@Suite struct ReplayTests {
    /// Compared as text, so that a failure shows where they differ.
    private func expect(
        _ bytes: [UInt8], are expected: [UInt8], _ what: Comment, at location: SourceLocation = #_sourceLocation
    ) {
        #expect(hex(bytes) == hex(expected), what, sourceLocation: location)
    }

    @Test(arguments: Trace.all) func asClient(_ trace: Trace) throws {
        let records = trace.records
        let client = try ReplaySide(.client, trace)
        expect(try client.takeOutput(), are: records.clientHello.bytes, "ClientHello")
        if let retry = records.helloRetryRequest, let second = records.secondClientHello {
            try client.give(retry.bytes)
            expect(try client.takeOutput(), are: second.bytes, "second ClientHello")
        }
        try client.give(records.serverHello.bytes + trace.changeCipherSpec)
        expectHandshakeSecrets(client)
        try client.give(records.serverFlight.bytes)
        expect(try client.takeOutput(), are: trace.changeCipherSpec + records.clientFlight.bytes, "client's flight")
        expectEstablished(client)
        if let ticket = records.newSessionTicket { #expect(try client.give(ticket.bytes) == .needsInput) }
        try exchangeData(client, own: records.clientData, peer: records.serverData)
        client.connection.close()
        expect(try client.takeOutput(), are: records.clientClose.bytes, "client's close_notify")
        #expect(try client.give(records.serverClose.bytes) == .closed)
    }

    @Test(arguments: Trace.all) func asServer(_ trace: Trace) throws {
        let records = trace.records
        let server = try ReplaySide(.server, trace)
        try server.give(records.clientHello.bytes)
        if let retry = records.helloRetryRequest, let second = records.secondClientHello {
            expect(try server.takeOutput(), are: retry.bytes, "HelloRetryRequest")
            try server.give(second.bytes)
        }
        let flight = records.serverHello.bytes + trace.changeCipherSpec + records.serverFlight.bytes
        expect(try server.takeOutput(), are: flight, "server's flight")
        expectHandshakeTrafficSecrets(server)
        try server.give(trace.changeCipherSpec + records.clientFlight.bytes)
        expectEstablished(server)
        if let record = records.newSessionTicket {
            expect(try server.takeOutput(), are: record.bytes, "NewSessionTicket")
        }
        try exchangeData(server, own: records.serverData, peer: records.clientData)
        #expect(try server.give(records.clientClose.bytes) == .peerClosed)
        server.connection.close()
        expect(try server.takeOutput(), are: records.serverClose.bytes, "server's close_notify")
        #expect(try server.run() == .closed)
    }

    /// Application data both ways, where the trace has any.
    private func exchangeData(_ side: ReplaySide, own: HexBytes?, peer: HexBytes?) throws {
        if let own {
            let data = Trace.applicationData
            let taken = try side.connection.write(data.span)
            #expect(taken == data.count)
            expect(try side.takeOutput(), are: own.bytes, "application data")
        }
        if let peer {
            try side.give(peer.bytes)
            expect(side.received, are: Trace.applicationData, "application data received")
        }
    }

    /// Just after the ServerHello.
    private func expectHandshakeSecrets(_ side: ReplaySide) {
        #expect(side.works(with: side.trace.secrets.handshake), "handshake secret")
        expectHandshakeTrafficSecrets(side)
        #expect(!side.works(with: side.trace.secrets.shared), "the shared secret is not kept")
        #expect(!side.works(with: side.trace.secrets.early), "the early secret is not kept")
    }

    private func expectHandshakeTrafficSecrets(_ side: ReplaySide) {
        #expect(side.works(with: side.trace.secrets.clientHandshakeTraffic), "client_handshake_traffic_secret")
        #expect(side.works(with: side.trace.secrets.serverHandshakeTraffic), "server_handshake_traffic_secret")
    }

    /// Just after the last Finished.
    private func expectEstablished(_ side: ReplaySide) {
        let secrets = side.trace.secrets
        #expect(side.wasEstablished && side.connection.isEstablished)
        #expect(side.script.isUsedUp, "every random byte and every message has been asked for")
        #expect(side.works(with: secrets.master), "master secret")
        #expect(side.keeps(secrets.clientApplicationTraffic), "client_application_traffic_secret_0")
        #expect(side.keeps(secrets.serverApplicationTraffic), "server_application_traffic_secret_0")
        #expect(side.keeps(secrets.exporterMaster), "exporter_master_secret")
        #expect(!side.works(with: secrets.handshake), "the handshake secret is not kept")
        #expect(side.connection.negotiated.cipherSuite == .TLS_AES_128_GCM_SHA256)
        #expect(side.connection.negotiated.helloRetryRequest == (side.trace.records.helloRetryRequest != nil))
        let hasPeer = side.role == .client || side.trace.messages.clientCertificate != nil
        #expect(side.connection.negotiated.peerIsAuthenticated == hasPeer)
    }
}
