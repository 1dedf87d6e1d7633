// PKCS#11 tokens for tests: softhsm2's, each in a directory of its own, and a module over it that fails where a test wants.
import Foundation

/// A token of softhsm2 with keys in it.
public final class SoftToken {
    /// Its directory, which holds nothing else.
    public let files: TemporaryDirectory
    /// What its module needs to find it.
    public let environment: [String: String]
    /// The file with its PIN.
    public let pinFile: String

    public static let module = "/usr/lib/softhsm/libsofthsm2.so"
    public static let pin = "open-sesame"

    public init(_ label: String = "swiftlet") throws {
        files = try TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: files.file("tokens"), withIntermediateDirectories: false)
        let configuration = try files.write(
            "softhsm2.conf",
            Array("directories.tokendir = \(files.path)/tokens\nobjectstore.backend = file\nlog.level = ERROR\n".utf8))
        pinFile = try files.write("pin", Array("\(Self.pin)\n".utf8))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: pinFile)
        environment = ["SOFTHSM2_CONF": configuration]
        try runProgram(
            [
                "softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", "87654321", "--pin", Self.pin,
            ], environment: environment)
        self.label = label
    }

    private let label: String

    /// Puts a key into it, and its public half.
    public func add(_ key: TestCertificate, as object: String, id: String = "01") throws {
        let pkcs8 = files.file("\(object).p8")
        try runProgram(["openssl", "pkcs8", "-topk8", "-nocrypt", "-in", key.keyPath, "-out", pkcs8])
        try runProgram(
            [
                "softhsm2-util", "--import", pkcs8, "--token", label, "--label", object, "--id", id, "--pin", Self.pin,
            ], environment: environment)
        try FileManager.default.removeItem(atPath: pkcs8)
    }

    /// The URI of a key in it.
    public func uri(_ object: String, module: String = SoftToken.module, pin: Bool = true) -> String {
        "pkcs11:token=\(label);object=\(object)?module-path=\(module)" + (pin ? "&pin-source=file:\(pinFile)" : "")
    }

    /// Takes the token away, or puts it back.
    public func setPresent(_ isPresent: Bool) throws {
        let (place, away) = (files.file("tokens"), files.file("away"))
        if isPresent {
            try FileManager.default.removeItem(atPath: place)
            try FileManager.default.moveItem(atPath: away, toPath: place)
        } else {
            try FileManager.default.moveItem(atPath: place, toPath: away)
            try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
        }
    }
}

/// A module over softhsm2 that waits in C_Sign for as long as there is a file, crashes there where there is another, and makes no keys
/// where there is a third.
public final class SlowModule {
    public let path: String
    private let files: TemporaryDirectory

    public init() throws {
        files = try TemporaryDirectory()
        path = files.file("slow_module.so")
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("SlowModule/slow_module.c").path
        try runProgram([
            "cc", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", source, "-o", path,
            "-DREAL=\"\(SoftToken.module)\"", "-DWAIT=\"\(files.file("wait"))\"",
            "-DWAITING=\"\(files.file("waiting"))\"",
            "-DCRASH=\"\(files.file("crash"))\"", "-DNOKEYS=\"\(files.file("nokeys"))\"",
        ])
    }

    /// Has C_Sign wait, or go on.
    public var waits: Bool {
        get { FileManager.default.fileExists(atPath: files.file("wait")) }
        set { set("wait", newValue) }
    }

    /// Has C_Sign crash.
    public var crashes: Bool {
        get { FileManager.default.fileExists(atPath: files.file("crash")) }
        set { set("crash", newValue) }
    }

    /// Has C_GenerateKeyPair not be supported.
    public var makesNoKeys: Bool {
        get { FileManager.default.fileExists(atPath: files.file("nokeys")) }
        set { set("nokeys", newValue) }
    }

    /// Whether a C_Sign has come to wait.
    public var isWaiting: Bool { FileManager.default.fileExists(atPath: files.file("waiting")) }

    private func set(_ name: String, _ isThere: Bool) {
        let path = files.file(name)
        if isThere {
            _ = FileManager.default.createFile(atPath: path, contents: nil)
        } else {
            try? FileManager.default.removeItem(atPath: path)
        }
    }
}
