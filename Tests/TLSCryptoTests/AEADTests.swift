// AEADs against published values: GCM against McGrew and Viega's specification (appendix B, test cases 1, 2, 4, 13, 14,
// 16, as submitted to NIST), ChaCha20-Poly1305 against RFC 8439 §2.8.2, CCM with a nonce of 12 and a tag of 16 bytes
// against NIST's CAVP (ccmtestvectors, VNT128.rsp, Nlen = 12).
import Bytes
import TestSupport
import Testing

@testable import TLSCrypto

@Suite struct AEADTests {
    struct Vector: Sendable {
        let algorithm: AEADAlgorithm
        let key: [UInt8]
        let nonce: [UInt8]
        let additionalData: [UInt8]
        let plaintext: [UInt8]
        /// Ciphertext and tag.
        let sealed: [UInt8]
    }

    private static let gcmKey = hex("feffe9928665731c6d6a8f9467308308")
    private static let gcmNonce = hex("cafebabefacedbaddecaf888")
    private static let gcmData = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    private static let gcmPlaintext = hex(
        """
        d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72
        1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39
        """)

    static let vectors = [
        Vector(
            algorithm: .aes128GCM, key: [UInt8](repeating: 0, count: 16), nonce: [UInt8](repeating: 0, count: 12),
            additionalData: [], plaintext: [], sealed: hex("58e2fccefa7e3061367f1d57a4e7455a")),
        Vector(
            algorithm: .aes128GCM, key: [UInt8](repeating: 0, count: 16), nonce: [UInt8](repeating: 0, count: 12),
            additionalData: [], plaintext: [UInt8](repeating: 0, count: 16),
            sealed: hex("0388dace60b6a392f328c2b971b2fe78 ab6e47d42cec13bdf53a67b21257bddf")),
        Vector(
            algorithm: .aes128GCM, key: gcmKey, nonce: gcmNonce, additionalData: gcmData, plaintext: gcmPlaintext,
            sealed: hex(
                """
                42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e
                21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091
                5bc94fbc3221a5db94fae95ae7121a47
                """)),
        Vector(
            algorithm: .aes256GCM, key: [UInt8](repeating: 0, count: 32), nonce: [UInt8](repeating: 0, count: 12),
            additionalData: [], plaintext: [], sealed: hex("530f8afbc74536b9a963b4f1c4cb738b")),
        Vector(
            algorithm: .aes256GCM, key: [UInt8](repeating: 0, count: 32), nonce: [UInt8](repeating: 0, count: 12),
            additionalData: [], plaintext: [UInt8](repeating: 0, count: 16),
            sealed: hex("cea7403d4d606b6e074ec5d3baf39d18 d0d1c8a799996bf0265b98b5d48ab919")),
        Vector(
            algorithm: .aes256GCM, key: gcmKey + gcmKey, nonce: gcmNonce, additionalData: gcmData,
            plaintext: gcmPlaintext,
            sealed: hex(
                """
                522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa
                8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662
                76fc6ece0f4e1768cddf8853bb2d551b
                """)),
        Vector(
            algorithm: .chaCha20Poly1305, key: Array(0x80...0x9F), nonce: hex("070000004041424344454647"),
            additionalData: hex("50515253c0c1c2c3c4c5c6c7"),
            plaintext: text(
                "Ladies and Gentlemen of the class of '99: If I could offer you "
                    + "only one tip for the future, sunscreen would be it."),
            sealed: hex(
                """
                d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6
                3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36
                92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc
                3ff4def08e4b7a9de576d26586cec64b6116
                1ae10b594f09e26a7e902ecbd0600691
                """)),
        Vector(
            algorithm: .aes128CCM, key: hex("005e8f4d8e0cbf4e1ceeb5d87a275848"),
            nonce: hex("0ec3ac452b547b9062aac8fa"),
            additionalData: hex("2f1821aa57e5278ffd33c17d46615b77363149dbc98470413f6543a6b749f2ca"),
            plaintext: hex("b6f345204526439daf84998f380dcfb4b4167c959c04ff65"),
            sealed: hex(
                "9575e16f35da3c88a19c26a7b762044f4d7bbbafeff05d75 4829e2a7752fa3a14890972884b511d8")),
    ]

    @Test(arguments: vectors)
    func agreesWithThePublishedValues(_ vector: Vector) throws {
        let memory = Memory()
        var key = try memory.aead(vector.algorithm, vector.key)
        #expect(try key.seal(vector.nonce, vector.additionalData, vector.plaintext) == vector.sealed)
        #expect(try key.open(vector.nonce, vector.additionalData, vector.sealed) == vector.plaintext)
    }

