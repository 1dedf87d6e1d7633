// Two serial ports with a cable between them: pseudo-terminals that socat joins.
import Foundation

/// A pair of serial ports, there until the object goes.
public final class SerialPair {
    private let files: TemporaryDirectory
    private let program: BackgroundProgram
    /// The paths of the two ports.
    public var one: String { files.file("one") }
    public var other: String { files.file("other") }

    public init() throws {
        files = try TemporaryDirectory()
        program = try BackgroundProgram(
            ["socat", "pty,rawer,link=\(files.file("one"))", "pty,rawer,link=\(files.file("other"))"])
        let manager = FileManager.default
        try program.wait("two ports") { manager.fileExists(atPath: one) && manager.fileExists(atPath: other) }
    }
}
