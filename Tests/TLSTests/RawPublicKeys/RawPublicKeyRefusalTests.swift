// What is refused of raw public keys (RFC 7250 §4, RFC 8446 §4.4.2), and with which alert.
import TestSupport
import Testing
import X509

@testable import TLS

@Suite struct RawPublicKeyRefusalTests {
    let identities: TestIdentities

    init() throws { identities = try TestIdentities.get() }

    static let versions = RawPublicKeyTests.versions

    private func client(_ version: ProtocolVersion) throws -> PeerSetup {
        try PeerSetup().trustingOnly([identities.server]).only(version)
    }

    private func server(_ version: ProtocolVersion) -> PeerSetup {
        PeerSetup(rawKeys: [identities.server]).only(version)
    }

    @Test(arguments: versions) func aKeyThatIsNotTrusted(_ version: ProtocolVersion) throws {
        let met = try meet(try client(version), PeerSetup(rawKeys: [identities.secondServer]).only(version))
        #expect(met.client.failure == .keyNotPinned)
        #expect(met.server.failure == .alertReceived(.certificate_unknown))
        // It can be looked at, to find out what to trust.
        #expect(met.client.connection.copyRawPublicKey() == (try identities.secondServer.publicKeyInfo()))
        let back = try meet(
            try PeerSetup(rawKeys: [identities.secondServer]).trustingOnly([identities.server]).only(version),
            try server(version).trustingOnly([identities.client]).configured { $0.clientCertificates = .required })
        #expect(back.server.failure == .keyNotPinned)
    }

    /// A pin is for certificates, and is no trust in a raw public key.
    @Test(arguments: versions) func aPinDoesNotTrustARawKey(_ version: ProtocolVersion) throws {
        let hash = sha256(try identities.secondServer.publicKeyInfo())
        let setup = try client(version).configured { $0.trust.pins.append(Trust.Pin { hash[$0] }) }
        let met = try meet(setup, PeerSetup(rawKeys: [identities.secondServer]).only(version))
        #expect(met.client.failure == .keyNotPinned)
    }

    /// RFC 7250 §4.2: nothing in common is unsupported_certificate.
    @Test(arguments: versions) func noTypeInCommon(_ version: ProtocolVersion) throws {
        let certificates = try meet(try client(version), PeerSetup(identities: [[identities.server]]).only(version))
        #expect(certificates.server.failure == .peerIncompatible(.noCommonCertificateType))
        #expect(certificates.client.failure == .alertReceived(.unsupported_certificate))
        let raw = try meet(PeerSetup(anchors: [identities.root]).only(version), server(version))
        #expect(raw.server.failure == .peerIncompatible(.noCommonCertificateType))
    }

    /// The same of what the client can show: one that names its types is refused, one that names none is refused where a
    /// certificate is required, and not asked where it is not.
    @Test(arguments: versions, [ClientCertificates.optional, .required])
    func noTypeOfTheClientInCommon(_ version: ProtocolVersion, _ policy: ClientCertificates) throws {
        let asking = try server(version).trustingOnly([identities.client])
            .configured { $0.clientCertificates = policy }
        var shows = try client(version)
        shows.identities = [[identities.client]]
        let plain = try meet(shows, asking)
        if policy == .required {
            #expect(plain.server.failure == .peerIncompatible(.noCommonCertificateType))
            #expect(plain.client.failure == .alertReceived(.unsupported_certificate))
        } else {
            #expect(plain.isEstablished)
            #expect(plain.server.connection.negotiated.peerAuthentication == .none)
            #expect(plain.client.connection.negotiated.identity == nil)
        }
        let other = try meet(
            try client(version).configured {
                $0.offeredCertificateTypes.append(.RawPublicKey)
                $0.offeredCertificateTypes.append(.X509)
            },
            PeerSetup(rawKeys: [identities.server]).only(version).configured {
                $0.clientCertificates = policy
                $0.trust.certificateTypes.removeAll()
            })
        #expect(other.server.failure == .peerIncompatible(.noCommonCertificateType))
    }

