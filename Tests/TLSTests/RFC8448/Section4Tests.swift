// RFC 8448 section 4, "Resumed 0-RTT Handshake", as far as it goes without early data: from section 3's handshake to the key
// that its ticket stands for, and to the binder in the ClientHello that resumes it.
import Bytes
import TLSCrypto
import TestSupport
import Testing

@testable import TLS

@Suite struct Section4Tests {
    private static let resumptionSecret: HexBytes = "7df235f2031d2a051287d02b0241b0bfdaf86cc856231f2d5aba46c434ec196c"
    private static let key: HexBytes = "4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3"
    private static let early: HexBytes = "9b2188e9b2fc6d64d71dc329900e20bb41915000f678aa839cbb797cb7d8332c"

    private static let clientHello: HexBytes = """
        010001fc03031bc3ceb6bbe39cff938355b5a50adb6db21b7a6af649d7b4bc419d7876487d95000006130113031302010001cd0000000b
        0009000006736572766572ff01000100000a00140012001d00170018001901000101010201030104003300260024001d0020e4ffb68ac0
        5f8d96c99da26698346c6be16482badddafe051a66b4f18d668f0b002a0000002b0003020304000d0020001e0403050306030203080408
        05080604010501060102010402050206020202002d00020101001c00024001001500570000000000000000000000000000000000000000
        00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
        000000000000000000000000002900dd00b800b22c035d829359ee5ff7af4ec900000000262a6494dc486d2c8a34cb33fa90bf1b0070ad
        3c498883c9367c09a2be785abc55cd226097a3a982117283f82a03a143efd3ff5dd36d64e861be7fd61d2827db279cce145077d454a366
        4d4e6da4d29ee03725a6a4dafcd0fc67d2aea70529513e3da2677fa5906c5b3f7d8f92f228bda40dda721470f9fbf297b5aea617646fac
        5c03272e970727c621a79141ef5f7de6505e5bfbc388e93343694093934ae4d357fad6aacb0021203add4fb2d8fdf822a0ca3cf7678ef5
        e88dae990141c5924d57bb6fa31b9e5f9d
        """

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
        #expect(hex(secret) == hex(Self.resumptionSecret.bytes))
        var key = [UInt8](repeating: 0, count: 32)
        span = key.mutableSpan
        let nonce: [UInt8] = [0, 0]
        try KeySchedule.ticketKey(.sha256, resumptionSecret: secret.span, nonce: nonce.span, into: &span)
        #expect(hex(key) == hex(Self.key.bytes))
    }

    @Test func theEarlySecretOfAPreSharedKey() throws {
        let memory = TestMemory(1024)
        let key = Self.key.bytes
        var schedule = try schedule(memory)
        try schedule.start(.sha256, preSharedKey: key.span)
        #expect(memory.contents.holds(Self.early.bytes))
    }

    @Test func theBinder() throws {
        let bytes = Self.clientHello.bytes
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
        let key = Self.key.bytes
        let binder = try KeySchedule.resumptionBinder(
            .sha256, key: key.span, transcript: try hash(Array(truncated)))
        let received = array(identity.binder)
        #expect(hex(array(binder.bytes)) == hex(received))
    }
}
