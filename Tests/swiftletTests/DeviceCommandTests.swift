// swiftlet key, csr, identity and needs-renewal: the device's commands on a workstation, and what others make of their output.
import Foundation
import TestSupport
import Testing

@Suite struct DeviceCommandTests {
    private let files: TemporaryDirectory

    init() throws { files = try TemporaryDirectory() }

    private func makeKey(_ type: String, _ name: String = "key.pem") throws -> String {
        let result = try swiftlet("key", "new", "--type", type, "--out", files.file(name))
        #expect(result.status == 0 && result.output.isEmpty, "\(result.errors)")
        return files.file(name)
    }

    @Test(arguments: [("p256", "prime256v1"), ("p384", "secp384r1"), ("rsa2048", "2048 bit"), ("rsa3072", "3072 bit")])
    func keysAreGoodToOpenSSL(type: String, word: String) throws {
        let key = try makeKey(type)
        #expect(try permissions(key) == 0o600)
        let check = try runProgram(["openssl", "pkey", "-in", key, "-check", "-noout", "-text"])
        #expect(check.output.contains("Key is valid") && check.output.contains(word))
        #expect(try runProgram(["head", "-1", key]).output == "-----BEGIN PRIVATE KEY-----\n")
        expectFailure(try swiftlet("key", "new", "--out", key), 1, "File exists", "another name")
    }

    @Test(arguments: ["p256", "p384", "rsa2048"]) func requestsAreGoodToOthers(type: String) throws {
        let key = try makeKey(type)
        let request = try swiftlet(
            "csr", "--key", key, "--name", "Device 7", "--san", "dns:device.example,ip:192.0.2.1,ip:2001:db8::1")
        #expect(request.status == 0, "\(request.errors)")
        let path = try files.write("request.pem", request.standardOutput)
        let openssl = try runProgram(["openssl", "req", "-in", path, "-verify", "-noout", "-text"])
        #expect(openssl.output.contains("CN = Device 7"))
        #expect(
            openssl.output.contains("DNS:device.example, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1"))
        #expect((openssl.output + openssl.errors).contains("verify OK"))
        let gnutls = try runProgram(["certtool", "--crq-info", "--infile", path])
        #expect(gnutls.output.contains("Self signature: verified"))
        #expect(gnutls.output.contains("DNSname: device.example"))
    }

    @Test func withoutSANTheNameItselfIsAskedFor() throws {
        let key = try makeKey("p256")
        func text(_ name: String) throws -> String {
            let request = try swiftlet("csr", "--key", key, "--name", name).standardOutput
            return try runProgram(["openssl", "req", "-noout", "-text"], input: request).output
        }
        #expect(try text("device.example").contains("DNS:device.example"))
        #expect(try text("192.0.2.1").contains("IP Address:192.0.2.1"))
        #expect(try !text("Device 7").contains("Alternative"))
    }

    @Test func requestsAreSignedByTheAuthorityAndStored() throws {
        let (authority, store) = (files.file("ca"), files.file("store"))
        try swiftlet("ca", "init", "--dir", authority, "--name", "Test")
        let key = try makeKey("p384")
        let request = files.file("request.pem")
        #expect(try swiftlet("csr", "--key", key, "--name", "device.example", "--out", request).status == 0)
        let certificate = try swiftlet("ca", "sign", "--ca", authority, request)
        let path = try files.write("cert.pem", certificate.standardOutput)
        let verdict = try swiftlet("verify", "--anchor", "\(authority)/ca.pem", "--name", "device.example", path)
        #expect(verdict.status == 0)
        let installed = try swiftlet(
            "identity", "install", "--store", store, "--key", key, "--cert", path, "--anchors", "\(authority)/ca.pem",
            "--json")
        #expect(try object(installed.standardOutput)["installed"] as? Int == 1)
        let status = try object(try swiftlet("identity", "status", "--store", store, "--json").standardOutput)
        #expect(status["names"] as? [String] == ["DNS:device.example"])
        #expect(status["key"] as? String == "P-384")
        #expect(try swiftlet("needs-renewal", "--store", store).status == 1)
        let due = try swiftlet("needs-renewal", "--store", store, "--time", "2199-01-01T00:00:00Z", "--json")
        #expect(due.status == 0)
        #expect(try object(due.standardOutput)["renew_now"] as? Bool == true)
        #expect(try swiftlet("identity", "history", "--store", store).output.hasPrefix("0001  current"))
        expectFailure(try swiftlet("identity", "rollback", "--store", store), 1, "no usable generation before")
        #expect(try swiftlet("identity", "wipe", "--store", store).output == "wiped\n")
        expectFailure(try swiftlet("needs-renewal", "--store", store), 64, "no identity in it")
        for action in ["status", "history"] {
            expectFailure(try swiftlet("identity", action, "--store", store), 1, "no identity in it; put one there")
            expectFailure(try swiftlet("identity", action, "--store", files.file("none")), 1, "No such file")
        }
    }

    @Test func keysUnderAPassword() throws {
        let encrypted = files.file("encrypted.pem")
        try runProgram([
            "openssl", "pkcs8", "-topk8", "-in", try makeKey("p256"), "-passout", "pass:secret", "-out", encrypted,
        ])
        let right = try files.write("right", Array("secret\n".utf8))
        let wrong = try files.write("wrong", Array("sesame\n".utf8))
        let request = try swiftlet("csr", "--key", encrypted, "--password-file", right, "--name", "device.example")
        #expect(request.status == 0, "\(request.errors)")
        expectFailure(
            try swiftlet("csr", "--key", encrypted, "--password-file", wrong, "--name", "x.example"), 1,
            "cannot be decrypted")
        expectFailure(try swiftlet("csr", "--key", encrypted, "--name", "x.example"), 1, "--password-file")
        let path = try files.write("request.pem", request.standardOutput)
        try runProgram(["openssl", "req", "-in", path, "-verify", "-noout"])
        // The store holds it decrypted, for the device has nobody to ask.
        let certificate = files.file("cert.pem")
        try runProgram([
            "openssl", "req", "-x509", "-key", files.file("key.pem"), "-subj", "/CN=device.example", "-days", "9",
            "-out",
            certificate,
        ])
        let store = files.file("store")
        let installed = try swiftlet(
            "identity", "install", "--store", store, "--key", encrypted, "--password-file", right, "--cert", certificate
        )
        #expect(installed.status == 0, "\(installed.errors)")
        let stored = try runProgram(["openssl", "pkey", "-in", "\(store)/0001/key.pem"]).output
        #expect(stored == (try runProgram(["openssl", "pkey", "-in", files.file("key.pem")]).output))
    }

    @Test func namesThatCannotBeAskedForAreUsageErrors() throws {
        let key = try makeKey("p256")
        for san in ["device.example", "dns:", "dns:192.0.2.1", "ip:device.example", "dns:a.example,", "dns:a..example"]
        {
            expectFailure(try swiftlet("csr", "--key", key, "--name", "x", "--san", san), 64, "--san")
        }
        let many = (0..<17).map { "dns:d\($0).example" }.joined(separator: ",")
        expectFailure(try swiftlet("csr", "--key", key, "--name", "x", "--san", many), 64, "at most 16")
        expectFailure(try swiftlet("csr", "--key", key, "--name", String(repeating: "x", count: 65)), 64, "--name")
        expectFailure(try swiftlet("key", "new", "--type", "dsa", "--out", files.file("k")), 64, "no kind of key")
        expectFailure(
            try swiftlet("key", "new", "--out", files.file("no/such/place")), 1, "cannot write", "No such file")
    }
}
