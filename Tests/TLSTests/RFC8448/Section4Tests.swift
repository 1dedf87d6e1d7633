// RFC 8448 section 4, "Resumed 0-RTT Handshake", as far as it goes without early data: the key that section 3's ticket stands
// for, the Early Secret and the binder key's use.
import Bytes
import TLSCrypto
import TestSupport
import Testing

@testable import TLS

@Suite struct Section4Tests {
    @Test func theEarlySecretOfAPreSharedKey() throws {
        let key: HexBytes = "4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3"
        let early: HexBytes = "9b2188e9b2fc6d64d71dc329900e20bb41915000f678aa839cbb797cb7d8332c"
        let memory = TestMemory(1024)
        var arena = memory.arena
        var schedule = KeySchedule(
            current: try arena.take(48), clientHandshake: try arena.take(48), serverHandshake: try arena.take(48),
            clientApplication: try arena.take(48), serverApplication: try arena.take(48))
        try schedule.start(.sha256, preSharedKey: key.bytes.span)
        #expect(memory.contents.holds(early.bytes))
    }
}
