// Requests that an EST server does not decide at once (202, RFC 7030 §4.2.3): kept in the store with their key, gone on with by the next
// command that asks for the same, and swept.
import Foundation
import TestSupport
import Testing

@Suite struct PendingEnrolmentTests {
    private let stage: ESTStage

    init() throws { stage = try ESTStage() }

    private var store: String { stage.files.file("store") }
    private var pending: String { "\(store)/pending" }

    private func enroll(_ server: ESTServer, by program: Enroller = .swiftletd, _ more: String...) throws
        -> ProgramResult
    {
        try program.run(
            [
                "enroll", "--server", server.url, "--store", store, "--anchor", stage.authority.certificatePath,
            ] + (more.contains("--name") ? [] : ["--name", "device.example"]) + more)
    }

    private func renew(_ server: ESTServer, by program: Enroller = .swiftletd) throws -> ProgramResult {
        try program.run(["renew", "--server", server.url, "--store", store])
    }

    private func expectPending(_ result: ProgramResult) throws {
        #expect(result.status == 1 && result.output.isEmpty, "\(result.errors)")
        #expect(
            result.errors.contains("kept in the store: give the same command again in 1 seconds"), "\(result.errors)")
        let mode = try FileManager.default.attributesOfItem(atPath: pending)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    private func expectInstalled(_ result: ProgramResult, _ generation: String = "0001") throws {
        #expect(result.output.hasPrefix("installed generation \(generation)"), "\(result.errors)")
        #expect(!FileManager.default.fileExists(atPath: pending))
    }

    private func request(_ server: ESTServer, _ number: Int) throws -> [UInt8] {
        try readFile("\(server.log)/request-\(number).pem")
    }

    @Test(arguments: Enroller.allCases) func theSameKeyAndTheSameRequest(program: Enroller) throws {
        let server = try ESTServer(stage, "--behave", "pending:2:1")
        try expectPending(try enroll(server, by: program))
        try expectPending(try enroll(server, by: program))
        try expectInstalled(try enroll(server, by: program))
        #expect(try request(server, 1) == request(server, 2) && request(server, 2) == request(server, 3))
        // A renewal in the same way, with a key of its own.
        try expectPending(try renew(server, by: program))
        try expectPending(try renew(server, by: program))
        try expectInstalled(try renew(server, by: program), "0002")
        #expect(try request(server, 4) == request(server, 6) && request(server, 4) != request(server, 1))
    }

    /// threats: Retry-After is capped, at a day.
    @Test(arguments: [("3600", 3600), ("99999999", 86_400)]) func aLongTime(asked: String, told: Int) throws {
        let result = try enroll(try ESTServer(stage, "--behave", "pending:1:\(asked)"), "--wait", "10")
        #expect(result.status == 1 && result.errors.contains("again in \(told) seconds"), "\(result.errors)")
    }

    /// A request that is bound to the connection is made anew, with the same key (RFC 7030 §3.5).
    @Test func theSameKeyWhereTheRequestIsBound() throws {
        let server = try ESTServer(
            stage, "--behave", "pending:1:1", "--binding", "--attributes", "300b06092a864886f70d010907")
        try expectPending(try enroll(server))
        try expectInstalled(try enroll(server))
        #expect(try request(server, 1) != request(server, 2))
    }

    /// Waited for in the same process, it is kept all the same.
    @Test func aRequestThatIsWaitedFor() throws {
        let server = try ESTServer(stage, "--behave", "pending:1:1")
        try expectInstalled(try enroll(server, "--wait", "10"))
        #expect(try request(server, 1) == request(server, 2))
    }

    @Test func whoAsksForSomethingElseHasANewKey() throws {
        let server = try ESTServer(stage, "--behave", "pending:1:1")
        try expectPending(try enroll(server))
        for different in [["--name", "other.example"], ["--san", "dns:other.example"], ["--type", "p384"]] {
            let before = try readFile(pending)
            try expectPending(try enroll(server, different[0], different[1]))
            #expect(try readFile(pending) != before)
        }
        try expectInstalled(try enroll(server, "--type", "p384"))
    }

    @Test(arguments: ["400", "403", "otherkey", "garbage"]) func whatIsRefusedIsSwept(behaviour: String) throws {
        let server = try ESTServer(stage, "--behave", "pending:1:1:\(behaviour)")
        try expectPending(try enroll(server))
        #expect(try enroll(server).status != 0)
        #expect(!FileManager.default.fileExists(atPath: pending))
    }

    /// A server that cannot just now has decided nothing.
    @Test(arguments: ["401", "500", "503", "429"]) func whatIsNotDecidedIsKept(behaviour: String) throws {
        let server = try ESTServer(stage, "--behave", "pending:1:1:\(behaviour)")
        try expectPending(try enroll(server))
        let before = try readFile(pending)
        #expect(try enroll(server).status != 0)
        #expect(try readFile(pending) == before)
    }

    /// What is not as it was written, or whose key has become an identity's, is no request.
    @Test func aDamagedOneIsPassedOver() throws {
        let server = try ESTServer(stage, "--behave", "pending:1:1")
        try expectPending(try enroll(server))
        let good = try readFile(pending)
        for position in [0, 12, 80, 150, good.count / 2, good.count - 1] {
            var bad = good
            bad[position] ^= 1
            try Data(bad).write(to: URL(fileURLWithPath: pending))
            try expectPending(try enroll(server))
            #expect(try readFile(pending) != good && readFile(pending) != bad)
        }
        try Data(good).write(to: URL(fileURLWithPath: pending))
        try expectInstalled(try enroll(server))
        try Data(good).write(to: URL(fileURLWithPath: pending))
        try expectPending(try enroll(server))
        #expect(try readFile(pending) != good)
        #expect(try Enroller.swiftletd.run(["identity", "wipe", "--store", store]).status == 0)
        // The last known good time outlasts the identities.
        #expect(try FileManager.default.contentsOfDirectory(atPath: store) == ["clock"])
    }

    @Test func aKeyInAToken() throws {
        let token = try SoftToken()
        let server = try ESTServer(stage, "--behave", "pending:1:1")
        func enroll() throws -> ProgramResult {
            try runProgram(
                [
                    builtProgram("swiftletd"), "enroll", "--server", server.url, "--store", store, "--name",
                    "device.example", "--anchor",
                    stage.authority.certificatePath, "--key-uri", token.uri("tls"),
                ], environment: token.environment, mustSucceed: false)
        }
        try expectPending(try enroll())
        try expectInstalled(try enroll())
        #expect(try request(server, 1) == request(server, 2))
    }
}
