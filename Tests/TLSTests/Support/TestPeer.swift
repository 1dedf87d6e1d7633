// One side of a connection in memory, with its configuration, its keys and the memory that it was given.
import Bytes
import TLSCrypto
import TestSupport
import Testing
import X509

@testable import TLS

/// Memory for an arena that stays where it is until the object goes.
@safe final class TestMemory {
    let buffer: UnsafeMutableRawBufferPointer

    init(_ count: Int) {
        unsafe buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
        for index in 0..<count { unsafe buffer[index] = 0 }
    }

    deinit { unsafe buffer.deallocate() }

    /// A new arena over all of it.
    var arena: Arena { unsafe Arena(unsafe: buffer) }
    /// All of it as one region.
    func takeAll() throws -> Region {
        var arena = arena
        return unsafe try arena.take(buffer.count)
    }

    /// What is in it now.
    var contents: [UInt8] { unsafe [UInt8](buffer) }
}

/// What a test sets up for one side.
struct PeerSetup {
    var limits = Limits()
    var identities: [[TestCertificate]] = []
    /// Keys that are shown raw, behind the identities.
    var rawKeys: [TestCertificate] = []
    /// An OCSP response for the first identity; empty for none.
    var staple: [UInt8] = []
    /// What the identities' keys may sign with; empty for whatever they can.
    var schemes: [SignatureScheme] = []
    /// Whether the first identity is shown only where its issuers are named.
    var firstOnlyForItsIssuers = false
    var anchors: [TestCertificate] = []
    var time: CurrentTime = .known(testNow())
    var random = RandomSource.system
    var configure: (inout Configuration) -> Void = { _ in }
}

/// One side of a connection.
final class TestPeer {
    // Properties end in this order: what lies in memory before the memory.
    var connection: Connection
    var configuration: Configuration
    let memory: TestMemory
    let workspace: TestMemory
    private let certificateMemory = TestMemory(400_000)
    /// Of a server's ticket keys, where it has some.
    var ticketMemory: TestMemory?
    private var keys: [SigningKeyBox] = []
    /// What the last step said.
    var lastStep = Step.progressed
    /// Everything received as application data.
    var received: [UInt8] = []
    /// Everything received as early data.
    var early: [UInt8] = []
    /// Of a server's replay window, where it has one.
    var replayMemory: TestMemory?
    /// Every piece of output that was taken, one element for each flight.
    var flights: [[UInt8]] = []
    /// Whether the peer's certificates are to be accepted where a verdict is wanted.
    var verdict = true
    /// What a peer that is refused is told.
    var alertOfRefusal = AlertDescription.certificate_unknown
    var steps: [Step] = []
    /// The OCSP response that there was when a verdict was wanted.
    var stapleAtVerdict: [UInt8]?
    /// The sessions of the tickets that came.
    var sessions: [[UInt8]] = []

    private final class SigningKeyBox {
        let key: SigningKey
        init(_ key: consuming SigningKey) { self.key = key }

        func sign(_ request: SignatureRequest, _ content: [UInt8]) throws -> [UInt8] {
            var signature = [UInt8](repeating: 0, count: 600)
            var memory = signature.mutableSpan
            let count = try key.sign(request, content.span, into: &memory)
            return Array(signature[0..<count])
        }
    }

    init(_ role: Role, _ setup: PeerSetup) throws {
        memory = TestMemory(setup.limits.connectionBytes)
        workspace = TestMemory(setup.limits.workspaceBytes)
        var certificates = certificateMemory.arena
        configuration = Configuration(
            anchors: try certificates.take(100_000), chains: try certificates.take(200_000),
            revocationLists: try certificates.take(8192))
        configuration.externalKeys = ExternalKeys(in: try certificates.take(4096))
        configuration.limits = setup.limits
        for anchor in setup.anchors {
            let der = anchor.der
            try configuration.trust.addAnchor(der.span)
        }
        for chain in setup.identities {
            let pem = chain[0].keyPEM
            let key = try SigningKey(pemOrDER: pem.span)
            let certificates = wireChain(chain.map(\.der))
            var schemes = FixedList<8, SignatureScheme>(filler: .ecdsa_secp256r1_sha256)
            for scheme in setup.schemes { schemes.append(scheme) }
            try configuration.identities.add(
                certificates.span, key: key.kind, schemes: schemes,
                onlyForItsIssuers: keys.isEmpty && setup.firstOnlyForItsIssuers)
            keys.append(SigningKeyBox(key))
        }
        if !setup.staple.isEmpty { try configuration.identities.staple(setup.staple.span, to: 0) }
        for shown in setup.rawKeys {
            let pem = shown.keyPEM
            let info = try shown.publicKeyInfo()
            try configuration.identities.addRawPublicKey(info.span)
            keys.append(SigningKeyBox(try SigningKey(pemOrDER: pem.span)))
        }
        if role == .client {
            configuration.serverName = bounded("localhost")
            configuration.trust.names.append(.dns(bounded("localhost")))
        } else {
            configuration.trust.names.append(.any)
        }
        setup.configure(&configuration)
        var arena = memory.arena
        var work = workspace.arena
        connection = try Connection(
            role, setup.limits, memory: &arena, workspace: &work, random: setup.random, time: setup.time)
    }

