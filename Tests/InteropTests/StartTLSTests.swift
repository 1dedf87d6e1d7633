// STARTTLS in SMTP (RFC 3207) against programs that are not ours: `openssl s_client` and Python's smtplib at
// `serve`, aiosmtpd at `connect`; and what a peer says that means no good.
import Foundation
import TestSupport
import Testing

@Suite struct StartTLSServeTests {
    let cast: Certificates
    let server: Ours

    init() throws {
        cast = try certificates()
        server = try Ours(["--echo", "--starttls", "smtp", "--linger", "20"] + pair(cast.server()))
    }

    @Test func openssl() throws {
        let result = try opensslClient(
            server.port,
            ["-starttls", "smtp", "-name", "client.example", "-CAfile", cast.roots, "-verify_return_error"],
            say: "hello\n", for: "\nhello\n")
        expectFine(result, "\nhello\n")
        #expect(result.output.contains("Verify return code: 0 (ok)"))
    }

    @Test func smtplib() throws {
        let result = try python(
            """
            mail = smtplib.SMTP("localhost", port, timeout=20)
            mail.ehlo()
            assert mail.has_extn("starttls") and len(mail.esmtp_features) == 1, mail.esmtp_features
            assert mail.noop()[0] == 250
            assert mail.mail("someone@example.org")[0] == 530
            assert mail.starttls(context=ssl.create_default_context(cafile=roots))[0] == 220
            mail.send("echoed\\r\\n")
            print(mail.sock.recv(100), mail.sock.version())
            """)
        expectFine(result, "b'echoed\\r\\n' TLSv1.3")
    }

    /// threats.md: bytes buffered before the handshake are an error, and the handshake does not begin.
    @Test func anInjectedCommandIsAnError() throws {
        let result = try python(
            """
            raw = socket.create_connection(("127.0.0.1", port), timeout=20)
            answers = raw.makefile("rb")
            answers.readline()
            raw.sendall(b"EHLO x\\r\\n")
            while answers.readline()[3:4] == b"-": pass
            raw.sendall(b"STARTTLS\\r\\nMAIL FROM:<evil@example.org>\\r\\n")
            print(answers.readline(), answers.readline())
            """)
        expectFine(result, "b'554 5.5.0 Nothing may follow before the answer\\r\\n' b''")
        server.expectLog("sent bytes before TLS that were not asked for")
    }

    @Test func aClientThatSpeaksTLSAtOnceIsTold() throws {
        let result = try opensslClient(server.port, ["-CAfile", cast.roots])
        #expect(result.status != 0)
        server.expectLog("check that the peer speaks SMTP there, and does not begin with TLS")
        #expect(server.program.isRunning)
    }
}

/// A client in Python at `server`.
extension StartTLSServeTests {
    private func python(_ body: String) throws -> ProgramResult {
        try runProgram(
            [
                "python3", "-c",
                "import smtplib, socket, ssl, sys\nport, roots = int(sys.argv[1]), sys.argv[2]\n" + body,
                server.port, cast.roots,
            ], mustSucceed: false)
    }
}

@Suite struct StartTLSConnectTests {
    let cast: Certificates

    init() throws { cast = try certificates() }

    private var options: [String] { ["--starttls", "smtp", "--servername", "localhost", "--ca", cast.roots] }

    /// Debian's aiosmtpd takes a mail through the TLS that `connect` began, and refuses it without TLS.
    @Test func aiosmtpd() throws {
        let server = try Theirs.python(
            cast.server(),
            """
            import asyncio
            # Debian's package, whichever Python this is.
            sys.path.append("/usr/lib/python3/dist-packages")
            from aiosmtpd.smtp import SMTP
            class Handler:
                async def handle_DATA(self, server, session, envelope):
                    print("mail", envelope.mail_from, envelope.content, bool(session.ssl), flush=True)
                    return "250 taken"
            async def main():
                new = lambda: SMTP(Handler(), hostname="mail.example", tls_context=made, require_starttls=True)
                await asyncio.get_running_loop().create_server(new, sock=listener)
                await asyncio.sleep(600)
            made = context()
            asyncio.run(main())
            """)
        let result = try connect(
            server.port, options,
            say:
                "EHLO device.example\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\nover TLS\r\n.\r\nQUIT\r\n",
            for: "221 ")
        expectFine(result, "250 taken\r\n")
        #expect(try Summary(result)["version"] == "TLSv1.3")
        try server.program.wait(for: "mail a@example.org b'over TLS\\r\\n' True")
        // What the server said before TLS does not come out.
        #expect(!result.output.contains("STARTTLS"))
    }

    @Test func ourOwnServer() throws {
        let server = try Ours(["--echo", "--starttls", "smtp"] + pair(cast.server()))
        expectFine(try connect(server.port, options, say: "hello\n", for: "hello\n"), "hello\n")
    }

    /// A server that says `lines`, one for each line that it hears.
    private func failure(_ lines: [String], _ more: [String] = []) throws -> (ProgramResult, Summary) {
        let server = try Theirs.python(
            cast.server(),
            """
            peer = listener.accept()[0]
            heard = peer.makefile("rb")
            for line in sys.argv[4].split("|"):
                peer.sendall(line.encode().decode("unicode_escape").encode("latin1"))
                heard.readline()
            heard.read()
            """, lines.joined(separator: "|"))
        let result = try connect(server.port, options + more)
        return (result, try Summary(result))
    }

    @Test(arguments: [
        (["220 x\\r\\n", "250-x\\r\\n250 SIZE\\r\\n"], Int32(2), "notOffered"),
        (["220 x\\r\\n", "250-x\\r\\n250 STARTTLS\\r\\n", "220 go\\r\\n250 injected\\r\\n"], 2, "unsolicited"),
        (["220 x\\r\\n", "250-x\\r\\n250 STARTTLS\\r\\n220 go\\r\\n"], 2, "unsolicited"),
        (["220 x\\r\\n", "250-x\\r\\n250 STARTTLS\\r\\n", "454 later\\r\\n"], 1, "startTLSRefused"),
        (["220 x\\r\\n", "502 what\\r\\n"], 1, "ehloRefused"),
        (["554 no\\r\\n"], 1, "greetingRefused"),
        (["HTTP/1.0 400 Bad Request\\r\\n"], 2, "malformedReply"),
        (["220 x\\n"], 2, "notALine"),
    ])
    func aServerThatDoesNotLeadToTLS(lines: [String], status: Int32, reason: String) throws {
        let (result, summary) = try failure(lines)
        #expect(result.status == status, "\(result.errors)")
        #expect(summary.errorKind == "starttls" && summary.errorDetail == reason)
        #expect(result.standardOutput.isEmpty)
    }

    @Test func aServerThatSaysNothing() throws {
        let (result, summary) = try failure([""], ["--timeout", "0.3"])
        #expect(result.status == 1)
        #expect(summary.errorDetail == "timedOut")
    }
}
