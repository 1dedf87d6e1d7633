// OCSP responses stapled to certificates (RFC 6066 §8), with OpenSSL and GnuTLS in both roles: what goes in comes out, byte for byte.
import Foundation
import TestSupport
import Testing

/// An OCSP response of the root's for the server, made by openssl.
private struct Responder {
    private let directory: TemporaryDirectory
    /// The response in DER.
    let path: String
    let response: [UInt8]

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.file("response.der")
        let cast = try certificates()
        let (root, server) = (cast.root, cast.server())
        let script = """
            set -e
            cd \(directory.path)
            serial=$(openssl x509 -in \(server.certificatePath) -noout -serial | cut -d= -f2)
            printf 'V\\t401231235959Z\\t\\t%s\\tunknown\\t/CN=server\\n' "$serial" > index
            openssl ocsp -issuer \(root.certificatePath) -cert \(server.certificatePath) -no_nonce -reqout request
            openssl ocsp -index index -CA \(root.certificatePath) -rsigner \(root.certificatePath) \\
                -rkey \(root.keyPath) -reqin request -respout \(path) -ndays 7
            """
        let result = try runProgram(["sh", "-c", script], mustSucceed: false)
        try #require(result.status == 0, "\(result.output)\(result.errors)")
        response = try readFile(path)
    }

    func file(_ name: String) -> String { directory.file(name) }
}

@Suite struct OCSPStapleTests {
    private let request = "GET / HTTP/1.0\r\n\r\n"

    private func expectStaple(_ result: ProgramResult, _ responder: Responder, in path: String) throws {
        expectFine(result, "abba")
        #expect(try Summary(result).number("ocsp_staple") == responder.response.count)
        #expect(try readFile(path) == responder.response)
    }

    private func trust() throws -> [String] { ["--ca", try certificates().roots, "--servername", "localhost"] }

    // connect

    @Test(arguments: ["1.3", "1.2"]) func connectToOpenssl(_ version: String) throws {
        let responder = try Responder()
        let server = try Theirs.openssl(
            certificates().server(),
            ["-rev", version == "1.3" ? "-tls1_3" : "-tls1_2", "-status", "-status_file", responder.path])
        let path = responder.file("staple")
        let result = try connect(server.port, trust() + ["--ocsp-staple", path], say: "abba\n", for: "abba")
        try expectStaple(result, responder, in: path)
        // Who does not ask gets none.
        let plain = try connect(server.port, trust(), say: "abba\n", for: "abba")
        expectFine(plain, "abba")
        #expect(try Summary(plain).object["ocsp_staple"] is NSNull)
    }

    @Test(arguments: ["1.3", "1.2"]) func connectToGnutls(_ version: String) throws {
        let responder = try Responder()
        let server = try Theirs.gnutls(
            certificates().server(), priority: ":-VERS-ALL:+VERS-TLS\(version)", ["--ocsp-response", responder.path])
        let path = responder.file("staple")
        let result = try connect(server.port, trust() + ["--ocsp-staple", path], say: "abba\n", for: "abba")
        try expectStaple(result, responder, in: path)
    }

    @Test(arguments: ["1.3", "1.2"]) func connectToAServerWithoutOne(_ version: String) throws {
        let responder = try Responder()
        let server = try Theirs.openssl(certificates().server(), ["-rev", version == "1.3" ? "-tls1_3" : "-tls1_2"])
        let path = responder.file("staple")
        let result = try connect(server.port, trust() + ["--ocsp-staple", path], say: "abba\n", for: "abba")
        expectFine(result, "abba")
        #expect(try Summary(result).object["ocsp_staple"] is NSNull)
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    // serve

    @Test(arguments: ["1.3", "1.2"]) func serveOpenssl(_ version: String) throws {
        let responder = try Responder()
        let server = try Ours(["--http", "--ocsp-staple", responder.path] + pair(certificates().server()))
        let result = try opensslClient(
            server.port, [version == "1.3" ? "-tls1_3" : "-tls1_2", "-status", "-CAfile", certificates().roots],
            say: request, for: "200 OK")
        expectFine(result, "OCSP Response Status: successful")
        #expect(result.output.contains("Cert Status: good"), "\(result.output)")
        let plain = try opensslClient(
            server.port, [version == "1.3" ? "-tls1_3" : "-tls1_2", "-CAfile", certificates().roots], say: request,
            for: "200 OK")
        expectFine(plain, "200 OK")
    }

    @Test(arguments: ["1.3", "1.2"]) func serveGnutls(_ version: String) throws {
        let responder = try Responder()
        let server = try Ours(["--http", "--ocsp-staple", responder.path] + pair(certificates().server()))
        let path = responder.file("saved")
        let result = try gnutlsClient(
            server.port, priority: ":-VERS-ALL:+VERS-TLS\(version)",
            ["--x509cafile", certificates().roots, "--save-ocsp", path], say: request, for: "200 OK")
        expectFine(result, "200 OK")
        #expect(try readFile(path) == responder.response)
    }

    @Test func optionsThatMakeNoSense() throws {
        let cast = try certificates()
        let serve = [programPath, "serve", "--listen", "127.0.0.1:0", "--echo"]
        for (arguments, status, word) in [
            (["--raw-key", cast.server().keyPath, "--ocsp-staple", "x"], 64 as Int32, "--ocsp-staple"),
            (pair(cast.server()) + ["--ocsp-staple", cast.server().certificatePath], 1, "no OCSP response in DER"),
        ] {
            let result = try runProgram(serve + arguments, mustSucceed: false)
            #expect(result.status == status && result.errors.contains(word), "\(arguments): \(result.errors)")
        }
    }
}
