// Tunnels that resume (RFC 8446 §2.2), with openssl at the other end and with each other.
import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct ResumptionTests {
    private let greeting = "hello from behind the tunnel\n"

    /// Connections that were established, and those of them that were resumed.
    private func count(_ log: String) -> (established: Int, resumed: Int) {
        let lines = log.split(separator: "\n").filter { $0.contains("established: ") }
        return (lines.count, lines.filter { $0.hasSuffix(", resumed") }.count)
    }

    private func expect(
        _ daemon: DaemonProcess, established: Int, resumed: Int, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        try? daemon.wait { count(daemon.log).established >= established }
        let found = count(daemon.log)
        #expect(
            found.established == established && found.resumed == resumed, "\(daemon.log)",
            sourceLocation: sourceLocation)
    }

    /// openssl s_client at a tunnel that leads to nginx.
    private func connect(_ daemon: DaemonProcess, _ tunnel: String, _ more: String...) throws -> ProgramResult {
        let directory = daemon.stage.path
        return try runProgram(
            [
                "openssl", "s_client", "-tls1_3", "-ign_eof", "-connect", try daemon.endpoint(tunnel), "-cert",
                "\(directory)/peer.pem", "-key", "\(directory)/peer.key", "-CAfile", "\(directory)/authority.pem",
                "-verify_return_error",
            ] + more, input: Array("GET /greeting HTTP/1.0\r\n\r\n".utf8))
    }

    @Test func openSSLResumesAtAServerTunnel() throws {
        let port = try freePort()
        let daemon = try DaemonProcess(serverTunnel("127.0.0.1:\(port)"))
        let nginx = try Companion.nginx(port: port, in: daemon.files)
        try waitFor(port: port)
        let session = daemon.files.file("session")
        let first = try connect(daemon, "in", "-sess_out", session)
        #expect(first.output.contains("New, TLSv1.3") && first.output.contains(greeting), "\(first.output)")
        try expect(daemon, established: 1, resumed: 0)
        let second = try connect(daemon, "in", "-sess_in", session)
        #expect(second.output.contains("Reused, TLSv1.3") && second.output.contains(greeting), "\(second.output)")
        try expect(daemon, established: 2, resumed: 1)
        // Who was verified in the full handshake is so still.
        try daemon.expectLog("established", "peer authenticated, resumed")
        _ = nginx
    }

    @Test func aTicketOfAnotherTunnelIsNotAccepted() throws {
        let port = try freePort()
        let tunnel = serverTunnel("127.0.0.1:\(port)")
        let daemon = try DaemonProcess(tunnel + tunnel.replacing("[tunnel in]", with: "[tunnel other]"))
        let nginx = try Companion.nginx(port: port, in: daemon.files)
        try waitFor(port: port)
        let session = daemon.files.file("session")
        _ = try connect(daemon, "in", "-sess_out", session)
        let other = try connect(daemon, "other", "-sess_in", session)
        #expect(other.output.contains("New, TLSv1.3") && other.output.contains(greeting), "\(other.output)")
        try expect(daemon, established: 2, resumed: 0)
        _ = nginx
    }

    @Test func aClientTunnelResumesAtOpenSSL() throws {
        let port = try freePort()
        let daemon = try DaemonProcess(clientTunnel("127.0.0.1:\(port)"))
        let server = try Companion.openssl(port: port, in: daemon.stage.path)
        try waitFor(port: port)
        // Each connection brings the session of the next.
        for (number, kind) in ["New, TLSv1.3", "Reused, TLSv1.3", "Reused, TLSv1.3"].enumerated() {
            let page = try runProgram(["curl", "-sS", "--http1.0", "http://\(try daemon.endpoint("out"))/"]).output
            #expect(page.contains(kind), "\(page)")
            try expect(daemon, established: number + 1, resumed: number)
        }
        _ = server
    }

    /// A server that has lost its keys costs its client a full handshake and nothing else.
    @Test func twoDaemonsResumeUntilTheFarOneIsRestarted() throws {
        let (tls, plain) = (try freePort(), try freePort())
        let section = serverTunnel("127.0.0.1:\(plain)", accept: "127.0.0.1:\(tls)")
        let near = try DaemonProcess(clientTunnel("127.0.0.1:\(tls)", certificate: "peer", peer: "device.example"))
        let nginx = try Companion.nginx(port: plain, in: near.files)
        try waitFor(port: plain)
        let url = "http://\(try near.endpoint("out"))/greeting"
        for (turn, resumed) in [1, 2].enumerated() {
            let far = try DaemonProcess(section)
            for _ in 0..<2 { #expect(try runProgram(["curl", "-sS", url]).output == greeting) }
            try expect(far, established: 2, resumed: 1)
            try expect(near, established: 2 * turn + 2, resumed: resumed)
            far.signal(SIGKILL)
            _ = try far.exitStatus()
        }
        _ = nginx
    }
}
