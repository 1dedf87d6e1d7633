// Identities that were issued some days ago, tunnels that show them, and what clients see of them.
import Foundation
import TestSupport
import Testing

/// A store, an authority with an EST server, and what is around them.
struct RenewalStage {
    let est: ESTStage

    init() throws { est = try ESTStage() }

    var files: TemporaryDirectory { est.files }
    var store: String { files.file("store") }

    /// Installs an identity of 30 days that was issued some days ago.
    func install(_ name: String, daysAgo days: Int) throws {
        let (key, request) = (files.file("\(name).key"), files.file("\(name).csr"))
        try runProgram([
            "openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
            "-subj", "/CN=\(name)", "-out", request,
        ])
        try install(name, key: key, request: request, daysAgo: days, [:])
    }

    /// The same with a key that is made in a token.
    func install(_ name: String, in token: SoftToken, type: String, daysAgo days: Int) throws {
        let (uri, request) = (token.uri(name), files.file("\(name).csr"))
        try runProgram([daemonPath, "key", "new", "--key-uri", uri, "--type", type], environment: token.environment)
        let text = try runProgram(
            [daemonPath, "csr", "--key", uri, "--name", name], environment: token.environment
        ).standardOutput
        try files.write("\(name).csr", text)
        try install(name, key: uri, request: request, daysAgo: days, token.environment)
    }

    private func install(
        _ name: String, key: String, request: String, daysAgo days: Int, _ environment: [String: String]
    ) throws {
        let certificate = files.file("\(name).crt")
        let section = try files.write(
            "\(name).ext",
            Array("keyUsage=critical,digitalSignature\nsubjectAltName=DNS:device.example,DNS:localhost".utf8))
        try runProgram([
            "faketime", "-f", "-\(days)d", "openssl", "x509", "-req", "-in", request, "-CA",
            est.authority.certificatePath,
            "-CAkey", est.authority.keyPath, "-set_serial", "0x\(String(UInt64.random(in: 1...UInt64.max), radix: 16))",
            "-days", "30", "-extfile", section, "-out", certificate,
        ])
        try runProgram(
            [
                daemonPath, "identity", "install", "--store", store, "--key", key, "--cert", certificate, "--anchors",
                est.authority.certificatePath,
            ], environment: environment)
    }

    /// What the program says of the store.
    func status() throws -> [String: Any] {
        let text = try runProgram([daemonPath, "identity", "status", "--store", store, "--json"]).standardOutput
        return try #require(JSONSerialization.jsonObject(with: Data(text)) as? [String: Any])
    }

    // Sections of the configuration

    func tunnel(_ port: Int, name: String = "t", _ more: String = "") -> String {
        """
        [tunnel \(name)]
        role = server
        accept = 127.0.0.1:0
        connect = 127.0.0.1:\(port)
        identity = \(store)
        client-certificates = none
        \(more)

        """
    }

    func renewal(_ server: ESTServer, _ more: String = "") -> String { renewal(url: server.url, more) }

    func renewal(url: String, _ more: String = "") -> String {
        """
        [renewal own]
        identity = \(store)
        server = \(url)
        timeout = 20
        \(more)

        """
    }

    // Far ends

    /// A program that sends back what it gets.
    func echo() throws -> (program: Companion, port: Int) { try Companion.echo(in: files.path) }

    /// A daemon with a tunnel to such a program, whose identity is due and is renewed as the section says.
    func dueDaemon(_ renewal: String) throws -> DaemonProcess {
        try install("old", daysAgo: 25)
        let echo = try echo()
        let daemon = try DaemonProcess(tunnel(echo.port) + renewal)
        daemon.companions.append(echo.program)
        return daemon
    }

    func client(_ daemon: DaemonProcess, name: String = "t", _ more: String...) throws -> [String] {
        [
            "openssl", "s_client", "-tls1_3", "-quiet", "-connect", try daemon.endpoint(name), "-CAfile",
            est.authority.certificatePath,
        ] + more
    }

    /// What openssl says of a connection.
    func summary(_ daemon: DaemonProcess, _ more: String...) throws -> String {
        try runProgram(
            [
                "openssl", "s_client", "-tls1_3", "-connect", try daemon.endpoint("t"), "-CAfile",
                est.authority.certificatePath,
            ]
                + more, input: [], mustSucceed: false
        ).output
    }

    /// The certificate that a tunnel shows.
    func shown(by daemon: DaemonProcess) throws -> String { try Self.certificate(in: summary(daemon)) }

    /// The leaf of a generation.
    func leaf(_ generation: String) throws -> String {
        try Self.certificate(in: String(decoding: readFile("\(store)/\(generation)/chain.pem"), as: UTF8.self))
    }

    private static func certificate(in text: String) throws -> String {
        let parts = text.components(separatedBy: "-----BEGIN CERTIFICATE-----")
        try #require(parts.count > 1, "\(text)")
        return parts[1].components(separatedBy: "-----END")[0].filter { !$0.isWhitespace }
    }

    /// The SHA-256 of a certificate, in lower case.
    func hash(_ certificate: String) throws -> String {
        let der = try #require(Data(base64Encoded: certificate))
        let path = try files.write("certificate.der", Array(der))
        return String(try runProgram(["sha256sum", path]).output.prefix(64))
    }

    /// The processes that a daemon has started and that it has not taken note of the end of.
    func children(of daemon: DaemonProcess) throws -> [Int32] {
        let text = try runProgram(["pgrep", "-P", "\(daemon.pid)"], mustSucceed: false).output
        return text.split(separator: "\n").compactMap { Int32($0) }
    }

    /// The one process that a daemon has started.
    func child(of daemon: DaemonProcess) throws -> Int32 { try #require(children(of: daemon).first) }
}

/// Where faketime's library is.
func faketimeLibrary() throws -> String {
    let folder = "/usr/lib"
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).map {
        "\(folder)/\($0)/faketime/libfaketime.so.1"
    }
    return try #require(names.first { FileManager.default.fileExists(atPath: $0) }, "install faketime")
}

/// A clock for a program, which goes on from a time (`@2038-01-20 00:00:00`) or is so far off (`+25d`).
func fakeClock(_ time: String) throws -> [String: String] {
    [
        "LD_PRELOAD": try faketimeLibrary(), "FAKETIME": time, "FAKETIME_DONT_FAKE_MONOTONIC": "1", "TZ": "UTC",
    ]
}