    /// Steps until something is needed from outside, answering what can be answered here.
    func run() throws {
        for _ in 0..<10_000 {
            lastStep = connection.step(configuration)
            steps.append(lastStep)
            switch lastStep {
            case .progressed: continue
            case .ticket: sessions.append(try takeSession())
            case .wantsSignature: try sign()
            case .wantsVerdict:
                stapleAtVerdict = connection.copyStaple()
                try connection.supplyVerdict(accepted: verdict, alert: alertOfRefusal)
            case .earlyData: early += connection.takeEarlyData()
            case .applicationData:
                received += connection.takeApplicationData()
            case .established: continue
            default: return
            }
        }
        Issue.record("10000 steps without an end")
    }

    /// The session of the last ticket.
    func takeSession() throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Limits.session)
        var memory = bytes.mutableSpan
        let count = try connection.takeSession(into: &memory)
        return Array(bytes[0..<count])
    }

    private func sign() throws {
        var signature: [UInt8] = []
        let content = connection.copyContentToSign()
        if let request = connection.signatureRequest {
            signature = try keys[request.identity].sign(request, content)
        }
        try connection.supplySignature(signature.span)
    }

    /// Writes a text as application data.
    /// - Returns: how many bytes were taken.
    func write(_ text: String) throws -> Int {
        let bytes = Array(text.utf8)
        return try connection.write(bytes.span)
    }

    /// Takes what is to be sent.
    func takeOutput() -> [UInt8] {
        let output = connection.takeOutput()
        if !output.isEmpty { flights.append(output) }
        return output
    }

    /// Hands over bytes, all of them, stepping as space is needed.
    func give(_ bytes: [UInt8]) throws {
        var offset = 0
        while offset < bytes.count {
            let count = connection.receive(bytes.span.extracting(offset..<bytes.count))
            offset += count
            try run()
            if count == 0, offset < bytes.count {
                if case .failed = lastStep { return }
                if lastStep == .hasOutput { return }
            }
        }
    }

    /// The failure, if there is one.
    var failure: TLSError? {
        if case .failed(let error) = lastStep { return error }
        return nil
    }

    /// The failure or close that the connection stands at, after sending and taking everything.
    var isEstablished: Bool { connection.isEstablished }
}

// Spans are used up inside a method of the connection, where the borrow is plain.
extension Connection {
    mutating func takeApplicationData() -> [UInt8] {
        let bytes = array(applicationData)
        consumeApplicationData(bytes.count)
        return bytes
    }

    mutating func takeEarlyData() -> [UInt8] {
        let bytes = array(earlyData)
        consumeEarlyData(bytes.count)
        return bytes
    }

    mutating func takeOutput() -> [UInt8] {
        let bytes = array(output)
        consumeOutput(bytes.count)
        return bytes
    }

    func copyPeerLeaf() -> [UInt8]? {
        var reader = peerCertificates.reader
        guard let leaf = try? reader.next() else { return nil }
        return array(leaf)
    }

    func copyStaple() -> [UInt8] { array(ocspStaple) }

    func copyRawPublicKey() -> [UInt8] { array(peerRawPublicKey) }

    func copyContentToSign() -> [UInt8] { array(contentToSign) }

    func installHandshake(_ sender: Role, in protection: inout RecordProtection) throws(TLSError) {
        guard let suite = negotiated.cipherSuite else { return }
        switch handshake {
        case .some(let handshake):
            if negotiated.version == .tls12 {
                try handshake.context.master.install(sender, suite, in: &protection)
            } else {
                try handshake.context.schedule.installHandshake(sender, suite, in: &protection)
            }
        case .none: return
        }
    }
}

extension TestCertificate {
    /// The SubjectPublicKeyInfo of its key.
    func publicKeyInfo() throws -> [UInt8] { array(try Certificate(der.span).subjectPublicKeyInfo) }
}

/// Lets two sides talk until neither has anything to say.
/// - Parameter piece: bytes handed over at once; nil for everything there is.
func converse(_ client: TestPeer, _ server: TestPeer, piece: Int? = nil) throws {
    try client.run()
    try server.run()
    for _ in 0..<1000 {
        let toServer = client.takeOutput()
        let toClient = server.takeOutput()
        if toServer.isEmpty, toClient.isEmpty { return }
        for part in parts(toServer, piece) { try server.give(part) }
        for part in parts(toClient, piece) { try client.give(part) }
        try client.run()
        try server.run()
    }
    Issue.record("the two sides never came to rest")
}

/// `bytes` in pieces of `size`.
func parts(_ bytes: [UInt8], _ size: Int?) -> [[UInt8]] {
    guard let size, size < bytes.count else { return bytes.isEmpty ? [] : [bytes] }
    return stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
}

/// Certificates as `CertificateSequence` holds them: three bytes of length before each.
func wireChain(_ certificates: [[UInt8]]) -> [UInt8] {
    certificates.flatMap { [UInt8($0.count >> 16), UInt8($0.count >> 8 & 255), UInt8($0.count & 255)] + $0 }
}

/// Text as a bounded byte string.
func bounded<let N: Int>(_ text: String) -> BoundedBytes<N> {
    BoundedBytes(Array(text.utf8).span) ?? BoundedBytes()
}
