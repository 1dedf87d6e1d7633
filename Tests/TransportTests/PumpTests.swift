// The pump over lines in memory: both sides in one thread, every cut of the stream, every way to end.
import CLinux
import Foundation
import TLS
import TestSupport
import Testing

@testable import Transport

/// A client and a server over one line, driven by turns.
private struct Pair<One: Transport & ~Copyable, Other: Transport & ~Copyable>: ~Copyable {
    var client: Pump<One>
    var server: Pump<Other>
    var clientParty: Party
    var serverParty: Party
    var clientTurn = Turn.progressed
    var serverTurn = Turn.progressed

    init(_ one: consuming One, _ other: consuming Other, _ clientParty: consuming Party, _ serverParty: consuming Party)
        throws
    {
        let clientConnection = try clientParty.connection(.client)
        let serverConnection = try serverParty.connection(.server)
        client = Pump(clientConnection, over: one)
        server = Pump(serverConnection, over: other)
        self.clientParty = clientParty
        self.serverParty = serverParty
    }

    /// Takes turns until neither side gets on without its application.
    mutating func run() throws {
        var idle = 0
        for _ in 0..<200_000 {
            let before = (clientTurn, serverTurn)
            clientTurn = client.turn(clientParty.configuration)
            let clientAnswered = try client.answer(clientTurn, &clientParty.signer)
            serverTurn = server.turn(serverParty.configuration)
            let serverAnswered = try server.answer(serverTurn, &serverParty.signer)
            let moves = clientAnswered || serverAnswered || clientTurn == .progressed || serverTurn == .progressed
            idle = moves || (clientTurn, serverTurn) != before ? 0 : idle + 1
            // Bytes may move, or a would-block be injected, without a turn that says something new.
            if idle > 2000 { return }
        }
        throw Stuck()
    }
}

@Suite struct PumpTests {
    @Test(arguments: [0, 1, 2, 3, 5, 17, 100]) func bearsEveryCut(pieces: Int) throws {
        let memory = LineMemory(capacity: 5000)
        var schedule = pieces == 0 ? FaultSchedule() : FaultSchedule(pieces: pieces)
        schedule.wouldBlockEvery = pieces % 2 == 0 ? 0 : 3
        var pair = try Pair(
            FaultInjector(memory.end(.first), schedule: schedule),
            FaultInjector(memory.end(.second), schedule: schedule), .client(), .server())
        try pair.run()
        #expect(pair.client.connection.isEstablished == true)
        #expect(pair.server.connection.isEstablished == true)
        let peerIsAuthenticated = pair.server.connection.negotiated.peerIsAuthenticated
        #expect(peerIsAuthenticated)

        let sent = pattern(3000)
        #expect(try pair.client.connection.write(sent.span) == sent.count)
        var received: [UInt8] = []
        while received.count < sent.count {
            try pair.run()
            guard pair.serverTurn == .applicationData else { throw Stuck() }
            received += array(pair.server.connection.applicationData)
            let count = pair.server.connection.applicationData.count
            pair.server.connection.consumeApplicationData(count)
        }
        #expect(received == sent)

        pair.client.connection.close()
        try pair.run()
        #expect(pair.serverTurn == .peerClosed)
        pair.server.connection.close()
        try pair.run()
        #expect(pair.serverTurn == .closed)
        #expect(pair.clientTurn == .closed)
        withExtendedLifetime(memory) {}
    }

    @Test func aFlightIsOneWrite() throws {
        let memory = LineMemory(capacity: 20_000)
        var pair = try Pair(
            Tracer(memory.end(.first), observer: TransportCounter()),
            Tracer(memory.end(.second), observer: TransportCounter()), .client(), .server())
        try pair.run()
        #expect(pair.client.connection.isEstablished == true)
        #expect(pair.client.transport.observer.writes == 2)
        #expect(pair.server.transport.observer.writes == 1)
        withExtendedLifetime(memory) {}
    }

    /// An end of the stream at any place of the handshake is a truncation, on both sides, and never an end.
    @Test func anEndAnywhereIsATruncation() throws {
        for place in stride(from: 0, through: 1200, by: 100) {
            let memory = LineMemory(capacity: 20_000)
            var schedule = FaultSchedule()
            schedule.endOfStreamAt = place
            var pair = try Pair(
                FaultInjector(memory.end(.first), schedule: schedule), memory.end(.second), .client(), .server())
            try pair.run()
            if pair.clientTurn == .blocked(.readable) { break }
            #expect(pair.clientTurn == .failed(.tls(.truncated)), "at \(place)")
            withExtendedLifetime(memory) {}
        }
    }