    /// A client with a raw key alone that is asked for a certificate has none (RFC 8446 §4.4.2.3).
    @Test(arguments: versions) func aRawKeyIsNoCertificate(_ version: ProtocolVersion) throws {
        var setup = try client(version)
        setup.rawKeys = [identities.client]
        let asking = server(version).configured { $0.clientCertificates = .optional }
        let met = try meet(setup, asking)
        // The server takes certificates alone, which this client does not name.
        #expect(met.server.failure == .peerIncompatible(.noCommonCertificateType))
    }

    /// RFC 7250 §4.1: a list of certificates alone "MUST" be omitted. Held against everybody, configured or not.
    @Test(arguments: versions, [ExtensionType.client_certificate_type, .server_certificate_type])
    func aListOfCertificatesAlone(_ version: ProtocolVersion, _ type: ExtensionType) throws {
        for server in [server(version), identities.serverSetup.only(version)] {
            #expect(try failure(of: server, version) { $0.set(type, [1, 0]) } == .illegalParameter(.certificateTypes))
            #expect(try failure(of: server, version) { $0.set(type, [0]) } == .malformed(.client_hello))
            #expect(try failure(of: server, version) { $0.set(type, [2, 2]) } == .malformed(.client_hello))
        }
        // Types that we do not know are passed over.
        #expect(try failure(of: server(version), version) { $0.set(.server_certificate_type, [3, 1, 0xEA, 2]) } == nil)
    }

    private func failure(
        of server: PeerSetup, _ version: ProtocolVersion, _ edit: (inout EditableHello) -> Void
    ) throws -> TLSError? {
        let client = try TestPeer(.client, try client(version))
        let peer = try TestPeer(.server, server)
        try client.run()
        var hello = EditableHello(record: records(client.takeOutput())[0])
        edit(&hello)
        try peer.give(hello.record)
        return peer.failure
    }

    /// What the client says to an answer of TLS 1.2, where it is in the clear.
    private func failure(
        _ client: PeerSetup, answer edit: (inout EditableHello) -> Void
    ) throws -> TLSError? {
        let client = try TestPeer(.client, client.only12)
        let peer = try TestPeer(.server, server(.tls12))
        try client.run()
        try peer.give(client.takeOutput())
        var hello = EditableHello(record: records(peer.takeOutput())[0])
        edit(&hello)
        try client.give(hello.record)
        return client.failure
    }

