// Protection of records in one direction (RFC 8446 §5.2, §5.3): the AEAD key, the initialisation vector and the sequence
// number. A key is only ever derived from a traffic secret that stays in this object's own memory, so that the next
// secret (§7.2) can be derived from it, and replaced secrets are overwritten.
//
// Invariants:
// - the sequence number starts at 0 with every key and never wraps: at its end the connection fails;
// - sealing and opening happen in place and allocate nothing.
import Bytes
import TLSCrypto

/// The keys of one direction.
struct RecordProtection: ~Copyable {
    private var cipher: AEADKey
    /// The traffic secret, then the initialisation vector.
    private var secret: Region
    private var suite: CipherSuite = .TLS_AES_128_GCM_SHA256
    private(set) var sequenceNumber: UInt64 = 0
    /// How often this direction has gone on to its next key.
    private(set) var updates: UInt64 = 0

    /// Whether there is a key: whether records are protected.
    private(set) var isActive = false

    /// No protection yet.
    /// - Parameters:
    ///   - context: `AEADKey.contextBytes` of memory.
    ///   - secret: `Limits.trafficSecret` of memory.
    init(context: consuming Region, secret: consuming Region) {
        cipher = AEADKey(in: context)
        self.secret = secret
    }

    /// Takes a traffic secret into use: derives key and initialisation vector (§7.3) and starts at sequence number 0.
    mutating func install(_ suite: CipherSuite, trafficSecret: Span<UInt8>) throws(TLSError) {
        self.suite = suite
        var memory = secret.mutableBytes
        memory.copy(trafficSecret, at: 0)
        try deriveKey()
    }

    /// Replaces the traffic secret by the next one (§7.2).
    mutating func update() throws(TLSError) {
        var next = InlineArray<48, UInt8>(repeating: 0)
        var nextSpan = next.mutableSpan
        defer { nextSpan.wipe() }
        let hash = try parameters().hash
        let count = hash.byteCount
        var target = nextSpan._mutatingExtracting(0..<count)
        try expandLabel(
            hash, secret: secret.bytes.extracting(0..<count), label: "traffic upd", context: Span(),
            into: &target)
        var memory = secret.mutableBytes
        memory.copy(target.span, at: 0)
        updates += 1
        try deriveKey()
    }

    /// How many records may be protected with one key (§5.5): 2^24.5 with AES-GCM; 2^21.5 with AES-CCM (RFC 9001 §6.6, for
    /// packets no shorter than our records); with ChaCha20-Poly1305 only the sequence number ends. The next power of two below.
    var recordLimit: UInt64 {
        switch suite {
        case .TLS_CHACHA20_POLY1305_SHA256: 1 << 48
        case .TLS_AES_128_CCM_SHA256: 1 << 21
        default: 1 << 24
        }
    }

    private func parameters() throws(TLSError) -> (aead: AEADAlgorithm, hash: HashAlgorithm) {
        guard let parameters = suite.parameters else { throw .misuse(.badConfiguration) }
        return parameters
    }

    private mutating func deriveKey() throws(TLSError) {
        let (aead, hash) = try parameters()
        let start = secret.count - AEADAlgorithm.nonceBytes
        var key = InlineArray<32, UInt8>(repeating: 0)
        var keyMemory = key.mutableSpan
        defer { keyMemory.wipe() }
        var keySpan = keyMemory._mutatingExtracting(0..<aead.keyBytes)
        var iv = InlineArray<12, UInt8>(repeating: 0)
        var ivSpan = iv.mutableSpan
        defer { ivSpan.wipe() }
        do {
            let traffic = secret.bytes.extracting(0..<hash.byteCount)
            try expandLabel(hash, secret: traffic, label: "key", context: Span(), into: &keySpan)
            try expandLabel(hash, secret: traffic, label: "iv", context: Span(), into: &ivSpan)
        }
        var memory = secret.mutableBytes
        memory.copy(ivSpan.span, at: start)
        try crypto { () throws(CryptoError) in try cipher.setKey(aead, keySpan.span) }
        sequenceNumber = 0
        isActive = true
    }

    /// Seals a record in place: `buffer` is the inner plaintext and 16 bytes of room for the tag.
    mutating func seal(header: Span<UInt8>, _ buffer: inout MutableSpan<UInt8>) throws(TLSError) {
        let nonce = try nextNonce()
        try crypto { () throws(CryptoError) in
            try cipher.seal(nonce: nonce.span, additionalData: header, &buffer)
        }
    }

    /// Opens a record in place: `buffer` is the ciphertext with its tag. One that does not open leaves the sequence number
    /// where it was: early data that is passed over (§4.2.10) is not counted.
    mutating func open(header: Span<UInt8>, _ buffer: inout MutableSpan<UInt8>) throws(TLSError) {
        let nonce = try nextNonce()
        do throws(CryptoError) {
            try cipher.open(nonce: nonce.span, additionalData: header, &buffer)
        } catch {
            sequenceNumber -= 1
            throw error == .authenticationFailed ? .peerMisbehaved(.badRecordMAC) : .cryptoFailed(error)
        }
    }

    /// The nonce of the next record (§5.3): the sequence number, padded on the left, XOR the initialisation vector.
    private mutating func nextNonce() throws(TLSError) -> InlineArray<12, UInt8> {
        // §5.3: "Sequence numbers MUST NOT wrap".
        guard sequenceNumber < UInt64.max else { throw .limitExceeded(.memory, capacity: .max, needed: .max) }
        let start = secret.count - AEADAlgorithm.nonceBytes
        var nonce = InlineArray<12, UInt8>(repeating: 0)
        let vector = secret.bytes.extracting(start..<secret.count)
        for index in 0..<12 {
            let shift = UInt64(8 * (11 - index))
            let sequence = shift < 64 ? UInt8(truncatingIfNeeded: sequenceNumber >> shift) : 0
            nonce[index] = vector[index] ^ sequence
        }
        sequenceNumber += 1
        return nonce
    }

    /// Wipes the secret; the key goes when the object does.
    mutating func wipe() { secret.wipe() }
}
