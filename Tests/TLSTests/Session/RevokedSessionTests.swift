// Sessions and revocation lists (threats: "Tickets": resumption never outlives a change of CRLs; "CRLs": stale is a failure).
import TLSCrypto
import TestSupport
import Testing
import X509

@testable import TLS

@Suite struct RevokedSessionTests {
    let identities: TestIdentities
    let client: PeerSetup
    let server: PeerSetup
    /// The root's lists: one good for two hours, one for a day, one that names the client, one of another authority.
    let short: [UInt8]
    let long: [UInt8]
    let revoking: [UInt8]
    let foreign: [UInt8]

    init() throws {
        identities = try TestIdentities.get()
        (client, server) = (identities.clientSetup, identities.serverSetup)
        let (root, factory) = (identities.root, try CertificateFactory())
        short = try factory.listForMeetings("short", issuer: root, hours: 2)
        long = try factory.listForMeetings("long", issuer: root, hours: 24)
        revoking = try factory.listForMeetings("revoking", issuer: root, hours: 24, revoking: [identities.client])
        foreign = try factory.listForMeetings("foreign", issuer: identities.otherRoot, hours: 24)
    }

    private func checking(_ list: [UInt8], _ setup: PeerSetup) -> PeerSetup {
        setup.configured { try? $0.trust.replaceRevocationLists(list.span) }
    }

    @Test func aSessionIsResumedUnderTheListsThatItWasGivenUnder() throws {
        for (ours, theirs) in [(checking(short, client), server), (client, checking(short, server))] {
            let session = try meet(ours.at(0), theirs.at(0), data: false).session()
            let met = try meet(ours.at(3600), theirs.at(3600), offering: session, data: false)
            #expect(met.isEstablished && met.isResumed)
        }
    }

    @Test func noTicketOutlivesAList() throws {
        let checked = checking(short, server)
        let session = try meet(client.at(0), checked.at(0), data: false).session()
        // A client whose clock stands still, since it was told when the ticket ends.
        let met = try meet(client.at(0), checked.at(7300), offering: session, data: false)
        #expect(met.server.refusal == .revocationListExpired)
        #expect(!met.server.connection.negotiated.resumed)
    }

    @Test func noClientOffersASessionThatOutlivesAList() throws {
        let checked = checking(short, client)
        let session = try meet(checked.at(0), server.at(0), data: false).session()
        let met = try meet(checked.at(7300), server.at(7300), offering: session, offered: false, data: false)
        #expect(met.client.refusal == .revocationListExpired)
    }

    @Test func aNewListEndsTheSessionsOfTheOld() throws {
        let session = try meet(client.at(0), checking(short, server).at(0), data: false).session()
        let longer = try meet(client.at(60), checking(long, server).at(60), offering: session, data: false)
        #expect(longer.isEstablished && longer.isFull)
        let revoked = try meet(client.at(60), checking(revoking, server).at(60), offering: session, data: false)
        #expect(revoked.server.refusal == .revoked)
        let missing = try meet(client.at(60), checking(foreign, server).at(60), offering: session, data: false)
        #expect(missing.server.refusal == .revocationListMissing)
    }

    @Test func listsAreReplacedAsAWholeOrNotAtAll() throws {
        let peer = try TestPeer(.server, checking(short, server))
        func lists() -> [UInt8] { peer.configuration.trust.copyLists() }
        let broken = long + [0, 0, 2, 0x30, 0x00]
        #expect(throws: TLSError.self) { try peer.configuration.trust.replaceRevocationLists(broken.span) }
        #expect(lists() == short)
        let cut = Array(long.dropLast())
        #expect(throws: TLSError.self) { try peer.configuration.trust.replaceRevocationLists(cut.span) }
        let large = Array(repeating: long, count: 100).flatMap { $0 }
        #expect(throws: TLSError.limitExceeded(.memory, capacity: 8192, needed: large.count)) {
            try peer.configuration.trust.replaceRevocationLists(large.span)
        }
        #expect(lists() == short)
        let both = long + foreign
        try peer.configuration.trust.replaceRevocationLists(both.span)
        #expect(lists() == both)
        try peer.configuration.trust.replaceRevocationLists(short.span)
        #expect(lists() == short)
    }
}

extension TestPeer {
    /// What it found wrong with the peer's certificate.
    fileprivate var refusal: X509Error.Reason? {
        if case .badCertificate(let error) = failure { return error.reason }
        return nil
    }
}

extension Trust {
    fileprivate func copyLists() -> [UInt8] { array(revocationLists.bytes) }
}
