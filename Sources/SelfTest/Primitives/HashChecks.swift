// Hashes against FIPS 180's examples, HMAC against RFC 4231, HKDF against RFC 5869.
import Bytes
import TLSCrypto

/// The message `abc` of FIPS 180, at once and in two pieces.
func checkHash(_ algorithm: HashAlgorithm, _ context: inout CheckContext) throws(CryptoError) -> Outcome {
    let message: BoundedBytes<8> = context.input("616263")
    let expected: StaticString =
        switch algorithm {
        case .sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        case .sha384:
            """
            cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed
            8086072ba1e7cc2358baeca134c825a7
            """
        case .sha512:
            """
            ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a
            2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f
            """
        }
    let hash = Digest(hexadecimal: expected)
    guard try digest(algorithm, message.bytes) == hash else {
        return .failed("the hash of FIPS 180's example is wrong")
    }
    guard let memory = context.region(RunningHash.contextBytes) else { return .failed("out of memory") }
    var running = try RunningHash(algorithm, in: memory)
    try running.update(message.bytes.extracting(0..<1))
    // Reading a hash in between must not end it: the transcript hash is read so.
    _ = try running.current()
    try running.update(message.bytes.extracting(1..<message.count))
    return try running.current() == hash ? .passed : .failed("a hash in pieces differs from the hash at once")
}

extension CheckContext {
    /// Memory, where there is enough left.
    mutating func region(_ count: Int) -> Region? {
        do throws(ArenaExhausted) { return try arena.take(count) } catch { return nil }
    }
}

/// RFC 4231 §4.3.
func checkHMAC(_ context: borrowing CheckContext) throws(CryptoError) -> Outcome {
    let key = BoundedBytes<8>(text: "Jefe")
    // "what do ya want for nothing?"
    let message: BoundedBytes<32> = context.input("7768617420646f2079612077616e7420666f72206e6f7468696e673f")
    var storage = InlineArray<48, UInt8>(repeating: 0)
    var memory = storage.mutableSpan
    var code = memory._mutatingExtracting(0..<32)
    try hmac(.sha256, key: key.bytes, message.bytes, into: &code)
    let sha256 = BoundedBytes<48>(
        hexadecimal: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    guard storage.span.extracting(0..<32).hasSameBytes(as: sha256.bytes) else {
        return .failed("HMAC-SHA-256 of RFC 4231's example is wrong")
    }
    var all = storage.mutableSpan
    try hmac(.sha384, key: key.bytes, message.bytes, into: &all)
    let sha384 = BoundedBytes<48>(
        hexadecimal: """
            af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e
            8e2240ca5e69e2c78b3239ecfab21649
            """)
    return storage.span.hasSameBytes(as: sha384.bytes)
        ? .passed : .failed("HMAC-SHA-384 of RFC 4231's example is wrong")
}

/// RFC 5869 A.1.
func checkHKDF(_ context: borrowing CheckContext) throws(CryptoError) -> Outcome {
    let material: BoundedBytes<22> = context.input("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b")
    let salt = BoundedBytes<13>(hexadecimal: "000102030405060708090a0b0c")
    let info = BoundedBytes<10>(hexadecimal: "f0f1f2f3f4f5f6f7f8f9")
    var keyStorage = InlineArray<32, UInt8>(repeating: 0)
    var key = keyStorage.mutableSpan
    try hkdfExtract(.sha256, salt: salt.bytes, inputKeyMaterial: material.bytes, into: &key)
    let expectedKey = BoundedBytes<32>(
        hexadecimal: "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5")
    guard keyStorage.span.hasSameBytes(as: expectedKey.bytes) else {
        return .failed("HKDF-Extract of RFC 5869's example is wrong")
    }
    var outputStorage = InlineArray<42, UInt8>(repeating: 0)
    var output = outputStorage.mutableSpan
    try hkdfExpand(.sha256, pseudorandomKey: keyStorage.span, info: info.bytes, into: &output)
    let expected = BoundedBytes<42>(
        hexadecimal: "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")
    return outputStorage.span.hasSameBytes(as: expected.bytes)
        ? .passed : .failed("HKDF-Expand of RFC 5869's example is wrong")
}
