// What a resumed handshake takes from the heap, both sides together, and that nothing is taken for a record afterwards. What
// allocates is mbedTLS: the ephemeral keys and shared secrets of the key exchange, and each new record key.
import CAllocationCount
import TLSCrypto
import TestSupport
import Testing

@testable import TLS

@Suite struct ResumptionAllocationTests {
    let identities: TestIdentities

    init() throws { identities = try TestIdentities.get() }

    /// What one resumed handshake, and twenty records each way after it, allocate.
    private func count(_ client: PeerSetup, _ server: PeerSetup, _ session: [UInt8]) throws -> (Int, Int) {
        let client = try TestPeer(.client, client)
        let server = try TestPeer(.server, server)
        try server.enableTickets(TicketSetup())
        let start = swl_allocation_count()
        _ = try client.connection.offerSession(session.span, client.configuration)
        // Twelve turns are more than the flights that there are; nothing is signed and nobody asks.
        for _ in 0..<12 { turn(client, server) }
        let handshake = swl_allocation_count() - start
        #expect(client.isEstablished && server.isEstablished)
        #expect(client.connection.negotiated.resumed && server.connection.negotiated.resumed)
        let data = [UInt8](repeating: 5, count: 1024)
        let before = swl_allocation_count()
        for _ in 0..<20 {
            _ = try client.connection.write(data.span)
            _ = try server.connection.write(data.span)
            turn(client, server)
            client.connection.consumeApplicationData(2000)
            server.connection.consumeApplicationData(2000)
        }
        return (handshake, swl_allocation_count() - before)
    }

    private func turn(_ client: TestPeer, _ server: TestPeer) {
        step(client)
        server.connection.takeFrom(&client.connection)
        step(server)
        client.connection.takeFrom(&server.connection)
        step(client)
    }

    private func step(_ peer: TestPeer) {
        for _ in 0..<8 {
            switch peer.connection.step(peer.configuration) {
            case .progressed, .established, .ticket: continue
            default: return
            }
        }
    }

    /// What both halves of a key exchange on both sides allocate: thousands of numbers of mbedTLS's.
    private func countKeyExchange() throws -> Int {
        let memory = (TestMemory(EphemeralKey.memoryBytes), TestMemory(EphemeralKey.memoryBytes))
        let before = swl_allocation_count()
        let one = try EphemeralKey(.x25519, random: .system, in: memory.0.takeAll())
        let other = try EphemeralKey(.x25519, random: .system, in: memory.1.takeAll())
        let (first, second) = (one.publicValue, other.publicValue)
        var storage = InlineArray<32, UInt8>(repeating: 0)
        var secret = storage.mutableSpan
        try one.sharedSecret(peer: second.bytes, into: &secret)
        try other.sharedSecret(peer: first.bytes, into: &secret)
        return swl_allocation_count() - before
    }

    /// With TLS 1.3, and with TLS 1.2, whose resumption has no key exchange.
    @Test(arguments: [
        CipherSuite.TLS_AES_128_GCM_SHA256, .TLS_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    ])
    func aResumedHandshakeAllocatesLittleAndItsRecordsNothing(_ suite: CipherSuite) throws {
        let (client, server) = (identities.clientSetup.with(suite: suite), identities.serverSetup)
        let session = try meet(client, server, data: false).session()
        var least = (handshake: Int.max, records: Int.max, keyExchange: suite.version == .tls12 ? 0 : Int.max)
        // The run-time library allocates in a round now and then, and large numbers take what they happen to need.
        for _ in 0..<8 {
            let (handshake, records) = try count(client, server, session)
            least.handshake = min(least.handshake, handshake)
            least.records = min(least.records, records)
            least.keyExchange = min(least.keyExchange, try countKeyExchange())
        }
        #expect(least.handshake - least.keyExchange <= 128, "\(least)")
        #expect(least.handshake > 0)
        #expect(least.records == 0)
    }
}
