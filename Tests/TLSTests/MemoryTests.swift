// What a connection costs in memory, and that nothing secret is left in it.
import TestSupport
import Testing

@testable import TLS

@Suite struct MemoryTests {
    let identities: TestIdentities

    init() throws { identities = try TestIdentities.get() }

    /// A choice of sizes, and the most that a connection (its handle included) and its handshake may then take, in bytes.
    /// All that a connection keeps beside its two buffers' fragments is 3,904 bytes, so that records of 2 KiB cost 8,000,
    /// and 640 more where records are so large that the ticket of a server that puts certificates into it is kept; all that
    /// a handshake borrows beside the peer's longest message is 6,816 bytes, or 8,224.
    struct Profile: Sendable {
        let limits: Limits
        let connection: Int
        let workspace: Int
    }

    static let profiles = [
        Profile(limits: Limits(), connection: 37_376, workspace: 24_608),
        // A device that reads what others send it, and itself sends little.
        Profile(limits: Limits(outboundFragment: 2048), connection: 23_040, workspace: 24_608),
        Profile(
            limits: Limits(inboundFragment: 4096, outboundFragment: 4096, handshakeMessage: 8192), connection: 12_800,
            workspace: 16_416),
        Profile(limits: Limits(inboundFragment: 2048, outboundFragment: 2048), connection: 8_000, workspace: 23_200),
        Profile(
            limits: Limits(inboundFragment: 512, outboundFragment: 512, handshakeMessage: 2048), connection: 4_928,
            workspace: 8_864),
    ]

    @Test(arguments: profiles) func memoryByProfile(profile: Profile) {
        let connection = profile.limits.connectionBytes + MemoryLayout<Connection>.size
        #expect(connection <= profile.connection, "\(profile.limits)")
        #expect(profile.limits.workspaceBytes <= profile.workspace, "\(profile.limits)")
        // A bound that nothing comes near would show no loss.
        #expect(connection > profile.connection - 512, "\(profile.limits)")
        #expect(profile.limits.workspaceBytes > profile.workspace - 512, "\(profile.limits)")
    }

    @Test func theDerivedSizesAreEnoughAndNotMuchMore() throws {
        for fragment in [512, 2048, 4096, 16384] {
            let limits = Limits(inboundFragment: fragment, outboundFragment: fragment)
            var setup = identities.clientSetup
            setup.limits = limits
            _ = try TestPeer(.client, setup)
            let memory = TestMemory(limits.connectionBytes - 64)
            let workspace = TestMemory(limits.workspaceBytes)
            var arena = memory.arena
            var work = workspace.arena
            #expect(throws: TLSError.self) {
                _ = try Connection(.client, limits, memory: &arena, workspace: &work, time: .unknown)
            }
        }
    }

    @Test func theWorkspaceIsAllZeroAfterItHasBeenGivenBack() throws {
        let client = try TestPeer(.client, identities.clientSetup)
        let server = try TestPeer(.server, identities.serverSetup)
        try converse(client, server)
        for side in [client, server] {
            #expect(side.isEstablished)
            #expect(side.workspace.contents.contains { $0 != 0 })
            side.connection.releaseWorkspace()
            #expect(!side.workspace.contents.contains { $0 != 0 })
        }
        // It goes on without it.
        #expect(try client.write("after") == 5)
        try converse(client, server)
        #expect(server.received == Array("after".utf8))
    }

    @Test func aFailureWipesTheWorkspaceAndTheSecrets() throws {
        let client = try TestPeer(.client, identities.clientSetup)
        let server = try TestPeer(.server, identities.serverSetup)
        try client.run()
        try server.give(client.takeOutput())
        var flight = server.takeOutput()
        flight[flight.count - 1] ^= 1
        try client.give(flight)
        #expect(client.failure == .peerMisbehaved(.badRecordMAC))
        client.connection.releaseWorkspace()
        #expect(!client.workspace.contents.contains { $0 != 0 })
    }
}
