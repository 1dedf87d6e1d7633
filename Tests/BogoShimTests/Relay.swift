// The runner's place, as far as TCP goes: something that the shim connects to, that reads the shim's number and hands on
// everything else, to a server that listens or to a client that connects.
import Foundation
import TestSupport

private let relayProgram = #"""
    import socket, sys, threading
    shims = socket.create_server(("127.0.0.1", 0))
    server = int(sys.argv[1])
    clients = None if server else socket.create_server(("127.0.0.1", 0))
    print("shim", shims.getsockname()[1], "client", clients.getsockname()[1] if clients else 0, "ready", flush=True)

    def carry(source, target):
        try:
            while data := source.recv(65536): target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError: pass

    shim = shims.accept()[0]
    number = b""
    while len(number) < 8:
        number += shim.recv(8 - len(number))
    print("number", int.from_bytes(number, "little"), flush=True)
    other = clients.accept()[0] if clients else socket.create_connection(("127.0.0.1", server))
    one = threading.Thread(target=carry, args=(shim, other))
    one.start()
    carry(other, shim)
    one.join()
    """#

/// A relay that waits for one shim.
struct Relay {
    let program: BackgroundProgram
    /// Where the shim connects to.
    let shimPort: String
    /// Where a client connects to, if there is no server.
    let clientPort: String

    /// - Parameter server: the port of the server to connect to; nil waits for a client.
    init(to server: String? = nil) throws {
        program = try BackgroundProgram(["python3", "-c", relayProgram, server ?? "0"])
        try program.wait(for: "ready")
        let words = program.output.split { $0 == " " || $0 == "\n" }
        (shimPort, clientPort) = (String(words[1]), String(words[3]))
    }

    /// Starts a shim for it.
    func shim(_ arguments: [String]) throws -> BackgroundProgram {
        try BackgroundProgram([shimPath, "-port", shimPort, "-shim-id", "72623859790382856"] + arguments)
    }
}

/// The program under test.
let shimPath = builtProgram("swiftlet-bogo-shim")

/// `openssl s_server`, and the port it chose.
func opensslServer(_ certificate: TestCertificate, _ arguments: [String]) throws -> (BackgroundProgram, String) {
    let program = try BackgroundProgram(
        [
            "stdbuf", "-oL", "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", certificate.certificatePath,
            "-key", certificate.keyPath,
        ] + arguments)
    try program.wait("ACCEPT 127.0.0.1:PORT") { program.output.contains(/ACCEPT 127\.0\.0\.1:[0-9]+\n/) }
    guard let match = program.output.firstMatch(of: /ACCEPT 127\.0\.0\.1:([0-9]+)\n/) else {
        throw DidNotHappen(description: "s_server named no port")
    }
    return (program, String(match.1))
}
