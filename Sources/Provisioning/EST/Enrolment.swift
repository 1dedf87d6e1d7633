// Enrolment (RFC 7030): from nothing to an identity in a store, and from one identity to the next. The steps:
//
//     1. the server is verified by the anchors given, by a pre-shared key, or by an authority whose fingerprint is given
//     2. its CA certificates say what the device is to trust, its CSR attributes what it is to ask for
//     3. a new key is made, a request for it is signed and sent
//     4. what comes back must be for this key and lead to an anchor; at a renewal it must also please the server itself
//     5. key, chain and anchors become the store's new generation
//
// Invariants:
// - until step 5 nothing is written, and the key exists in memory alone, which is wiped; but a request that the server does not decide
//   at once is kept in the store with its key, for the next time (EnrolmentPending.swift);
// - a server that was found by its fingerprint gets neither user and password, nor a certificate of ours, nor a request,
//   before it was verified by that authority over a new connection.
//
// This file: the memory, and the order of the steps. EnrolmentSteps.swift has the steps.
import Bytes
import TLS
import TLSCrypto
import Transport
import X509

/// Enrols and renews.
public struct Enrolment: ~Copyable {
    /// The new identity, and before it the old one.
    var identity: IdentityMemory
    /// For one session at a time.
    var session: Region
    /// For one session's configuration at a time.
    var configuration: Region
    /// DER on its way.
    var scratch: Region
    /// The anchors that the server is verified by.
    var before: Region
    var beforeCount = 0
    /// The CA certificates of the server.
    var authorities: Region
    var authoritiesCount = 0
    /// The anchors that the new identity has.
    var anchors: Region
    var anchorsCount = 0
    /// What the server wants in a request.
    var attributes: Region
    var attributesCount = 0
    /// Our own certificates, to be shown.
    var chain: Region
    var chainCount = 0
    /// The request that is sent, in DER; none where it is made for each connection.
    var request: Region
    var requestCount = 0
    /// Whether the store keeps it.
    var isKept = false
    /// The PKCS#11 URI of the key that a certificate is asked for; empty for a key in memory.
    var keyURI = TokenText()
    /// When it was begun, on the clock that never goes back.
    let began = Deadline.now
    /// What is known of the time.
    var clock = DeviceClock(floor: DeviceClock.programDate, at: Moment(wall: 0, monotonic: 0))

    /// Bytes that an answer's body may have.
    static var maximumBody: Int { 65_536 }
    static var maximumRequest: Int { 20_480 }
    static var maximumRequestBody: Int { 12_288 }
    private static var maximumAttributes: Int { 8_192 }
    static var limits: Limits { Limits(inboundFragment: 16_384, outboundFragment: 4_096, handshakeMessage: 32_768) }

    private static var configurationBytes: Int {
        IdentityFile.anchors.maximumBytes + 2 * IdentityFile.chain.maximumBytes + 16_384
    }

    private static var sessionBytes: Int { ESTSession<TCPConnector>.bytes(limits) }

    /// Takes its memory by `region`, which makes one of so many bytes that outlives this.
    public init(_ region: (Int) -> Region) {
        identity = IdentityMemory(texts: region(IdentityMemory.textBytes), decoded: region(IdentityMemory.decodedBytes))
        session = region(Self.sessionBytes)
        configuration = region(Self.configurationBytes)
        scratch = region(IdentityFile.anchors.maximumBytes)
        before = region(IdentityFile.anchors.maximumBytes)
        authorities = region(IdentityFile.anchors.maximumBytes)
        anchors = region(IdentityFile.anchors.maximumBytes)
        attributes = region(Self.maximumAttributes)
        chain = region(IdentityFile.chain.maximumBytes)
        request = region(PendingRequest.maximumRequest)
    }

    /// Wipes everything.
    public mutating func wipe() {
        identity.wipe()
        session.wipe()
        configuration.wipe()
        scratch.wipe()
        chain.wipe()
    }

    /// `enroll`: an identity for a device that has none, or another one.
    /// - Parameters:
    ///   - board: which board this is: see `thisBoard`.
    ///   - connector: the way to the server.
    /// - Returns: the generation that was stored.
    public mutating func enroll<Connector: StreamConnector>(
        _ options: borrowing EnrolmentOptions, board: StoredHash, over connector: Connector
    ) throws(CommandFailure) -> UInt32 {
        let location = try options.location()
        let credentials = try options.credentials()
        var subject = InlineArray<512, UInt8>(repeating: 0)
        var names = InlineArray<4096, UInt8>(repeating: 0)
        let subjectCount = try writeSubject(options.name, subject.mutableSpan)
        let namesCount = try writeNames(options.names, commonName: options.name, names.mutableSpan)
        keyURI = try options.keyURI.isEmpty ? TokenText() : KeyCommands.tokenText(uri: options.keyURI)
        startClock(options)
        try checkStore(options.store, board)
        try takeAnchors(options.anchors)
        if !options.fingerprint.isEmpty {
            try findAuthority(try options.fingerprintHash(), location, over: connector, options)
        }
        let key = try takeClientIdentity(options)
        let session = try makeSession(location, over: connector, key, options)
        let wanted = RequestedNames(
            subject: subject.span.extracting(0..<subjectCount),
            subjectAltNames: names.span.extracting(0..<namesCount), areKept: false)
        try obtain(.simpleenroll, wanted, session, credentials, options, board)
        return try install(options, board)
    }

    /// `renew`: the next identity of a device that has one, for the same names and a new key: in a token where the old one is in
    /// one, and called by its name with a number behind.
    /// - Parameters:
    ///   - showing: what is shown to the server: the store's identity or, where that has expired, what `options` has, which then
    ///     enrols anew.
    ///   - issued: is called when there is a certificate, which is yet to be tried.
    public mutating func renew<Connector: StreamConnector>(
        _ options: borrowing EnrolmentOptions, board: StoredHash, over connector: Connector,
        showing shown: ShownIdentity = .stored, issued: () -> Void = {}, warn: (Span<UInt8>) -> Void
    ) throws(CommandFailure) -> UInt32 {
        let location = try options.location()
        let credentials = try options.credentials()
        startClock(options)
        try loadIdentity(options.store, board, warn)
        // RFC 7030 §4.2.2: subject and subjectAltName are those of the current certificate.
        var subject = InlineArray<2048, UInt8>(repeating: 0)
        var names = InlineArray<4096, UInt8>(repeating: 0)
        let (subjectCount, namesCount) = try copyNames(subject.mutableSpan, names.mutableSpan)
        keyURI = try nextKeyURI(options, board)
        if options.anchors.isEmpty { try takeStoredAnchors() } else { try takeAnchors(options.anchors) }
        let key = shown == .stored ? try takeStoredIdentity(options) : try takeClientIdentity(options)
        let session = try makeSession(location, over: connector, key, options)
        let wanted = RequestedNames(
            subject: subject.span.extracting(0..<subjectCount),
            subjectAltNames: names.span.extracting(0..<namesCount), areKept: true)
        // RFC 7030 §4.2.2: a re-enrolment is authenticated by the certificate that it is to follow.
        try obtain(shown == .stored ? .simplereenroll : .simpleenroll, wanted, session, credentials, options, board)
        issued()
        try prove(location, over: connector, options)
        return try install(options, board)
    }
}

/// Whose certificate a renewal shows to the server.
public enum ShownIdentity: UInt8, Sendable {
    /// The store's.
    case stored
    /// That of the options, if there is one.
    case given
}
