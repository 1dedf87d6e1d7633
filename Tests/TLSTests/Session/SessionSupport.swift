// Two sides that meet more than once: a server whose ticket keys are the same each time, a client that hands back what it
// was given.
import Bytes
import Foundation
import TLSCrypto
import TestSupport
import Testing
import X509

@testable import TLS

/// Random bytes that are all one value, so that two servers can have the same ticket keys.
@safe final class ConstantRandom {
    private let value: UInt8
    init(_ value: UInt8) { self.value = value }

    var source: RandomSource {
        unsafe RandomSource(
            unsafe: { context, out, count in
                guard let context = unsafe context else { return 1 }
                let value = unsafe Unmanaged<ConstantRandom>.fromOpaque(context).takeUnretainedValue().value
                unsafe UnsafeMutableRawBufferPointer(start: out, count: count).initializeMemory(
                    as: UInt8.self, repeating: value)
                return 0
            }, context: Unmanaged.passUnretained(self).toOpaque())
    }
}

/// One moment for all the meetings of a test that is about time.
let meetingTime = testNow()

extension CertificateFactory {
    /// A revocation list as `Trust.replaceRevocationLists` takes it (its size in three bytes, then its DER), good from
    /// before `meetingTime` until some hours after it, however late in the run it is made.
    func listForMeetings(
        _ name: String, issuer: TestCertificate, hours: Int64, revoking: [TestCertificate] = []
    ) throws -> [UInt8] {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(secondsFromGMT: 0)
        format.dateFormat = "yyyyMMddHHmmss'Z'"
        func text(_ time: Int64) -> String { format.string(from: Date(timeIntervalSince1970: Double(time))) }
        let path = try revocationList(
            name, issuer: issuer, revoking: revoking,
            extra: [
                "-crl_lastupdate", text(meetingTime - 60), "-crl_nextupdate", text(meetingTime + hours * 3600),
            ])
        let der = try runProgram(["openssl", "crl", "-in", path, "-outform", "DER"]).standardOutput
        return [UInt8(der.count >> 16), UInt8(der.count >> 8 & 255), UInt8(der.count & 255)] + der
    }
}

/// What a server's tickets are like.
struct TicketSetup {
    var count = 1
    var lifetime: UInt32 = 86_400
    var context = ""
    var key: UInt8 = 1
    var madeAt = meetingTime
}

/// A client and a server that have met.
struct Meeting {
    let client: TestPeer
    let server: TestPeer

    /// The one session that the client was given.
    func session() throws -> [UInt8] { try #require(client.sessions.first) }

    var isEstablished: Bool { client.isEstablished && server.isEstablished }
    var isResumed: Bool { client.connection.negotiated.resumed && server.connection.negotiated.resumed }
    var isFull: Bool { !client.connection.negotiated.resumed && !server.connection.negotiated.resumed }
}

extension TestPeer {
    /// Gives a server ticket keys.
    func enableTickets(_ setup: TicketSetup) throws {
        let memory = TestMemory(TicketKeys.memoryBytes)
        ticketMemory = memory
        configuration.tickets = TicketKeys(in: try memory.takeAll())
        let random = ConstantRandom(setup.key)
        let context = Array(setup.context.utf8)
        try configuration.tickets.enable(
            count: setup.count, lifetime: setup.lifetime, context: context.span, random: random.source,
            at: .known(setup.madeAt))
        withExtendedLifetime(random) {}
    }
}

extension TestPeer {
    /// Has a server take early data.
    /// - Parameter began: when the window began, in seconds from `meetingTime`.
    func enableEarlyData(size: UInt32, began: Int64 = 0) throws {
        let memory = TestMemory(ReplayWindow.memoryBytes(entries: 8))
        replayMemory = memory
        configuration.unsafeEarlyData = ReplayWindow(in: try memory.takeAll())
        try configuration.unsafeEarlyData.enable(maximumSize: size, at: .known(meetingTime + began))
    }

    /// Has a server remember what another has seen.
    func share(_ other: TestPeer) {
        exchangeWindows(&configuration, &other.configuration)
        replayMemory = other.replayMemory
    }
}

private func exchangeWindows(_ one: inout Configuration, _ other: inout Configuration) {
    let window = exchange(&other.unsafeEarlyData, with: ReplayWindow())
    one.unsafeEarlyData = window
}

/// Lets a client and a server meet.
/// - Parameters:
///   - session: what the client offers, if it does.
///   - offered: whether the client must find it good enough to be offered.
func meet(
    _ clientSetup: PeerSetup, _ serverSetup: PeerSetup, tickets: TicketSetup? = TicketSetup(),
    offering session: [UInt8]? = nil, offered: Bool = true, data: Bool = true
) throws -> Meeting {
    let client = try TestPeer(.client, clientSetup)
    let server = try TestPeer(.server, serverSetup)
    if let tickets { try server.enableTickets(tickets) }
    if let session {
        let isOffered = try client.connection.offerSession(session.span, client.configuration)
        #expect(isOffered == offered)
    }
    try converse(client, server)
    if data, client.isEstablished, server.isEstablished {
        #expect(try client.write("hello") == 5)
        #expect(try server.write("world") == 5)
        try converse(client, server)
        #expect(server.received == Array("hello".utf8) && client.received == Array("world".utf8))
    }
    return Meeting(client: client, server: server)
}

extension PeerSetup {
    /// The same with more of configuration, after what is set already.
    func configured(_ more: @escaping (inout Configuration) -> Void) -> PeerSetup {
        var copy = self
        let before = configure
        copy.configure = {
            before(&$0)
            more(&$0)
        }
        return copy
    }

    /// The same at a time in seconds from `meetingTime`.
    func at(_ seconds: Int64) -> PeerSetup {
        var copy = self
        copy.time = .known(meetingTime + seconds)
        return copy
    }

    func with(suite: CipherSuite) -> PeerSetup {
        configured {
            $0.cipherSuites.removeAll()
            $0.cipherSuites.append(suite)
        }
    }

    func with(groups: [NamedGroup]) -> PeerSetup {
        configured {
            $0.groups.removeAll()
            for group in groups { $0.groups.append(group) }
        }
    }

    func with(protocols: [String]) -> PeerSetup {
        configured {
            $0.applicationProtocols = ApplicationProtocols()
            for name in protocols {
                let bytes = Array(name.utf8)
                _ = $0.applicationProtocols.append(bytes.span)
            }
        }
    }
}
