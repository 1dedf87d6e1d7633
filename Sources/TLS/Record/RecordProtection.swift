// Protection of records in one direction (RFC 8446 §5.2, §5.3): the AEAD key, the initialisation vector and the sequence
// number. In TLS 1.3 a key is only ever derived from a traffic secret that stays in this object's own memory, so that the
// next secret (§7.2) can be derived from it, and replaced secrets are overwritten.
//
// In TLS 1.2 (RFC 5246 §6.2.3.3) the key comes out of the key block and stays for the whole connection. With AES-GCM and
// AES-CCM the nonce is four bytes of the key block and eight that stand in front of the ciphertext, for which we send the
// sequence number (RFC 5288 §3, RFC 6655 §3); with ChaCha20-Poly1305 it is as in TLS 1.3 (RFC 7905 §2).
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
    /// What records look like.
    private(set) var format = RecordFormat.hiddenType
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
        format = .hiddenType
        var memory = secret.mutableBytes
        memory.copy(trafficSecret, at: 0)
        try deriveKey()
    }

    /// Takes a key of TLS 1.2 into use, and starts at sequence number 0.
    /// - Parameter iv: the implicit part of the nonce: as long as the suite's format says.
    mutating func install(_ suite: CipherSuite, key: Span<UInt8>, iv: Span<UInt8>) throws(TLSError) {
        self.suite = suite
        let (aead, _) = try parameters()
        format = RecordFormat(of12: aead)
        guard iv.count == format.implicitNonceBytes else { throw .misuse(.badConfiguration) }
        try start(aead, key: key, iv: iv)
    }

    /// Replaces the traffic secret by the next one (§7.2).
    mutating func update() throws(TLSError) {
        let hash = try parameters().hash
        try withSecret(hash.byteCount) { (next: inout MutableSpan<UInt8>) throws(TLSError) in
            try expandLabel(
                hash, secret: secret.bytes.extracting(0..<hash.byteCount), label: "traffic upd", context: Span(),
                into: &next)
            var memory = secret.mutableBytes
            memory.copy(next.span, at: 0)
        }
        updates += 1
        try deriveKey()
    }

    /// How many records may be protected with one key (§5.5): 2^24.5 with AES-GCM; 2^21.5 with AES-CCM (RFC 9001 §6.6, for
    /// packets no shorter than our records); with ChaCha20-Poly1305 only the sequence number ends. The next power of two below.
    var recordLimit: UInt64 {
        switch cipher.algorithm {
        case .chaCha20Poly1305: 1 << 48
        case .aes128CCM: 1 << 21
        case .aes128GCM, .aes256GCM: 1 << 24
        }
    }

    private func parameters() throws(TLSError) -> (aead: AEADAlgorithm, hash: HashAlgorithm) {
        guard let parameters = suite.parameters else { throw .misuse(.badConfiguration) }
        return parameters
    }

    private mutating func deriveKey() throws(TLSError) {
        let (aead, hash) = try parameters()
        try withSecret(aead.keyBytes) { (key: inout MutableSpan<UInt8>) throws(TLSError) in
            try withSecret(AEADAlgorithm.nonceBytes) { (iv: inout MutableSpan<UInt8>) throws(TLSError) in
                do {
                    let traffic = secret.bytes.extracting(0..<hash.byteCount)
                    try expandLabel(hash, secret: traffic, label: "key", context: Span(), into: &key)
                    try expandLabel(hash, secret: traffic, label: "iv", context: Span(), into: &iv)
                }
                try start(aead, key: key.span, iv: iv.span)
            }
        }
    }

    /// Takes a key and its initialisation vector into use, at sequence number 0.
    private mutating func start(_ aead: AEADAlgorithm, key: Span<UInt8>, iv: Span<UInt8>) throws(TLSError) {
        let start = secret.count - AEADAlgorithm.nonceBytes
        var memory = secret.mutableBytes
        memory.copy(iv, at: start)
        try crypto { () throws(CryptoError) in try cipher.setKey(aead, key) }
        sequenceNumber = 0
        isActive = true
    }

    /// By how much a protected record's fragment is longer than its plaintext.
    var overhead: Int {
        isActive ? format.explicitNonceBytes + format.hiddenTypeBytes + AEADAlgorithm.tagBytes : 0
    }

    /// The part of the next record's nonce that stands in front of its ciphertext: 8 bytes, or none.
    var explicitNonce: BoundedBytes<8> {
        guard format == .explicitNonce else { return BoundedBytes() }
        let bytes = bigEndian(sequenceNumber)
        return BoundedBytes(bytes.span) ?? BoundedBytes()
    }

    /// Seals a record in place: `buffer` is the plaintext, in TLS 1.3 with its type behind it, and 16 bytes of room for the
    /// tag. `explicitNonce` is that of this record until it has been sealed.
    mutating func seal(header: Span<UInt8>, _ buffer: inout MutableSpan<UInt8>) throws(TLSError) {
        let data = additionalData(header, plaintextCount: buffer.count - AEADAlgorithm.tagBytes)
        let explicit = explicitNonce
        let nonce = try nextNonce(explicit: explicit.bytes)
        try crypto { () throws(CryptoError) in
            try cipher.seal(nonce: nonce.span, additionalData: data.bytes, &buffer)
        }
    }

    /// Opens a record in place: `buffer` is the ciphertext with its tag. One that does not open leaves the sequence number
    /// where it was: early data that is passed over (§4.2.10) is not counted.
    /// - Parameter explicitNonce: what stood in front of the ciphertext; as long as the format says.
    mutating func open(
        header: Span<UInt8>, explicitNonce: Span<UInt8>, _ buffer: inout MutableSpan<UInt8>
    ) throws(TLSError) {
        let data = additionalData(header, plaintextCount: buffer.count - AEADAlgorithm.tagBytes)
        let nonce = try nextNonce(explicit: explicitNonce)
        do throws(CryptoError) {
            try cipher.open(nonce: nonce.span, additionalData: data.bytes, &buffer)
        } catch {
            sequenceNumber -= 1
            throw error == .authenticationFailed ? .peerMisbehaved(.badRecordMAC) : .cryptoFailed(error)
        }
    }

    /// What is authenticated beside the ciphertext: the header (RFC 8446 §5.2), or in TLS 1.2 (RFC 5246 §6.2.3.3) sequence
    /// number, type, version, and the length of the plaintext.
    private func additionalData(_ header: Span<UInt8>, plaintextCount: Int) -> BoundedBytes<13> {
        guard format != .hiddenType else { return BoundedBytes(header) ?? BoundedBytes() }
        var bytes = InlineArray<13, UInt8>(repeating: 0)
        var writer = ByteWriter(bytes.mutableSpan)
        writer.append(sequenceNumber)
        writer.append(header.extracting(0..<3))
        writer.append(UInt16(truncatingIfNeeded: plaintextCount))
        return BoundedBytes(bytes.span) ?? BoundedBytes()
    }

    private func bigEndian(_ number: UInt64) -> InlineArray<8, UInt8> {
        var bytes = InlineArray<8, UInt8>(repeating: 0)
        var writer = ByteWriter(bytes.mutableSpan)
        writer.append(number)
        return bytes
    }

    /// The nonce of the next record (§5.3): the sequence number, padded on the left, XOR the initialisation vector; or that
    /// of TLS 1.2 which comes with the record.
    private mutating func nextNonce(explicit: Span<UInt8>) throws(TLSError) -> InlineArray<12, UInt8> {
        // §5.3: "Sequence numbers MUST NOT wrap".
        guard sequenceNumber < UInt64.max else { throw .limitExceeded(.memory, capacity: .max, needed: .max) }
        let start = secret.count - AEADAlgorithm.nonceBytes
        var nonce = InlineArray<12, UInt8>(repeating: 0)
        let vector = secret.bytes.extracting(start..<secret.count)
        let implicit = format.implicitNonceBytes
        for index in 0..<12 where implicit < 12 {
            nonce[index] = index < implicit ? vector[index] : explicit[index - implicit]
        }
        for index in 0..<12 where implicit == 12 {
            let shift = UInt64(8 * (11 - index))
            let sequence = shift < 64 ? UInt8(truncatingIfNeeded: sequenceNumber >> shift) : 0
            nonce[index] = vector[index] ^ sequence
        }
        sequenceNumber += 1
        return nonce
    }

    /// Goes back to no protection: a second ClientHello follows early data in the clear (§4.2.10).
    mutating func deactivate() {
        secret.wipe()
        isActive = false
        sequenceNumber = 0
    }

    /// Wipes the secret; the key goes when the object does.
    mutating func wipe() { secret.wipe() }
}

/// What a protected record looks like.
enum RecordFormat {
    /// TLS 1.3: the real type is inside, behind the plaintext.
    case hiddenType
    /// TLS 1.2 with AES-GCM or AES-CCM: eight bytes of the nonce stand in front of the ciphertext.
    case explicitNonce
    /// TLS 1.2 with ChaCha20-Poly1305.
    case implicitNonce

    /// The format of a suite of TLS 1.2.
    init(of12 aead: AEADAlgorithm) { self = aead == .chaCha20Poly1305 ? .implicitNonce : .explicitNonce }

    /// Bytes of the nonce that both sides know.
    var implicitNonceBytes: Int { self == .explicitNonce ? 4 : AEADAlgorithm.nonceBytes }
    /// Bytes of the nonce in front of the ciphertext.
    var explicitNonceBytes: Int { self == .explicitNonce ? Limits.explicitNonce : 0 }
    /// Bytes of the type behind the plaintext.
    var hiddenTypeBytes: Int { self == .hiddenType ? Limits.innerContentType : 0 }
}
