// The key schedule (RFC 8446 §7.1): Early Secret, Handshake Secret, Master Secret, and what is derived
// from each. Secrets live in regions; each is overwritten by its successor and wiped when the workspace goes.
//
// Invariants:
// - `advance` methods must come in order; each checks the stage it starts from;
// - application traffic secrets leave only towards a `RecordProtection`, and only against a proof (see Proofs.swift).
import Bytes
import TLSCrypto

/// The secrets of a handshake.
struct KeySchedule: ~Copyable {
    /// Early, then Handshake, then Master Secret.
    private var current: Region
    /// {client,server}_handshake_traffic_secret: they also key the Finished messages (§4.4.4).
    private(set) var clientHandshake: Region
    private(set) var serverHandshake: Region
    /// {client,server}_application_traffic_secret_0, until the record layer takes them.
    private(set) var clientApplication: Region
    private(set) var serverApplication: Region
    private(set) var hash: HashAlgorithm = .sha256

    /// A schedule before its first secret, over three regions of `Limits.secret` and two of `Limits.trafficSecret`.
    init(
        current: consuming Region, clientHandshake: consuming Region, serverHandshake: consuming Region,
        clientApplication: consuming Region, serverApplication: consuming Region
    ) {
        self.current = current
        self.clientHandshake = clientHandshake
        self.serverHandshake = serverHandshake
        self.clientApplication = clientApplication
        self.serverApplication = serverApplication
    }

    private var zeros: InlineArray<48, UInt8> { InlineArray(repeating: 0) }

    /// HKDF-Extract(0, 0): the Early Secret of a handshake without PSK.
    mutating func startWithoutPSK(_ hash: HashAlgorithm) throws(TLSError) {
        let zeros = zeros
        try start(hash, preSharedKey: zeros.span.extracting(0..<hash.byteCount))
    }

    /// HKDF-Extract(0, PSK): the Early Secret.
    mutating func start(_ hash: HashAlgorithm, preSharedKey: Span<UInt8>) throws(TLSError) {
        self.hash = hash
        var early = current.mutableBytes(in: 0..<hash.byteCount)
        try extract(hash, preSharedKey, into: &early)
    }

    /// The secret of the stage that has been reached.
    var currentSecret: Span<UInt8> {
        @_lifetime(borrow self)
        get { current.bytes.extracting(0..<hash.byteCount) }
    }

    /// Early Secret to Handshake Secret, and the handshake traffic secrets.
    /// - Parameters:
    ///   - sharedSecret: the (EC)DHE result (§7.4).
    ///   - transcript: hash of ClientHello…ServerHello.
    mutating func advanceToHandshake(sharedSecret: Span<UInt8>, transcript: Digest) throws(TLSError) {
        try advance(inputKeyMaterial: sharedSecret)
        try Self.derive(hash, current.bytes, "c hs traffic", transcript, into: &clientHandshake)
        try Self.derive(hash, current.bytes, "s hs traffic", transcript, into: &serverHandshake)
    }

    /// client_early_traffic_secret, in the place of the client's handshake traffic secret, which comes later, and
    /// early_exporter_master_secret.
    /// - Parameters:
    ///   - transcript: hash of the ClientHello.
    ///   - exporter: takes the early exporter secret.
    mutating func deriveEarly(transcript: Digest, exporter: inout Region) throws(TLSError) {
        try Self.derive(hash, current.bytes, "c e traffic", transcript, into: &clientHandshake)
        try Self.derive(hash, current.bytes, "e exp master", transcript, into: &exporter)
    }

    /// The same without a key exchange (psk_ke, §4.2.9): zeros in the place of its result (§7.1).
    mutating func advanceToHandshakeWithoutDHE(transcript: Digest) throws(TLSError) {
        let zeros = zeros
        try advanceToHandshake(sharedSecret: zeros.span.extracting(0..<hash.byteCount), transcript: transcript)
    }

    /// Handshake Secret to Master Secret, the application traffic secrets and the exporter secret.
    /// - Parameters:
    ///   - transcript: hash of ClientHello…server Finished.
    ///   - exporter: takes the exporter_master_secret.
    mutating func advanceToApplication(transcript: Digest, exporter: inout Region) throws(TLSError) {
        let zeros = zeros
        try advance(inputKeyMaterial: zeros.span.extracting(0..<hash.byteCount))
        try Self.derive(hash, current.bytes, "c ap traffic", transcript, into: &clientApplication)
        try Self.derive(hash, current.bytes, "s ap traffic", transcript, into: &serverApplication)
        try Self.derive(hash, current.bytes, "exp master", transcript, into: &exporter)
    }

    /// verify_data of the Finished message that `sender` sends (§4.4.4), over the transcript before it.
    func finished(_ sender: Role, transcript: Digest) throws(TLSError) -> Digest {
        let base = (sender == .client ? clientHandshake.bytes : serverHandshake.bytes).extracting(0..<hash.byteCount)
        return try Self.finishedMAC(hash, baseKey: base, transcript: transcript)
    }

    /// HMAC(finished_key, transcript), with the finished_key of a base key (§4.4.4): a Finished, or a binder (§4.2.11.2).
    static func finishedMAC(
        _ hash: HashAlgorithm, baseKey: Span<UInt8>, transcript: Digest
    ) throws(TLSError) -> Digest {
        try withSecret(hash.byteCount) { (key: inout MutableSpan<UInt8>) throws(TLSError) -> Digest in
            try expandLabel(hash, secret: baseKey, label: "finished", context: Span(), into: &key)
            return try mac(hash, key: key.span, transcript.bytes)
        }
    }

    /// Gives the handshake traffic secret of `sender` to one direction of the record layer.
    func installHandshake(
        _ sender: Role, _ suite: CipherSuite, in protection: inout RecordProtection
    ) throws(TLSError) {
        let secret = sender == .client ? clientHandshake.bytes : serverHandshake.bytes
        try protection.install(suite, trafficSecret: secret.extracting(0..<hash.byteCount))
    }

    /// Gives the application traffic secret of `sender` to one direction of the record layer and wipes it here.
    mutating func installApplication(
        _ sender: Role, _ suite: CipherSuite, in protection: inout RecordProtection
    ) throws(TLSError) {
        let count = hash.byteCount
        if sender == .client {
            try protection.install(suite, trafficSecret: clientApplication.bytes.extracting(0..<count))
            clientApplication.wipe()
        } else {
            try protection.install(suite, trafficSecret: serverApplication.bytes.extracting(0..<count))
            serverApplication.wipe()
        }
    }

    /// The next of Early, Handshake and Master Secret: HKDF-Extract(Derive-Secret(., "derived", ""), input).
    private mutating func advance(inputKeyMaterial: Span<UInt8>) throws(TLSError) {
        let hash = hash
        try withSecret(hash.byteCount) { (salt: inout MutableSpan<UInt8>) throws(TLSError) in
            try deriveSecret(hash, from: currentSecret, label: "derived", into: &salt)
            var next = current.mutableBytes(in: 0..<hash.byteCount)
            try extract(hash, salt: salt.span, inputKeyMaterial, into: &next)
        }
    }

    /// Derive-Secret(secret, label, messages) with the hash of the messages given.
    private static func derive(
        _ hash: HashAlgorithm, _ secret: Span<UInt8>, _ label: StaticString, _ transcript: Digest,
        into target: inout Region
    ) throws(TLSError) {
        var memory = target.mutableBytes
        var output = memory._mutatingExtracting(0..<hash.byteCount)
        try expandLabel(
            hash, secret: secret.extracting(0..<hash.byteCount), label: label, context: transcript.bytes, into: &output)
    }
}
