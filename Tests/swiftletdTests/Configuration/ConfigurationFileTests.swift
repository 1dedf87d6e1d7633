// The grammar of the configuration file (contracts.md "swiftletd"): what is taken, and for each fault its line and what
// the message says to do.
import Bytes
import TLS
import TestSupport
import Testing
import Transport

@testable import swiftletd

/// What came of reading a configuration.
private enum Outcome {
    case settings(DaemonSettings)
    case refused(line: Int, message: String)
}

private func string(_ message: Message) -> String { String(decoding: array(message.bytes), as: UTF8.self) }

private func read(_ text: [UInt8]) throws(ConfigurationError) -> DaemonSettings {
    try ConfigurationFile.parse(text.span)
}

private func parse(_ text: [UInt8]) -> Outcome {
    do throws(ConfigurationError) {
        return .settings(try read(text))
    } catch {
        return .refused(line: error.line, message: string(error.message))
    }
}

private func parse(_ text: String) -> Outcome { parse(Array(text.utf8)) }

private func tunnels(_ text: String) -> [TunnelSettings] {
    switch parse(text) {
    case .settings(let settings): return settings.tunnels
    case .refused(let line, let message):
        Issue.record("line \(line): \(message)")
        return []
    }
}

/// A server's section that is right.
private let server = """
    [tunnel in]
    role = server
    accept = 127.0.0.1:4433
    connect = 127.0.0.1:80
    certificate = c.pem
    key = k.pem

    """
/// A client's section that is right.
private let client = """
    [tunnel out]
    role = client
    accept = unix:/tmp/out
    connect = broker.example:8883
    anchors = a.pem

    """

@Suite struct ConfigurationFileTests {
    @Test func aServerGetsItsDefaults() throws {
        let tunnel = try #require(tunnels(server).first)
        #expect(tunnel.role == .server)
        #expect(array(tunnel.name.bytes) == Array("in".utf8))
        #expect(array(tunnel.certificate.bytes) == Array("c.pem".utf8))
        #expect(tunnel.clientCertificates == .none)
        #expect(tunnel.connections == 32)
        #expect(tunnel.handshakeTimeout == 20)
        #expect(tunnel.idleTimeout == 43_200)
        #expect(tunnel.limits == Limits())
        #expect(!tunnel.verifiesPeer)
    }

    @Test func aServerWithAnchorsRequiresCertificates() throws {
        let tunnel = try #require(tunnels(server + "anchors = a.pem\n").first)
        #expect(tunnel.clientCertificates == .required)
        #expect(tunnel.peerNames.acceptsAny)
    }

    @Test func aPolicyBringsItsRecordSize() {
        #expect(tunnels(server).first?.policy == .default)
        let constrained = tunnels(server + "policy = constrained\n").first
        #expect(constrained?.policy == .constrained && constrained?.recordSize == 2048)
        #expect(tunnels(server + "policy = constrained\nrecord-size = 512\n").first?.recordSize == 512)
    }

    @Test func smtpComesByName() {
        #expect(tunnels(server).first?.startTLS == nil)
        #expect(tunnels(server + "protocol = smtp\n").first?.startTLS == .smtp)
    }

    /// threats.md: refused unless the tunnel says so.
    @Test func earlyDataIsRefusedUnlessAskedFor() {
        #expect(tunnels(server).first?.unsafeEarlyData == false)
        #expect(tunnels(server + "unsafe-early-data = no\n").first?.unsafeEarlyData == false)
        let tunnel = tunnels(server + "unsafe-early-data = yes\n").first
        #expect(tunnel?.unsafeEarlyData == true)
        // The window has its memory at the start, like everything.
        #expect((tunnel?.resumptionBytes ?? 0) - (tunnels(server).first?.resumptionBytes ?? 0) > 1024 * 16)
    }

    @Test func revocationListsNeedAnchors() throws {
        let tunnel = try #require(tunnels(server + "anchors = a.pem\ncrls = r.pem\n").first)
        #expect(array(tunnel.crls.bytes) == Array("r.pem".utf8))
        #expect(tunnel.crlsLine == tunnel.anchorsLine + 1)
    }

