// Runs the program that was built beside the tests.
import Foundation
import TestSupport
import Testing

/// The path of the program.
let programPath = builtProgram("swiftlet")

/// Runs `swiftlet` to its end.
@discardableResult
func swiftlet(_ arguments: String..., input: [UInt8] = [], in directory: String? = nil) throws -> ProgramResult {
    try runProgram([programPath] + arguments, input: input, in: directory, mustSucceed: false)
}

/// The object that a program printed as its only line.
func object(_ bytes: [UInt8]) throws -> [String: Any] {
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(text.hasSuffix("\n") && text.dropLast().allSatisfy { !$0.isNewline }, "one line: \(text)")
    return try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
}

/// Expects a failure as contracts have it: the code, nothing on stdout, one line on stderr with all of `words`.
func expectFailure(
    _ result: ProgramResult, _ status: Int32, _ words: String..., sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(result.status == status, "\(result.errors)", sourceLocation: sourceLocation)
    #expect(result.output.isEmpty, sourceLocation: sourceLocation)
    let lines = result.errors.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == 2 && lines.last == "", "\(result.errors)", sourceLocation: sourceLocation)
    #expect(result.errors.hasPrefix("swiftlet: "), "\(result.errors)", sourceLocation: sourceLocation)
    for word in words {
        #expect(result.errors.contains(word), "\(word) is not in \(result.errors)", sourceLocation: sourceLocation)
    }
}

/// The permissions of a file.
func permissions(_ path: String) throws -> Int {
    try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
}

/// The names of the files in a directory.
func names(in directory: String) throws -> Set<String> {
    Set(try FileManager.default.contentsOfDirectory(atPath: directory))
}