    /// A changed byte anywhere in the server's flight fails the handshake, and both sides know.
    @Test func aChangedByteFailsBothSides() throws {
        for place in stride(from: 0, to: 900, by: 37) {
            let memory = LineMemory(capacity: 20_000)
            var schedule = FaultSchedule()
            schedule.corruptReadAt = place
            schedule.corruption = 0x40
            var pair = try Pair(
                FaultInjector(memory.end(.first), schedule: schedule), memory.end(.second), .client(), .server())
            try pair.run()
            guard case .failed(.tls(let error)) = pair.clientTurn else {
                // A longer record is waited for; nothing else may come of a change.
                #expect(pair.clientTurn == .blocked(.readable), "at \(place)")
                continue
            }
            // By our alert, or, where the change made the keys differ, because our alert does not open.
            guard case .failed(.tls) = pair.serverTurn else {
                Issue.record("the server did not hear of \(error) at \(place): \(pair.serverTurn)")
                continue
            }
            withExtendedLifetime(memory) {}
        }
    }

    @Test func theAlertGetsOut() throws {
        let memory = LineMemory(capacity: 20_000)
        let cast = try Cast.shared.get()
        var client = try Party(cast.client, trusting: cast.client)
        client.configuration.trust.names.append(.any)
        var pair = try Pair(memory.end(.first), memory.end(.second), client, .server())
        try pair.run()
        guard case .failed(.tls(.badCertificate)) = pair.clientTurn else { throw Stuck() }
        #expect(pair.serverTurn == .failed(.tls(.alertReceived(.unknown_ca))))
        withExtendedLifetime(memory) {}
    }

    @Test func aSilentPeerIsATimeout() throws {
        let (one, other) = try SocketTransport.makePair()
        var party = try Party.client()
        var pump = Pump(try party.connection(.client), over: try SocketTransport(owning: one))
        let peer = try SocketTransport(owning: other)
        #expect(throws: PumpError.timedOut(.handshake)) {
            try pump.handshake(party.configuration, &party.signer, milliseconds: 100)
        }
        _ = consume peer
    }

    /// The plain stream that takes nothing holds the peer up, byte for byte, and nothing is lost.
    @Test func aRelayReadsNoFasterThanItWrites() throws {
        let memory = LineMemory(capacity: 20_000)
        let plainMemory = LineMemory(capacity: 10)
        var pair = try Pair(memory.end(.first), memory.end(.second), .client(), .server())
        try pair.run()
        let sent = pattern(3000)
        #expect(try pair.server.connection.write(sent.span) == sent.count)
        try pair.run()
        var plain = plainMemory.end(.first)
        var reader = plainMemory.end(.second)
        var state = RelayState()
        var scratch = [UInt8](repeating: 0, count: 100)
        var span = scratch.mutableSpan
        var received: [UInt8] = []
        while received.count < sent.count {
            var turn = RelayTurn.progressed
            while turn == .progressed {
                turn = pair.client.relay(&plain, &state, pair.clientParty.configuration, scratch: &span)
            }
            if state.bytesReceived < sent.count { #expect(turn == .blocked(plain: .either, tls: nil)) }
            received += try reader.readAll(min(10, sent.count - received.count))
        }
        #expect(received == sent)
        #expect(state.bytesReceived == sent.count && state.bytesSent == 0)
        withExtendedLifetime((memory, plainMemory)) {}
    }

    /// An end of the TLS stream without close_notify must not look like an end to the plain side (RFC 8446 §6.1).
    @Test func aRelayPassesNoTruncationOnAsAnEnd() throws {
        let memory = LineMemory(capacity: 20_000)
        let plainMemory = LineMemory(capacity: 100)
        var pair = try Pair(
            FaultInjector(memory.end(.first), schedule: FaultSchedule()), memory.end(.second), .client(), .server())
        try pair.run()
        pair.client.transport.schedule.endOfStreamAt = pair.client.transport.bytesRead
        var plain = plainMemory.end(.first)
        var reader = plainMemory.end(.second)
        var state = RelayState()
        var scratch = [UInt8](repeating: 0, count: 100)
        var span = scratch.mutableSpan
        let turn = pair.client.relay(&plain, &state, pair.clientParty.configuration, scratch: &span)
        #expect(turn == .failed(.tls(.tls(.truncated))))
        #expect(reader.wait(for: .readable, milliseconds: 0) == false)
        withExtendedLifetime((memory, plainMemory)) {}
    }

    /// A plain side that takes no more ends the relay with an error of that side.
    @Test func aRelayNamesTheSideThatFailed() throws {
        let memory = LineMemory(capacity: 20_000)
        let plainMemory = LineMemory(capacity: 100)
        var pair = try Pair(memory.end(.first), memory.end(.second), .client(), .server())
        try pair.run()
        #expect(try pair.server.connection.write([1, 2, 3].span) == 3)
        try pair.run()
        var schedule = FaultSchedule()
        schedule.brokenPipeAt = 0
        var plain = FaultInjector(plainMemory.end(.first), schedule: schedule)
        var state = RelayState()
        var scratch = [UInt8](repeating: 0, count: 100)
        var span = scratch.mutableSpan
        let turn = pair.client.relay(&plain, &state, pair.clientParty.configuration, scratch: &span)
        #expect(turn == .failed(.plain(TransportError(.write, .system(SWL_EPIPE)))))
        withExtendedLifetime((memory, plainMemory)) {}
    }
}
