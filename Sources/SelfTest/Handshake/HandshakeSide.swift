// One side of a handshake in memory, and how two of them talk.
import Bytes
import TLS
import TLSCrypto
import X509

/// A configuration with the key that signs for it.
struct HandshakeSide: ~Copyable {
    let role: Role
    let key: SigningKey
    var configuration: Configuration
    /// What a connection keeps, and what its handshake borrows; used again for each.
    private let memory: Region
    private let workspace: Region

    /// A side that shows `identity` and trusts `anchor`, both names being those that the check makes.
    init(
        _ role: Role, _ identity: consuming TestIdentity, anchor: Span<UInt8>, arena: inout Arena
    ) throws(CheckFailure) {
        var configuration = Configuration(anchors: try take(1024, from: &arena), chains: try take(1024, from: &arena))
        do throws(TLSError) {
            try configuration.trust.addAnchor(anchor)
            try configuration.identities.add(identity.entry, key: .ec(.secp256r1))
        } catch {
            throw .tls(error)
        }
        let applicationProtocol = BoundedBytes<16>(text: "self-test")
        guard configuration.applicationProtocols.append(applicationProtocol.bytes) else {
            throw .tls(.misuse(.badConfiguration))
        }
        if role == .client {
            configuration.serverName = BoundedBytes(text: "server.example")
            configuration.trust.names.append(.dns(BoundedBytes(text: "server.example")))
        } else {
            configuration.clientCertificates = .required
            configuration.trust.names.append(.dns(BoundedBytes(text: "client.example")))
        }
        let memory = try take(Limits().connectionBytes, from: &arena)
        let workspace = try take(Limits().workspaceBytes, from: &arena)
        self.role = role
        self.configuration = configuration
        self.memory = memory
        self.workspace = workspace
        key = identity.intoKey()
    }

    /// A new connection; the one before must have ended.
    func newConnection() throws(TLSError) -> Connection {
        // Both regions outlive the connection, and nothing else uses them meanwhile.
        var memory = unsafe Arena(
            unsafe: UnsafeMutableRawBufferPointer(start: self.memory.unsafeAddress, count: self.memory.count))
        var workspace = unsafe Arena(
            unsafe: UnsafeMutableRawBufferPointer(start: self.workspace.unsafeAddress, count: self.workspace.count))
        return try Connection(
            role, Limits(), memory: &memory, workspace: &workspace, time: .known(StoredChain.time))
    }

    /// Allows one suite and one group alone; a client of TLS 1.2 names the curve of the certificates as well (RFC 8422
    /// §5.1), so the server's choice of a group is settled by `allow` of its own.
    mutating func allow(_ suite: CipherSuite, _ group: NamedGroup) {
        configuration.cipherSuites.removeAll()
        configuration.cipherSuites.append(suite)
        allow(group)
        if suite.version == .tls12, group != .secp256r1 { configuration.groups.append(.secp256r1) }
    }

    /// Allows one group alone.
    mutating func allow(_ group: NamedGroup) {
        configuration.groups.removeAll()
        configuration.groups.append(group)
    }

    /// Steps until something is needed from the peer.
    /// - Returns: the last step.
    func run(_ connection: inout Connection) throws(TLSError) -> Step {
        // Far more steps than a handshake has: a fault must not make a device hang.
        for _ in 0..<1000 {
            let step = connection.step(configuration)
            switch step {
            case .progressed, .established, .ticket: continue
            case .wantsSignature: try sign(&connection)
            case .failed(let error): throw error
            default: return step
            }
        }
        throw .misuse(.handshakeUnderWay)
    }

    private func sign(_ connection: inout Connection) throws(TLSError) {
        guard let request = connection.signatureRequest else {
            throw .misuse(.noSignatureWanted)
        }
        var storage = InlineArray<112, UInt8>(repeating: 0)
        var span = storage.mutableSpan
        let count: Int
        do throws(CryptoError) {
            count = try key.sign(request, connection.contentToSign, into: &span)
        } catch {
            throw .cryptoFailed(error)
        }
        try connection.supplySignature(storage.span.extracting(0..<count))
    }
}

extension TestIdentity {
    /// The key, of an identity that is not needed any more.
    consuming func intoKey() -> SigningKey { key }
}

/// Moves everything that `source` has to say to `target`, as much as that takes.
/// - Returns: how many bytes moved.
func move(from source: inout Connection, to target: inout Connection) -> Int {
    let count = target.receive(source.output)
    source.consumeOutput(count)
    return count
}

/// Lets both sides talk until neither has anything to say.
@inline(never)
func converse(
    _ client: borrowing HandshakeSide, _ clientConnection: inout Connection, _ server: borrowing HandshakeSide,
    _ serverConnection: inout Connection
) throws(TLSError) {
    for _ in 0..<100 {
        _ = try client.run(&clientConnection)
        let toServer = move(from: &clientConnection, to: &serverConnection)
        _ = try server.run(&serverConnection)
        let toClient = move(from: &serverConnection, to: &clientConnection)
        if toServer == 0, toClient == 0 { return }
    }
    throw .misuse(.handshakeUnderWay)
}
