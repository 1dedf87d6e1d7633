// Programs that run beside a test: servers, and clients that a test talks with. None is left behind.
import Foundation

/// Something that was waited for in vain.
public struct DidNotHappen: Error, CustomStringConvertible {
    public let description: String

    public init(description: String) { self.description = description }
}

/// A program in the background. It is ended with the object.
public final class BackgroundProgram {
    private let process = Process()
    private let files: TemporaryDirectory
    private let input: FileHandle

    /// Starts a program, found by `PATH` or by its path, with its output in files and its standard input a pipe.
    public init(
        _ arguments: [String], environment: [String: String] = [:], in directory: String? = nil
    ) throws {
        // A program that ends before it has read all must not end the tests.
        _ = Self.ignoresBrokenPipes
        files = try TemporaryDirectory()
        let pipe = Pipe()
        input = pipe.fileHandleForWriting
        // Closed in every other child: only so does `endInput` reach the program.
        _ = fcntl(input.fileDescriptor, F_SETFD, FD_CLOEXEC)
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
        process.standardInput = pipe.fileHandleForReading
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: files.write("stdout", [])))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: files.write("stderr", [])))
        try process.run()
        try pipe.fileHandleForReading.close()
    }

    deinit { stop() }

    private static let ignoresBrokenPipes: Bool = {
        // Nobody else in a test process wants this signal.
        signal(SIGPIPE, SIG_IGN)
        return true
    }()

    /// What it has written so far.
    public var outputBytes: [UInt8] { (try? readFile(files.file("stdout"))) ?? [] }
    /// The same as text.
    public var output: String { String(decoding: outputBytes, as: UTF8.self) }
    /// What it has complained of so far.
    public var errors: String { String(decoding: (try? readFile(files.file("stderr"))) ?? [], as: UTF8.self) }
    /// Whether it still runs.
    public var isRunning: Bool { process.isRunning }
    /// Its id.
    public var identifier: Int32 { process.processIdentifier }

    /// Gives it more standard input; nothing happens where it has ended.
    public func send(_ bytes: [UInt8]) { try? input.write(contentsOf: Data(bytes)) }

    /// Gives it more standard input.
    public func send(_ text: String) { send(Array(text.utf8)) }

    /// Its standard input ends.
    public func endInput() { try? input.close() }

    /// Ends it and waits.
    /// - Parameter signal: SIGKILL, because programs that are started by a thread of the test library inherit its mask,
    ///   in which everything else is blocked. Our own programs read SIGTERM all the same. SIGKILL ends what the program has
    ///   started as well: Foundation gives it a process group of its own, and would wait for each that holds a descriptor
    ///   of Foundation's.
    /// - Returns: its exit status, or the signal.
    @discardableResult
    public func stop(_ signal: Int32 = SIGKILL) -> Int32 {
        if process.isRunning {
            kill(signal == SIGKILL ? -process.processIdentifier : process.processIdentifier, signal)
        }
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// Waits until `condition` holds.
    /// - Throws: `DidNotHappen` with all that it wrote, where the program ends or the time passes first.
    public func wait(_ what: String, seconds: Double = 20, until condition: () -> Bool) throws {
        let end = Date().addingTimeInterval(seconds)
        while !condition() {
            // It may have happened just before the end.
            if !process.isRunning, condition() { return }
            guard process.isRunning, Date() < end else {
                throw DidNotHappen(
                    description: "\(what) did not happen, \(process.isRunning ? "still running" : "ended"): "
                        + "\(output.prefix(4000))\(errors.prefix(4000))")
            }
            Thread.sleep(forTimeInterval: 0.01)
        }
    }

    /// Waits until `text` is in what it wrote, on either stream.
    public func wait(for text: String, seconds: Double = 20) throws {
        try wait("'\(text)'", seconds: seconds) { output.contains(text) || errors.contains(text) }
    }

    /// Waits for its end.
    /// - Throws: `DidNotHappen` where it goes on; it is ended then.
    public func finish(seconds: Double = 20) throws -> ProgramResult {
        let end = Date().addingTimeInterval(seconds)
        while process.isRunning {
            guard Date() < end else {
                stop()
                throw DidNotHappen(
                    description: "the end of \(process.arguments ?? []) did not come: "
                        + "\(output.prefix(4000))\(errors.prefix(4000))")
            }
            Thread.sleep(forTimeInterval: 0.01)
        }
        process.waitUntilExit()
        let status = process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
        return ProgramResult(
            status: status, standardOutput: outputBytes, standardError: (try? readFile(files.file("stderr"))) ?? [])
    }
}

/// The path of a program of this package: beside the test bundle, or in the build folder of the package.
public func builtProgram(_ name: String) -> String {
    var folders = CommandLine.arguments.filter { $0.contains(".xctest") }.map {
        URL(fileURLWithPath: $0.components(separatedBy: ".xctest")[0]).deletingLastPathComponent()
    }
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    folders.append(package.appendingPathComponent(".build/debug"))
    let candidates = folders.map { $0.appendingPathComponent(name).path }
    return candidates.first { FileManager.default.isExecutableFile(atPath: $0) } ?? candidates[0]
}

/// A port of 127.0.0.1 that nobody uses now, for programs that cannot choose one themselves. It lies below the ports that
/// the system hands out, so that only another call of this function could choose it as well.
public func freePort() throws -> Int {
    for _ in 0..<100 {
        let port = Int.random(in: 20000..<32000)
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { break }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
        let bound = unsafe withUnsafePointer(to: &address) { address in
            // bind(2) takes every family's address by the one type.
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if bound == 0 { return port }
    }
    throw DidNotHappen(description: "no free port on 127.0.0.1")
}
