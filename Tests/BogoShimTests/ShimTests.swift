// The shim without the runner it is for: what it says of itself, and both of its roles with openssl at the other end.
// scripts/bogo runs the runner itself.
import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct ShimTests {
    private let factory: CertificateFactory
    private let leaf: TestCertificate

    init() throws {
        factory = try CertificateFactory()
        leaf = try factory.leaf("shim", issuer: factory.authority("root"))
    }

    private func run(_ arguments: [String]) throws -> ProgramResult {
        try runProgram([shimPath] + arguments, mustSucceed: false)
    }

    /// Runs a shim as a client of `openssl s_server`.
    private func client(_ arguments: [String], of server: [String]) throws -> ProgramResult {
        let (server, port) = try opensslServer(leaf, server)
        defer { server.stop() }
        let relay = try Relay(to: port)
        defer { relay.program.stop() }
        return try relay.shim(arguments).finish()
    }

    /// Runs a shim as a server of `openssl s_client`.
    private func server(_ arguments: [String], for client: [String]) throws -> ProgramResult {
        let relay = try Relay()
        let shim = try relay.shim(
            ["-server", "-cert-file", leaf.certificatePath, "-key-file", leaf.keyPath] + arguments)
        let client = try BackgroundProgram(
            ["openssl", "s_client", "-connect", "127.0.0.1:\(relay.clientPort)"] + client)
        defer {
            client.stop()
            relay.program.stop()
        }
        return try shim.finish()
    }

    @Test func thereIsNoHandshaker() throws {
        let result = try run(["-is-handshaker-supported"])
        #expect(result.status == 0)
        #expect(result.output == "No\n")
        #expect(result.errors.isEmpty)
    }

    @Test(arguments: [
        ["-no-such-flag"], ["-dtls"], ["-quic"], ["-on-resume-no-such-flag"], ["-max-version", "770"],
        ["-curves", "25"],
        ["-expect-version", "770"], ["-verify-prefs", "2055"],
    ])
    func whatIsNotImplementedIs89(_ arguments: [String]) throws {
        let result = try run(arguments + ["-port", "1"])
        #expect(result.status == 89)
        #expect(result.errors.contains("not implemented"))
    }

    @Test func flagsForAnotherProcessAreNotForUs() throws {
        // It gets as far as the port, where nobody listens.
        let result = try run(["-on-handshaker-curves", "25", "-port", "1"])
        #expect(result.status == 1)
        #expect(result.errors.contains("port 1"))
    }

    @Test func aClientSaysItsNumberWritesFirstAndReturnsEveryByteInverted() throws {
        let (server, port) = try opensslServer(leaf, ["-tls1_3"])
        defer { server.stop() }
        let relay = try Relay(to: port)
        let shim = try relay.shim([
            "-shim-writes-first", "-host-name", "localhost", "-expect-version", "772", "-expect-curve-id", "29",
            "-expect-peer-cert-file", leaf.certificatePath,
        ])
        try server.wait(for: "hello")
        #expect(relay.program.output.contains("number 72623859790382856\n"))
        server.send("AB\n")
        try server.wait("AB inverted") {
            server.outputBytes.split(separator: 0xBE).contains { $0.starts(with: [0xBD, 0xF5]) }
        }
        server.send("Q\n")
        let result = try shim.finish()
        #expect(result.status == 0)
        #expect(result.errors.isEmpty)
    }

    @Test func aServerServes() throws {
        let relay = try Relay()
        let shim = try relay.shim([
            "-server", "-cert-file", leaf.certificatePath, "-key-file", leaf.keyPath, "-shim-writes-first",
            "-select-alpn", "two", "-expect-server-name", "localhost", "-check-close-notify",
        ])
        let client = try BackgroundProgram([
            "openssl", "s_client", "-connect", "127.0.0.1:\(relay.clientPort)", "-alpn", "one,two", "-servername",
            "localhost",
        ])
        try client.wait(for: "hello")
        client.send("Q\n")
        let result = try shim.finish()
        #expect(result.status == 0)
        #expect(result.errors.isEmpty)
        #expect(try client.finish().output.contains("ALPN protocol: two"))
    }

    @Test func aFailureHasBoringSSLsName() throws {
        let refused = try client(["-min-version", "772", "-curves", "29"], of: ["-groups", "secp384r1"])
        #expect(refused.status == 1)
        #expect(refused.errors.hasPrefix(":HANDSHAKE_FAILURE_ON_CLIENT_HELLO:"))
        let anonymous = try server(["-require-any-client-certificate"], for: ["-tls1_3"])
        #expect(anonymous.status == 1)
        #expect(anonymous.errors.hasPrefix(":PEER_DID_NOT_RETURN_A_CERTIFICATE:"))
        let refusing = try client(["-verify-peer", "-verify-fail"], of: ["-tls1_3"])
        #expect(refusing.status == 1)
        #expect(refusing.errors.hasPrefix(":CERTIFICATE_VERIFY_FAILED:"))
    }

    @Test func anExpectationThatIsNotMetFails() throws {
        for expectation in [
            ["-expect-curve-id", "24"], ["-expect-hrr"], ["-expect-cipher", "4865"], ["-expect-no-peer-cert"],
            ["-expect-alpn", "one"], ["-expect-peer-signature-algorithm", "2052"],
        ] {
            let result = try client(expectation, of: ["-tls1_3", "-ciphersuites", "TLS_AES_256_GCM_SHA384"])
            #expect(result.status == 1)
            #expect(result.errors.hasPrefix("not as expected: "), "\(expectation): \(result.errors)")
        }
    }

    @Test func bothRolesSpeakTLS12() throws {
        let client = try client(
            ["-max-version", "771", "-expect-version", "771", "-shim-shuts-down", "-expect-extended-master-secret"],
            of: ["-tls1_2"])
        #expect(client.status == 0 && client.errors.isEmpty, "\(client.errors)")
        let server = try server(
            [
                "-no-tls13", "-expect-version", "771", "-shim-shuts-down", "-cipher",
                "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            ],
            for: ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"])
        // The one suite that the flags leave needs another key.
        #expect(server.status == 1 && server.errors.hasPrefix(":NO_SHARED_CIPHER:"), "\(server.errors)")
    }

    @Test func aPeerOfTLS11IsNotImplementedUnlessTheFlagsForbidIt() throws {
        let old = ["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"]
        #expect(try client([], of: old).status == 89)
        #expect(try server([], for: old).status == 89)
        let forbidden = try server(["-min-version", "771"], for: old)
        #expect(forbidden.status == 1)
        #expect(forbidden.errors.hasPrefix(":UNSUPPORTED_PROTOCOL:"), "\(forbidden.errors)")
        let none = try server(["-no-tls13", "-no-tls12", "-no-tls11", "-no-tls1"], for: old)
        #expect(none.status == 1)
        #expect(none.errors.hasPrefix(":NO_SUPPORTED_VERSIONS_ENABLED:"), "\(none.errors)")
    }
}
