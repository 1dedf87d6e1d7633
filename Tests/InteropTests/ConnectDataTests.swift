// Data through connections of `swiftlet connect`: much of it, in small pieces, and how it ends.
import Foundation
import TestSupport
import Testing

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