    /// RFC 7250 §4.2: the server chooses among what was offered, and answers nothing else.
    @Test func aServersChoiceIsOneOfWhatWasOffered() throws {
        let raw = try client(.tls12)
        #expect(try failure(raw) { _ in } == nil)
        let notOffered = try failure(raw) { $0.set(.server_certificate_type, [0]) }
        #expect(notOffered == .illegalParameter(.certificateTypeNotOffered))
        #expect(try failure(raw) { $0.set(.server_certificate_type, [2, 0]) } == .malformed(.server_hello))
        #expect(
            try failure(raw) { $0.set(.client_certificate_type, [2]) } == .peerMisbehaved(.unsolicitedExtension))
        var shows = raw
        shows.rawKeys = [identities.client]
        #expect(
            try failure(shows) { $0.set(.client_certificate_type, [0]) }
                == .illegalParameter(.certificateTypeNotOffered))
    }

    /// A server that knows nothing of RFC 7250 shows certificates, which a client with raw public keys alone does not take.
    @Test func aServerThatDoesNotAnswer() throws {
        let client = try TestPeer(.client, try client(.tls12))
        let peer = try TestPeer(.server, server(.tls12))
        try client.run()
        try peer.give(client.takeOutput())
        let flight = peer.takeOutput()
        var hello = EditableHello(record: records(flight)[0])
        hello.remove(.server_certificate_type)
        let messages = try FlightEditor(holder: peer, sender: .server).open(flight)
        let rest = messages.dropFirst().flatMap(\.bytes)
        try client.give(hello.record + recordHeader(22, rest.count) + rest)
        #expect(client.failure == .peerIncompatible(.noCommonCertificateType))
        #expect(client.failure?.alert == .unsupported_certificate)
    }

    /// A Certificate that is not what was negotiated, and one that no rule allows.
    @Test(arguments: versions) func whatStandsInTheMessage(_ version: ProtocolVersion) throws {
        let info = try identities.server.publicKeyInfo()
        // What has been negotiated is a raw public key, and a certificate is none.
        #expect(try failure(version, body: message([identities.server.der], version)) != nil)
        #expect(try failure(version, body: message([info], version)) == .peerMisbehaved(.unexpectedMessage))
        let other = try identities.secondServer.publicKeyInfo()
        #expect(try failure(version, body: message([other], version)) == .keyNotPinned)
        #expect(try failure(version, body: message([info, other], version)) == .malformed(.certificate))
        #expect(try failure(version, body: message([info + [0]], version)) == .badCertificate(X509Error(.trailingData)))
        #expect(try failure(version, body: message([Array(info.dropLast())], version)) != nil)
        // RFC 8446 §4.4.2.4; in TLS 1.2 no key is the key of no bytes.
        #expect(
            try failure(version, body: version == .tls12 ? [0, 0, 0] : [0, 0, 0, 0])
                == .peerMisbehaved(.emptyServerCertificate))
        if version == .tls13 {
            #expect(try failure(version, body: message([[]], version)) == .malformed(.certificate))
        }
    }

    /// The body of a Certificate message with these keys.
    private func message(_ infos: [[UInt8]], _ version: ProtocolVersion) -> [UInt8] {
        guard version == .tls13 else { return wireChain(infos) }
        var entries: [UInt8] = []
        for info in infos { entries += wireChain([info]) + [0, 0] }
        return [0] + wireChain([entries])
    }

    /// What the client makes of another Certificate in the server's flight, with nothing behind it but a Certificate again.
    private func failure(_ version: ProtocolVersion, body: [UInt8]) throws -> TLSError? {
        let client = try TestPeer(.client, try client(version))
        let peer = try TestPeer(.server, server(version))
        try client.run()
        try peer.give(client.takeOutput())
        let editor = FlightEditor(holder: peer, sender: .server)
        var messages = try editor.open(peer.takeOutput())
        let place = try #require(messages.firstIndex { $0.type == .certificate })
        messages = Array(messages[...place])
        messages[place] = messages[place].with(body: body)
        messages.append(messages[place])
        try client.give(try editor.seal(messages))
        if let alert = client.failure?.alert {
            let allowed: [AlertDescription] = [.decode_error, .unexpected_message, .certificate_unknown]
            #expect(allowed.contains(alert), "\(alert)")
        }
        return client.failure
    }

    /// A key that no certificate may have either: RSA with 1024 bits, an unknown curve.
    @Test func aKeyIsJudgedAsInACertificate() throws {
        let weak = try publicKey(["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"])
        let other = try publicKey(["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"])
        let client = try TestPeer(.client, identities.clientSetup)
        for (info, reason) in [(weak, X509Error.Reason.badPublicKeySize), (other, .unsupportedPublicKey)] {
            #expect(throws: TLSError.badCertificate(X509Error(reason))) {
                try client.configuration.trust.addRawPublicKey(info.span)
            }
            #expect(throws: TLSError.badCertificate(X509Error(reason))) {
                try client.configuration.identities.addRawPublicKey(info.span)
            }
            // Also where whatever comes is accepted.
            client.configuration.trust.unsafeAcceptsAnyCertificate = true
            #expect(throws: TLSError.badCertificate(X509Error(reason))) {
                _ = try client.configuration.trust.verify(rawPublicKey: info.span)
            }
        }
    }

    private func publicKey(_ arguments: [String]) throws -> [UInt8] {
        let directory = try TemporaryDirectory()
        let (key, info) = (directory.file("key"), directory.file("info"))
        try runProgram(["openssl", "genpkey", "-out", key] + arguments)
        try runProgram(["openssl", "pkey", "-in", key, "-pubout", "-outform", "DER", "-out", info])
        return try readFile(info)
    }
}
