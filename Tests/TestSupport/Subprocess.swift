// Running the programs that tests compare with.
import Foundation

/// What a finished program left behind.
public struct ProgramResult: Sendable {
    /// The exit status; 128 and the signal's number where a signal ended it.
    public let status: Int32
    public let standardOutput: [UInt8]
    public let standardError: [UInt8]

    /// Standard output as text.
    public var output: String { String(decoding: standardOutput, as: UTF8.self) }
    /// Standard error as text.
    public var errors: String { String(decoding: standardError, as: UTF8.self) }
}

/// A program that could not be run, or failed where it must not.
public struct ProgramFailure: Error, CustomStringConvertible {
    public let description: String
}

/// Runs a program found by `PATH` (or by its path) to its end.
/// - Parameters:
///   - input: its standard input.
///   - environment: added to ours.
/// - Throws: `ProgramFailure` where it is not there, or where it fails and `mustSucceed`.
@discardableResult
public func runProgram(
    _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:], in directory: String? = nil,
    mustSucceed: Bool = true
) throws -> ProgramResult {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
    let files = try TemporaryDirectory()
    let inputPath = try files.write("stdin", input)
    let outputPath = try files.write("stdout", [])
    let errorPath = try files.write("stderr", [])
    // Files, not pipes: no deadlock however much the program writes.
    process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: inputPath))
    process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: outputPath))
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errorPath))
    try process.run()
    process.waitUntilExit()
    let status = process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
    let result = ProgramResult(
        status: status, standardOutput: try readFile(outputPath), standardError: try readFile(errorPath))
    if mustSucceed, status != 0 {
        throw ProgramFailure(description: "\(arguments.joined(separator: " ")): exit \(status)\n\(result.errors)")
    }
    return result
}

/// The bytes of a file.
public func readFile(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
}
