// RFC 8448 section 4, "Resumed 0-RTT Handshake": what leads to it, from section 3's handshake to the key that its ticket stands
// for, and to the binder in the ClientHello that resumes it. Section4ReplayTests.swift has the handshake itself.
import Bytes
import TLSCrypto
import TestSupport
import Testing

@testable import TLS

@Suite struct Section4Tests {
    private func hash(_ bytes: [UInt8]) throws -> Digest { try digest(.sha256, bytes.span) }

    private func schedule(_ memory: TestMemory) throws -> KeySchedule {
        var arena = memory.arena
        return KeySchedule(
            current: try arena.take(48), clientHandshake: try arena.take(48), serverHandshake: try arena.take(48),
            clientApplication: try arena.take(48), serverApplication: try arena.take(48))
    }

    @Test func theResumptionSecretOfSection3AndTheKeyOfItsTicket() throws {
        let trace = Trace.section3
        let shared = trace.secrets.shared.bytes
        let memory = TestMemory(1024)
        let exporterMemory = TestMemory(64)
        var exporter = try exporterMemory.takeAll()
        var schedule = try schedule(memory)
        try schedule.startWithoutPSK(.sha256)
        try schedule.advanceToHandshake(
            sharedSecret: shared.span, transcript: try hash(trace.hellos))
        try schedule.advanceToApplication(
            transcript: try hash(trace.throughServerFinished), exporter: &exporter)
        let whole = trace.throughClientCertificateVerify + trace.messages.clientFinished.bytes
        var secret = [UInt8](repeating: 0, count: 32)
        var span = secret.mutableSpan
        try schedule.deriveResumption(transcript: try hash(whole), into: &span)
        #expect(hex(secret) == hex(Section4.resumptionSecret.bytes))
        var key = [UInt8](repeating: 0, count: 32)
        span = key.mutableSpan
        let nonce: [UInt8] = [0, 0]
        try KeySchedule.ticketKey(.sha256, resumptionSecret: secret.span, nonce: nonce.span, into: &span)
        #expect(hex(key) == hex(Section4.key.bytes))
    }

    @Test func theEarlySecretOfAPreSharedKey() throws {
        let memory = TestMemory(1024)
        let key = Section4.key.bytes
        var schedule = try schedule(memory)
        try schedule.start(.sha256, preSharedKey: key.span)
        #expect(memory.contents.holds(Section4.early.bytes))
    }

    @Test func theBinder() throws {
        let bytes = Section4.clientHello.bytes
        let span = bytes.span
        let hello = try ClientHello(HandshakeMessage(span))
        guard let offer = try PreSharedKey.client(in: hello.extensions), let identity = offer.identity(at: 0) else {
            Issue.record("no offer")
            return
        }
        // The ticket of section 3.
        let ticket = array(identity.identity)
        #expect(Trace.section3.messages.newSessionTicket?.bytes.holds(ticket) == true)
        let truncated = bytes.dropLast(offer.binderListBytes)
        #expect(truncated.count == 477)
        var offers = KeyOffers(filler: .none)
        offers.append(KeyOffer(external: nil, hash: .sha256))
        #expect(offer.binderListBytes == PreSharedKey.binderListBytes(offers))
        let key = Section4.key.bytes
        let binder = try KeySchedule.binder(
            .sha256, key: key.span, label: KeySchedule.resumptionBinderLabel, transcript: try hash(Array(truncated)))
        let received = array(identity.binder)
        #expect(hex(array(binder.bytes)) == hex(received))
    }
}
