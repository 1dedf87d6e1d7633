// certificate_authorities (RFC 8446 §4.2.4): a server names its anchors, and the client shows what was issued under them.
import TestSupport
import Testing
import X509

@testable import TLS

@Suite struct CertificateAuthoritiesTests {
    let identities: TestIdentities

    init() throws { identities = try TestIdentities.get() }

    /// A client whose first certificate is of another authority than the server's.
    private var clientOfTwo: PeerSetup {
        PeerSetup(identities: [[identities.otherServer], [identities.client]], anchors: [identities.root])
    }

    private func server(_ announces: Bool, _ anchors: [TestCertificate]) -> PeerSetup {
        var setup = PeerSetup(identities: [[identities.server]], anchors: anchors)
        setup.configure = {
            $0.clientCertificates = .required
            $0.announcesAuthorities = announces
        }
        return setup
    }

    private func converse(_ client: PeerSetup, _ server: PeerSetup) throws -> (TestPeer, TestPeer) {
        let (client, server) = (try TestPeer(.client, client), try TestPeer(.server, server))
        try TLSTests.converse(client, server)
        return (client, server)
    }

    @Test func aClientShowsWhatWasIssuedUnderANamedAuthority() throws {
        let (client, server) = try converse(clientOfTwo, server(true, [identities.root]))
        #expect(client.connection.negotiated.identity == 1)
        #expect(server.isEstablished)
    }

    @Test func withoutNamesTheFirstThatCanSignIsShown() throws {
        let (client, server) = try converse(clientOfTwo, server(false, [identities.root]))
        #expect(client.connection.negotiated.identity == 0)
        #expect(!server.isEstablished)
    }

    @Test func theNamesAreAHint() throws {
        var client = clientOfTwo
        client.identities.removeLast()
        let (shown, server) = try converse(client, server(true, [identities.root]))
        // It is shown all the same, and the server judges.
        #expect(shown.connection.negotiated.identity == 0)
        #expect(!server.isEstablished)
    }

    @Test func whatIsOnlyForItsIssuersIsShownToNobodyElse() throws {
        var client = clientOfTwo
        client.firstOnlyForItsIssuers = true
        // Nobody named, another authority named, its own named.
        #expect(try converse(client, server(false, [identities.root])).0.connection.negotiated.identity == 1)
        #expect(try converse(client, server(true, [identities.root])).0.connection.negotiated.identity == 1)
        #expect(try converse(client, server(true, [identities.otherRoot])).0.connection.negotiated.identity == 0)
        client.identities.removeLast()
        #expect(try converse(client, server(true, [identities.root])).0.connection.negotiated.identity == nil)
    }

    @Test func namesThatTakeTooMuchRoomAreNotSent() throws {
        let few = Array(repeating: identities.root, count: 4)
        let (first, _) = try converse(clientOfTwo, server(true, few))
        #expect(first.connection.negotiated.identity == 1)
        let many = Array(repeating: identities.root, count: 100)
        let (second, _) = try converse(clientOfTwo, server(true, many))
        #expect(second.connection.negotiated.identity == 0)
    }
}
