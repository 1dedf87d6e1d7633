// One side of a connection that replays a trace of RFC 8448: it draws the RFC's random bytes, writes the messages that
// the RFC fixes and we would write otherwise, and "signs" with the RFC's signature, since RSASSA-PSS is randomised. All
// the rest it has to come to by itself.
import Bytes
import TLSCrypto
import TestSupport
import Testing
import X509

@testable import TLS

/// What is fixed beforehand for one side.
final class ReplayScript {
    /// What random sources give out, in this order; more is refused.
    var draws: [UInt8]
    /// Messages to be sent instead of our own, those of one type in this order.
    var messages: [(type: HandshakeType, bytes: [UInt8])]

    init(draws: [UInt8], messages: [(type: HandshakeType, bytes: [UInt8])]) {
        self.draws = draws
        self.messages = messages
    }

    var random: RandomSource {
        unsafe RandomSource(
            unsafe: { context, out, count in
                guard let context = unsafe context else { return 1 }
                return unsafe Unmanaged<ReplayScript>.fromOpaque(context).takeUnretainedValue().draw(out, count)
            }, context: Unmanaged.passUnretained(self).toOpaque())
    }

    var hook: ReplayHook {
        unsafe ReplayHook(
            message: { context, type, out, capacity in
                guard let context = unsafe context else { return 0 }
                let script = unsafe Unmanaged<ReplayScript>.fromOpaque(context).takeUnretainedValue()
                return unsafe script.next(HandshakeType(rawValue: type), out, capacity)
            }, context: Unmanaged.passUnretained(self).toOpaque())
    }

    private func draw(_ out: UnsafeMutableRawPointer, _ count: Int) -> Int32 {
        guard count <= draws.count else { return 1 }
        unsafe copy(Array(draws.prefix(count)), out)
        draws.removeFirst(count)
        return 0
    }

    private func next(_ type: HandshakeType, _ out: UnsafeMutableRawPointer, _ capacity: Int) -> Int {
        guard let index = messages.firstIndex(where: { $0.type == type }) else { return 0 }
        let message = messages.remove(at: index).bytes
        guard message.count <= capacity else { return 0 }
        unsafe copy(message, out)
        return message.count
    }

    private func copy(_ bytes: [UInt8], _ out: UnsafeMutableRawPointer) {
        unsafe UnsafeMutableRawBufferPointer(start: out, count: bytes.count).copyBytes(from: bytes)
    }

    /// Whether everything has been used.
    var isUsedUp: Bool { draws.isEmpty && messages.isEmpty }
}

/// One side, and the trace that it replays.
final class ReplaySide {
    // Properties end in this order: what lies in memory before the memory.
    var connection: Connection
    var configuration: Configuration
    let memory: TestMemory
    let workspace: TestMemory
    private let certificates = TestMemory(4096)
    private let ticketMemory = TestMemory(TicketKeys.memoryBytes)
    let script: ReplayScript
    let role: Role
    let trace: Trace
    /// Everything received as application data.
    private(set) var received: [UInt8] = []
    private(set) var wasEstablished = false

    init(_ role: Role, _ trace: Trace) throws {
        self.role = role
        self.trace = trace
        script = role == .client ? trace.clientScript : trace.serverScript
        let limits = Limits()
        memory = TestMemory(limits.connectionBytes)
        workspace = TestMemory(limits.workspaceBytes)
        var certificates = certificates.arena
        configuration = Configuration(anchors: try certificates.take(16), chains: try certificates.take(2048))
        configuration.replay = script.hook
        configuration.middleboxCompatibility = !trace.sessionID.isEmpty
        // The RFC's certificates are self-signed and have no names.
        configuration.trust.unsafeAcceptsAnyCertificate = true
        configuration.serverName = bounded("server")
        if trace.messages.certificateRequest != nil { configuration.clientCertificates = .required }
        if role == .server, trace.records.helloRetryRequest != nil {
            configuration.groups = FixedList(filler: .secp256r1)
            configuration.groups.append(.secp256r1)
        }
        let chain = trace.chain(role)
        if !chain.isEmpty { try configuration.identities.add(chain.span, key: try keyKind(chain)) }
        if role == .server, trace.messages.newSessionTicket != nil {
            // Where they come from does not matter: the ticket is the RFC's.
            configuration.tickets = TicketKeys(in: try ticketMemory.takeAll())
            try configuration.tickets.enable(at: Trace.time)
        }
        var arena = memory.arena
        var work = workspace.arena
        connection = try Connection(
            role, limits, memory: &arena, workspace: &work, random: script.random, time: Trace.time)
    }