    @Test func aClientAsksForTheHostItConnectsTo() throws {
        let tunnel = try #require(tunnels(client).first)
        #expect(tunnel.role == .client)
        #expect(array(tunnel.serverName.bytes) == Array("broker.example".utf8))
        #expect(!tunnel.peerNames.isEmpty)
        #expect(!tunnel.peerNames.acceptsAny)
    }

    @Test func aClientOfAnAddressSendsNoName() throws {
        let text = client.replacing("broker.example", with: "192.0.2.1")
        let tunnel = try #require(tunnels(text).first)
        #expect(tunnel.serverName.isEmpty)
        #expect(!tunnel.peerNames.isEmpty)
    }

    @Test func everySettingIsTaken() throws {
        let text =
            server + """
                anchors = a.pem
                client-certificates = optional
                peer-name = one.example, *.two.example 192.0.2.7
                alpn = mqtt http/1.1
                connections = 5
                handshake-timeout = 7
                idle-timeout = 0
                record-size = 2048
                handshake-memory = 32768

                """
        let tunnel = try #require(tunnels(text).first)
        #expect(tunnel.clientCertificates == .optional)
        #expect(!tunnel.peerNames.acceptsAny)
        #expect(array(tunnel.protocols.wire) == [4] + Array("mqtt".utf8) + [8] + Array("http/1.1".utf8))
        #expect(tunnel.connections == 5)
        #expect(tunnel.handshakeTimeout == 7)
        #expect(tunnel.idleTimeout == 0)
        #expect(tunnel.limits == Limits(inboundFragment: 2048, outboundFragment: 2048, handshakeMessage: 32768))
    }

    @Test func severalTunnelsAndTheDaemonsOwnSection() throws {
        guard case .settings(let settings) = parse("[daemon]\nhandshakes = 3\n" + server + client) else {
            Issue.record("refused")
            return
        }
        #expect(settings.tunnels.count == 2)
        #expect(settings.workspaces == 3)
    }

    @Test func commentsBlankLinesByteOrderMarkAndCRLFAreFine() throws {
        let text = "\u{FEFF}; first\r\n\r\n# second\r\n  ; third\r\n" + server.replacing("\n", with: "\r\n")
        let tunnel = try #require(tunnels(text.replacing("= server", with: "= server ; which side")).first)
        #expect(tunnel.role == .server)
    }

    @Test func aByteOrderMarkHidesNoSection() throws {
        #expect(tunnels("\u{FEFF}" + server).count == 1)
    }

    @Test func theLastLineNeedsNoEnd() throws {
        #expect(tunnels(String(server.dropLast(2)) + "m").count == 1)
    }

    @Test func aLineOf1024BytesIsTaken() throws {
        let comment = "; " + String(repeating: "x", count: 1022) + "\n"
        #expect(tunnels(comment + server).count == 1)
    }

    /// A text that is refused, where, and what the message must say.
    struct Fault: CustomTestStringConvertible, Sendable {
        let text: String
        let line: Int
        let says: [String]
        var testDescription: String { says.joined(separator: ", ") }

        init(_ text: String, _ line: Int, _ says: String...) {
            self.text = text
            self.line = line
            self.says = says
        }
    }

