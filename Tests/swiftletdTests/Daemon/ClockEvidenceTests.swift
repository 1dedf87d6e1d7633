// What revocation lists teach a daemon of the time (threats.md, clock poisoning: last known good advances only on signed evidence, such as
// thisUpdate of a verified list): what somebody signed who is trusted raises the floor, for good, and nothing else does.
import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct ClockEvidenceTests {
    /// A time at which all certificates here are still to come, later than the program.
    private let past = "@2026-01-02 00:00:00"
    private let stage: RenewalStage

    /// An authority that is two months old: it vouches for no time before that.
    init() throws {
        stage = try RenewalStage()
        try runProgram([
            "faketime", "-f", "-60d", "openssl", "req", "-x509", "-key", stage.est.authority.keyPath, "-subj",
            "/CN=est-authority", "-days", "120", "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-out",
            stage.est.authority.certificatePath,
        ])
    }

    private var lists: String { stage.files.file("current.crl") }
    private var clock: String? { try? String(decoding: readFile("\(stage.store)/clock"), as: UTF8.self) }

    private static func time(_ seconds: TimeInterval) -> (openssl: String, stored: String) {
        let date = Date(timeIntervalSinceNow: seconds)
        let stored = ISO8601DateFormatter().string(from: date)
        return (stored.filter { $0.isNumber || $0 == "Z" }, stored + "\n")
    }

    /// Makes a list of an authority the one that the tunnel has.
    private func put(_ name: String, by authority: TestCertificate, _ factory: CertificateFactory, at time: String)
        throws
    {
        let list = try factory.revocationList(
            name, issuer: authority, extra: ["-crl_lastupdate", time, "-crl_nextupdate", "20491231000000Z"])
        try stage.files.write("current.crl", readFile(list))
    }

    private func put(_ name: String, at time: String) throws {
        try put(name, by: stage.est.authority, stage.est.factory, at: time)
    }

    /// Starts a daemon in the past, with a renewal that is due in the present.
    private func daemon() throws -> DaemonProcess {
        let tunnel = stage.tunnel(try freePort(), "crls = \(lists)").replacing(
            "client-certificates = none", with: "client-certificates = required")
        return try DaemonProcess(
            tunnel + stage.renewal(url: "https://localhost:\(try freePort())"), environment: try fakeClock(past))
    }

    private func needsRenewal() throws -> Int32 {
        let words = try fakeClock(past).map { "\($0)=\($1)" }
        return try runProgram(
            ["env"] + words + [daemonPath, "needs-renewal", "--store", stage.store], mustSucceed: false
        ).status
    }

    @Test func aVerifiedListRaisesTheFloorForGood() throws {
        try stage.install("old", daysAgo: 25)
        let early = Self.time(-26 * 86_400)
        try put("early", at: early.openssl)
        let daemon = try daemon()
        // It says less than our own certificate does, but is more than was known.
        #expect(clock == early.stored)
        try daemon.expectLog("renewal own: generation 1 is valid until")
        #expect(try needsRenewal() == 1 && !daemon.log.contains("due; asking"))
        // By the next list the identity is due, whatever the clock says.
        let late = Self.time(-3_600)
        try put("late", at: late.openssl)
        daemon.signal(SIGHUP)
        try daemon.expectLog("renewal own: due; asking")
        #expect(clock == late.stored)
        #expect(try needsRenewal() == 0)
        // An earlier one takes nothing back.
        try put("earlier", at: early.openssl)
        daemon.signal(SIGHUP)
        try daemon.wait { daemon.log.components(separatedBy: "read anew from").count == 3 }
        #expect(clock == late.stored)
        #expect(try needsRenewal() == 0)
    }

    @Test func aListThatIsThereAtTheStart() throws {
        try stage.install("old", daysAgo: 25)
        let time = Self.time(-3_600)
        try put("late", at: time.openssl)
        let daemon = try daemon()
        try daemon.expectLog("renewal own: due; asking")
        #expect(clock == time.stored)
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(stage.store)/clock")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    /// Lists of the far future: of an authority that nobody trusts, of one that only has the name of ours, and one that was changed.
    @Test func aForgedListMovesNoClock() throws {
        try stage.install("old", daysAgo: 25)
        let elsewhere = try CertificateFactory()
        let other = try elsewhere.authority("other")
        let impostor = try elsewhere.authority("est-authority")
        let future = Self.time(20 * 86_400).openssl
        try put("foreign", by: other, elsewhere, at: future)
        let daemon = try daemon()
        #expect(clock == nil)
        try put("impostor", by: impostor, elsewhere, at: future)
        daemon.signal(SIGHUP)
        try daemon.wait { daemon.log.components(separatedBy: "read anew from").count == 2 }
        try put("changed", at: Self.time(-26 * 86_400).openssl)
        try change(future)
        daemon.signal(SIGHUP)
        try daemon.wait { daemon.log.components(separatedBy: "read anew from").count == 3 }
        #expect(clock == nil)
        #expect(try needsRenewal() == 1 && !daemon.log.contains("due; asking"))
        // The same bytes as they were signed do count.
        try put("good", at: Self.time(-26 * 86_400).openssl)
        daemon.signal(SIGHUP)
        try daemon.wait { daemon.log.components(separatedBy: "read anew from").count == 4 }
        #expect(clock != nil)
    }

    /// Puts another thisUpdate into the list, and leaves its signature.
    private func change(_ time: String) throws {
        let der = try runProgram(["openssl", "crl", "-in", lists, "-outform", "DER"]).standardOutput
        // UTCTime, of which thisUpdate is the first.
        let start = try #require(der.indices.first { der[$0] == 0x17 && der[$0 + 1] == 13 }) + 2
        let changed = der[..<start] + Array(time.utf8.dropFirst(2)) + der[(start + 13)...]
        let path = try stage.files.write("changed.der", Array(changed))
        let text = try runProgram(["openssl", "crl", "-inform", "DER", "-in", path]).standardOutput
        try stage.files.write("current.crl", text)
    }

    /// A list of the authority that issued our own certificate, which is none of the anchors but leads to one.
    @Test func aListOfAnIntermediateOfOurOwn() throws {
        let factory = stage.est.factory
        let issuing = try factory.authority("issuing", issuer: stage.est.authority)
        let leaf = try factory.leaf("own", issuer: issuing)
        let chain = try stage.files.write(
            "chain.pem", readFile(leaf.certificatePath) + readFile(issuing.certificatePath))
        try runProgram([
            daemonPath, "identity", "install", "--store", stage.store, "--key", leaf.keyPath, "--cert", chain,
            "--anchors", stage.est.authority.certificatePath,
        ])
        let time = Self.time(10)
        try put("issuing", by: issuing, factory, at: time.openssl)
        let daemon = try daemon()
        #expect(clock == time.stored)
        _ = daemon
    }
}
