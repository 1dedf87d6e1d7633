// How long primitives and handshakes take. Figures alone: a slow board is no fault. It fails where what it measures
// fails.
import Bytes
import CLinux
import TLS
import TLSCrypto

/// Measures each for a fixed time, at least once.
func measureSpeed(_ context: inout CheckContext) throws(CheckFailure) -> Outcome {
    do throws(CryptoError) {
        try prepareCurves()
        try measureHash(&context)
        try measureSealing(&context)
        try measureSignatures(.secp256r1, "ecdsa_p256_sign", "ecdsa_p256_verify", &context)
        try measureSignatures(.secp384r1, "ecdsa_p384_sign", "ecdsa_p384_verify", &context)
        try measureKeyAgreement(.x25519, "x25519_both_halves", &context)
        try measureKeyAgreement(.secp256r1, "secp256r1_both_halves", &context)
        try measureKeyAgreement(.secp384r1, "secp384r1_both_halves", &context)
    } catch {
        throw .crypto(error)
    }
    context.startAgain()
    let pair = try HandshakePair(&context)
    var watch = Stopwatch(context.options)
    do throws(TLSError) { while watch.goesOn() { try pair.connect(exchangesData: false) } } catch { throw .tls(error) }
    context.add("mutual_handshake_both_sides", watch.nanosecondsEach / 1000, "us")
    return .passed
}

/// Counts rounds until the time for one measurement is over.
private struct Stopwatch {
    private let start = swl_monotonic_nanoseconds()
    private let limit: Int64
    private var rounds: Int64 = -1
    private var end: Int64 = 0

    init(_ options: CheckOptions) { limit = options.isQuick ? 5_000_000 : 100_000_000 }

    /// Whether there is to be another round. Answers true at least once.
    mutating func goesOn() -> Bool {
        rounds += 1
        end = swl_monotonic_nanoseconds()
        return rounds == 0 || end - start < limit
    }

    /// The time of one round.
    var nanosecondsEach: Int64 { (end - start) / max(rounds, 1) }

    /// Bytes in a second, in thousands, where each round had so many.
    func kilobytesEachSecond(_ bytes: Int64) -> Int64 { bytes * 1_000_000 / max(nanosecondsEach, 1) }
}

private func measureHash(_ context: inout CheckContext) throws(CryptoError) {
    let block = InlineArray<8192, UInt8>(repeating: 1)
    var watch = Stopwatch(context.options)
    while watch.goesOn() { _ = try digest(.sha256, block.span) }
    context.add("sha256", watch.kilobytesEachSecond(8192), "kB/s")
    watch = Stopwatch(context.options)
    while watch.goesOn() { _ = try digest(.sha384, block.span) }
    context.add("sha384", watch.kilobytesEachSecond(8192), "kB/s")
}

/// Seals records of 8 KiB.
private func measureSealing(_ context: inout CheckContext) throws(CryptoError) {
    try measureSealing(.aes128GCM, "aes_128_gcm", &context)
    try measureSealing(.aes256GCM, "aes_256_gcm", &context)
    try measureSealing(.chaCha20Poly1305, "chacha20_poly1305", &context)
    try measureSealing(.aes128CCM, "aes_128_ccm", &context)
}

private func measureSealing(
    _ algorithm: AEADAlgorithm, _ name: StaticString, _ context: inout CheckContext
) throws(CryptoError) {
    guard let memory = context.region(AEADKey.contextBytes) else { throw .outOfMemory }
    let bytes = InlineArray<32, UInt8>(repeating: 7)
    var key = try AEADKey(algorithm, key: bytes.span.extracting(0..<algorithm.keyBytes), in: memory)
    var record = InlineArray<8208, UInt8>(repeating: 1)
    var span = record.mutableSpan
    let nonce = bytes.span.extracting(0..<AEADAlgorithm.nonceBytes)
    var watch = Stopwatch(context.options)
    while watch.goesOn() { try key.seal(nonce: nonce, additionalData: bytes.span.extracting(0..<5), &span) }
    context.add(name, watch.kilobytesEachSecond(8192), "kB/s")
}

private func measureSignatures(
    _ curve: EllipticCurve, _ signing: StaticString, _ verifying: StaticString, _ context: inout CheckContext
) throws(CryptoError) {
    let key = try publishedKey(curve)
    let algorithm = SignatureAlgorithm.ecdsa(curve == .secp256r1 ? .sha256 : .sha384)
    let message = BoundedBytes<8>(text: "sample")
    // Broken: the message that is verified has another bit.
    let verified: BoundedBytes<8> = context.input("73616d706c65")
    var storage = InlineArray<112, UInt8>(repeating: 0)
    var span = storage.mutableSpan
    var count = 0
    var watch = Stopwatch(context.options)
    while watch.goesOn() { count = try key.sign(algorithm, message: message.bytes, into: &span) }
    context.add(signing, watch.nanosecondsEach / 1000, "us")
    var pointStorage = InlineArray<97, UInt8>(repeating: 0)
    var point = pointStorage.mutableSpan
    let pointCount = try key.publicValue(into: &point)
    let publicKey = PublicKey(curve: curve, point: pointStorage.span.extracting(0..<pointCount))
    watch = Stopwatch(context.options)
    while watch.goesOn() {
        try publicKey.verify(algorithm, message: verified.bytes, signature: storage.span.extracting(0..<count))
    }
    context.add(verifying, watch.nanosecondsEach / 1000, "us")
}

/// A new key and a shared secret: what one side of a handshake does.
private func measureKeyAgreement(
    _ group: KeyAgreementGroup, _ name: StaticString, _ context: inout CheckContext
) throws(CryptoError) {
    guard let memory = context.region(EphemeralKey.memoryBytes),
        let otherMemory = context.region(EphemeralKey.memoryBytes)
    else { throw .outOfMemory }
    let peer = try EphemeralKey(group, random: .system, in: otherMemory)
    let peerValue = peer.publicValue
    var key = EphemeralKey(in: memory)
    var storage = InlineArray<48, UInt8>(repeating: 0)
    var span = storage.mutableSpan
    var secret = span._mutatingExtracting(0..<group.sharedSecretBytes)
    var watch = Stopwatch(context.options)
    while watch.goesOn() {
        try key.generate(group, random: .system)
        try key.sharedSecret(peer: peerValue.bytes, into: &secret)
    }
    context.add(name, watch.nanosecondsEach / 1000, "us")
}
