// Runs the daemon that was built beside the tests, in a directory with certificates made by openssl.
import Foundation
import TestSupport
import Testing

let daemonPath = builtProgram("swiftletd")

/// A directory with the certificates of the cast: `device` is the daemon, `transport` the same for RSA key transport alone,
/// `peer` who may use it, `stranger` has the peer's name under another authority, `othername` another name under the right
/// one.
struct Stage: Sendable {
    let factory: CertificateFactory
    var path: String { factory.directory.path }

    static let shared = Result { try Stage() }

    private init() throws {
        factory = try CertificateFactory()
        let authority = try factory.authority("authority")
        let other = try factory.authority("otherauthority")
        _ = try factory.leaf(
            "device", issuer: authority, names: ["DNS:device.example", "DNS:localhost", "IP:127.0.0.1"])
        _ = try factory.leaf(
            "transport", key: .rsa2048, issuer: authority, names: ["DNS:device.example"], usages: "serverAuth",
            keyUsage: "keyEncipherment")
        _ = try factory.leaf("peer", issuer: authority, names: ["DNS:peer.example"])
        _ = try factory.leaf("stranger", issuer: other, names: ["DNS:peer.example"])
        _ = try factory.leaf("othername", issuer: authority, names: ["DNS:other.example"])
        try factory.directory.write("peers.py", Array(peersProgram.utf8))
    }

    /// Runs one scenario of the Python program to its end.
    @discardableResult
    func play(_ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation) throws -> ProgramResult {
        let result = try runProgram(["python3", path + "/peers.py"] + arguments, mustSucceed: false)
        #expect(result.status == 0, "\(arguments): \(result.errors)", sourceLocation: sourceLocation)
        return result
    }
}

/// A daemon that runs until the object goes.
final class DaemonProcess {
    let stage: Stage
    let files: TemporaryDirectory
    /// What is to live as long as the daemon.
    var companions: [Companion] = []
    private let process = Process()
    private let output: String
    private let errors: String

    /// Starts the daemon and waits until it listens.
    /// - Parameter tunnels: the sections; `DIR` in them stands for the certificates' directory, `TMP` for one of its own.
    init(_ sections: String, environment: [String: String] = [:]) throws {
        stage = try Stage.shared.get()
        files = try TemporaryDirectory()
        let text = sections.replacing("DIR", with: stage.path).replacing("TMP", with: files.path)
        let configuration = try files.write("swiftletd.conf", Array(text.utf8))
        output = try files.write("stdout", [])
        errors = try files.write("stderr", [])
        process.executableURL = URL(fileURLWithPath: daemonPath)
        process.arguments = ["--config", configuration]
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: output))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errors))
        try process.run()
        let count = sections.components(separatedBy: "[tunnel ").count - 1
        try wait { self.listening.count == count || !self.process.isRunning }
        #expect(listening.count == count, "\(log)")
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        // faketime leaves its memory behind where its process is killed, and later refuses a process that gets that number.
        for name in ["faketime_shm_\(pid)", "sem.faketime_sem_\(pid)"] {
            try? FileManager.default.removeItem(atPath: "/dev/shm/\(name)")
        }
    }

    var pid: Int32 { process.processIdentifier }

    /// The log so far.
    var log: String { (try? String(decoding: readFile(errors), as: UTF8.self)) ?? "" }

    /// Where each tunnel listens, by name.
    var listening: [String: String] {
        var found: [String: String] = [:]
        let text = (try? String(decoding: readFile(output), as: UTF8.self)) ?? ""
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 4, words[0] == "listening" { found[String(words[2])] = String(words[3]) }
        }
        return found
    }

    /// Where a tunnel listens.
    func endpoint(_ name: String) throws -> String { try #require(listening[name]) }

    /// Waits until something is so.
    func wait(_ seconds: Double = 20, until condition: () -> Bool) throws {
        let end = Date(timeIntervalSinceNow: seconds)
        while !condition() {
            guard Date() < end else { throw WaitedInVain(log: log) }
            Thread.sleep(forTimeInterval: 0.02)
        }
    }

    /// Expects `words` in one line of the log, now or soon.
    func expectLog(_ words: String..., sourceLocation: SourceLocation = #_sourceLocation) throws {
        try? wait(10) { self.hasLine(words) }
        #expect(hasLine(words), "\(words) in:\n\(log)", sourceLocation: sourceLocation)
    }

    private func hasLine(_ words: [String]) -> Bool {
        log.split(separator: "\n").contains { line in words.allSatisfy { line.contains($0) } }
    }

    /// Resident memory in KiB.
    func residentMemory() throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
        return try #require(Int(line.split(whereSeparator: { !$0.isNumber }).first ?? ""))
    }

    /// How many descriptors it has open.
    func descriptors() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count }

    func signal(_ number: Int32) { kill(pid, number) }

    /// Waits for the end.
    func exitStatus() throws -> Int32 {
        try wait { !self.process.isRunning }
        return process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
    }
}

/// A tunnel that accepts TLS from `peer`.
func serverTunnel(_ connect: String, accept: String = "127.0.0.1:0", _ more: String...) -> String {
    """
    [tunnel in]
    role = server
    accept = \(accept)
    connect = \(connect)
    certificate = DIR/device.pem
    key = DIR/device.key
    anchors = DIR/authority.pem
    peer-name = peer.example
    \(more.joined(separator: "\n"))

    """
}

/// A tunnel that connects with TLS to `peer`.
func clientTunnel(
    _ connect: String, accept: String = "127.0.0.1:0", certificate: String = "device", peer: String = "peer.example",
    _ more: String...
) -> String {
    """
    [tunnel out]
    role = client
    accept = \(accept)
    connect = \(connect)
    certificate = DIR/\(certificate).pem
    key = DIR/\(certificate).key
    anchors = DIR/authority.pem
    peer-name = \(peer)
    \(more.joined(separator: "\n"))

    """
}

/// Something did not happen in time.
struct WaitedInVain: Error {
    let log: String
}