    /// Steps until something is needed from outside.
    @discardableResult
    func run() throws -> Step {
        for _ in 0..<1000 {
            let step = connection.step(configuration)
            switch step {
            case .progressed, .ticket: continue
            case .wantsSignature: try sign()
            case .established: wasEstablished = true
            case .applicationData:
                received += connection.takeApplicationData()
            case .failed(let error):
                throw error
            default: return step
            }
        }
        Issue.record("1000 steps without an end")
        return .needsInput
    }

    private func sign() throws {
        #expect(connection.copyContentToSign() == trace.signedContent(role))
        try connection.supplySignature(trace.signature(role).span)
    }

    /// Hands over bytes and goes on with them.
    @discardableResult
    func give(_ bytes: [UInt8]) throws -> Step {
        let taken = connection.receive(bytes.span)
        #expect(taken == bytes.count)
        return try run()
    }

    /// Takes what is to be sent.
    func takeOutput() throws -> [UInt8] {
        var all: [UInt8] = []
        while true {
            try run()
            let output = array(connection.output)
            if output.isEmpty { return all }
            connection.consumeOutput(output.count)
            all += output
        }
    }

    /// Whether the bytes are somewhere in the connection's own memory.
    func keeps(_ secret: HexBytes) -> Bool { memory.contents.holds(secret.bytes) }

    /// Whether the bytes are somewhere in the handshake's workspace.
    func works(with secret: HexBytes) -> Bool { workspace.contents.holds(secret.bytes) }
}

extension [UInt8] {
    /// Whether `part` is in it.
    func holds(_ part: [UInt8]) -> Bool {
        guard let first = part.first, part.count <= count else { return false }
        return (0...(count - part.count)).contains {
            self[$0] == first && self[$0..<($0 + part.count)].elementsEqual(part)
        }
    }
}

/// The kind of the key in a chain's leaf.
private func keyKind(_ chain: [UInt8]) throws -> PublicKeyKind {
    // behind the length of the one certificate
    let certificate = try Certificate(chain.span.extracting(3..<chain.count))
    return try PublicKey(subjectPublicKeyInfo: certificate.subjectPublicKeyInfo, minimumRSABits: 1024).kind
}

extension Trace {
    /// Order of draws: ClientHello.random, legacy_session_id, private keys.
    fileprivate var clientScript: ReplayScript {
        let hellos = [records.clientHello, records.secondClientHello].compactMap { $0 }
        return ReplayScript(
            draws: clientRandom + sessionID + clientPrivateKeys.flatMap(\.bytes),
            messages: hellos.map { (.client_hello, message($0)) })
    }

    /// Order of draws: ServerHello.random, private key. The ServerHello comes out by itself; the HelloRetryRequest, with
    /// its cookie, does not.
    fileprivate var serverScript: ReplayScript {
        var fixed = [(type: HandshakeType.encrypted_extensions, bytes: messages.encryptedExtensions.bytes)]
        if let retry = records.helloRetryRequest { fixed.append((.server_hello, message(retry))) }
        if let request = messages.certificateRequest { fixed.append((.certificate_request, request.bytes)) }
        if let ticket = messages.newSessionTicket { fixed.append((.new_session_ticket, ticket.bytes)) }
        // A ticket needs a nonce and a ticket_age_add, whatever they are: the RFC's message replaces both.
        let forTicket = [UInt8](repeating: 7, count: messages.newSessionTicket == nil ? 0 : 12 + 4)
        return ReplayScript(draws: serverRandom + serverPrivateKey.bytes + forTicket, messages: fixed)
    }
}
