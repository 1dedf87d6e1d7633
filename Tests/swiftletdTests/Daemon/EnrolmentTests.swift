// A device from nothing to serving: it enrols, and its daemon then serves mutual TLS with what it got; and enrolment with nothing
// but a pre-shared key.
import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct EnrolmentTests {
    private let stage: ESTStage

    init() throws { stage = try ESTStage() }

    private var store: String { stage.files.file("store") }

    private func tunnel(_ connect: String, _ lines: String...) -> String {
        """
        [tunnel t]
        role = server
        accept = 127.0.0.1:0
        connect = \(connect)
        \(lines.joined(separator: "\n"))

        """
    }

    @Test func anEnrolledDeviceServesMutualTLS() throws {
        let server = try ESTServer(stage)
        let enrolled = try runProgram([
            daemonPath, "enroll", "--server", server.url, "--store", store, "--name", "device.example", "--anchor",
            stage.authority.certificatePath,
        ])
        #expect(enrolled.output.hasPrefix("installed generation 0001"))
        let port = try freePort()
        let daemon = try DaemonProcess(
            tunnel(
                "127.0.0.1:\(port)", "identity = \(store)", "client-certificates = required",
                "peer-name = phone.example"))
        let nginx = try Companion.nginx(port: port, in: daemon.files)
        try waitFor(port: port)
        let phone = try stage.factory.leaf("phone", issuer: stage.authority, names: ["DNS:phone.example"])
        func get(_ more: [String]) throws -> ProgramResult {
            try runProgram(
                [
                    "openssl", "s_client", "-tls1_3", "-brief", "-ign_eof", "-connect", try daemon.endpoint("t"),
                    "-CAfile",
                    stage.authority.certificatePath, "-verify_return_error", "-verify_hostname", "device.example",
                ] + more, input: Array("GET /greeting HTTP/1.0\r\n\r\n".utf8), mustSucceed: false)
        }
        let page = try get(["-cert", phone.certificatePath, "-key", phone.keyPath])
        #expect(page.output.hasSuffix("hello from behind the tunnel\n"), "\(page.errors)")
        #expect(try !get([]).output.contains("hello"))
        _ = nginx
    }

    /// RFC 7030 §3.3.3: neither anchors nor user, only the key that both sides were given.
    @Test func aPreSharedKeyIsEnough() throws {
        let server = try ESTServer(stage, "--plain")
        let keys = try stage.files.write("keys", Array("claim:000102030405060708090a0b0c0d0e0f\n".utf8))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: keys)
        let daemon = try DaemonProcess(tunnel("127.0.0.1:\(server.port)", "psk-file = \(keys)"))
        let endpoint = try daemon.endpoint("t")
        func enroll(_ keys: String) throws -> ProgramResult {
            try runProgram(
                [
                    daemonPath, "enroll", "--server", "https://\(endpoint)", "--store", store, "--name",
                    "device.example", "--psk-identity", "claim", "--psk-file", keys,
                ], mustSucceed: false)
        }
        let wrong = try stage.files.write("wrong", Array("claim:ffffffffffffffffffffffffffffffff\n".utf8))
        let refused = try enroll(wrong)
        #expect(refused.status == 4 && refused.errors.contains("alert"), "\(refused.errors)")
        #expect(!FileManager.default.fileExists(atPath: store))
        let enrolled = try enroll(keys)
        #expect(enrolled.status == 0 && enrolled.output.contains("CN=device.example"), "\(enrolled.errors)")
        #expect(try readFile("\(store)/0001/anchors.pem") == readFile(stage.authority.certificatePath))
    }
}
