// Data through established connections: much of it, in small pieces, and how it ends.
import Foundation
import TestSupport
import Testing

/// Bytes without a pattern that a record would repeat.
private func noise(_ count: Int) -> [UInt8] {
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 56)
    }
}

/// Lines of text that differ from each other.
private func lines(_ count: Int) -> [UInt8] {
    var text: [UInt8] = []
    for (index, byte) in noise(count).enumerated() {
        text.append(index % 64 == 63 ? UInt8(ascii: "\n") : UInt8(ascii: "a") + byte % 26)
    }
    return text
}

@Suite struct ConnectDataTests {
    let cast: Certificates

    init() throws { cast = try certificates() }

    private func connect(_ server: Theirs, _ more: String..., input: [UInt8]) throws -> ProgramResult {
        try runProgram(
            [programPath, "connect", "127.0.0.1:\(server.port)", "--json", "--ca", cast.roots] + more, input: input,
            mustSucceed: false)
    }

    /// Five megabytes out and five megabytes back, at the same time.
    @Test(arguments: ["gnutls", "python"]) func fiveMegabytesThereAndBack(peer: String) throws {
        let server =
            peer == "gnutls"
            ? try Theirs.gnutls(cast.server())
            : try Theirs.python(
                cast.server(),
                """
                connection = accept()
                while True:
                    try: data = connection.recv(65536)
                    except ssl.SSLZeroReturnError: break
                    if not data: break
                    connection.sendall(data)
                connection.unwrap()
                """)
        // gnutls-serv echoes text: lines, without zeros.
        let data = peer == "gnutls" ? lines(5 << 20) : noise(5 << 20)
        let result = try connect(server, "--linger", "20", input: data)
        #expect(result.status == 0, "\(result.errors)")
        let isSame = result.standardOutput == data
        #expect(isSame, "\(result.standardOutput.count) bytes came back")
    }

    /// What openssl prints is what we sent.
    @Test func fiveMegabytesToOpenssl() throws {
        let server = try Theirs.openssl(cast.server(), [])
        let data = noise(5 << 20)
        let result = try connect(server, "--linger", "1", input: data)
        #expect(result.status == 0, "\(result.errors)")
        try server.program.wait(for: "CONNECTION CLOSED")
        let isThere = Data(server.program.outputBytes).range(of: Data(data)) != nil
        #expect(isThere)
    }

    /// A file from nginx.
    @Test func fiveMegabytesFromNginx() throws {
        let server = try Theirs.nginx(cast.server())
        let data = noise(5 << 20)
        try server.files?.write("noise", data)
        let client = try BackgroundProgram(
            [programPath, "connect", "127.0.0.1:\(server.port)", "--ca", cast.roots, "--json"])
        client.send("GET /files/noise HTTP/1.0\r\n\r\n")
        let result = try client.finish()
        #expect(result.status == 0, "\(result.errors)")
        let isSame = result.standardOutput.suffix(data.count).elementsEqual(data)
        #expect(isSame, "\(result.standardOutput.count) bytes came")
    }

    /// The peer's records of 1000 bytes, and its bytes on the wire in pieces of 7 (the handshake) and 1000.
    @Test func smallWritesOfPython() throws {
        let server = try Theirs.python(
            cast.server(),
            """
            raw = listener.accept()[0]
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            received, sent = ssl.MemoryBIO(), ssl.MemoryBIO()
            connection = context().wrap_bio(received, sent, server_side=True)
            def flush(piece):
                data = sent.read()
                for start in range(0, len(data), piece): raw.sendall(data[start:start + piece])
            def retry(call):
                while True:
                    try: return call()
                    except ssl.SSLWantReadError:
                        flush(7)
                        data = raw.recv(3)
                        received.write(data) if data else received.write_eof()
            retry(connection.do_handshake)
            flush(7)
            said = b""
            while len(said) < 3000: said += retry(lambda: connection.read(3000))
            for start in range(0, 3000, 1000):
                for _ in range(100): connection.write(said[start:start + 1000])
                flush(1000)
            try: connection.unwrap()
            except ssl.SSLWantReadError: pass
            flush(7)
            time.sleep(20)
            """)
        let data = noise(3000)
        let result = try connect(server, input: data)
        #expect(result.status == 0, "\(result.errors)")
        let expected = (0..<3).flatMap { part in
            (0..<100).flatMap { _ in data[part * 1000..<(part + 1) * 1000] }
        }
        let isSame = result.standardOutput == expected
        #expect(isSame)
    }

    /// The TCP connection ends, by FIN or by RST, without close_notify: never a clean end.
    @Test(arguments: ["fin", "reset"]) func truncated(how: String) throws {
        let server = try Theirs.python(
            cast.server(),
            """
            connection = accept()
            connection.sendall(b"half")
            connection.recv(1)
            if sys.argv[4] == "reset": connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
            """, how)
        let client = try BackgroundProgram(
            [programPath, "connect", "127.0.0.1:\(server.port)", "--ca", cast.roots, "--json"])
        try client.wait(for: "half")
        client.send("x")
        let result = try client.finish()
        #expect(result.status == 1, "\(result.errors)")
        #expect(result.output == "half")
        let kind = try Summary(result).errorKind
        #expect(kind == "truncated" || (how == "reset" && kind == "transport"), "\(result.errors)")
    }

    /// A close_notify of the peer's ends the connection, although our input goes on.
    @Test(arguments: ["openssl", "nginx", "python"]) func closeNotify(peer: String) throws {
        let server =
            switch peer {
            case "openssl": try Theirs.openssl(cast.server(), ["-rev"])
            case "nginx": try Theirs.nginx(cast.server())
            default:
                try Theirs.python(
                    cast.server(),
                    """
                    connection = accept()
                    connection.recv(1)
                    connection.unwrap()
                    """)
            }
        let client = try BackgroundProgram(
            [programPath, "connect", "127.0.0.1:\(server.port)", "--ca", cast.roots, "--json"])
        // s_server ends at this line.
        client.send(peer == "nginx" ? "GET / HTTP/1.0\r\n\r\n" : "CLOSE\n")
        let result = try client.finish()
        #expect(result.status == 0, "\(result.errors)")
    }

    /// An alert after the handshake.
    @Test func alertAfterTheHandshake() throws {
        let server = try Theirs.python(
            cast.server(),
            """
            raw = listener.accept()[0]
            received, sent = ssl.MemoryBIO(), ssl.MemoryBIO()
            connection = context().wrap_bio(received, sent, server_side=True)
            while True:
                try:
                    connection.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    raw.sendall(sent.read())
                    received.write(raw.recv(65536))
            raw.sendall(sent.read())
            # A record that was changed under way: our own bad_record_mac.
            connection.write(b"changed")
            data = bytearray(sent.read())
            data[-1] ^= 1
            raw.sendall(data)
            received.write(raw.recv(65536))
            try: connection.read(1)
            except ssl.SSLError as error: print(error, flush=True)
            time.sleep(20)
            """)
        let client = try BackgroundProgram(
            [programPath, "connect", "127.0.0.1:\(server.port)", "--ca", cast.roots, "--json"])
        let result = try client.finish()
        #expect(result.status == 2, "\(result.errors)")
        #expect(result.output.isEmpty)
        #expect(try Summary(result).errorDetail == "bad_record_mac")
        try server.program.wait(for: "bad record mac")
    }
}

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
