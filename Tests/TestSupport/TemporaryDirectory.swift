// Directories for tests, which leave nothing behind: what an object does not remove at its end, since a static keeps it, goes
// at the end of the process.
import Foundation
import Synchronization

/// The directories that exist.
private let existing = Mutex<Set<String>>([])

/// Done once, when the first directory is made.
private let removesAtExit: Bool =
    atexit {
        for path in existing.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: path) }
    } == 0

/// A directory of its own that goes when the object does.
public final class TemporaryDirectory: Sendable {
    public let path: String

    public init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("swiftlet-test-\(UUID().uuidString)")
        guard removesAtExit else { throw ProgramFailure(description: "atexit failed") }
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        let path = url.path
        existing.withLock { _ = $0.insert(path) }
        self.path = path
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
        let path = path
        existing.withLock { _ = $0.remove(path) }
    }

    /// The path of a file in it.
    public func file(_ name: String) -> String { path + "/" + name }

    /// Writes a file in it.
    /// - Returns: its path.
    @discardableResult
    public func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
        return file(name)
    }
}