    static let grammar = [
        Fault("", 0, "no tunnel", "add a section"),
        Fault("role = server\n", 1, "before the first section"),
        Fault(server + "accept = 127.0.0.1:5\n", 7, "accept is set a second time", "line 3"),
        Fault(server + "colour = red\n", 7, "unknown setting colour", "handshake-memory"),
        Fault(server + "[daemon]\ncolour = red\n", 8, "unknown setting colour", "handshakes"),
        Fault("[daemon]\nstatus = unix:/run/s\n", 2, "not supported yet"),
        Fault("[daemon]\nhandshakes = 0\n", 2, "from 1 to 4096"),
        Fault("[daemon]\nhandshakes = 1\nhandshakes = 1\n", 3, "second time"),
        Fault("[daemon]\n[daemon]\n", 2, "second time"),
        Fault(server + " peer-name = a.example\n", 7, "begins with a blank"),
        Fault(server + "\tx\n", 7, "begins with a blank"),
        Fault(server + "alpn = " + String(repeating: "x", count: 1018) + "\n", 7, "longer than 1024 bytes"),
        Fault("; " + String(repeating: "x", count: 5000) + "\n", 1, "longer than 1024 bytes"),
        Fault(server + "alpn = a\u{0}b\n", 7, "control character"),
        Fault(server + "alpn = a\u{1b}[2J\n", 7, "control character"),
        Fault(server + "alpn\n", 7, "neither a section"),
        Fault(server + "alpn =\n", 7, "alpn has no value"),
        Fault(server + "= x\n", 7, "neither a section"),
        Fault(server + "nonsense\nalpn = x\nconnections = 0\n", 7, "neither a section"),
        Fault("[tunnel in\nrole = server\n", 1, "header is malformed"),
        Fault("[tunnel in] x\n", 1, "header is malformed"),
        Fault("[]\n", 1, "header is malformed"),
        Fault("[tunnel ;in]\n", 1, "header is malformed"),
        Fault("[tunnel \(String(repeating: "x", count: 60))]\n", 1, "header is malformed"),
        Fault("[tunnel \(String(repeating: "x", count: 33))]\n", 1, "1 to 32 letters"),
        Fault("[tunnel a b]\n", 1, "1 to 32 letters"),
        Fault("[tunnel ]\n", 1, "1 to 32 letters"),
        Fault("[tunnels]\n", 1, "unknown section [tunnels]"),
        Fault("[tunnel a]\n[tunnel b]\n", 1, "no role"),
        Fault(server + server, 7, "[tunnel in] is there a second time"),
        Fault(server + server.replacing("tunnel in", with: "tunnel in2"), 7, "accepts at 127.0.0.1:4433"),
    ]

    static let values = [
        Fault("[tunnel a]\nrole = both\n", 2, "role = both", "server", "client"),
        Fault("[tunnel a]\nrole = \u{7}", 2, "control character"),
        Fault("[tunnel a]\naccept = 4433\n", 2, "no port"),
        Fault("[tunnel a]\naccept = serial:/dev/ttyS0\n", 2, "no speed"),
        Fault("[tunnel a]\naccept = serial:/dev/ttyS0,9600,xonxoff\n", 2, "xonxoff would corrupt TLS"),
        Fault("[tunnel a]\nconnect = localhost:0\n", 2, "port 0 is only for accept"),
        Fault("[tunnel a]\nkey = pkcs11:token=x;token=y\n", 2, "PKCS#11 URI has token twice"),
        Fault("[tunnel a]\nkey = pkcs11:?pin-value=1\n", 2, "pin-value", "may not be part of a URI"),
        Fault("[tunnel a]\nidentity =\n", 2, "identity has no value"),
        Fault("[tunnel a]\nprotocol = imap\n", 2, "imap", "expected smtp"),
        Fault("[tunnel a]\nunsafe-rsa-key-transport = on\n", 2, "expected yes or no"),
        Fault("[tunnel a]\nunsafe-no-extended-master-secret = 1\n", 2, "expected yes or no"),
        Fault(
            server + "policy = modern\nunsafe-no-extended-master-secret = yes\n", 8, "which the policy has not"),
        Fault("[tunnel a]\npolicy = old\n", 2, "expected one of default, modern, rfc9325"),
        Fault("[tunnel a]\nunsafe-early-data = true\n", 2, "unsafe-early-data = true", "expected yes or no"),
        Fault("[tunnel a]\nclient-certificates = maybe\n", 2, "none, optional or required"),
        Fault("[tunnel a]\npeer-name = good.example bad..example\n", 2, "bad..example"),
        Fault("[tunnel a]\npeer-name = *\n", 2, "peer-name = *"),
        Fault(
            "[tunnel a]\npeer-name = "
                + (0..<20).map { "\($0).a-rather-long-name-of-a-device.example" }.joined(separator: " ") + "\n",
            2, "more names than fit"),
        Fault("[tunnel a]\nserver-name = 192.0.2.1\n", 2, "one DNS name"),
        Fault("[tunnel a]\nserver-name = *.example.com\n", 2, "one DNS name"),
        Fault("[tunnel a]\nalpn = \(String(repeating: "x", count: 255))\n", 2, "do not fit into 255 bytes"),
        Fault("[tunnel a]\nconnections = 0\n", 2, "from 1 to 4096"),
        Fault("[tunnel a]\nconnections = many\n", 2, "from 1 to 4096"),
        Fault("[tunnel a]\nconnections = 99999999999999999999\n", 2, "from 1 to 4096"),
        Fault("[tunnel a]\nhandshake-timeout = 0\n", 2, "from 1 to 3600"),
        Fault("[tunnel a]\nidle-timeout = -1\n", 2, "from 0 to 604800"),
        Fault("[tunnel a]\nrecord-size = 100\n", 2, "from 512 to 16384"),
        Fault("[tunnel a]\nhandshake-memory = 1\n", 2, "from 2048 to 131072"),
        Fault("[tunnel a]\ncertificate = \(String(repeating: "x", count: 513))\n", 2, "longer than 512"),
    ]

