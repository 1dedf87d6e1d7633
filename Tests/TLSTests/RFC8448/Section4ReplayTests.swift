// RFC 8448 section 4, "Resumed 0-RTT Handshake", byte for byte, from either side: given the RFC's random bytes, the key of its
// ticket and the peer's records, every record that we send and every secret is the RFC's.
//
// The RFC fixes what we would write otherwise: the ClientHello, whose binder is computed here all the same, the order of
// extensions in the ServerHello, and EncryptedExtensions. Its ticket is opaque: the server opens one of ours in its place.
import Bytes
import TLSCrypto
import TestSupport
import Testing

@testable import TLS

@Suite struct Section4ReplayTests {
    private static let now: Int64 = 1_500_000_000

    /// Compared as text, so that a failure shows where they differ.
    private func expect(
        _ bytes: [UInt8], are expected: [UInt8], _ what: Comment, at location: SourceLocation = #_sourceLocation
    ) {
        #expect(hex(bytes) == hex(expected), what, sourceLocation: location)
    }

    private func peer(_ role: Role, _ script: ReplayScript, _ hook: ReplayHook) throws -> TestPeer {
        var setup = PeerSetup(time: .known(Self.now), random: script.random)
        setup.configure = {
            $0.replay = hook
            $0.middleboxCompatibility = false
            $0.trust.unsafeAcceptsAnyCertificate = true
            $0.serverName = bounded(role == .client ? "server" : "")
        }
        return try TestPeer(role, setup)
    }

    // The client

    /// Section 3's session as a client keeps it.
    private func session(_ configuration: borrowing Configuration) throws -> [UInt8] {
        var bytes: [UInt8] = [Session.version, 0x13, 0x01, PeerAuthentication.certificate.rawValue, 0]
        bytes += bigEndian(1024, 4) + bigEndian(0, 4)
        for time in [Self.now, Self.now + 30, Self.now, Self.now + 86_400] { bytes += bigEndian(UInt64(time), 8) }
        bytes += [UInt8](repeating: 1, count: 32)
        bytes += [32] + Section4.key.bytes + bigEndian(UInt64(Section4.ticket.count), 2) + Section4.ticket
        let binding = array(try SessionBinding.client(configuration).bytes)
        var check = [UInt8](repeating: 0, count: Session.checkBytes)
        var memory = check.mutableSpan
        try hmac(.sha256, key: binding.span, bytes.span, into: &memory)
        return bytes + check
    }

