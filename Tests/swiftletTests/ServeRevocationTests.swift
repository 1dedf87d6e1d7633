// serve --crl and connect --crl: a revoked peer is refused, and so is everybody while a list is missing or out of date
// (threats: "CRLs").
import Foundation
import TestSupport
import Testing

@Suite struct ServeRevocationTests {
    let identities: TestIdentities
    private let old = ["-crl_lastupdate", "20200101000000Z", "-crl_nextupdate", "20200201000000Z"]

    init() throws { identities = try TestIdentities() }

    private var root: String { identities.root.certificatePath }

    private func list(_ name: String, revoking: [TestCertificate] = [], extra: [String] = []) throws -> String {
        try identities.factory.revocationList(name, issuer: identities.root, revoking: revoking, extra: extra)
    }

    private func serve(_ list: String) throws -> Server {
        try Server(
            "--http", "--cert", identities.server.certificatePath, "--key", identities.server.keyPath, "--client-ca",
            root, "--require-client-cert", "--crl", list)
    }

    /// What openssl's client says of a server, after it has asked for a page.
    private func visit(_ server: Server, _ more: [String] = []) throws -> String {
        let result = try runProgram(
            [
                "openssl", "s_client", "-connect", server.endpoint, "-ign_eof", "-CAfile", root, "-cert",
                identities.client.certificatePath, "-key", identities.client.keyPath,
            ] + more, input: Array("GET / HTTP/1.0\r\n\r\n".utf8), mustSucceed: false)
        return result.output + result.errors
    }

    @Test(arguments: ["-tls1_3", "-tls1_2"]) func aRevokedClientIsRefused(_ version: String) throws {
        let server = try serve(list("revoking", revoking: [identities.client]))
        #expect(try visit(server, [version]).contains("alert certificate revoked"))
        try server.program.wait("a line") { server.program.errors.contains("has been revoked") }
        // Nothing is left to come back with.
        let session = identities.factory.directory.file("refused")
        #expect(try visit(server, [version, "-sess_out", session]).contains("alert certificate revoked"))
        #expect(!FileManager.default.fileExists(atPath: session) || version == "-tls1_2")
    }

    @Test(arguments: ["-tls1_3", "-tls1_2"]) func aClientThatNoListNamesIsServed(_ version: String) throws {
        let server = try serve(list("clean", revoking: [identities.server]))
        let session = identities.factory.directory.file("session")
        #expect(try visit(server, [version, "-sess_out", session]).contains("client certificate: CN=client"))
        #expect(try visit(server, [version, "-sess_in", session]).contains("resumed: yes"))
    }

    @Test func aListThatIsOutOfDateOrMissingRefusesEverybody() throws {
        let stale = try serve(list("stale", extra: old))
        #expect(try visit(stale).contains("alert certificate unknown"))
        try stale.program.wait("a line") { stale.program.errors.contains("is out of date") }
        let other = try identities.factory.authority("other")
        let missing = try serve(identities.factory.revocationList("foreign", issuer: other))
        #expect(try visit(missing).contains("alert certificate unknown"))
        try missing.program.wait("a line") {
            missing.program.errors.contains("there is no revocation list of its issuer")
        }
    }

    @Test func connectRefusesARevokedServerAndDoesNotResumeUnderAnotherList() throws {
        let server = try Server(
            "--http", "--cert", identities.server.certificatePath, "--key", identities.server.keyPath)
        let file = identities.factory.directory.file("session")
        func connect(_ list: String) throws -> ProgramResult {
            try runProgram(
                [programPath, "connect", server.endpoint, "--ca", root, "--crl", list, "--session", file],
                input: Array("GET / HTTP/1.0\r\n\r\n".utf8), mustSucceed: false)
        }
        let clean = try list("clean")
        #expect(try connect(clean).status == 0)
        #expect(try connect(clean).output.contains("resumed: yes"))
        let lists = [
            (try list("revoking", revoking: [identities.server]), "has been revoked"),
            (try list("stale", extra: old), "is out of date"),
        ]
        for (list, reason) in lists {
            let refused = try connect(list)
            #expect(refused.status == 3 && refused.errors.contains(reason), "\(refused.errors)")
            #expect(!refused.output.contains("resumed"))
        }
    }
}