    /// `server` at another place, under another name.
    private static func section(_ accept: String, _ connect: String = "b:2", name: String = "in") -> String {
        """
        [tunnel \(name)]
        role = server
        accept = \(accept)
        connect = \(connect)
        certificate = c
        key = k

        """
    }

    static let lines = [
        Fault(section("serial:/dev/a,9600") + "connections = 2\n", 7, "one connection at a time"),
        Fault(section("serial:/dev/a,9600", "serial:/dev/a,9600"), 1, "a serial: port carries one stream"),
        Fault(
            section("serial:/dev/a,9600") + section("a:1", "serial:/dev/a,115200", name: "in2"), 7,
            "so does [tunnel in]", "a serial: port carries one stream"),
        Fault(
            section("link:/dev/a,9600") + section("serial:/dev/a,9600", name: "in2"), 7,
            "a serial: port carries one stream"),
        Fault(
            section("link:/dev/a,9600") + section("link:/dev/a,9600,channel=0,frame=64", name: "in2"), 7,
            "give one of the two another channel=N"),
        Fault(
            section("link:/dev/a,9600") + section("link:/dev/a,19200,channel=1", name: "in2"), 7,
            "the same speed and flow control"),
        Fault(
            section("link:/dev/a,9600") + section("link:/dev/a,9600,rtscts,channel=1", name: "in2"), 7,
            "the same speed and flow control"),
    ]

    @Test func tunnelsShareALineByChannels() throws {
        let text =
            Self.section("link:/dev/a,115200,channel=1,window=32") + Self.section("link:/dev/b,9600", name: "in2")
            + Self.section("x:1", "link:/dev/a,115200,frame=64", name: "in3")
        let settings = try ConfigurationFile.parse(Array(text.utf8).span)
        let lines = settings.lines
        #expect(lines.map(\.channels.count) == [2, 1])
        #expect(lines[0].channel(at: 0) == 1 && lines[0].channel(at: 1) == 0 && lines[0].channel(at: 2) == nil)
        #expect(settings.tunnels.allSatisfy { $0.connections == 1 })
        // A fifth of a second of the line in a record that is sent, and all that TLS allows in one that comes.
        #expect(settings.tunnels.map(\.limits.outboundFragment) == [2304, 512, 16384])
        #expect(settings.tunnels[0].limits.inboundFragment == 16384)
        // Two channels of 64 frames of 256 bytes and 32 of 64 bytes each way at least, and no more than a few KiB besides.
        let frames = 2 * (32 * 256 + 16 * 64)
        #expect(lines[0].bytes > frames && lines[0].bytes < frames + 20_000)
    }

