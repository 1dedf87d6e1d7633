// Early data (0-RTT, RFC 8446 §2.3, §8) through a server tunnel, from openssl to nginx: carried only where the tunnel says
// `unsafe-early-data = yes`, and never in the first twenty seconds after the start.
import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct EarlyDataTests {
    private let greeting = "hello from behind the tunnel\n"
    private let request = "GET /greeting HTTP/1.0\r\n\r\n"

    /// openssl s_client at the tunnel. Where its request does not go early it goes afterwards.
    private func connect(_ daemon: DaemonProcess, _ more: String...) throws -> String {
        let directory = daemon.stage.path
        return try runProgram(
            [
                "openssl", "s_client", "-tls1_3", "-ign_eof", "-connect", try daemon.endpoint("in"), "-cert",
                "\(directory)/peer.pem", "-key", "\(directory)/peer.key", "-CAfile", "\(directory)/authority.pem",
                "-verify_return_error",
            ] + more, input: Array(request.utf8), mustSucceed: false
        ).output
    }

    /// A request that comes early is answered, from one window after the start on.
    @Test func aTunnelCarriesThemWhereItIsToldTo() throws {
        let port = try freePort()
        let daemon = try DaemonProcess(
            serverTunnel("127.0.0.1:\(port)", accept: "127.0.0.1:0", "unsafe-early-data = yes"))
        let nginx = try Companion.nginx(port: port, in: daemon.files)
        try waitFor(port: port)
        let session = daemon.files.file("session")
        let early = try daemon.files.write("early", Array(request.utf8))
        let first = try connect(daemon, "-sess_out", session)
        #expect(first.contains("Max Early Data: 16384") && first.contains(greeting), "\(first)")
        let deadline = Date().addingTimeInterval(120)
        var output = ""
        while !output.contains("Early data was accepted"), Date() < deadline {
            output = try connect(daemon, "-sess_in", session, "-early_data", early)
            #expect(output.contains("Reused, TLSv1.3") && output.contains(greeting), "\(output)")
        }
        #expect(output.contains("Early data was accepted"), "\(daemon.log)")
        try daemon.expectLog("established", "peer authenticated, resumed, early data")
        _ = nginx
    }

    /// threats.md, 0-RTT: refused "by the daemon unless the tunnel says `unsafe-early-data`".
    @Test func aTunnelCarriesNoneByDefault() throws {
        let port = try freePort()
        let daemon = try DaemonProcess(serverTunnel("127.0.0.1:\(port)"))
        let nginx = try Companion.nginx(port: port, in: daemon.files)
        try waitFor(port: port)
        let session = daemon.files.file("session")
        let early = try daemon.files.write("early", Array(request.utf8))
        let first = try connect(daemon, "-sess_out", session)
        #expect(first.contains("Max Early Data: 0") && first.contains(greeting), "\(first)")
        let second = try connect(daemon, "-sess_in", session, "-early_data", early)
        #expect(!second.contains("Early data was accepted"), "\(second)")
        _ = nginx
    }
}
