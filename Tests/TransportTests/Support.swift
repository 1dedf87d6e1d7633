// What the tests of this target share: spans from text, driving a stream to its end, programs of others.
import Bytes
import CLinux
import Foundation
import TestSupport
import Testing

@testable import Transport

extension Endpoint {
    init(_ text: String) throws(EndpointError) {
        try self.init(Array(text.utf8).span)
    }

    var text: String { TestSupport.text { write(to: &$0) } }
}

extension SocketAddress {
    var text: String { TestSupport.text { write(to: &$0) } }

    /// The address as an endpoint.
    var endpoint: Endpoint { get throws { try Endpoint(text) } }
}

extension TransportError {
    var text: String { TestSupport.text { describe(into: &$0) } }
}

/// A stream stopped where it should have gone on.
struct Stuck: Error {}

extension Transport where Self: ~Copyable {
    /// Reads `count` bytes, or up to the end when nil.
    mutating func readAll(_ count: Int? = nil, milliseconds: Int32 = 5000) throws -> [UInt8] {
        var all: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while count.map({ all.count < $0 }) ?? true {
            let room = min(piece.count, count.map { $0 - all.count } ?? piece.count)
            var span = piece.mutableSpan
            var target = span._mutatingExtracting(0..<room)
            switch try read(into: &target) {
            case .bytes(let moved): all += piece.prefix(moved)
            case .endOfStream: return all
            case .wouldBlock:
                guard try wait(for: .readable, milliseconds: milliseconds) else { throw Stuck() }
            }
        }
        return all
    }

    /// Writes everything; answers in how many writes.
    @discardableResult
    mutating func writeAll(_ bytes: [UInt8], milliseconds: Int32 = 5000) throws -> Int {
        var offset = 0
        var writes = 0
        while offset < bytes.count {
            switch try write(bytes.span.extracting(offset..<bytes.count)) {
            case .bytes(let moved):
                offset += moved
                writes += 1
            case .wouldBlock:
                guard try wait(for: .writable, milliseconds: milliseconds) else { throw Stuck() }
            }
        }
        return writes
    }
}

/// Bytes that are all different from their neighbours and do not repeat soon.
func pattern(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
}

/// A folder that is gone when the test is over.
struct TemporaryFolder: ~Copyable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "swiftlet-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// A Python program, run with `arguments`; its standard output is read here.
func python(_ program: String, _ arguments: [String]) throws -> (Process, Pipe) {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-c", program] + arguments
    process.standardOutput = output
    try process.run()
    return (process, output)
}

/// How many descriptors this process has open.
func openDescriptors() throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
}
