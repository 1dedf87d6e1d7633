// Enrolment and renewal with keys in a PKCS#11 token (RFC 7030, RFC 7512), through both programs: made there, certified, shown to the
// server, stored as a URI, used by a tunnel, and what is said when the token cannot or goes away.
import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct TokenEnrolmentTests {
    private let stage: ESTStage
    private let token: SoftToken
    private let store: String

    init() throws {
        stage = try ESTStage()
        token = try SoftToken()
        store = token.files.file("store")
    }

    private func run(_ arguments: [String]) throws -> ProgramResult { try run(daemonPath, arguments) }

    private func run(_ program: String, _ arguments: [String]) throws -> ProgramResult {
        let result = try runProgram([program] + arguments, environment: token.environment, mustSucceed: false)
        #expect(!result.errors.contains(SoftToken.pin) && !result.output.contains(SoftToken.pin))
        return result
    }

    private func enroll(
        _ server: ESTServer, by program: String = daemonPath, uri: String, _ more: String...
    ) throws -> ProgramResult {
        try run(
            program,
            [
                "enroll", "--server", server.url, "--store", store, "--name", "device.example", "--anchor",
                stage.authority.certificatePath, "--key-uri", uri,
            ] + more)
    }

    private func renew(
        _ server: ESTServer, by program: String = daemonPath, _ more: String...
    ) throws -> ProgramResult {
        try run(program, ["renew", "--server", server.url, "--store", store] + more)
    }

    private func uri(of generation: String) throws -> String {
        #expect(!FileManager.default.fileExists(atPath: "\(store)/\(generation)/key.pem"))
        return try String(contentsOfFile: "\(store)/\(generation)/key.uri", encoding: .utf8)
    }

    private func expectFailure(_ result: ProgramResult, _ status: Int32, _ words: String...) {
        #expect(result.status == status && result.output.isEmpty, "\(result.errors)")
        #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
        for word in words { #expect(result.errors.contains(word), "\(result.errors)") }
    }

    /// That the daemon serves with the store's identity: OpenSSL gets a page through a tunnel.
    private func expectServed() throws {
        let port = try freePort()
        let daemon = try DaemonProcess(
            """
            [tunnel t]
            role = server
            accept = 127.0.0.1:0
            connect = 127.0.0.1:\(port)
            identity = \(store)
            client-certificates = required
            peer-name = phone.example
            """, environment: token.environment)
        let nginx = try Companion.nginx(port: port, in: daemon.files)
        try waitFor(port: port)
        let phone = try stage.factory.leaf("phone", issuer: stage.authority, names: ["DNS:phone.example"])
        let page = try runProgram(
            [
                "openssl", "s_client", "-tls1_3", "-brief", "-ign_eof", "-connect", try daemon.endpoint("t"), "-CAfile",
                stage.authority.certificatePath, "-verify_return_error", "-verify_hostname", "device.example", "-cert",
                phone.certificatePath, "-key", phone.keyPath,
            ], input: Array("GET /greeting HTTP/1.0\r\n\r\n".utf8), mustSucceed: false)
        #expect(page.output.hasSuffix("hello from behind the tunnel\n"), "\(page.errors) \(daemon.log)")
        _ = nginx
    }

    private static var programs: [String] { [daemonPath, builtProgram("swiftlet")] }

    @Test(arguments: programs) func enrolServeRenewServe(program: String) throws {
        let server = try ESTServer(stage, "--binding", "--attributes", "300b06092a864886f70d010907")
        let enrolled = try enroll(server, by: program, uri: token.uri("tls"))
        #expect(enrolled.output.hasPrefix("installed generation 0001"), "\(enrolled.errors)")
        #expect(try uri(of: "0001") == token.uri("tls"))
        try expectServed()
        // The token signs for the old key in the handshake, and for the new one in the request and in the proof.
        for (generation, name) in [("0002", "tls-2"), ("0003", "tls-3")] {
            let renewed = try renew(server, by: program)
            #expect(renewed.output.hasPrefix("installed generation \(generation)"), "\(renewed.errors)")
            #expect(try uri(of: generation) == token.uri(name))
        }
        try expectServed()
        // What comes next is called like nothing that the store still has.
        #expect(try run(program, ["identity", "rollback", "--store", store]).status == 0)
        #expect(try renew(server, by: program).status == 0)
        #expect(try uri(of: "0004") == token.uri("tls-4"))
    }

    @Test(arguments: ["p384", "rsa2048"]) func theKindOfKeyIsWhatIsAskedFor(type: String) throws {
        let server = try ESTServer(stage)
        #expect(try enroll(server, uri: token.uri("tls"), "--type", type).status == 0)
        #expect(try renew(server, "--type", type).status == 0)
        try expectServed()
    }

    @Test func aKeyThatIsThereIsTakenAndNotMade() throws {
        let server = try ESTServer(stage)
        #expect(try run(["key", "new", "--key-uri", token.uri("mine"), "--type", "p384"]).status == 0)
        expectFailure(
            try enroll(server, uri: token.uri("mine"), "--type", "p256"), 1, "of another kind", "leave --type out")
        #expect(try enroll(server, uri: token.uri("mine")).status == 0)
        let request = try runProgram(["openssl", "req", "-in", "\(server.log)/request-1.pem", "-noout", "-text"])
        #expect(request.output.contains("384 bit"))
        // A renewal is for another key, and may be told which.
        expectFailure(try renew(server, "--key-uri", token.uri("mine")), 64, "names a key that the store has")
        #expect(try renew(server, "--key-uri", token.uri("other")).status == 0)
        #expect(try uri(of: "0002") == token.uri("other"))
    }

    @Test func aRenewalMovesAKeyFromAFileIntoAToken() throws {
        let server = try ESTServer(stage)
        let enrolled = try run([
            "enroll", "--server", server.url, "--store", store, "--name", "device.example", "--anchor",
            stage.authority.certificatePath,
        ])
        #expect(enrolled.status == 0, "\(enrolled.errors)")
        #expect(try renew(server, "--key-uri", token.uri("tls")).status == 0)
        #expect(try uri(of: "0002") == token.uri("tls"))
        try expectServed()
    }

    /// A device whose factory identity (IEEE 802.1AR IDevID) is in a secure element.
    @Test(arguments: programs) func aFactoryIdentityInAToken(program: String) throws {
        let server = try ESTServer(stage, "--need-certificate")
        let factory = try stage.factory.leaf("factory", issuer: stage.authority)
        try token.add(factory, as: "idevid")
        let other = try stage.factory.leaf("another", issuer: stage.authority)
        func enroll(_ certificate: TestCertificate) throws -> ProgramResult {
            try run(
                program,
                [
                    "enroll", "--server", server.url, "--store", store, "--name", "device.example", "--anchor",
                    stage.authority.certificatePath, "--cert", certificate.certificatePath, "--key",
                    token.uri("idevid", pin: false), "--pkcs11-pin-file", token.pinFile,
                ])
        }
        expectFailure(try enroll(other), 1, "not that of the first certificate")
        let enrolled = try enroll(factory)
        #expect(enrolled.output.hasPrefix("installed generation 0001"), "\(enrolled.errors)")
    }

    // What fails

    @Test func aTokenThatCannotMakeKeys() throws {
        let (server, module) = (try ESTServer(stage), try SlowModule())
        module.makesNoKeys = true
        let uri = token.uri("tls", module: module.path)
        expectFailure(
            try enroll(server, uri: uri), 1, "does not make such a key", "CKR_FUNCTION_NOT_SUPPORTED", "--key-uri")
        #expect(!FileManager.default.fileExists(atPath: store))
        #expect(try run(["key", "new", "--key-uri", token.uri("tls")]).status == 0)
        #expect(try enroll(server, uri: uri).status == 0)
        expectFailure(try renew(server), 1, "does not make such a key")
        #expect(try run(["identity", "history", "--store", store]).output.hasPrefix("0001  current"))
    }

    /// The token goes away while it is to sign in the handshake, as the identity that is renewed.
    @Test func aTokenThatGoesAwayInMidRenewal() throws {
        let (server, module) = (try ESTServer(stage), try SlowModule())
        #expect(try enroll(server, uri: token.uri("tls", module: module.path)).status == 0)
        module.waits = true
        let renewing = try BackgroundProgram(
            [daemonPath, "renew", "--server", server.url, "--store", store],
            // Swift's own report of the helper's crash would stand beside what the program says of it.
            environment: token.environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 })
        try renewing.wait("a signature") { module.isWaiting }
        module.crashes = true
        module.waits = false
        // softhsm2 signs this time, and the module crashes at the next.
        expectFailure(try renewing.finish(), 1, "cannot use the key: ", "helper process", "has ended")
        #expect(try run(["identity", "history", "--store", store]).output.hasPrefix("0001  current"))
        module.crashes = false
        #expect(try renew(server).status == 0)
        try expectServed()
    }

    @Test func aTokenThatIsNotThere() throws {
        let server = try ESTServer(stage)
        #expect(try enroll(server, uri: token.uri("tls")).status == 0)
        try token.setPresent(false)
        for program in Self.programs {
            expectFailure(
                try renew(server, by: program), 1, "no token as the PKCS#11 URI describes it", "plug the token in")
            expectFailure(try enroll(server, by: program, uri: token.uri("tls")), 1, "no token")
        }
        try token.setPresent(true)
        #expect(try run(["identity", "history", "--store", store]).output.hasPrefix("0001  current"))
    }

    @Test(arguments: programs) func usage(program: String) throws {
        let common = [
            "enroll", "--server", "https://localhost:1", "--store", store, "--name", "a", "--anchor", "/dev/null",
        ]
        let anchor = ["--anchor", stage.authority.certificatePath]
        expectFailure(
            try run(program, common.dropLast(2) + anchor + ["--key-uri", "/a"]), 64, "does not begin with pkcs11:")
        expectFailure(
            try run(program, common.dropLast(2) + anchor + ["--key-uri", "pkcs11:object=a?pin-value=1"]), 64,
            "pin-value")
        expectFailure(
            try run(program, common.dropLast(2) + anchor + ["--pkcs11-pin-file", "/a"]), 64, "is for a key in a token")
        expectFailure(
            try run(program, common.dropLast(2) + anchor + ["--key", token.uri("a")]), 64,
            "--cert and --key belong together")
    }
}
