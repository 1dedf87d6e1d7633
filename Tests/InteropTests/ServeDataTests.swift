// Data through connections of `swiftlet serve`: much of it, in small pieces, and how it ends.
import Foundation
import TestSupport
import Testing

@Suite struct ServeDataTests {
    let cast: Certificates

    init() throws { cast = try certificates() }

    private func serve() throws -> Ours { try Ours(["--echo"] + pair(cast.server())) }

    /// Five megabytes out and five megabytes back, in pieces of 1000 bytes, and both ends closed in order.
    @Test func fiveMegabytesOfPython() throws {
        let server = try serve()
        let result = try pythonClient(
            server.port,
            """
            import os, select
            connection = connect()
            data = os.urandom(5 << 20)
            sock, sent = connection, 0
            hashed, count = hashlib.sha256(), 0
            sock.setblocking(False)
            while count < len(data):
                wants = [sock] if sent < len(data) else []
                if not sock.pending(): select.select([sock], wants, [], 20)
                if sent < len(data):
                    try: sent += sock.send(data[sent:sent + 1000])
                    except (ssl.SSLWantReadError, ssl.SSLWantWriteError): pass
                try:
                    piece = sock.recv(65536)
                    hashed.update(piece)
                    count += len(piece)
                except (ssl.SSLWantReadError, ssl.SSLWantWriteError): pass
            assert hashed.digest() == hashlib.sha256(data).digest()
            sock.setblocking(True)
            sock.unwrap()
            print("whole")
            """)
        expectFine(result, "whole\n")
        #expect(server.program.errors.isEmpty, "\(server.program.errors)")
    }

    /// openssl and gnutls write as fast as they can.
    @Test(arguments: ["openssl", "gnutls"]) func fiveMegabytes(peer: String) throws {
        let server = try serve()
        let data = noise(5 << 20)
        let client = try BackgroundProgram(
            peer == "openssl"
                ? ["openssl", "s_client", "-connect", "127.0.0.1:\(server.port)", "-CAfile", cast.roots, "-quiet"]
                : [
                    "gnutls-cli", "--port", server.port, "--x509cafile", cast.roots, "--logfile", "/dev/null",
                    "localhost",
                ])
        client.send(data)
        try client.wait("the echo", seconds: 40) { client.outputBytes.count >= data.count }
        client.endInput()
        client.stop()
        let isSame = client.outputBytes.suffix(data.count).elementsEqual(data)
        #expect(isSame)
    }

    /// Clients that break off: no clean end for them in the log, and the next one is served.
    @Test func truncatedByPython() throws {
        let server = try serve()
        let result = try pythonClient(
            server.port,
            """
            for how in ("fin", "reset"):
                connection = connect()
                connection.sendall(b"half")
                assert connection.recv(4) == b"half"
                if how == "reset":
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.close()
            connection = connect()
            connection.sendall(b"whole")
            assert connection.recv(5) == b"whole"
            connection.unwrap()
            print("served")
            """)
        expectFine(result, "served\n")
        server.expectLog("without close_notify")
    }
}
