// Tunnels with `protocol = smtp` (RFC 3207) between Python's smtplib and aiosmtpd, neither of them ours: a mail goes all the
// way, and nothing goes on where TLS does not.
import Foundation
import TestSupport
import Testing

/// Both ends of mail, in Python: a scenario and its arguments.
private let mailProgram = #"""
    import socket, ssl, sys, time
    # Debian's aiosmtpd, whichever Python this is.
    sys.path.append("/usr/lib/python3/dist-packages")
    import asyncio, smtplib

    def context(purpose, directory, name):
        made = ssl.SSLContext(purpose)
        made.load_verify_locations(directory + "/authority.pem")
        made.load_cert_chain(directory + "/" + name + ".pem", directory + "/" + name + ".key")
        return made

    # Takes mail at a port, with STARTTLS where there is a directory of certificates, and writes it to a file.
    def server(port, out, directory=None):
        from aiosmtpd.smtp import SMTP
        class Handler:
            async def handle_DATA(self, server, session, envelope):
                with open(out, "ab") as file: file.write(envelope.content)
                return "250 taken"
        made = context(ssl.PROTOCOL_TLS_SERVER, directory, "peer") if directory else None
        async def main():
            new = lambda: SMTP(Handler(), hostname="inner.example", tls_context=made, require_starttls=bool(made))
            await asyncio.get_running_loop().create_server(new, "127.0.0.1", int(port))
            await asyncio.sleep(600)
        asyncio.run(main())

    # Sends a mail, with STARTTLS where there is a directory of certificates.
    def client(port, greeting, text, directory=None):
        mail = smtplib.SMTP(timeout=60)
        assert mail.connect("127.0.0.1", int(port)) == (220, greeting.encode()), "greeting"
        mail.ehlo()
        if directory:
            mail._host = "localhost"
            assert mail.has_extn("starttls")
            mail.starttls(context=context(ssl.PROTOCOL_TLS_CLIENT, directory, "peer"))
            mail.ehlo()
        # Both sides agree about whose turn it is: the answer to EHLO is that of the mail server at the end.
        assert mail.ehlo_resp.startswith(b"inner.example"), mail.ehlo_resp
        assert not mail.has_extn("starttls")
        mail.sendmail("a@example.org", ["b@example.org"], text)
        assert mail.quit()[0] == 221

    # Hands a mail to a mail server that passes it on.
    def send(port, text):
        mail = smtplib.SMTP("127.0.0.1", int(port), timeout=60)
        mail.sendmail("a@example.org", ["b@example.org"], text)
        mail.quit()

    # Says lines, each after one that it hears.
    def say(port, *lines):
        listener = socket.create_server(("127.0.0.1", int(port)))
        while True:
            peer = listener.accept()[0]
            heard = peer.makefile("rb")
            # Whoever only looks whether there is a listener goes at once.
            try:
                for line in lines:
                    peer.sendall(line.encode().decode("unicode_escape").encode())
                    heard.readline()
                heard.read()
            except OSError: pass

    # Hears what there is to hear at a port until it ends or breaks off, and says nothing.
    def hear(port):
        try:
            peer = socket.create_connection(("127.0.0.1", int(port)), timeout=60)
            print(peer.recv(1000))
            while peer.recv(1000): pass
        except ConnectionResetError: print("reset")

    # Puts a command behind STARTTLS, where nothing protects it yet.
    def inject(port):
        peer = socket.create_connection(("127.0.0.1", int(port)), timeout=60)
        answers = peer.makefile("rb")
        answers.readline()
        peer.sendall(b"EHLO x\r\n")
        while answers.readline()[3:4] == b"-": pass
        peer.sendall(b"STARTTLS\r\nMAIL FROM:<evil@example.org>\r\n")
        print(answers.read())

    globals()[sys.argv[1]](*sys.argv[2:])
    """#

@Suite struct SMTPTests {
    private func program(_ daemon: DaemonProcess) throws -> String {
        try daemon.files.write("mail.py", Array(mailProgram.utf8))
    }

    /// A Python end of mail that goes on.
    private func start(_ daemon: DaemonProcess, _ arguments: String...) throws -> Companion {
        let companion = try Companion(["python3", program(daemon)] + arguments, in: daemon.files.path)
        try waitFor(port: try #require(Int(arguments[1])))
        return companion
    }

    /// A Python end of mail, to its end.
    private func play(_ daemon: DaemonProcess, _ arguments: String...) throws -> String {
        let result = try runProgram(["python3", program(daemon)] + arguments, mustSucceed: false)
        #expect(result.status == 0, "\(arguments): \(result.errors)\(daemon.log)")
        return result.output
    }

    private func port(_ daemon: DaemonProcess, _ name: String) throws -> String {
        String(try #require(try daemon.endpoint(name).split(separator: ":").last))
    }

    private func expectMail(_ daemon: DaemonProcess, _ text: String) throws {
        let mail = String(decoding: try readFile(daemon.files.file("mail")), as: UTF8.self)
        #expect(mail.contains(text))
    }

    @Test func aMailServerBehindATunnel() throws {
        let plain = try freePort()
        let daemon = try DaemonProcess(serverTunnel("127.0.0.1:\(plain)", "protocol = smtp"))
        let server = try start(daemon, "server", "\(plain)", daemon.files.file("mail"))
        _ = try play(daemon, "client", port(daemon, "in"), greeting(), "through a server tunnel", daemon.stage.path)
        try expectMail(daemon, "through a server tunnel")
        try daemon.expectLog("established: TLS 1.3", "peer authenticated")
        _ = server
    }

    @Test func swaksThroughATunnel() throws {
        let plain = try freePort()
        let daemon = try DaemonProcess(serverTunnel("127.0.0.1:\(plain)", "protocol = smtp"))
        let server = try start(daemon, "server", "\(plain)", daemon.files.file("mail"))
        let peer = daemon.stage.path + "/peer"
        let result = try runProgram(
            [
                "swaks", "--server", try daemon.endpoint("in"), "--to", "a@example.org", "--from", "b@example.org",
                "--tls",
                "--tls-verify", "--tls-ca-path", daemon.stage.path + "/authority.pem", "--tls-cert", peer + ".pem",
                "--tls-key", peer + ".key", "--body", "from swaks",
            ], mustSucceed: false)
        #expect(
            result.output.contains("TLS started with cipher TLSv1.3"), "\(result.output)\(result.errors)\(daemon.log)")
        try expectMail(daemon, "from swaks")
        _ = server
    }

    @Test func aMailServerBeyondATunnel() throws {
        let remote = try freePort()
        let daemon = try DaemonProcess(
            clientTunnel("127.0.0.1:\(remote)", "protocol = smtp", "server-name = peer.example"))
        let server = try start(daemon, "server", "\(remote)", daemon.files.file("mail"), daemon.stage.path)
        _ = try play(daemon, "client", port(daemon, "out"), "peer.example ESMTP", "through a client tunnel")
        try expectMail(daemon, "through a client tunnel")
        _ = server
    }

    /// Two mail programs that know nothing of TLS.
    @Test func mailThroughBothTunnels() throws {
        let plain = try freePort()
        let daemon = try DaemonProcess(
            serverTunnel("127.0.0.1:\(plain)", accept: "unix:TMP/tls", "protocol = smtp")
                + clientTunnel(
                    "unix:TMP/tls", certificate: "peer", peer: "device.example", "protocol = smtp",
                    "server-name = device.example"))
        let server = try start(daemon, "server", "\(plain)", daemon.files.file("mail"))
        _ = try play(daemon, "client", port(daemon, "out"), "device.example ESMTP", "through two tunnels")
        try expectMail(daemon, "through two tunnels")
        _ = server
    }

    /// threats.md: a stripped offer is a failure where TLS is required. Not a byte comes to the plain side.
    @Test(arguments: [
        (["220 x\\r\\n", "250-x\\r\\n250 SIZE\\r\\n", ""], "the server does not offer STARTTLS"),
        (["220 x\\r\\n", "250-x\\r\\n250 STARTTLS\\r\\n220 go\\r\\n", ""], "bytes before TLS that were not asked for"),
        (["220 x\\r\\n", "250-x\\r\\n250 STARTTLS\\r\\n", "454 later\\r\\n"], "(it said '454 later')"),
        (["554 no\\r\\n", "", ""], "the mail server refuses the connection"),
    ])
    func aServerThatDoesNotLeadToTLS(lines: [String], words: String) throws {
        let remote = try freePort()
        let daemon = try DaemonProcess(clientTunnel("127.0.0.1:\(remote)", "protocol = smtp"))
        let server = try start(daemon, "say", "\(remote)", lines[0], lines[1], lines[2])
        #expect(try play(daemon, "hear", port(daemon, "out")) == "reset\n")
        try daemon.expectLog("tunnel out", words)
        _ = server
    }

    /// threats.md: bytes buffered before the handshake are an error. The plain server is not even connected.
    @Test func anInjectedCommandIsAnError() throws {
        let daemon = try DaemonProcess(serverTunnel("unix:TMP/nobody", "protocol = smtp"))
        #expect(
            try play(daemon, "inject", port(daemon, "in"))
                == "b'554 5.5.0 Nothing may follow before the answer\\r\\n'\n")
        try daemon.expectLog("tunnel in", "bytes before TLS that were not asked for")
    }

    @Test func aPlainServerThatRefusesIsLogged() throws {
        let plain = try freePort()
        let daemon = try DaemonProcess(
            serverTunnel("127.0.0.1:\(plain)", accept: "unix:TMP/tls", "protocol = smtp")
                + clientTunnel("unix:TMP/tls", certificate: "peer", peer: "device.example", "protocol = smtp"))
        let server = try start(daemon, "say", "\(plain)", "421 busy\\r\\n")
        _ = try play(daemon, "hear", port(daemon, "out"))
        try daemon.expectLog("tunnel in", "the mail server refuses the connection (it said '421 busy')")
        _ = server
    }

    /// Postfix to Exim, and the other way: the first speaks TLS to our tunnel, which leads to the second.
    @Test(.enabled(if: MailServer.areAvailable), arguments: MailServer.Kind.allCases)
    func mailServersThroughAServerTunnel(kind: MailServer.Kind) throws {
        let sink = try freePort()
        let second = try MailServer(kind.other, next: sink, usesTLS: false)
        let daemon = try DaemonProcess(serverTunnel("127.0.0.1:\(second.port)", "protocol = smtp"))
        let taker = try start(daemon, "server", "\(sink)", daemon.files.file("mail"))
        let tunnel = try #require(Int(port(daemon, "in")))
        let first = try MailServer(kind, next: tunnel, usesTLS: true)
        _ = try play(daemon, "send", "\(first.port)", "from \(kind) with TLS")
        try expectMailSoon(daemon, "from \(kind) with TLS", first, second)
        try daemon.expectLog("established: TLS 1.3", "peer authenticated")
        _ = taker
    }

    /// The first knows nothing of TLS; our tunnel speaks it to the second.
    @Test(.enabled(if: MailServer.areAvailable), arguments: MailServer.Kind.allCases)
    func mailServersThroughAClientTunnel(kind: MailServer.Kind) throws {
        let sink = try freePort()
        let second = try MailServer(kind.other, next: sink, usesTLS: false)
        let daemon = try DaemonProcess(clientTunnel("127.0.0.1:\(second.port)", "protocol = smtp"))
        let taker = try start(daemon, "server", "\(sink)", daemon.files.file("mail"))
        let tunnel = try #require(Int(port(daemon, "out")))
        let first = try MailServer(kind, next: tunnel, usesTLS: false)
        _ = try play(daemon, "send", "\(first.port)", "from \(kind) without")
        try expectMailSoon(daemon, "from \(kind) without", first, second)
        try daemon.expectLog("established: TLS 1.3", "peer authenticated")
        let log = second.log
        #expect(log.contains("TLSv1.3") || log.contains("TLS1.3"), "\(log)")
        _ = taker
    }

    private func expectMailSoon(_ daemon: DaemonProcess, _ text: String, _ servers: MailServer...) throws {
        let mail = { String(decoding: (try? readFile(daemon.files.file("mail"))) ?? [], as: UTF8.self) }
        try? daemon.wait(60) { mail().contains(text) }
        let logs = servers.map(\.log).joined(separator: "----\n")
        #expect(mail().contains(text), "\(daemon.log)\(logs)")
    }

    /// A peer that says nothing is given up in time.
    @Test func aSilentClientIsGivenUp() throws {
        let daemon = try DaemonProcess(serverTunnel("unix:TMP/nobody", "protocol = smtp", "handshake-timeout = 1"))
        let output = try play(daemon, "hear", port(daemon, "in"))
        #expect(output.contains("220 "))
        try daemon.expectLog("the handshake took longer than handshake-timeout allows")
    }
}

/// The greeting of a server tunnel: the machine's own name.
private func greeting() throws -> String {
    let name = try runProgram(["uname", "-n"]).output.split(separator: "\n").first.map(String.init) ?? ""
    return (name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-.".contains($0)) } ? name : "localhost")
        + " ESMTP"
}
