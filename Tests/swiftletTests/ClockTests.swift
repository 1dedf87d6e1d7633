// enroll, renew and needs-renewal on a machine whose clock is wrong (design: the clock; threats: clock poisoning), by faketime: one that is
// too early is known to be, by the date of the program and of the identity; one that is too late has everything expire.
import Foundation
import TestSupport
import Testing

@Suite struct ClockTests {
    private let stage: ESTStage

    init() throws { stage = try ESTStage() }

    private var store: String { stage.files.file("store") }

    /// Runs a program at another time, whose clock goes on from there. The server's stays as it is.
    private func run(_ program: Enroller, at time: String, _ arguments: [String]) throws -> ProgramResult {
        try runProgram(
            ["faketime", time, builtProgram(program.rawValue)] + arguments,
            environment: ["TZ": "UTC", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"],
            mustSucceed: false)
    }

    private func enrollment(_ server: ESTServer) -> [String] {
        [
            "enroll", "--server", server.url, "--store", store, "--name", "device.example", "--anchor",
            stage.authority.certificatePath,
        ]
    }

    private func enroll(_ server: ESTServer) throws {
        let result = try Enroller.swiftletd.run(enrollment(server))
        #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
    }

    private static let late = ["2038-01-19 03:14:08", "2106-02-07 06:28:16", "9999-12-31 00:00:00"]

    /// A board without a battery: certificates of its server and its own begin later than its clock says.
    @Test(arguments: Enroller.allCases) func in1970(program: Enroller) throws {
        let server = try ESTServer(stage)
        let enrolled = try run(program, at: "1970-01-02 00:00:00", enrollment(server))
        #expect(enrolled.output.hasPrefix("installed generation 0001: CN=device.example"), "\(enrolled.errors)")
        #expect(
            enrolled.errors.contains("warning: the clock of this machine says 1970-01-02T00:00:0")
                && enrolled.errors.contains("set the clock") && enrolled.errors.split(separator: "\n").count == 1,
            "\(enrolled.errors)")
        #expect(
            try run(program, at: "1970-01-02 00:00:00", ["needs-renewal", "--store", store]).status == 1)
        let renewed = try run(
            program, at: "1970-01-02 00:00:00", ["renew", "--server", server.url, "--store", store])
        #expect(renewed.output.hasPrefix("installed generation 0002"), "\(renewed.errors)")
    }

    /// A clock that lags behind the identity's own certificate is known to be wrong by that.
    @Test(arguments: Enroller.allCases) func aDayTooEarly(program: Enroller) throws {
        let server = try ESTServer(stage)
        try enroll(server)
        let renewed = try run(program, at: "-1 day", ["renew", "--server", server.url, "--store", store])
        #expect(renewed.output.hasPrefix("installed generation 0002"), "\(renewed.errors)")
        // Without one it could be right: then the server's certificate is not valid yet.
        let other = stage.files.file("other")
        let enrolled = try run(program, at: "-1 day", enrollment(server).map { $0 == store ? other : $0 })
        #expect(enrolled.status == 3 && enrolled.errors.contains("not yet valid"), "\(enrolled.errors)")
        #expect(enrolled.errors.contains("check the clock of this machine"), "\(enrolled.errors)")
    }

    /// What has expired by a floor that is certain stays refused, however early the clock is.
    @Test func anExpiredServerIn1970() throws {
        let expired = try stage.factory.make(
            "expired", issuer: stage.authority, extensions: ["subjectAltName=DNS:localhost"], days: -1)
        let good = try ESTServer(stage)
        try enroll(good)
        let server = try ESTServer(stage, certificate: expired)
        let renewed = try run(
            .swiftletd, at: "1970-01-02 00:00:00", ["renew", "--server", server.url, "--store", store])
        #expect(renewed.status == 3 && renewed.errors.contains("has expired"), "\(renewed.errors)")
    }

    @Test(arguments: late, Enroller.allCases) func tooLate(time: String, program: Enroller) throws {
        let server = try ESTServer(stage)
        let refused = try run(program, at: time, enrollment(server))
        #expect(refused.status == 3 && refused.output.isEmpty, "\(refused.errors)")
        #expect(refused.errors.contains("has expired") && refused.errors.contains("check the clock of this machine"))
        #expect(refused.errors.split(separator: "\n").count == 1 && !FileManager.default.fileExists(atPath: store))
        try enroll(server)
        #expect(try run(program, at: time, ["needs-renewal", "--store", store]).status == 0)
        let renewed = try run(program, at: time, ["renew", "--server", server.url, "--store", store])
        #expect(renewed.status == 3 && renewed.errors.contains("has expired"), "\(renewed.errors)")
        #expect(
            try Enroller.swiftletd.run(["identity", "history", "--store", store]).output.hasPrefix("0001  current"))
    }
}
