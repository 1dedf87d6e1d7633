// An EST server that is not ours (Tests/Peers/est_server.py), with an authority of its own.
import Foundation

/// The authorities, certificates and files around EST servers of one test.
public struct ESTStage {
    public let factory: CertificateFactory
    /// What issues.
    public let authority: TestCertificate
    /// The server's own certificate, for localhost and 127.0.0.1.
    public let server: TestCertificate

    public var files: TemporaryDirectory { factory.directory }

    public init() throws {
        factory = try CertificateFactory()
        authority = try factory.authority("est-authority")
        server = try factory.leaf("est-server", issuer: authority)
    }

    /// The SHA-256 of a certificate, in hexadecimal.
    public func fingerprint(of certificate: TestCertificate) throws -> String {
        let text = try runProgram([
            "openssl", "x509", "-in", certificate.certificatePath, "-noout", "-fingerprint", "-sha256",
        ]).output
        return text.split(separator: "=")[1].trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

/// A server that runs until the object goes.
public final class ESTServer {
    private let program: BackgroundProgram
    /// Where it listens.
    public let port: Int
    /// Where it puts the requests that it has taken: request-1.pem and so on.
    public let log: String

    public var url: String { "https://localhost:\(port)" }
    /// What it has refused.
    public var complaints: String { program.errors }

    /// Lets a server that holds its answers back (`--behave hold`) go on.
    public func letGo() throws { try Data().write(to: URL(fileURLWithPath: "\(log)/go")) }

    /// - Parameters:
    ///   - certificate: the server's own, where it is not the stage's.
    ///   - options: of the program; later ones go before earlier ones.
    public init(_ stage: ESTStage, certificate: TestCertificate? = nil, _ options: String...) throws {
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let own = certificate ?? stage.server
        let log = stage.files.file("log-\(UUID().uuidString)")
        try FileManager.default.createDirectory(atPath: log, withIntermediateDirectories: true)
        self.log = log
        let program = try BackgroundProgram(
            [
                "python3", package.appendingPathComponent("Peers/est_server.py").path, "--cert", own.certificatePath,
                "--key", own.keyPath, "--ca", stage.authority.certificatePath, "--ca-key", stage.authority.keyPath,
                "--client-ca", stage.authority.certificatePath, "--log", log,
            ] + (options.contains("--cacerts") ? [] : ["--cacerts", stage.authority.certificatePath]) + options)
        try program.wait(for: "listening ")
        self.program = program
        port = Int(program.output.dropFirst("listening ".count).prefix { $0.isNumber }) ?? 0
    }
}
