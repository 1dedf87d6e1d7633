// The completion script for bash: it parses, and completes commands, options, choices, files and directories.
import Foundation
import TestSupport
import Testing

@Suite struct CompletionTests {
    private let files: TemporaryDirectory
    private let script: String

    init() throws {
        files = try TemporaryDirectory()
        script = try files.write(
            "swiftlet.bash", try runProgram([programPath, "--generate-completion-script", "bash"]).standardOutput)
    }

    /// What bash offers for the last word of a line.
    private func completions(_ words: String...) throws -> [String] {
        let line = words.joined(separator: " ")
        let program = """
            set -e
            source '\(script)'
            complete -p swiftlet >/dev/null
            COMP_WORDS=(\(words.map { "'\($0)'" }.joined(separator: " ")))
            COMP_CWORD=\(words.count - 1)
            COMP_LINE='\(line)'
            COMP_POINT=\(line.utf8.count)
            COMP_TYPE=9
            function compopt { :; }
            $(complete -p swiftlet | sed -E 's/.*-F ([^ ]+) .*/\\1/') swiftlet '\(words[words.count - 1])' '\(words[words.count - 2])' || true
            for word in "${COMPREPLY[@]}"; do printf '%s\\n' "$word"; done
            """
        let result = try runProgram(["bash", "--norc", "-c", program], in: files.path, mustSucceed: false)
        #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
        return result.output.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
    }

    @Test(arguments: ["bash", "zsh", "fish"]) func thereIsOneForEachShell(shell: String) throws {
        let result = try runProgram([programPath, "--generate-completion-script", shell], mustSucceed: false)
        #expect(result.status == 0 && result.errors.isEmpty && result.output.contains("needs-renewal"))
    }

    @Test func itParses() throws { try runProgram(["bash", "-n", script]) }

    @Test func commands() throws {
        #expect(try completions("swiftlet", "en") == ["enroll"])
        #expect(try completions("swiftlet", "ne") == ["needs-renewal"])
        #expect(try Set(completions("swiftlet", "identity", "")).isSuperset(of: ["install", "status", "rollback"]))
        #expect(try completions("swiftlet", "ca", "rev") == ["revoke"])
    }

    @Test func options() throws {
        #expect(try completions("swiftlet", "enroll", "--anchor-") == ["--anchor-sha256"])
        #expect(try completions("swiftlet", "renew", "--key-u") == ["--key-uri"])
    }

    @Test(arguments: [
        (["enroll", "--type", ""], ["p256", "p384", "rsa2048", "rsa3072"]),
        (["key", "new", "--type", "rsa"], ["rsa2048", "rsa3072"]),
        (["ca", "issue", "--key-type", ""], ["p256", "p384", "rsa2048"]),
        (["verify", "--purpose", ""], ["server", "client"]), (["policy", "show", "nist"], ["nist-sp800-52r2"]),
        (["serve", "--policy", "c"], ["constrained"]), (["connect", "--groups", "x"], ["x25519"]),
    ]) func choices(words: [String], offered: [String]) throws {
        let found =
            try words.count == 3
            ? completions("swiftlet", words[0], words[1], words[2])
            : completions("swiftlet", words[0], words[1], words[2], words[3])
        #expect(Set(found) == Set(offered))
    }

    @Test func filesAndDirectories() throws {
        try files.write("anchor-of-mine.pem", [])
        try FileManager.default.createDirectory(atPath: files.file("anchor-store"), withIntermediateDirectories: false)
        #expect(
            try Set(completions("swiftlet", "enroll", "--anchor", "anch")) == ["anchor-of-mine.pem", "anchor-store"])
        #expect(try completions("swiftlet", "enroll", "--store", "anch") == ["anchor-store"])
        #expect(try Set(completions("swiftlet", "inspect", "anch")) == ["anchor-of-mine.pem", "anchor-store"])
    }
}