    static let together = [
        Fault("[tunnel a]\naccept = [::1]:1\nconnect = [::1]:2\n", 1, "no role"),
        Fault("[tunnel a]\nrole = server\nconnect = [::1]:2\n", 1, "no accept"),
        Fault("[tunnel a]\nrole = server\naccept = [::1]:2\n", 1, "no connect"),
        Fault("[tunnel a]\nrole = server\naccept = a:1\nconnect = b:2\n", 1, "no certificate"),
        Fault("[tunnel a]\nrole = server\naccept = a:1\nconnect = b:2\nkey = k\n", 5, "key is set alone"),
        Fault(client + "certificate = c\n", 6, "certificate is set alone"),
        Fault(server + "server-name = a.example\n", 7, "role = client"),
        Fault(server + "client-certificates = required\n", 1, "no anchors"),
        Fault(server + "client-certificates = optional\n", 1, "no anchors"),
        Fault(server + "client-certificates = none\nanchors = a\n", 8, "no use"),
        Fault(server + "crls = a\n", 7, "no use without anchors"),
        Fault(server + "client-certificates = none\ncrls = a\n", 8, "no use without anchors"),
        Fault(server + "peer-name = a.example\n", 7, "no use"),
        Fault("[tunnel a]\nrole = client\naccept = a:1\nconnect = b:2\n", 1, "no anchors", "nothing is trusted"),
        Fault(client + "psk-identity = a\n", 6, "no use without psk-file"),
        Fault(client + "psk-context = a\n", 6, "no use without psk-file"),
        Fault(client + "psk-file = f\n", 1, "no psk-identity"),
        Fault(server + "psk-file = f\npsk-modes = dhe\n", 8, "psk_dhe_ke"),
        Fault(server + "psk-file = f\npsk-modes = psk_ke psk_ke\n", 8, "best first"),
        Fault(server + "client-certificates = none\nraw-public-keys = f\n", 8, "no use"),
        Fault(
            "[tunnel a]\nrole = client\naccept = a:1\nconnect = b:2\nraw-key = f\n", 1, "no anchors", "raw-public-keys"),
        Fault(client + "client-certificates = none\n", 6, "role = server"),
        Fault(client + "unsafe-early-data = yes\n", 6, "role = server"),
        Fault(server + "protocol = smtp\nunsafe-early-data = yes\n", 8, "begins with a greeting"),
        Fault(client.replacing("broker.example:8883", with: "unix:/x"), 1, "no peer-name"),
    ]

    @Test(arguments: grammar + values + lines + together) func aFaultIsRefusedWithItsLine(_ fault: Fault) {
        switch parse(fault.text) {
        case .settings: Issue.record("taken")
        case .refused(let line, let message):
            #expect(line == fault.line, "\(message)")
            for words in fault.says { #expect(message.contains(words), "\(message)") }
        }
    }

    @Test func whatStandsInTheFileIsEscapedInTheMessage() {
        guard case .refused(1, let message) = parse(Array("[tunnel \u{9b}31m]\n".utf8)) else {
            Issue.record("taken")
            return
        }
        #expect(message.utf8.allSatisfy { (0x20...0x7E).contains($0) })
        #expect(message.contains("\\C2\\9B31m"))
    }

    @Test func noPrefixOfAFileTraps() {
        let text = Array((server + "anchors = a.pem\npeer-name = *.a.example\n" + client).utf8)
        for count in text.indices { _ = parse(Array(text[..<count])) }
    }

    @Test func noByteInAFileTraps() {
        let text = Array((server + client).utf8)
        for index in text.indices {
            for byte in [0, 9, 10, 13, 0x3B, 0x5B, 0x5D, 0xFF] as [UInt8] {
                var changed = text
                changed[index] = byte
                _ = parse(changed)
            }
        }
    }
}
