// Threats "0-RTT" at a server tunnel that takes early data: a first flight that was recorded and is sent again brings nothing a
// second time (RFC 8446 §8), and a client that never finishes after its early data is ended, while others go on.
import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct ReplayedEarlyDataTests {
    /// Records first flights of openssl's that the tunnel has never seen, and sends them by itself.
    private let program = #"""
        import os, socket, ssl, subprocess, sys, threading, time

        directory, tunnel, port, session, mark = sys.argv[1:6]
        host, number = tunnel.rsplit(":", 1)
        tunnel = (host, int(number))
        identity = [directory + "/peer.pem", directory + "/peer.key", directory + "/authority.pem"]
        seen, lock = [], threading.Lock()

        def serve(connection):
            # The plain program behind the tunnel: says that it has noted what came.
            while True:
                try:
                    data = connection.recv(65536)
                    if not data: return
                    with lock: seen.append(data)
                    connection.sendall(b"noted\n")
                except OSError: return

        def accept(listener):
            while True: threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

        sink = socket.create_server(("127.0.0.1", int(port)))
        threading.Thread(target=accept, args=(sink,), daemon=True).start()

        def times(): 
            with lock: return b"".join(seen).count(mark.encode())

        def client(where, *more, text=b""):
            return subprocess.Popen(
                ["openssl", "s_client", "-tls1_3", "-connect", "%s:%d" % where, "-cert", identity[0], "-key", identity[1],
                 "-CAfile", identity[2], "-verify_return_error", "-ign_eof", *more],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

        def others_go_on():
            # A whole handshake, and data both ways.
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.load_cert_chain(identity[0], identity[1])
            context.load_verify_locations(identity[2])
            with socket.create_connection(tunnel, timeout=60) as raw:
                with context.wrap_socket(raw, server_hostname="device.example") as connection:
                    connection.sendall(b"something else\n")
                    assert connection.recv(64) == b"noted\n"

        def new_session():
            if os.path.exists(session): os.unlink(session)
            process = client(tunnel, "-sess_out", session)
            process.stdin.write(b"something else\n")
            process.stdin.flush()
            while b"noted" not in process.stdout.readline(): pass
            process.kill()
            process.wait()
            assert os.path.getsize(session) > 0

        def first_flight():
            # All up to the end of the first record of application data; whoever said it hears nothing.
            listener = socket.create_server(("127.0.0.1", 0))
            process = client(listener.getsockname(), "-sess_in", session, "-early_data", session + ".data")
            connection = listener.accept()[0]
            connection.settimeout(60)
            flight, types = b"", []
            while 23 not in types:
                header = connection.recv(5, socket.MSG_WAITALL)
                flight += header + connection.recv(int.from_bytes(header[3:], "big"), socket.MSG_WAITALL)
                types.append(header[0])
            process.kill()
            process.wait()
            return flight

        def send(flight):
            connection = socket.create_connection(tunnel, timeout=60)
            connection.sendall(flight)
            # The server has answered: whether it takes the early data is settled.
            assert connection.recv(65536)
            return connection

        def wait_for_end(connection):
            try:
                while connection.recv(65536): pass
            except ConnectionResetError: pass

        with open(session + ".data", "w") as file: file.write(mark)
        new_session()
        end = time.monotonic() + 150
        while True:
            flight = first_flight()
            held = send(flight)
            # By the time another has got through, the early data has too, if it is taken at all.
            others_go_on()
            if times() > 0: break
            # In the first twenty seconds after the start none is.
            assert time.monotonic() < end, "early data was never taken"
            held.close()
        assert times() == 1
        # `held` says no more, and others go on.
        others_go_on()
        # The same again, while the first still stands, and once more when the daemon has ended it.
        for _ in range(2):
            again = send(flight)
            others_go_on()
            assert times() == 1, "the early data came twice"
            again.close()
            wait_for_end(held)
        others_go_on()
        assert times() == 1, "the early data came twice"
        print("ended")
        """#

    @Test func aRecordedFlightComesOnceAndOneThatNeverFinishesIsEnded() throws {
        let port = try freePort()
        let daemon = try DaemonProcess(
            serverTunnel(
                "127.0.0.1:\(port)", accept: "127.0.0.1:0", "unsafe-early-data = yes", "handshake-timeout = 5",
                "connections = 8"))
        let result = try BackgroundProgram([
            "python3", "-c", program, daemon.stage.path, daemon.endpoint("in"), "\(port)", daemon.files.file("session"),
            "the early bird",
        ]).finish(seconds: 240)
        #expect(result.status == 0 && result.output == "ended\n", "\(result.errors)\(daemon.log)")
        try daemon.expectLog("handshake-timeout allows")
    }
}
