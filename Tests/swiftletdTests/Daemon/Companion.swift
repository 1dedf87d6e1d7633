// Programs that run beside a test of the daemon: the far ends of its tunnels.
import Foundation
import TestSupport

/// A program that runs until the object goes.
final class Companion {
    private let process = Process()

    init(_ arguments: [String], in directory: String) throws {
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    // Signals that can be blocked are blocked in what a test's thread starts, so only this one ends it.
    deinit { kill(process.processIdentifier, SIGKILL) }

    /// A program that sends back what it gets, at a port that is free.
    static func echo(in directory: String) throws -> (program: Companion, port: Int) {
        let port = try freePort()
        let program = try Companion(
            ["socat", "TCP-LISTEN:\(port),bind=127.0.0.1,fork,reuseaddr", "EXEC:cat"], in: directory)
        try waitFor(port: port)
        return (program, port)
    }

    /// openssl's server of TLS 1.3 at a port, with the certificate of `peer`, which wants one of the same authority and answers with a
    /// page about the connection.
    static func openssl(port: Int, in directory: String) throws -> Companion {
        try Companion(
            [
                "openssl", "s_server", "-tls1_3", "-accept", "127.0.0.1:\(port)", "-www", "-cert", "peer.pem", "-key",
                "peer.key", "-CAfile", "authority.pem", "-Verify", "3", "-verify_return_error",
            ], in: directory)
    }

    /// nginx with plain HTTP at a port, serving `greeting`.
    static func nginx(port: Int, in files: TemporaryDirectory) throws -> Companion {
        try files.write("greeting", Array("hello from behind the tunnel\n".utf8))
        let text = """
            daemon off; master_process off; pid \(files.path)/nginx.pid; error_log \(files.path)/nginx.log;
            events { worker_connections 64; }
            http {
                access_log off; client_body_temp_path \(files.path); proxy_temp_path \(files.path);
                fastcgi_temp_path \(files.path); uwsgi_temp_path \(files.path); scgi_temp_path \(files.path);
                server { listen 127.0.0.1:\(port); root \(files.path); }
            }
            """
        let path = try files.write("nginx.conf", Array(text.utf8))
        return try Companion(["nginx", "-c", path], in: files.path)
    }
}

/// Waits until something listens at a port.
func waitFor(port: Int) throws {
    let program = """
        import socket, sys, time
        for _ in range(400):
            try: socket.create_connection(("127.0.0.1", int(sys.argv[1]))).close(); sys.exit(0)
            except OSError: time.sleep(0.05)
        sys.exit(1)
        """
    try runProgram(["python3", "-c", program, "\(port)"])
}