    private func bigEndian(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64(count - 1 - $0))) }
    }

    @Test func asClient() throws {
        // What the binder stands in place of is of no account: ours is computed.
        let hello = Section4.clientHello.bytes.dropLast(32) + [UInt8](repeating: 0xFF, count: 32)
        let script = ReplayScript(
            draws: Section4.random(Section4.clientHello) + Section4.clientPrivateKey.bytes,
            messages: [(.client_hello, Array(hello))])
        defer { withExtendedLifetime(script) {} }
        let client = try peer(.client, script, script.hook)
        let session = try session(client.configuration)
        #expect(try client.connection.offerSession(session.span, client.configuration))
        #expect(try client.connection.offerEarlyData(client.configuration) == 1024)
        try client.run()
        expect(client.takeOutput(), are: Section4.clientHelloRecord.bytes, "ClientHello")
        #expect(keeps(client, Section4.earlyExporterMaster), "early_exporter_master_secret")
        let early = Section4.earlyData
        #expect(try client.connection.writeEarlyData(early.span) == early.count)
        expect(client.takeOutput(), are: Section4.earlyDataRecord.bytes, "early data")
        #expect(keeps(client, Section4.clientEarlyTraffic), "client_early_traffic_secret")
        try client.give(Section4.serverHelloRecord.bytes)
        try client.give(Section4.serverFlight.bytes)
        try client.run()
        expect(
            client.takeOutput(), are: Section4.endOfEarlyData.bytes + Section4.clientFinished.bytes, "client's flight")
        try client.run()
        expectEstablished(client)
        #expect(script.isUsedUp, "every random byte and every message has been asked for")
        try exchange(client, own: Section4.clientData, peer: Section4.serverData)
        client.connection.close()
        expect(client.takeOutput(), are: Section4.clientClose.bytes, "client's close_notify")
        try client.give(Section4.serverClose.bytes)
        #expect(client.lastStep == .closed)
    }

    // The server

    /// What the server's hook gives out.
    private final class Server {
        let script: ReplayScript
        var ticket: [UInt8] = []

        init() {
            script = ReplayScript(
                draws: Section4.random(Section4.serverHello) + Section4.serverPrivateKey.bytes,
                messages: [
                    (.server_hello, Section4.serverHello.bytes),
                    (.encrypted_extensions, Section4.encryptedExtensions.bytes),
                ])
        }

        /// The script's hook, and the ticket. This object must outlive it.
        var hook: ReplayHook {
            unsafe ReplayHook(
                message: { context, type, out, capacity in
                    guard let context = unsafe context else { return 0 }
                    let hook = unsafe Unmanaged<Server>.fromOpaque(context).takeUnretainedValue().script.hook
                    return unsafe hook.message(hook.context, type, out, capacity)
                }, context: Unmanaged.passUnretained(self).toOpaque(),
                ticket: { context, out, capacity in
                    guard let context = unsafe context else { return 0 }
                    let ticket = unsafe Unmanaged<Server>.fromOpaque(context).takeUnretainedValue().ticket
                    guard ticket.count <= capacity else { return 0 }
                    unsafe UnsafeMutableRawBufferPointer(start: out, count: ticket.count).copyBytes(from: ticket)
                    return ticket.count
                })
        }
    }

    /// A ticket of ours that says what the RFC's does, bound to what its ClientHello is about.
    private func ticket(_ server: TestPeer, _ random: RandomSource) throws -> [UInt8] {
        // The age that the RFC's client tells is none, once this is taken off.
        let ageAdd = Section4.obfuscatedAge.reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
        let early = EarlyTicket(
            suite: .TLS_AES_128_GCM_SHA256, ageAdd: ageAdd, issued: Self.now, maximumSize: 1024)
        server.connection.core.serverName = bounded("server")
        defer { server.connection.core.serverName = BoundedBytes() }
        var contents = [UInt8](repeating: 0, count: 128)
        let contentCount: Int
        do {
            var memory = contents.mutableSpan
            var writer = ByteWriter(memory._mutatingExtracting(0..<128))
            let key = Section4.key.bytes
            let leaf = [UInt8](repeating: 1, count: 32)
            // A server that has no certificate itself resumes with those alone who have proved who they are.
            let peer = PeerRecord(
                authenticated: Self.now, leafNotAfter: Self.now + 86_400,
                leafHash: BoundedBytes(leaf.span) ?? BoundedBytes(), authentication: .certificate)
            TicketContents.append(peer, .sha256, key: key.span, early: early, to: &writer)
            contentCount = writer.count
        }
        let cipherMemory = TestMemory(AEADKey.contextBytes)
        defer { withExtendedLifetime(cipherMemory) {} }
        var cipher = AEADKey(in: try cipherMemory.takeAll())
        var sealed = [UInt8](repeating: 0, count: 160)
        var memory = sealed.mutableSpan
        var writer = ByteWriter(memory._mutatingExtracting(0..<160))
        try SessionBinding.withTicketBinding(server.connection.core, server.configuration) {
            (binding: Span<UInt8>) throws(TLSError) in
            try server.configuration.tickets.appendTicket(
                contents.span.extracting(0..<contentCount), binding: binding, random: random, &cipher, to: &writer)
        }
        let count = writer.count
        return Array(sealed[0..<count])
    }

    @Test func asServer() throws {
        let parts = Server()
        let server = try peer(.server, parts.script, parts.hook)
        try server.enableTickets(TicketSetup(madeAt: Self.now))
        let window = TestMemory(ReplayWindow.memoryBytes(entries: 4))
        server.replayMemory = window
        defer { withExtendedLifetime(parts) {} }
        server.configuration.unsafeEarlyData = ReplayWindow(in: try window.takeAll())
        try server.configuration.unsafeEarlyData.enable(maximumSize: 1024, at: .known(Self.now - 60))
        parts.ticket = try ticket(server, .system)
        try server.give(Section4.clientHelloRecord.bytes)
        #expect(keeps(server, Section4.clientEarlyTraffic), "client_early_traffic_secret")
        #expect(works(server, Section4.clientHandshakeTraffic), "client_handshake_traffic_secret")
        #expect(works(server, Section4.serverHandshakeTraffic), "server_handshake_traffic_secret")
        expect(
            server.takeOutput(), are: Section4.serverHelloRecord.bytes + Section4.serverFlight.bytes, "server's flight")
        try server.run()
        try server.give(Section4.earlyDataRecord.bytes)
        expect(server.early, are: Section4.earlyData, "early data")
        // The RFC's server gives no new ticket.
        server.configuration.tickets = TicketKeys()
        try server.give(Section4.endOfEarlyData.bytes)
        #expect(!server.isEstablished)
        try server.give(Section4.clientFinished.bytes)
        #expect(server.takeOutput().isEmpty)
        expectEstablished(server)
        #expect(parts.script.isUsedUp, "every random byte and every message has been asked for")
        try exchange(server, own: Section4.serverData, peer: Section4.clientData)
        try server.give(Section4.clientClose.bytes)
        #expect(server.lastStep == .peerClosed)
        server.connection.close()
        expect(server.takeOutput(), are: Section4.serverClose.bytes, "server's close_notify")
    }

    // Both

    private func exchange(_ side: TestPeer, own: HexBytes, peer: HexBytes) throws {
        let data = Trace.applicationData
        #expect(try side.connection.write(data.span) == data.count)
        expect(side.takeOutput(), are: own.bytes, "application data")
        try side.give(peer.bytes)
        expect(side.received, are: data, "application data received")
    }

    /// Just after the last Finished.
    private func expectEstablished(_ side: TestPeer) {
        #expect(side.isEstablished, "\(side.lastStep)")
        let negotiated = side.connection.negotiated
        #expect(negotiated.resumed && negotiated.earlyData == .accepted)
        #expect(negotiated.cipherSuite == .TLS_AES_128_GCM_SHA256 && negotiated.group == .x25519)
        #expect(keeps(side, Section4.clientApplicationTraffic), "client_application_traffic_secret_0")
        #expect(keeps(side, Section4.serverApplicationTraffic), "server_application_traffic_secret_0")
        #expect(keeps(side, Section4.exporterMaster), "exporter_master_secret")
        #expect(!keeps(side, Section4.clientEarlyTraffic), "the early traffic secret is not kept")
        #expect(!keeps(side, Section4.earlyExporterMaster), "the early exporter secret is not kept")
        #expect(works(side, Section4.master), "master secret")
        #expect(!works(side, Section4.shared), "the shared secret is not kept")
    }

    /// Whether the bytes are somewhere in the connection's own memory.
    private func keeps(_ side: TestPeer, _ secret: HexBytes) -> Bool { side.memory.contents.holds(secret.bytes) }

    /// Whether the bytes are somewhere in the handshake's workspace.
    private func works(_ side: TestPeer, _ secret: HexBytes) -> Bool { side.workspace.contents.holds(secret.bytes) }
}
