// Servers that are not ours.
import Foundation
import TestSupport
import Testing

/// A server of somebody else's that is ready.
final class Theirs {
    let program: BackgroundProgram
    let port: String
    /// What it serves, where it serves files.
    let files: TemporaryDirectory?

    private init(_ program: BackgroundProgram, _ port: String, _ files: TemporaryDirectory? = nil) {
        (self.program, self.port, self.files) = (program, port, files)
    }

    /// `openssl s_server`.
    static func openssl(_ certificate: TestCertificate, _ arguments: [String]) throws -> Theirs {
        try openssl(["-cert", certificate.certificatePath, "-key", certificate.keyPath] + arguments)
    }

    static func openssl(_ arguments: [String]) throws -> Theirs {
        // stdbuf: what it says about a command shall not wait in a buffer.
        let program = try BackgroundProgram(
            ["stdbuf", "-oL", "openssl", "s_server", "-accept", "127.0.0.1:0"] + arguments)
        try program.wait("ACCEPT 127.0.0.1:PORT") { program.output.contains(/ACCEPT 127\.0\.0\.1:[0-9]+\n/) }
        let match = try #require(program.output.firstMatch(of: /ACCEPT 127\.0\.0\.1:([0-9]+)\n/))
        return Theirs(program, String(match.1))
    }

    /// `gnutls-serv --echo`, which cannot choose a port.
    static func gnutls(
        _ certificate: TestCertificate, priority: String = "", _ arguments: [String] = []
    ) throws -> Theirs {
        let port = try freePort()
        let program = try BackgroundProgram(
            [
                "gnutls-serv", "--echo", "--crlf", "--port", "\(port)", "--x509certfile", certificate.certificatePath,
                "--x509keyfile", certificate.keyPath, "--priority", gnutlsPriority(priority),
            ] + arguments)
        try program.wait("listening") { program.output.contains("done") || program.errors.contains("done") }
        return Theirs(program, "\(port)")
    }

    /// nginx, which answers every request with `protocol suite group client-subject`.
    static func nginx(
        _ certificate: TestCertificate, versions: String = "TLSv1.3", _ settings: [String] = []
    ) throws -> Theirs {
        let files = try TemporaryDirectory()
        let port = try freePort()
        let text = """
            daemon off; master_process off; pid \(files.path)/pid; error_log stderr notice;
            events { worker_connections 64; }
            http {
                access_log off; client_body_temp_path \(files.path); proxy_temp_path \(files.path);
                fastcgi_temp_path \(files.path); uwsgi_temp_path \(files.path); scgi_temp_path \(files.path);
                server {
                    listen 127.0.0.1:\(port) ssl; ssl_protocols \(versions); ssl_certificate \(certificate.certificatePath);
                    ssl_certificate_key \(certificate.keyPath);
                    \(settings.map { $0 + ";" }.joined(separator: "\n        "))
                    location / { return 200 "seen: $ssl_protocol $ssl_cipher $ssl_client_s_dn\\n"; }
                    location /files { alias \(files.path); }
                }
            }
            """
        let program = try BackgroundProgram(
            ["nginx", "-e", "stderr", "-c", files.write("nginx.conf", Array(text.utf8))],
            environment: ["PATH": "\(ProcessInfo.processInfo.environment["PATH"] ?? ""):/usr/sbin"], in: files.path)
        try program.wait("a listening nginx") { isListening(port) }
        return Theirs(program, "\(port)", files)
    }

    /// A server in Python: `body` finds `listener` and `accept(**settings)`, which answers an established connection.
    static func python(_ certificate: TestCertificate, _ body: String, _ arguments: String...) throws -> Theirs {
        let script = """
            import hashlib, socket, ssl, struct, sys, time
            certificate, key, roots = sys.argv[1:4]
            listener = socket.create_server(("127.0.0.1", 0))
            print(listener.getsockname()[1], flush=True)
            def context(client=ssl.CERT_NONE):
                made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                made.load_cert_chain(certificate, key)
                made.load_verify_locations(roots)
                made.verify_mode = client
                return made
            def accept(client=ssl.CERT_NONE, made=None):
                return (made or context(client)).wrap_socket(listener.accept()[0], server_side=True,
                                                             suppress_ragged_eofs=False)
            \(body)
            """
        let program = try BackgroundProgram(
            ["python3", "-c", script, certificate.certificatePath, certificate.keyPath, certificates().roots]
                + arguments)
        try program.wait("a port") { program.output.contains("\n") }
        return Theirs(program, String(program.output.prefix { !$0.isNewline }))
    }
}

extension Theirs {
    /// A server of Tests/Peers.
    static func peer(_ arguments: [String]) throws -> Theirs {
        let program = try BackgroundProgram(arguments)
        try program.wait("listening PORT") { program.output.contains(/listening [0-9]+\n/) }
        let match = try #require(program.output.firstMatch(of: /listening ([0-9]+)\n/))
        return Theirs(program, String(match.1))
    }
}

/// A priority string of GnuTLS's for TLS 1.3 alone, unless `more` says otherwise.
func gnutlsPriority(_ more: String) -> String { "NORMAL:-VERS-ALL:+VERS-TLS1.3" + more }

/// Whether somebody listens at a port of 127.0.0.1, without connecting to it.
func isListening(_ port: Int) -> Bool {
    let address = "0100007F:" + String(port, radix: 16, uppercase: true)
    let table = (try? String(contentsOfFile: "/proc/net/tcp", encoding: .utf8)) ?? ""
    // local address, remote address, state 0A: listening
    return table.contains(" \(address) 00000000:0000 0A ")
}
