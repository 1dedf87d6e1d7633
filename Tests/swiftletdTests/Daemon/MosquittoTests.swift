// MQTT through the daemon: Debian's broker and its clients, with client certificates in TLS 1.3 and 1.2, and with keys that
// both were given beforehand. A message counts as delivered when `mosquitto_sub` prints it.
import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct MosquittoTests {
    private let files: TemporaryDirectory
    private let stage: Stage
    private static let key = "0f0e0d0c0b0a09080706050403020100ffeeddccbbaa99887766554433221100"

    init() throws {
        files = try TemporaryDirectory()
        stage = try Stage.shared.get()
        let keys = try files.write("keys", Array("meter-7:\(Self.key)\n".utf8))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: keys)
    }

    /// What makes OpenSSL, and so mosquitto, end at TLS 1.2: neither the broker nor its clients have a setting for that.
    private func environment(_ version: String) throws -> [String: String] {
        guard version == "1.2" else { return [:] }
        let text = """
            openssl_conf = a
            [a]
            ssl_conf = b
            [b]
            system_default = c
            [c]
            MaxProtocol = TLSv1.2

            """
        return ["OPENSSL_CONF": try files.write("openssl.cnf", Array(text.utf8))]
    }

    /// A broker at a port of its own.
    private func broker(_ settings: [String], version: String = "1.3") throws -> (program: BackgroundProgram, port: Int)
    {
        let port = try freePort()
        let lines = ["user root", "listener \(port) 127.0.0.1"] + settings
        let path = try files.write("mosquitto-\(port).conf", Array((lines.joined(separator: "\n") + "\n").utf8))
        let program = try BackgroundProgram(
            ["/usr/sbin/mosquitto", "-c", path], environment: environment(version), in: files.path)
        try waitFor(port: port)
        return (program, port)
    }

    /// Subscribes at one endpoint, publishes at another, and expects that the message comes.
    private func deliver(
        from publisher: String, to subscriber: String, _ options: [String] = [], version: String = "1.3",
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        func arguments(_ program: String, _ endpoint: String) -> [String] {
            let parts = endpoint.split(separator: ":").map(String.init)
            return ["stdbuf", "-oL", program, "-h", parts[0], "-p", parts[1], "-t", "meters/7", "-d"] + options
        }
        let message = "21.5 degrees \(UInt64.random(in: 0 ... .max))"
        let environment = try environment(version)
        let waiting = try BackgroundProgram(
            arguments("mosquitto_sub", subscriber) + ["-C", "1", "-W", "60"], environment: environment)
        try waiting.wait(for: "Subscribed", seconds: 30)
        let sent = try BackgroundProgram(
            arguments("mosquitto_pub", publisher) + ["-q", "1", "-m", message], environment: environment
        ).finish(seconds: 30)
        #expect(sent.status == 0, "\(sent.output)\(sent.errors)", sourceLocation: sourceLocation)
        let result = try waiting.finish(seconds: 30)
        let lines = result.output.split(separator: "\n").map(String.init)
        #expect(lines.contains(message), "\(result.output)\(result.errors)", sourceLocation: sourceLocation)
    }

    /// A broker that wants certificates, behind a client tunnel: the plain client knows nothing of TLS.
    @Test(arguments: ["1.3", "1.2"]) func aClientTunnelShowsItsCertificate(_ version: String) throws {
        let path = stage.path
        let broker = try broker(
            [
                "cafile \(path)/authority.pem", "certfile \(path)/peer.pem", "keyfile \(path)/peer.key",
                "require_certificate true", "use_identity_as_username true", "allow_anonymous false",
            ], version: version)
        let daemon = try DaemonProcess(clientTunnel("127.0.0.1:\(broker.port)"))
        let plain = try daemon.endpoint("out")
        try deliver(from: plain, to: plain)
        try daemon.expectLog("established", "TLS \(version)", "peer authenticated")
        // Whom the broker has seen is who the certificate says.
        try broker.program.wait(for: "u'device'")
    }

    /// A plain broker behind a server tunnel that wants certificates of mosquitto's clients.
    @Test(arguments: ["1.3", "1.2"]) func aServerTunnelVerifiesItsClients(_ version: String) throws {
        let broker = try broker(["allow_anonymous true"])
        let daemon = try DaemonProcess(serverTunnel("127.0.0.1:\(broker.port)"))
        let path = stage.path
        let secured = try daemon.endpoint("in")
        let options = ["--cafile", "\(path)/authority.pem", "--cert", "\(path)/peer.pem", "--key", "\(path)/peer.key"]
        try deliver(from: secured, to: secured, options, version: version)
        try daemon.expectLog("established", "TLS \(version)", "peer authenticated")
    }

    /// A broker with a file of keys, behind a client tunnel that has one of them.
    @Test func aClientTunnelHasAKey() throws {
        let broker = try broker(["psk_hint home", "psk_file \(files.path)/keys", "use_identity_as_username true"])
        let daemon = try DaemonProcess(
            """
            [tunnel out]
            role = client
            accept = 127.0.0.1:0
            connect = 127.0.0.1:\(broker.port)
            psk-file = \(files.path)/keys
            psk-identity = meter-7

            """)
        let plain = try daemon.endpoint("out")
        try deliver(from: plain, to: plain)
        try daemon.expectLog("established", "TLS 1.3")
        try broker.program.wait(for: "u'meter-7'")
    }

    /// mosquitto's clients with a key, at a server tunnel that has it in its file.
    @Test func aServerTunnelTakesAKey() throws {
        let broker = try broker(["allow_anonymous true"])
        let daemon = try DaemonProcess(
            """
            [tunnel in]
            role = server
            accept = 127.0.0.1:0
            connect = 127.0.0.1:\(broker.port)
            psk-file = \(files.path)/keys

            """)
        let secured = try daemon.endpoint("in")
        try deliver(from: secured, to: secured, ["--psk", Self.key, "--psk-identity", "meter-7"])
        try daemon.expectLog("established", "TLS 1.3", "peer authenticated")
    }

    /// There are no suites with pre-shared keys in TLS 1.2: who has nothing newer is refused, and hears so.
    @Test func keysAreForTLS13() throws {
        let daemon = try DaemonProcess(
            """
            [tunnel in]
            role = server
            accept = 127.0.0.1:0
            connect = 127.0.0.1:1
            psk-file = \(files.path)/keys

            """)
        let parts = try daemon.endpoint("in").split(separator: ":").map(String.init)
        let result = try BackgroundProgram(
            [
                "mosquitto_pub", "-h", parts[0], "-p", parts[1], "-t", "t", "-m", "m", "--psk", Self.key,
                "--psk-identity", "meter-7",
            ], environment: environment("1.2")
        ).finish(seconds: 30)
        #expect(result.status != 0)
        try daemon.expectLog("we have no certificate for the peer", "told the peer handshake_failure")
    }
}
