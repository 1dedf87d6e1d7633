// The pre-shared keys that a daemon's tunnels name, against each other (RFC 9257 §4.1, §6). threats.md, PSK: "an endpoint refuses
// its own identity back (Selfie) and one PSK in both roles; keys under 16 bytes refused".
import Foundation
import TestSupport
import Testing

@Suite struct PreSharedKeyTests {
    private static let key = String(repeating: "5a", count: 16)
    private static let other = String(repeating: "a5", count: 16)

    /// What --check says of a server tunnel with the one key and a client tunnel with the other.
    private func check(server: String, client: String) throws -> ProgramResult {
        let files = try TemporaryDirectory()
        let identity = try #require(client.split(separator: ":").first)
        for (name, line) in [("server", server), ("client", client)] {
            let path = try files.write(name, Array("\(line)\n".utf8))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        }
        let text = """
            [tunnel in]
            role = server
            accept = 127.0.0.1:0
            connect = unix:/x
            psk-file = \(files.file("server"))
            [tunnel out]
            role = client
            accept = unix:\(files.file("out"))
            connect = 127.0.0.1:1
            psk-file = \(files.file("client"))
            psk-identity = \(identity)
            """
        let path = try files.write("test.conf", Array(text.utf8))
        return try runProgram([daemonPath, "--config", path, "--check"], mustSucceed: false)
    }

    @Test(arguments: [("a:\(key)", "a:\(key)"), ("a:\(key)", "b:\(key)"), ("a:\(key)", "a:\(other)")])
    func aKeyOrAnIdentityInBothRolesIsRefused(server: String, client: String) throws {
        let result = try check(server: server, client: client)
        #expect(result.status == 64, "\(result.output)")
        #expect(
            result.errors.contains(":10: [tunnel out] uses a pre-shared key in the other role than [tunnel in] does"))
        // No secret comes into a message.
        #expect(!result.errors.contains(Self.key) && !result.errors.contains(Self.other))
    }

    @Test func keysOfTheirOwnAreGood() throws {
        let result = try check(server: "a:\(Self.key)", client: "b:\(Self.other)")
        #expect(result.status == 0 && result.output.hasSuffix(": good\n"), "\(result.errors)")
    }

    @Test func aShortKeyIsRefused() throws {
        let result = try check(server: "a:\(Self.key.dropLast(2))", client: "b:\(Self.other)")
        #expect(result.status == 64)
        #expect(result.errors.contains(":5: ") && result.errors.contains("line 1 has a key of fewer than 16 bytes"))
        #expect(!result.errors.contains(String(Self.key.dropLast(2))))
    }
}
