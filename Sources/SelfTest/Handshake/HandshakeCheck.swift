// Mutual handshakes of TLS 1.3 and TLS 1.2 between two connections in memory (RFC 8446, RFC 5246), over every suite of ours
// that an ECDSA key serves and every group, with data both ways; and one with an authority that the client does not trust.
import Bytes
import CLinux
import TLS
import TLSCrypto
import X509

/// Client and server, ready for any number of handshakes.
struct HandshakePair: ~Copyable {
    var client: HandshakeSide
    var server: HandshakeSide

    /// Makes an authority and two identities.
    /// - Parameters:
    ///   - trustsServer: false gives the client another authority to trust.
    ///   - spoilsCertificate: whether a check to be broken is broken here.
    init(
        _ context: inout CheckContext, trustsServer: Bool = true, spoilsCertificate: Bool = true
    ) throws(CheckFailure) {
        do throws(CryptoError) { try prepareCurves() } catch { throw .crypto(error) }
        let authority = try TestIdentity(authority: "self-test authority", arena: &context.arena)
        let other = try TestIdentity(authority: "self-test authority", arena: &context.arena)
        var serverIdentity = try TestIdentity(
            leaf: "server.example", issuer: "self-test authority", issuerKey: authority.key, arena: &context.arena)
        let clientIdentity = try TestIdentity(
            leaf: "client.example", issuer: "self-test authority", issuerKey: authority.key, arena: &context.arena)
        // Broken: the last byte of the server's certificate, in its signature.
        if context.options.isBroken, spoilsCertificate {
            serverIdentity.certificate.flipBit(of: serverIdentity.certificateCount - 1)
        }
        // Everything is made before anything is stored: a failure half-way leaves nothing behind.
        let client: HandshakeSide
        if trustsServer {
            client = try HandshakeSide(.client, clientIdentity, anchor: authority.der, arena: &context.arena)
        } else {
            client = try HandshakeSide(.client, clientIdentity, anchor: other.der, arena: &context.arena)
        }
        let server = try HandshakeSide(.server, serverIdentity, anchor: authority.der, arena: &context.arena)
        self.client = client
        self.server = server
    }

    /// One handshake, with data both ways where `exchangesData`.
    @inline(never)
    func connect(exchangesData: Bool) throws(TLSError) {
        var clientConnection = try client.newConnection()
        var serverConnection = try server.newConnection()
        try converse(client, &clientConnection, server, &serverConnection)
        let isMutual =
            clientConnection.negotiated.peerIsAuthenticated && serverConnection.negotiated.peerIsAuthenticated
        guard clientConnection.isEstablished, serverConnection.isEstablished, isMutual else {
            throw .misuse(.notEstablished)
        }
        guard clientConnection.negotiated.applicationProtocol == 0, serverConnection.negotiated.applicationProtocol == 0
        else { throw .peerIncompatible(.noCommonApplicationProtocol) }
        guard exchangesData else { return }
        clientConnection.releaseWorkspace()
        serverConnection.releaseWorkspace()
        try send("ping", from: client, &clientConnection, to: server, &serverConnection)
        try send("pong", from: server, &serverConnection, to: client, &clientConnection)
    }

    /// One handshake that is expected to fail; apart from `connect`, which scripts/bench-handshake counts.
    func meet() throws(TLSError) {
        var clientConnection = try client.newConnection()
        var serverConnection = try server.newConnection()
        try converse(client, &clientConnection, server, &serverConnection)
    }

    /// Sends a short text one way and requires that it arrives as it was.
    private func send(
        _ literal: StaticString, from sender: borrowing HandshakeSide, _ source: inout Connection,
        to receiver: borrowing HandshakeSide, _ target: inout Connection
    ) throws(TLSError) {
        let text = BoundedBytes<16>(text: literal)
        guard try source.write(text.bytes) == text.count else { throw .misuse(.notEstablished) }
        _ = move(from: &source, to: &target)
        guard try receiver.run(&target) == .applicationData, target.applicationData.hasSameBytes(as: text.bytes) else {
            throw .peerMisbehaved(.unexpectedRecord)
        }
        target.consumeApplicationData(text.count)
    }
}

/// One handshake for each suite and group, or one in all; then one that must be refused.
func checkHandshake(_ context: inout CheckContext) throws(CheckFailure) -> Outcome {
    let handshakes = try connectEveryWay(&context)
    context.add("handshakes", Int64(handshakes), "")
    // The first pair has ended: the second lies where it lay.
    context.startAgain()
    let stranger = try HandshakePair(&context, trustsServer: false)
    do throws(TLSError) {
        try stranger.meet()
        return .failed("a server of an authority that is not trusted was accepted")
    } catch {
        guard case .badCertificate = error else {
            return .failed("a server of an authority that is not trusted was refused for another reason")
        }
        return .passed
    }
}

/// - Returns: how many handshakes there were.
private func connectEveryWay(_ context: inout CheckContext) throws(CheckFailure) -> Int {
    var pair = try HandshakePair(&context)
    // A suite settles the version.
    let suites: InlineArray<8, CipherSuite> = [
        .TLS_AES_128_GCM_SHA256, .TLS_AES_256_GCM_SHA384, .TLS_CHACHA20_POLY1305_SHA256, .TLS_AES_128_CCM_SHA256,
        .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_ECDSA_WITH_AES_128_CCM,
    ]
    let groups: InlineArray<3, NamedGroup> = [.x25519, .secp256r1, .secp384r1]
    var handshakes = 0
    for suite in suites.indices {
        for group in groups.indices where !context.options.isQuick || (suite == 0 && group == 0) {
            pair.client.allow(suites[suite], groups[group])
            pair.server.allow(groups[group])
            for repetition in 0..<context.options.repetitions {
                do throws(TLSError) { try pair.connect(exchangesData: repetition == 0) } catch { throw .tls(error) }
                handshakes += 1
            }
        }
    }
    return handshakes
}
