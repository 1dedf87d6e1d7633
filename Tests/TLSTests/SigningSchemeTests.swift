// With what a key signs, and that it may sign at all (RFC 8446 §4.4.2.2, §4.4.3).
import Bytes
import TLSCrypto
import TestSupport
import Testing
import X509

@testable import TLS

@Suite struct SigningSchemeTests {
    let identities: TestIdentities

    init() throws { identities = try TestIdentities.get() }

    private func run(_ server: PeerSetup, client: PeerSetup? = nil) throws -> (TestPeer, TestPeer) {
        let client = try TestPeer(.client, client ?? identities.clientSetup)
        let server = try TestPeer(.server, server)
        try converse(client, server)
        return (client, server)
    }

    @Test func anIdentitySignsWithTheFirstOfItsOwnSchemesThatThePeerTakes() throws {
        for schemes in [
            [SignatureScheme.rsa_pss_rsae_sha512], [.rsa_pss_rsae_sha384, .rsa_pss_rsae_sha256],
            [.ecdsa_secp256r1_sha256, .rsa_pkcs1_sha256, .rsa_pss_rsae_sha384],
        ] {
            let setup = PeerSetup(
                identities: [[identities.rsaServer]], schemes: schemes, anchors: [identities.root])
            let (client, server) = try run(setup)
            #expect(server.isEstablished)
            let first = schemes.first { $0.canSignHandshake(with: .rsa(bits: 2048)) }
            #expect(client.connection.negotiated.peerSignatureScheme == first)
        }
    }

    @Test func anIdentityWithoutACommonSchemeIsNotShown() throws {
        let setup = PeerSetup(
            identities: [[identities.rsaServer]], schemes: [.ecdsa_secp256r1_sha256], anchors: [identities.root])
        let (client, server) = try run(setup)
        #expect(server.failure == .peerIncompatible(.noCommonSignatureScheme))
        #expect(client.failure == .alertReceived(.handshake_failure))
    }

    @Test func aKeyThatMayNotSignIsRefusedHoweverItsChainWasAccepted() throws {
        // Not keyEncipherment: such a key our own server shows for RSA key transport alone.
        let leaf = try identities.factory.make(
            "data-encipherment", key: .rsa2048, issuer: identities.root,
            extensions: ["keyUsage=critical,dataEncipherment", "subjectAltName=DNS:localhost"])
        let setup = PeerSetup(identities: [[leaf]])
        let hash = try Certificate(leaf.der.span).keyHash()
        var pinned = PeerSetup()
        pinned.configure = { $0.trust.pins.append(hash) }
        var blind = PeerSetup()
        blind.configure = { $0.trust.unsafeAcceptsAnyCertificate = true }
        for clientSetup in [PeerSetup(anchors: [identities.root]), pinned, blind] {
            let (client, server) = try run(setup, client: clientSetup)
            guard case .badCertificate(let error) = client.failure else {
                Issue.record("established with a key that may not sign")
                continue
            }
            #expect(error.reason == .missingDigitalSignature)
            #expect(server.failure == .alertReceived(.unsupported_certificate))
        }
    }
}

extension Certificate {
    /// SHA-256 of the SubjectPublicKeyInfo, as a pin.
    fileprivate func keyHash() throws -> Trust.Pin {
        let hash = try digest(.sha256, subjectPublicKeyInfo)
        var pin = Trust.Pin(repeating: 0)
        let bytes = hash.bytes
        for index in 0..<32 { pin[index] = bytes[index] }
        return pin
    }
}
