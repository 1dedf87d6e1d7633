// AEADs against published values: GCM against McGrew and Viega's specification (test cases 4 and 16, as submitted to
// NIST), ChaCha20-Poly1305 against RFC 8439 §2.8.2, CCM against NIST's CAVP (VNT128.rsp, nonces of 12 bytes).
import Bytes
import TLSCrypto

/// One value: everything in hexadecimal; `sealed` is ciphertext and tag.
private struct AEADValue {
    let key: StaticString
    let nonce: StaticString
    let additionalData: StaticString
    let plaintext: StaticString
    let sealed: StaticString
}

extension AEADAlgorithm {
    fileprivate var value: AEADValue {
        switch self {
        case .aes128GCM: Self.gcm128
        case .aes256GCM: Self.gcm256
        case .chaCha20Poly1305: Self.chaCha
        case .aes128CCM: Self.ccm
        }
    }

    private static var gcmPlaintext: StaticString {
        """
        d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72
        1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39
        """
    }

    private static var gcm128: AEADValue {
        AEADValue(
            key: "feffe9928665731c6d6a8f9467308308", nonce: "cafebabefacedbaddecaf888",
            additionalData: "feedfacedeadbeeffeedfacedeadbeefabaddad2", plaintext: gcmPlaintext,
            sealed: """
                42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e
                21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091
                5bc94fbc3221a5db94fae95ae7121a47
                """)
    }

    private static var gcm256: AEADValue {
        AEADValue(
            key: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
            nonce: "cafebabefacedbaddecaf888", additionalData: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            plaintext: gcmPlaintext,
            sealed: """
                522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa
                8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662
                76fc6ece0f4e1768cddf8853bb2d551b
                """)
    }

    private static var chaCha: AEADValue {
        AEADValue(
            key: "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
            nonce: "070000004041424344454647", additionalData: "50515253c0c1c2c3c4c5c6c7",
            plaintext: """
                4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a204966204920636f
                756c64206f6666657220796f75206f6e6c79206f6e652074697020666f7220746865206675747572652c2073756e736372
                65656e20776f756c642062652069742e
                """,
            sealed: """
                d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6
                3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36
                92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc
                3ff4def08e4b7a9de576d26586cec64b6116
                1ae10b594f09e26a7e902ecbd0600691
                """)
    }

    private static var ccm: AEADValue {
        AEADValue(
            key: "005e8f4d8e0cbf4e1ceeb5d87a275848", nonce: "0ec3ac452b547b9062aac8fa",
            additionalData: "2f1821aa57e5278ffd33c17d46615b77363149dbc98470413f6543a6b749f2ca",
            plaintext: "b6f345204526439daf84998f380dcfb4b4167c959c04ff65",
            sealed: "9575e16f35da3c88a19c26a7b762044f4d7bbbafeff05d754829e2a7752fa3a14890972884b511d8")
    }
}

/// Seals, opens, and changes one bit.
func checkAEAD(_ algorithm: AEADAlgorithm, _ context: inout CheckContext) throws(CryptoError) -> Outcome {
    let value = algorithm.value
    let keyBytes = BoundedBytes<32>(hexadecimal: value.key)
    let nonce = BoundedBytes<12>(hexadecimal: value.nonce)
    let additionalData = BoundedBytes<32>(hexadecimal: value.additionalData)
    let plaintext: BoundedBytes<128> = context.input(value.plaintext)
    let sealed = BoundedBytes<160>(hexadecimal: value.sealed)
    guard let memory = context.region(AEADKey.contextBytes) else { return .failed("out of memory") }
    var key = try AEADKey(algorithm, key: keyBytes.bytes, in: memory)
    var storage = InlineArray<160, UInt8>(repeating: 0)
    var all = storage.mutableSpan
    all.copy(plaintext.bytes, at: 0)
    var buffer = all._mutatingExtracting(0..<plaintext.count + AEADAlgorithm.tagBytes)
    try key.seal(nonce: nonce.bytes, additionalData: additionalData.bytes, &buffer)
    guard buffer.span.hasSameBytes(as: sealed.bytes) else { return .failed("a published record is sealed wrongly") }
    try key.open(nonce: nonce.bytes, additionalData: additionalData.bytes, &buffer)
    guard buffer.span.extracting(0..<plaintext.count).hasSameBytes(as: plaintext.bytes) else {
        return .failed("a sealed record does not open to what it was")
    }
    buffer.copy(sealed.bytes, at: 0)
    buffer[buffer.count - 1] ^= 1
    do throws(CryptoError) {
        try key.open(nonce: nonce.bytes, additionalData: additionalData.bytes, &buffer)
        return .failed("a changed record was accepted")
    } catch {
        return error == .authenticationFailed ? .passed : .failed("a changed record gave an unexpected error")
    }
}
