// What a connection costs in memory, and that nothing secret is left in it.
import TestSupport
import Testing

@testable import TLS

@Suite struct MemoryTests {
    let identities: TestIdentities

    init() throws { identities = try TestIdentities.get() }

    private func total(_ limits: Limits) -> Int { limits.connectionBytes + MemoryLayout<Connection>.size }

    @Test func fullRecordsTakeAtMost40KB() {
        #expect(total(Limits()) <= 40_000)
    }

    @Test func recordsOf2KiBTakeAtMost8KB() {
        let limits = Limits(inboundFragment: 2048, outboundFragment: 2048)
        #expect(total(limits) <= 8_000)
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
