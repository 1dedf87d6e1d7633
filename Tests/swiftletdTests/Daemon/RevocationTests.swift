// Tunnels with revocation lists: a revoked peer is refused, by a new list as soon as the daemon has been told of it, and
// nobody comes in by a session of before (threats: "CRLs", "Tickets").
import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct RevocationTests {
    private let greeting = "hello from behind the tunnel\n"
    private let factory: CertificateFactory
    private let authority: TestCertificate
    private let peer: TestCertificate

    init() throws {
        factory = try CertificateFactory()
        authority = try factory.authority("authority")
        peer = try factory.leaf("peer", issuer: authority, names: ["DNS:peer.example"])
        _ = try factory.leaf("device", issuer: authority, names: ["DNS:device.example"])
        try put(list("clean"))
    }

    private var current: String { factory.directory.file("current.crl") }

    private func list(_ name: String, revoking: [TestCertificate] = [], extra: [String] = []) throws -> [UInt8] {
        try readFile(factory.revocationList(name, issuer: authority, revoking: revoking, extra: extra))
    }

    /// Makes this the file that the tunnel names, in one step.
    private func put(_ contents: [UInt8]) throws {
        let new = try factory.directory.write("new.crl", contents)
        let result = unsafe rename(new, current)
        #expect(result == 0)
    }

    private func put(_ contents: [UInt8], _ daemon: DaemonProcess, _ words: String...) throws {
        let before = lines(daemon, words)
        try put(contents)
        daemon.signal(SIGHUP)
        try? daemon.wait { lines(daemon, words) > before }
        #expect(lines(daemon, words) == before + 1, "\(words) in:\n\(daemon.log)")
    }

    private func lines(_ daemon: DaemonProcess, _ words: [String]) -> Int {
        daemon.log.split(separator: "\n").filter { line in words.allSatisfy { line.contains($0) } }.count
    }

    private func daemon(_ tunnel: String) throws -> DaemonProcess {
        try DaemonProcess(tunnel.replacing("DIR", with: factory.directory.path))
    }

    /// openssl's client at the tunnel `in`, as the peer.
    private func visit(_ daemon: DaemonProcess, _ more: String...) throws -> String {
        let result = try runProgram(
            [
                "openssl", "s_client", "-tls1_3", "-ign_eof", "-connect", try daemon.endpoint("in"), "-cert",
                peer.certificatePath, "-key", peer.keyPath, "-CAfile", authority.certificatePath,
            ] + more, input: Array("GET /greeting HTTP/1.0\r\n\r\n".utf8), mustSucceed: false)
        return result.output + result.errors
    }

    @Test func aServerTunnelFollowsNewListsAndForgetsSessions() throws {
        let port = try freePort()
        let daemon = try daemon(serverTunnel("127.0.0.1:\(port)", "crls = \(current)"))
        let nginx = try Companion.nginx(port: port, in: daemon.files)
        try waitFor(port: port)
        let session = factory.directory.file("session")
        #expect(try visit(daemon, "-sess_out", session).contains(greeting))
        #expect(try visit(daemon, "-sess_in", session, "-sess_out", session).contains("Reused, TLSv1.3"))
        try daemon.expectLog("established", "resumed")

        try put(list("revoking", revoking: [peer]), daemon, "revocation lists read anew from", ": 1")
        let refused = try visit(daemon, "-sess_in", session)
        #expect(refused.contains("alert certificate revoked") && !refused.contains(greeting), "\(refused)")
        try daemon.expectLog("has been revoked")

        // A file that cannot be used changes nothing.
        let whole = try list("clean")
        let cut = try list("again") + whole.dropLast(60)
        for broken in [Array("nonsense\n".utf8), cut, []] {
            try put(broken, daemon, "the revocation lists stay as they were")
            #expect(try visit(daemon).contains("alert certificate revoked"))
        }
        try put(Array(repeating: whole, count: 100).flatMap { $0 }, daemon, "restart needed")
        #expect(try visit(daemon).contains("alert certificate revoked"))

        try put(whole, daemon, "revocation lists read anew from", ": 1")
        let again = try visit(daemon, "-sess_in", session)
        #expect(again.contains("New, TLSv1.3") && again.contains(greeting), "\(again)")
        _ = nginx
    }

    @Test func aListThatIsOutOfDateOrMissingRefusesEverybody() throws {
        let daemon = try daemon(serverTunnel("unix:TMP/plain", "crls = \(current)"))
        let old = ["-crl_lastupdate", "20200101000000Z", "-crl_nextupdate", "20200201000000Z"]
        try put(list("stale", extra: old), daemon, "read anew")
        #expect(try visit(daemon).contains("alert certificate unknown"))
        try daemon.expectLog("revocation list is out of date")
        let other = try factory.authority("other")
        try put(readFile(factory.revocationList("foreign", issuer: other)), daemon, "read anew")
        #expect(try visit(daemon).contains("alert certificate unknown"))
        try daemon.expectLog("there is no revocation list of its issuer")
    }

    @Test func aClientTunnelFollowsNewListsAndForgetsItsSession() throws {
        let port = try freePort()
        let daemon = try daemon(clientTunnel("127.0.0.1:\(port)", "crls = \(current)"))
        let server = try Companion.openssl(port: port, in: factory.directory.path)
        try waitFor(port: port)
        func get() throws -> String {
            try runProgram(
                ["curl", "-sS", "--http1.0", "http://\(try daemon.endpoint("out"))/"], mustSucceed: false
            ).output
        }
        #expect(try get().contains("New, TLSv1.3"))
        #expect(try get().contains("Reused, TLSv1.3"))
        try put(list("revoking", revoking: [peer]), daemon, "revocation lists read anew from", ": 1")
        #expect(try get().isEmpty)
        try daemon.expectLog("has been revoked")
        try put(list("clean"), daemon, "revocation lists read anew from", ": 1")
        #expect(try get().contains("New, TLSv1.3"))
        _ = server
    }
}