    @Test(arguments: AEADAlgorithm.allCases)
    func refusesWhateverWasChanged(_ algorithm: AEADAlgorithm) throws {
        let memory = Memory()
        var key = try memory.aead(algorithm, [UInt8](repeating: 3, count: algorithm.keyBytes))
        let nonce = [UInt8](repeating: 9, count: 12)
        let data: [UInt8] = [23, 3, 3, 0, 21]
        let sealed = try key.seal(nonce, data, text("hello"))
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 0x01
            #expect(throws: CryptoError.authenticationFailed) { try key.open(nonce, data, changed) }
        }
        for index in nonce.indices {
            var changed = nonce
            changed[index] ^= 0x80
            #expect(throws: CryptoError.authenticationFailed) { try key.open(changed, data, sealed) }
        }
        for changed in [[], [23, 3, 3, 0], [23, 3, 3, 0, 22], data + [0]] as [[UInt8]] {
            #expect(throws: CryptoError.authenticationFailed) { try key.open(nonce, changed, sealed) }
        }
        #expect(throws: CryptoError.authenticationFailed) { try key.open(nonce, data, Array(sealed.dropLast())) }
        #expect(throws: CryptoError.authenticationFailed) { try key.open(nonce, data, Array(sealed.prefix(15))) }
        #expect(try key.open(nonce, data, sealed) == text("hello"))
    }

    @Test(arguments: AEADAlgorithm.allCases)
    func whatIsNotAuthenticIsNotLeftBehind(_ algorithm: AEADAlgorithm) throws {
        let memory = Memory()
        var key = try memory.aead(algorithm, [UInt8](repeating: 3, count: algorithm.keyBytes))
        let nonce = [UInt8](repeating: 9, count: 12)
        var buffer = try key.seal(nonce, nonce, text("attack at dawn"))
        buffer[buffer.count - 1] ^= 1
        var span = buffer.mutableSpan
        #expect(throws: CryptoError.authenticationFailed) {
            try key.open(nonce: nonce.span, additionalData: nonce.span, &span)
        }
        #expect(buffer.dropLast(16).allSatisfy { $0 == 0 })
    }

    @Test(arguments: AEADAlgorithm.allCases)
    func checksLengths(_ algorithm: AEADAlgorithm) throws {
        let memory = Memory(16384)
        for count in [0, algorithm.keyBytes - 1, algorithm.keyBytes + 1, 64] {
            #expect(throws: CryptoError.invalidKey) {
                _ = try memory.aead(algorithm, [UInt8](repeating: 1, count: count))
            }
        }
        #expect(throws: CryptoError.outOfMemory) {
            let key = [UInt8](repeating: 1, count: algorithm.keyBytes)
            _ = try AEADKey(algorithm, key: key.span, in: memory.take(AEADKey.contextBytes - 1))
        }
        var key = try memory.aead(algorithm, [UInt8](repeating: 1, count: algorithm.keyBytes))
        for count in [0, 11, 13] {
            let nonce = [UInt8](repeating: 0, count: count)
            #expect(throws: CryptoError.unsupported) { try key.seal(nonce, [], [1]) }
            #expect(throws: CryptoError.unsupported) { try key.open(nonce, [], [UInt8](repeating: 0, count: 32)) }
        }
        let nonce = [UInt8](repeating: 0, count: 12)
        var short = [UInt8](repeating: 0, count: 15)
        var span = short.mutableSpan
        #expect(throws: CryptoError.outputTooSmall) {
            try key.seal(nonce: nonce.span, additionalData: nonce.span, &span)
        }
    }

    @Test(arguments: AEADAlgorithm.allCases)
    func aNewKeyReplacesTheOld(_ algorithm: AEADAlgorithm) throws {
        let memory = Memory()
        let first = [UInt8](repeating: 1, count: algorithm.keyBytes)
        let second = [UInt8](repeating: 2, count: algorithm.keyBytes)
        let nonce = [UInt8](repeating: 0, count: 12)
        var key = try memory.aead(algorithm, first)
        let underFirst = try key.seal(nonce, [], text("x"))
        #expect(throws: CryptoError.invalidKey) { try key.rekey([1, 2, 3].span) }
        #expect(try key.open(nonce, [], underFirst) == text("x"))
        try key.rekey(second.span)
        #expect(throws: CryptoError.authenticationFailed) { try key.open(nonce, [], underFirst) }
        var fresh = try memory.aead(algorithm, second)
        #expect(try key.seal(nonce, [], text("x")) == fresh.seal(nonce, [], text("x")))
    }

    @Test(arguments: AEADAlgorithm.allCases)
    func sealsRecordsOfEverySize(_ algorithm: AEADAlgorithm) throws {
        let memory = Memory()
        var key = try memory.aead(algorithm, [UInt8](repeating: 5, count: algorithm.keyBytes))
        let nonce = [UInt8](repeating: 0, count: 12)
        for count in [0, 1, 15, 16, 17, 255, 256, 16384, 16385] {
            let plaintext = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
            #expect(try key.open(nonce, [7], try key.seal(nonce, [7], plaintext)) == plaintext)
        }
    }

    @Test(arguments: AEADAlgorithm.allCases)
    func theEndWipesTheContext(_ algorithm: AEADAlgorithm) throws {
        let memory = Memory(AEADKey.contextBytes)
        do {
            var key = try memory.aead(algorithm, [UInt8](repeating: 5, count: algorithm.keyBytes))
            _ = try key.seal([UInt8](repeating: 0, count: 12), [], [1, 2, 3])
            #expect(memory.contents.contains { $0 != 0 })
        }
        #expect(memory.contents.allSatisfy { $0 == 0 })
    }
}
