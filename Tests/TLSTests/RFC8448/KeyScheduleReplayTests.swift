// The key schedule (RFC 8446 §7.1) and the Finished messages (§4.4.4), stage by stage, with the values of RFC 8448.
import Bytes
import TLSCrypto
import TestSupport
import Testing

@testable import TLS

@Suite struct KeyScheduleReplayTests {
    /// A schedule in memory that can be looked at.
    private final class Fixture {
        // Properties end in this order: what lies in memory before the memory.
        var schedule: KeySchedule
        var exporter: Region
        let memory = TestMemory(1024)

        init() throws {
            var arena = memory.arena
            schedule = KeySchedule(
                current: try arena.take(48), clientHandshake: try arena.take(48), serverHandshake: try arena.take(48),
                clientApplication: try arena.take(48), serverApplication: try arena.take(48))
            exporter = try arena.take(48)
        }

        func holds(_ secret: HexBytes) -> Bool { memory.contents.holds(secret.bytes) }
    }

    private func hash(_ transcript: [UInt8]) throws -> Digest { try digest(.sha256, transcript.span) }

    @Test(arguments: Trace.all) func secrets(_ trace: Trace) throws {
        let secrets = trace.secrets
        let fixture = try Fixture()
        try fixture.schedule.startWithoutPSK(.sha256)
        #expect(fixture.holds(secrets.early))
        try fixture.schedule.advanceToHandshake(
            sharedSecret: secrets.shared.bytes.span, transcript: try hash(trace.hellos))
        #expect(!fixture.holds(secrets.early))
        #expect(fixture.holds(secrets.handshake))
        #expect(fixture.holds(secrets.clientHandshakeTraffic))
        #expect(fixture.holds(secrets.serverHandshakeTraffic))
        try fixture.schedule.advanceToApplication(
            transcript: try hash(trace.throughServerFinished), exporter: &fixture.exporter)
        #expect(!fixture.holds(secrets.handshake))
        #expect(fixture.holds(secrets.master))
        #expect(fixture.holds(secrets.clientApplicationTraffic))
        #expect(fixture.holds(secrets.serverApplicationTraffic))
        #expect(fixture.holds(secrets.exporterMaster))
    }

    @Test(arguments: Trace.all) func finished(_ trace: Trace) throws {
        let fixture = try Fixture()
        try fixture.schedule.startWithoutPSK(.sha256)
        try fixture.schedule.advanceToHandshake(
            sharedSecret: trace.secrets.shared.bytes.span, transcript: try hash(trace.hellos))
        let server = try fixture.schedule.finished(
            .server, transcript: try hash(trace.throughServerCertificateVerify))
        #expect(array(server.bytes) == Array(trace.messages.serverFinished.bytes.dropFirst(4)))
        let client = try fixture.schedule.finished(
            .client, transcript: try hash(trace.throughClientCertificateVerify))
        #expect(array(client.bytes) == Array(trace.messages.clientFinished.bytes.dropFirst(4)))
    }

    @Test(arguments: Trace.all) func sharedSecretAndPublicValues(_ trace: Trace) throws {
        let isRetried = trace.records.helloRetryRequest != nil
        let group: KeyAgreementGroup = isRetried ? .secp256r1 : .x25519
        let memory = TestMemory(1024)
        var arena = memory.arena
        let server = try key(group, trace.serverPrivateKey, &arena)
        let client = try key(group, try #require(trace.clientPrivateKeys.last), &arena)
        let serverValue = array(server.publicValue.bytes)
        let clientValue = array(client.publicValue.bytes)
        #expect(trace.records.serverHello.bytes.holds(serverValue))
        #expect((trace.records.secondClientHello ?? trace.records.clientHello).bytes.holds(clientValue))
        var shared = [UInt8](repeating: 0, count: 32)
        var span = shared.mutableSpan
        try client.sharedSecret(peer: serverValue.span, into: &span)
        #expect(shared == trace.secrets.shared.bytes)
        span = shared.mutableSpan
        try server.sharedSecret(peer: clientValue.span, into: &span)
        #expect(shared == trace.secrets.shared.bytes)
    }

    private func key(
        _ group: KeyAgreementGroup, _ scalar: HexBytes, _ arena: inout Arena
    ) throws -> EphemeralKey {
        let script = ReplayScript(draws: scalar.bytes, messages: [])
        // The source does not keep the script.
        defer { withExtendedLifetime(script) {} }
        return try EphemeralKey(group, random: script.random, in: try arena.take(EphemeralKey.memoryBytes))
    }
}
