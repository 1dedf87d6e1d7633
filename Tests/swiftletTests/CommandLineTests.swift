// The command line itself: help, unknown words, groups without a command.
import TestSupport
import Testing

@Suite struct CommandLineTests {
    @Test func helpIsAskedForAndGoesToStdout() throws {
        for arguments in [
            ["--help"], ["ca", "--help"], ["ca", "issue", "--help"], ["verify", "-h"], ["help", "inspect"],
        ] {
            let result = try runProgram([programPath] + arguments, mustSucceed: false)
            #expect(result.status == 0)
            #expect(result.output.contains("USAGE: swiftlet"))
            #expect(result.errors.isEmpty)
        }
    }

    @Test(arguments: [[], ["ca"]] as [[String]])
    func aGroupAloneIsNoSuccess(_ arguments: [String]) throws {
        let result = try runProgram([programPath] + arguments, mustSucceed: false)
        #expect(result.status == 64)
        #expect(result.output.isEmpty)
        #expect(result.errors.contains("SUBCOMMANDS"))
    }

    @Test func unknownWordsAreUsageErrors() throws {
        expectFailure(try swiftlet("frobnicate"), 64, "frobnicate", "swiftlet --help")
        expectFailure(try swiftlet("ca", "frobnicate"), 64, "frobnicate", "swiftlet ca --help")
        expectFailure(try swiftlet("inspect", "--frobnicate", "x"), 64, "--frobnicate", "swiftlet inspect --help")
        expectFailure(try swiftlet("inspect", "--evil\u{1B}[2J", "x"), 64, "swiftlet inspect --help")
    }

    @Test func usageErrorsAsObjects() throws {
        let result = try swiftlet("verify", "--json")
        #expect(result.status == 64)
        let error = try #require(try object(result.standardOutput)["error"] as? [String: Any])
        #expect(error["kind"] as? String == "usage")
        #expect((error["message"] as? String)?.isEmpty == false)
    }
}
