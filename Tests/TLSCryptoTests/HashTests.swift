// Hashes against the examples of FIPS 180 (NIST, "Secure Hash Standard: examples with intermediate values").
import Bytes
import TestSupport
import Testing

@testable import TLSCrypto

@Suite struct HashTests {
    static let twoBlocks = text("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")

    static let examples: [(HashAlgorithm, [UInt8], [UInt8])] = [
        (
            .sha256, text("abc"),
            hex("ba7816bf 8f01cfea 414140de 5dae2223 b00361a3 96177a9c b410ff61 f20015ad")
        ),
        (.sha256, twoBlocks, hex("248d6a61 d20638b8 e5c02693 0c3e6039 a33ce459 64ff2167 f6ecedd4 19db06c1")),
        (.sha256, [], hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")),
        (
            .sha384, text("abc"),
            hex(
                """
                cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed
                8086072ba1e7cc2358baeca134c825a7
                """)
        ),
        (
            .sha512, text("abc"),
            hex(
                """
                ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a
                2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f
                """)
        ),
    ]

    @Test(arguments: examples)
    func agreesWithTheExamples(_ algorithm: HashAlgorithm, _ message: [UInt8], _ expected: [UInt8]) throws {
        #expect(try digest(algorithm, message.span).array == expected)
        let memory = Memory()
        var running = try RunningHash(algorithm, in: memory.take(RunningHash.contextBytes))
        for byte in message { try running.update([byte].span) }
        #expect(try running.current().array == expected)
    }

    @Test(arguments: HashAlgorithm.allCases)
    func readingARunningHashDoesNotEndIt(_ algorithm: HashAlgorithm) throws {
        let memory = Memory()
        var running = try RunningHash(algorithm, in: memory.take(RunningHash.contextBytes))
        var soFar: [UInt8] = []
        for length in [0, 1, 63, 64, 65, 127, 128, 129, 1000] {
            let piece = [UInt8](repeating: UInt8(length & 0xFF), count: length)
            try running.update(piece.span)
            soFar += piece
            #expect(try running.current() == digest(algorithm, soFar.span))
            #expect(try running.current().count == algorithm.byteCount)
        }
    }

    @Test func restartingForgetsAndCanChangeTheAlgorithm() throws {
        let memory = Memory()
        var running = try RunningHash(.sha256, in: memory.take(RunningHash.contextBytes))
        try running.update(text("something else").span)
        try running.restart(.sha384)
        try running.update(text("abc").span)
        #expect(try running.current() == digest(.sha384, text("abc").span))
        let algorithm = running.algorithm
        #expect(algorithm == .sha384)
    }

    @Test func tooLittleMemoryIsAnError() {
        let memory = Memory()
        #expect(throws: CryptoError.outOfMemory) {
            _ = try RunningHash(.sha256, in: memory.take(RunningHash.contextBytes - 1))
        }
    }

    @Test func theEndWipesTheContext() throws {
        let memory = Memory(RunningHash.contextBytes)
        do {
            var running = try RunningHash(.sha384, in: memory.take(RunningHash.contextBytes))
            try running.update(text("a secret").span)
            #expect(memory.contents.contains { $0 != 0 })
        }
        #expect(memory.contents.allSatisfy { $0 == 0 })
    }
}
