// Resumption in memory (RFC 8446 §2.2): a mutual handshake gives out a ticket, and the next handshake is made with it,
// without certificates. The session that comes with it is used for the one after that.
import Bytes
import TLS
import TLSCrypto
import X509

/// What a client keeps between two connections.
struct KeptSession: ~Copyable {
    private var memory: Region
    private var count = 0

    init(_ context: inout CheckContext) throws(CheckFailure) {
        memory = try take(Limits.session, from: &context.arena)
    }

    /// The session.
    var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        get { memory.bytes.extracting(0..<count) }
    }

    /// Keeps the session of the last ticket.
    mutating func keep(ticketOf connection: inout Connection) throws(TLSError) {
        var target = memory.mutableBytes
        count = try connection.takeSession(into: &target)
    }
}

extension HandshakePair {
    /// The full handshake that gives out the first ticket.
    func begin(_ session: inout KeptSession) throws(TLSError) {
        var clientConnection = try client.newConnection()
        var serverConnection = try server.newConnection()
        try converse(client, &clientConnection, server, &serverConnection)
        try session.keep(ticketOf: &clientConnection)
    }

    /// One resumed handshake; it takes the session that the server gives out for the next.
    @inline(never)
    func resume(_ session: inout KeptSession) throws(TLSError) {
        var clientConnection = try client.newConnection()
        var serverConnection = try server.newConnection()
        guard try clientConnection.offerSession(session.bytes, client.configuration) else {
            throw .misuse(.noTicket)
        }
        try converse(client, &clientConnection, server, &serverConnection)
        guard clientConnection.negotiated.resumed, serverConnection.negotiated.resumed,
            serverConnection.negotiated.peerIsAuthenticated, clientConnection.isEstablished,
            serverConnection.isEstablished
        else { throw .misuse(.notEstablished) }
        try session.keep(ticketOf: &clientConnection)
    }
}

/// Resumes as often as is asked for.
func checkResumption(_ context: inout CheckContext) throws(CheckFailure) -> Outcome {
    let repetitions = context.options.repetitions
    var pair = try HandshakePair(&context)
    var session = try KeptSession(&context)
    pair.server.configuration.tickets = TicketKeys(in: try take(TicketKeys.memoryBytes, from: &context.arena))
    do throws(TLSError) {
        try pair.server.configuration.tickets.enable(at: .known(StoredChain.time))
        try pair.begin(&session)
        context.add("session", Int64(session.bytes.count), "B")
        for _ in 0..<repetitions { try pair.resume(&session) }
    } catch {
        throw .tls(error)
    }
    return .passed
}
