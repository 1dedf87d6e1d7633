// Enrolment (RFC 7030) with both programs against an EST server that is not ours: what comes of it, and that whatever fails
// leaves the store as it was, with one clear line.
import Foundation
import TestSupport
import Testing

/// The programs that enrol.
enum Enroller: String, CaseIterable {
    case swiftlet, swiftletd

    func run(_ arguments: [String]) throws -> ProgramResult {
        try runProgram([builtProgram(rawValue)] + arguments, mustSucceed: false)
    }
}

@Suite struct EnrolmentTests {
    private let stage: ESTStage

    init() throws { stage = try ESTStage() }

    private var store: String { stage.files.file("store") }
    private var anchor: String { stage.authority.certificatePath }

    private func enroll(
        _ server: ESTServer, by program: Enroller = .swiftlet, url: String? = nil, _ options: String...
    ) throws -> ProgramResult {
        let trust = options.contains("--anchor-sha256") || options.contains("--anchor") ? [] : ["--anchor", anchor]
        return try program.run(
            ["enroll", "--server", url ?? server.url, "--store", store, "--name", "device.example"] + trust + options)
    }

    /// A password's file.
    private func password(_ text: String) throws -> String {
        try stage.files.write("password", Array("\(text)\n".utf8))
    }

    private func expectEnrolled(_ result: ProgramResult, _ location: SourceLocation = #_sourceLocation) {
        #expect(
            result.status == 0 && result.output.hasPrefix("installed generation 0001: CN=device.example, valid until "),
            "\(result.output)\(result.errors)", sourceLocation: location)
        #expect(result.errors.isEmpty, sourceLocation: location)
    }

    /// One line about it, nothing stored, no secret in it.
    private func expectFailure(
        _ result: ProgramResult, _ status: Int32, _ words: String..., location: SourceLocation = #_sourceLocation
    ) {
        #expect(result.status == status, "\(result.errors)", sourceLocation: location)
        #expect(result.output.isEmpty, sourceLocation: location)
        #expect(result.errors.hasPrefix("swiftlet") && result.errors.hasSuffix("\n"), sourceLocation: location)
        #expect(result.errors.filter { $0 == "\n" }.count == 1, "\(result.errors)", sourceLocation: location)
        #expect(!result.errors.contains("\u{1b}") && !result.errors.contains("secret"), sourceLocation: location)
        for word in words {
            #expect(result.errors.contains(word), "\(word): \(result.errors)", sourceLocation: location)
        }
        #expect(!FileManager.default.fileExists(atPath: store), sourceLocation: location)
    }

    // What works

    @Test(arguments: Enroller.allCases) func fromNothingToACertificate(program: Enroller) throws {
        let server = try ESTServer(stage)
        let result = try program.run([
            "enroll", "--server", server.url, "--store", store, "--name", "device.example", "--san",
            "dns:device.example,ip:192.0.2.1", "--anchor", anchor, "--json",
        ])
        #expect(result.status == 0, "\(result.errors)")
        let told = try object(result.standardOutput)
        #expect(told["installed"] as? Int == 1 && told["subject"] as? String == "CN=device.example")
        #expect(server.complaints.filter { $0 == "\n" }.count == 1, "\(server.complaints)")  // 204 for csrattrs
        #expect(try permissions(store) == 0o700 && permissions("\(store)/0001/key.pem") == 0o600)
        let verdict = try runProgram([
            "openssl", "verify", "-x509_strict", "-CAfile", "\(store)/0001/anchors.pem", "\(store)/0001/chain.pem",
        ])
        #expect(verdict.output.hasSuffix(": OK\n"))
        let request = try runProgram([
            "openssl", "req", "-in", "\(server.log)/request-1.pem", "-verify", "-noout", "-text",
        ])
        #expect((request.output + request.errors).contains("verify OK"))
        #expect(request.output.contains("DNS:device.example, IP Address:192.0.2.1"))
        #expect(try readFile("\(store)/0001/anchors.pem") == readFile(anchor))
    }

    @Test(arguments: Enroller.allCases) func aRenewalHasTheSameNamesAndANewKey(program: Enroller) throws {
        let server = try ESTServer(stage, "--binding", "--attributes", "300b06092a864886f70d010907")
        expectEnrolled(try enroll(server, by: program, "--san", "dns:device.example,dns:*.device.example"))
        let renewed = try program.run(["renew", "--server", server.url, "--store", store])
        #expect(renewed.output.hasPrefix("installed generation 0002: "), "\(renewed.errors)")
        func keyID(_ generation: String) throws -> String {
            try runProgram(["openssl", "x509", "-in", "\(store)/\(generation)/chain.pem", "-noout", "-pubkey"]).output
        }
        #expect(try keyID("0001") != keyID("0002"))
        let status = try object(try swiftlet("identity", "status", "--store", store, "--json").standardOutput)
        #expect(status["names"] as? [String] == ["DNS:device.example", "DNS:*.device.example"])
        // What the server refuses leaves the identity as it is.
        let other = try ESTServer(stage, "--behave", "otherkey")
        let refused = try program.run(["renew", "--server", other.url, "--store", store])
        #expect(refused.status == 3 && refused.errors.contains("for another key than ours"))
        #expect(try swiftlet("identity", "history", "--store", store).output.hasPrefix("0002  current"))
    }

    /// RFC 7030 §3.5: proof of possession that is bound to the connection, which the server checks.
    @Test(arguments: ["1.2", "1.3"], ["", "digest"]) func requestsAreBoundToTheConnection(
        version: String, auth: String
    ) throws {
        let options = auth.isEmpty ? [] : ["--user", "device", "--password-file", try password("secret")]
        let server = try ESTServer(
            stage, "--tls", version, "--binding", "--attributes", "300b06092a864886f70d010907", "--auth", auth,
            "--user",
            "device:secret")
        let result = try Enroller.swiftletd.run(
            ["enroll", "--server", server.url, "--store", store, "--name", "device.example", "--anchor", anchor]
                + options)
        expectEnrolled(result)
    }

    /// What EST servers do (design: Provisioning), each borne.
    @Test(arguments: [
        ["--lines", "crlf"], ["--lines", "none"], ["--framing", "chunked"], ["--framing", "end"],
        ["--behave", "with-chain"],
        ["--no-attributes", "404"], ["--attributes", "3000"], ["--attributes", ""], ["--behave", "redirect-same"],
        ["--tls", "1.2"], ["--behave", "pending:2:1"],
    ]) func whatServersDoIsBorne(options: [String]) throws {
        let server = try ESTServer(stage, options[0], options[1])
        expectEnrolled(try enroll(server, "--wait", "10"))
    }

    @Test(arguments: [
        // id-ecPublicKey with secp384r1; rsaEncryption with 3072
        ("3017301506072a8648ce3d0201310a06082a8648ce3d030107", "256 bit"),
        ("30143012" + "06072a8648ce3d0201" + "3107" + "06052b81040022", "384 bit"),
        ("30133011" + "06092a864886f70d010101" + "3104" + "02020c00", "3072 bit"),
    ]) func theKindOfKeyIsTheServers(attributes: String, words: String) throws {
        let server = try ESTServer(stage, "--attributes", attributes, "--wants", words)
        expectEnrolled(try enroll(server))
    }

    /// RFC 9908 §3.2: extensions with values are asked for as they are, those without are filled in or left out.
    @Test func theExtensionsAreTheServers() throws {
        let keyUsage = "300e" + "0603551d0f" + "0101ff" + "0404" + "03020780"
        let names =
            "3016" + "0603551d11" + "040f" + "300d820b"
            + Array("a.corporate".utf8).map { String($0, radix: 16) }.joined()
        let attribute = "3037" + "06092a864886f70d01090e" + "312a" + "3028" + keyUsage + names
        let server = try ESTServer(stage, "--attributes", "3039" + attribute, "--wants", "DNS:a.corporate")
        expectEnrolled(try enroll(server))
        let text = try runProgram(["openssl", "req", "-in", "\(server.log)/request-1.pem", "-noout", "-text"]).output
        #expect(text.contains("X509v3 Key Usage: critical") && !text.contains("DNS:device.example"))
    }

    @Test(arguments: ["basic", "digest", "both"], Enroller.allCases) func userAndPassword(
        scheme: String, program: Enroller
    ) throws {
        let server = try ESTServer(stage, "--auth", scheme, "--user", "device:secret")
        expectEnrolled(
            try enroll(server, by: program, "--user", "device", "--password-file", try password("secret")))
    }

    /// A server that ends the connection after each answer without having said so, as libest does.
    @Test(arguments: Enroller.allCases) func aServerThatHangsUp(program: Enroller) throws {
        let server = try ESTServer(
            stage, "--framing", "hangs-up", "--auth", "basic", "--user", "device:secret", "--binding", "--attributes",
            "300b06092a864886f70d010907")
        expectEnrolled(
            try enroll(server, by: program, "--user", "device", "--password-file", try password("secret")))
    }

    @Test(arguments: Enroller.allCases) func withACertificateThatTheServerKnows(program: Enroller) throws {
        let server = try ESTServer(stage, "--need-certificate")
        let factory = try stage.factory.leaf("factory", issuer: stage.authority)
        expectEnrolled(
            try enroll(server, by: program, "--cert", factory.certificatePath, "--key", factory.keyPath))
    }

    /// RFC 7030 §4.1.1; by another label, too (§3.2.2).
    @Test(arguments: Enroller.allCases) func bootstrapByFingerprint(program: Enroller) throws {
        let server = try ESTServer(stage, "--label", "line-7", "--auth", "digest", "--user", "device:secret")
        let options = ["--user", "device", "--password-file", try password("secret")]
        let result = try program.run(
            [
                "enroll", "--server", "\(server.url)/.well-known/est/line-7", "--store", store, "--name",
                "device.example",
                "--anchor-sha256", try stage.fingerprint(of: stage.authority),
            ] + options)
        expectEnrolled(result)
    }

    /// RFC 7030 §4.1.3: a root that is being replaced, with the certificates that lead from one to the other.
    @Test func rolloverOfTheRoot() throws {
        let old = try stage.factory.authority("rollover-old")
        let subject = ["-subj", "/CN=est-authority"]
        func cross(_ name: String, key: TestCertificate, by signer: TestCertificate) throws -> String {
            // A self-issued certificate: the authority's own name, the other key.
            let request = stage.files.file("\(name).csr")
            try runProgram(["openssl", "req", "-new", "-key", key.keyPath] + subject + ["-out", request])
            let extensions = try stage.files.write(
                "\(name).ext", Array("basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign".utf8))
            try runProgram([
                "openssl", "x509", "-req", "-in", request, "-CA", signer.certificatePath, "-CAkey", signer.keyPath,
                "-set_serial", "77", "-days", "30", "-extfile", extensions, "-out", stage.files.file("\(name).pem"),
            ])
            return stage.files.file("\(name).pem")
        }
        let oldWithNew = try cross("old-with-new", key: old, by: stage.authority)
        let server = try ESTServer(stage, "--cacerts", stage.authority.certificatePath, "--cacerts", oldWithNew)
        expectEnrolled(try enroll(server))
        let anchors = String(decoding: try readFile("\(store)/0001/anchors.pem"), as: UTF8.self)
        #expect(anchors.components(separatedBy: "BEGIN CERTIFICATE").count == 3)
    }

    /// An authority between the root and what is issued: it becomes a part of the chain, not an anchor.
    @Test func anIssuingAuthorityIsPutIntoTheChain() throws {
        let issuing = try stage.factory.authority("issuing", issuer: stage.authority)
        let server = try ESTServer(
            stage, "--ca", issuing.certificatePath, "--ca-key", issuing.keyPath, "--cacerts",
            stage.authority.certificatePath, "--cacerts", issuing.certificatePath)
        expectEnrolled(try enroll(server))
        #expect(try readFile("\(store)/0001/anchors.pem") == readFile(anchor))
        let chain = String(decoding: try readFile("\(store)/0001/chain.pem"), as: UTF8.self)
        #expect(chain.components(separatedBy: "BEGIN CERTIFICATE").count == 3)
    }

    // What fails

    @Test(arguments: [
        ("400", "with status 400 and says 'because I say \\1B[31mso'"), ("401", "with status 401"),
        ("403", "with status 403"), ("404", "with status 404"), ("500", "with status 500"), ("503", "try again later"),
        ("garbage", "is no PKCS#7"), ("html", "application/pkcs7-mime"), ("indefinite", "indefinite lengths"),
        ("truncate", "truncated"),
        ("redirect:https://elsewhere.example/x", "redirected to 'https://elsewhere.example/x'"),
        ("redirect://elsewhere.example/x", "not followed"), ("garbage-cacerts", "the answer to cacerts"),
    ]) func whatServersRefuse(behaviour: String, words: String) throws {
        let server = try ESTServer(stage, "--behave", behaviour)
        for program in Enroller.allCases { expectFailure(try enroll(server, by: program), 1, words) }
    }

    @Test func aCertificateForAnotherKeyIsRefused() throws {
        let server = try ESTServer(stage, "--behave", "otherkey")
        for program in Enroller.allCases { expectFailure(try enroll(server, by: program), 3, "another key than ours") }
    }

    @Test func aCertificateOfAnotherAuthorityIsRefused() throws {
        let other = try stage.factory.authority("other")
        let server = try ESTServer(stage, "--ca", other.certificatePath, "--ca-key", other.keyPath)
        expectFailure(try enroll(server), 3, "is not valid here", "nothing was stored")
    }

    /// A server that drips a byte a second is given up when the time for the exchange has passed.
    @Test func aTrickleEnds() throws {
        let server = try ESTServer(stage, "--behave", "trickle")
        for program in Enroller.allCases {
            expectFailure(try enroll(server, by: program, "--timeout", "2"), 1, "took too long")
        }
    }

    @Test func theServerMustBeTheRightOne() throws {
        let server = try ESTServer(stage)
        let other = try stage.factory.authority("wrong")
        let otherHost = try stage.factory.leaf("host", issuer: stage.authority, names: ["DNS:other.example"])
        let expired = try stage.factory.make(
            "expired", issuer: stage.authority, extensions: ["subjectAltName=DNS:localhost"], days: -1)
        let wrongHost = try ESTServer(stage, certificate: otherHost)
        let wrongTime = try ESTServer(stage, certificate: expired)
        for program in Enroller.allCases {
            expectFailure(
                try enroll(server, by: program, "--anchor", other.certificatePath), 3, "check that --anchor")
            expectFailure(try enroll(wrongHost, by: program), 3, "for other names", "check the host in --server")
            expectFailure(try enroll(wrongTime, by: program), 3, "has expired", "check the clock")
            expectFailure(
                try enroll(server, by: program, "--anchor-sha256", String(repeating: "ab", count: 32)), 3,
                "none of the server's CA certificates")
        }
        // A known authority in the answer does not make a server of another one known.
        let impostor = try stage.factory.leaf("impostor", issuer: other)
        let behindImpostor = try ESTServer(stage, certificate: impostor)
        expectFailure(
            try enroll(behindImpostor, "--anchor-sha256", try stage.fingerprint(of: stage.authority)), 3,
            "neither an anchor nor in the chain")
        #expect(!behindImpostor.complaints.contains("refused"))
    }

    /// threats: the client sends no password before the server is verified.
    @Test(arguments: Enroller.allCases) func noPasswordBeforeTheServerIsVerified(program: Enroller) throws {
        let asks = ["--auth", "basic", "--auth-everywhere", "--user", "device:secret"]
        let password = ["--user", "device", "--password-file", try password("secret")]
        func enroll(_ server: ESTServer, _ trust: String...) throws -> ProgramResult {
            try program.run(
                ["enroll", "--server", server.url, "--store", store, "--name", "device.example"] + trust + password)
        }
        // One that an anchor does not vouch for is not asked for anything.
        let other = try stage.factory.leaf("other-server", issuer: try stage.factory.authority("another"))
        let impostor = try ESTServer(stage, certificate: other, asks[0], asks[1], asks[2], asks[3], asks[4])
        expectFailure(try enroll(impostor, "--anchor", anchor), 3, "check that --anchor")
        #expect(!impostor.complaints.contains("refused"), "\(impostor.complaints)")
        // One whose authority is known by its hash alone is not verified while that is being fetched, and gets none though it asks.
        let server = try ESTServer(stage, asks[0], asks[1], asks[2], asks[3], asks[4])
        let hash = try stage.fingerprint(of: stage.authority)
        expectFailure(
            try enroll(server, "--anchor-sha256", hash), 1, "refuses cacerts with status 401", "give --anchor")
        #expect(server.complaints.contains("who are you?") && !server.complaints.contains("not you"))
        expectEnrolled(try enroll(server, "--anchor", anchor))
    }

    /// threats: new anchors are taken over an explicit anchor alone.
    @Test(arguments: Enroller.allCases) func nothingIsTrustedByDefault(program: Enroller) throws {
        let server = try ESTServer(stage)
        let result = try program.run([
            "enroll", "--server", server.url, "--store", store, "--name", "device.example",
        ])
        expectFailure(result, 64, "nothing is trusted by default; give --anchor")
        // A renewal trusts what the store has, and where that does not vouch for the server nothing of it is taken.
        let (home, other) = (stage.files.file("home"), try stage.factory.authority("others"))
        let device = try stage.factory.leaf("device", issuer: stage.authority)
        func install(_ anchors: [String]) throws {
            try runProgram(
                [
                    builtProgram(program.rawValue), "identity", "install", "--store", home, "--key", device.keyPath,
                    "--cert", device.certificatePath,
                ] + anchors)
        }
        for (anchors, words) in [
            ([], "nothing is trusted by default"), (["--anchors", other.certificatePath], "check that --anchor"),
        ] {
            try install(anchors)
            let generation = try object(
                runProgram([builtProgram("swiftletd"), "identity", "status", "--store", home, "--json"]).standardOutput)
            let renewed = try program.run(["renew", "--server", server.url, "--store", home])
            #expect(renewed.status != 0 && renewed.errors.contains(words), "\(renewed.errors)")
            let after = try object(
                runProgram([builtProgram("swiftletd"), "identity", "status", "--store", home, "--json"]).standardOutput)
            #expect(after["generation"] as? Int == generation["generation"] as? Int)
        }
        #expect(!server.complaints.contains("refused"), "\(server.complaints)")
    }

    @Test func wrongUserOrPassword() throws {
        let server = try ESTServer(stage, "--auth", "digest", "--user", "device:other")
        let md5 = try ESTServer(stage, "--auth", "md5", "--user", "device:other")
        let file = try password("secret")
        for program in Enroller.allCases {
            expectFailure(
                try enroll(server, by: program, "--user", "device", "--password-file", file), 1,
                "check --user and --password-file")
            expectFailure(
                try enroll(md5, by: program, "--user", "device", "--password-file", file), 1, "MD5 is never used")
            expectFailure(try enroll(server, by: program), 1, "give --user and --password-file")
        }
    }

    /// What a server offers to somebody whom it does not let in is not why he is not let in: libest offers nothing.
    @Test(arguments: ["basic", "digest"], ["", "none", "bare", "other"]) func aRefusalIsOneWhateverItOffers(
        scheme: String, again: String
    ) throws {
        let server = try ESTServer(stage, "--auth", scheme, "--again", again, "--user", "device:other")
        let file = try password("secret")
        for program in Enroller.allCases {
            expectFailure(
                try enroll(server, by: program, "--user", "device", "--password-file", file), 1,
                "the server refuses user and password (401); check --user and --password-file")
        }
        // Asked once, refused once, by each of the two.
        #expect(server.complaints.components(separatedBy: "refused: 401").count == 5, "\(server.complaints)")
    }

    /// RFC 7616 §3.3: a nonce that became too old costs one more round.
    @Test(arguments: Enroller.allCases) func aStaleNonceIsReplaced(program: Enroller) throws {
        let server = try ESTServer(stage, "--auth", "digest", "--again", "stale-once", "--user", "device:secret")
        expectEnrolled(
            try enroll(server, by: program, "--user", "device", "--password-file", try password("secret")))
        #expect(server.complaints.components(separatedBy: "refused: 401").count == 3, "\(server.complaints)")
    }

    /// threats: the client caps the rounds of 401. This server calls every nonce too old.
    @Test(arguments: Enroller.allCases) func roundsOf401AreCapped(program: Enroller) throws {
        let server = try ESTServer(stage, "--auth", "digest", "--again", "stale", "--user", "device:secret")
        expectFailure(
            try enroll(server, by: program, "--user", "device", "--password-file", try password("secret")), 1,
            "check --user and --password-file")
        #expect(server.complaints.components(separatedBy: "refused: 401").count == 4, "\(server.complaints)")
    }

    /// Where a server redirects on itself those whom it knows, the next target is answered for anew.
    @Test(arguments: ["basic", "digest"]) func aRedirectionOfThoseWhoAreKnown(scheme: String) throws {
        let server = try ESTServer(
            stage, "--behave", "redirect-known", "--auth", scheme, "--user", "device:secret")
        expectEnrolled(try enroll(server, "--user", "device", "--password-file", try password("secret")))
    }

    @Test(arguments: [
        ["--server", "http://localhost:1"], ["--server", "https://localhost:1/elsewhere"], ["--server", "https://"],
        ["--server", "https://user@localhost"], ["--server", "https://localhost:99999"], ["--user", "x"],
        ["--user", "a:b", "--password-file", "/dev/null"], ["--psk-identity", "x"], ["--cert", "/dev/null"],
        ["--timeout", "0"], ["--wait", "x"], ["--type", "dsa"], ["--anchor-sha256", "abc"], ["--san", "x"],
        ["--name", String(repeating: "x", count: 65)],
    ]) func usage(options: [String]) throws {
        let defaults = [
            "--server", "https://localhost:1", "--store", store, "--name", "device.example", "--anchor", anchor,
        ]
        var arguments = ["enroll"] + options
        for index in stride(from: 0, to: defaults.count, by: 2)
        where !options.contains(defaults[index]) && !(defaults[index] == "--anchor" && options[0] == "--anchor-sha256")
        {
            arguments += defaults[index...(index + 1)]
        }
        for program in Enroller.allCases {
            let result = try program.run(arguments)
            let isFile = options.contains("/dev/null")
            #expect(result.status == 64 || isFile && result.status == 1, "\(arguments): \(result.errors)")
            #expect(!FileManager.default.fileExists(atPath: store))
        }
    }

    @Test func nobodyListens() throws {
        let port = try freePort()
        let server = try ESTServer(stage)
        expectFailure(try enroll(server, url: "https://127.0.0.1:\(port)"), 1, "cannot connect")
    }
}
