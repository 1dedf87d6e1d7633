// Fields of responses: dates, Retry-After, and challenges with the answers to them.
import Bytes
import TLSCrypto
import TestSupport
import Testing
import X509

@testable import Provisioning

/// Calls `body` with the head of a response that has these lines.
func withHead<Result>(_ lines: [String], status: Int = 401, _ body: (borrowing HTTPHead) throws -> Result) throws
    -> Result
{
    let text = Array((["HTTP/1.1 \(status) No"] + lines + ["", ""]).joined(separator: "\r\n").utf8)
    return try body(try HTTPHead(text.span))
}

@Suite struct HTTPFieldTests {
    @Test(
        arguments: [
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
            ("Sun Nov  6 08:49:37 1994", 784_111_777), ("Fri Nov 16 08:49:37 1994", 784_975_777),
            ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799), ("Monday, 01-Jan-68 00:00:00 GMT", 3_092_601_600),
            ("Sun, 06 Nov 1994 08:49:37", nil), ("Sun, 6 Nov 1994 08:49:37 GMT", nil),
            ("Sun, 31 Feb 2026 08:49:37 GMT", nil),
            ("Sun, 06 Nov 1994 08:49:37 CET", nil), ("", nil), ("tomorrow", nil),
        ] as [(String, Int64?)])
    func dates(text: String, seconds: Int64?) {
        #expect(UTCDate(httpDate: Array(text.utf8).span, near: 2026)?.secondsSince1970 == seconds)
    }

    @Test(
        arguments: [
            (["Retry-After: 120"], 120), (["Retry-After: 0"], 1), (["Retry-After: 86401"], 86_400),
            (["Retry-After: 99999999999999999999"], 86_400), (["Retry-After: soon"], nil), (["Retry-After:"], nil),
            ([], nil),
            (["Retry-After: -5"], nil),
            (["Retry-After: Sun, 06 Nov 1994 08:49:37 GMT"], 1),
            (["Retry-After: Sun, 06 Nov 1994 08:50:07 GMT", "Date: Sun, 06 Nov 1994 08:49:37 GMT"], 30),
            (["Retry-After: Fri, 31 Dec 9999 23:59:59 GMT"], 86_400),
        ] as [([String], Int?)])
    func retryAfter(lines: [String], seconds: Int?) throws {
        #expect(try withHead(lines, status: 202) { $0.retryAfter(now: 1_800_000_000) } == seconds)
    }

    /// RFC 7616 §3.9.1: the example with SHA-256.
    @Test func theExampleOfTheRFC() throws {
        let field = Array(
            """
            Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, \
            nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
            """.utf8)
        let (user, password, target) = (
            Array("Mufasa".utf8), Array("Circle of Life".utf8), Array("/dir/index.html".utf8)
        )
        let clientNonce = Array("f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ".utf8)
        var challenges = HTTPChallenges(field.span)
        guard let challenge = challenges.next() else {
            Issue.record("no challenge")
            return
        }
        let response = try HTTPAuthorization.digestResponse(
            challenge, .get, target: target.span, HTTPCredentials(user: user.span, password: password.span),
            clientNonce: clientNonce.span)
        #expect(
            hex(array(response.bytes)) == "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1")
    }

    /// What is answered to the fields of a 401, or why not.
    private func answer(_ lines: [String], rounds: Int = 1) throws -> String {
        try answer(refusals: Array(repeating: lines, count: rounds))
    }

    /// The same of one 401 after the other.
    private func answer(refusals: [[String]]) throws -> String {
        let memory = ArenaMemory(HTTPAuthorization.bytes + 64)
        var arena = memory.arena()
        var authorization = HTTPAuthorization(try arena.take(HTTPAuthorization.bytes))
        let (user, password, target) = (Array("device".utf8), Array("p:ss".utf8), Array("/x".utf8))
        for lines in refusals {
            do {
                try withHead(lines) { head in
                    try authorization.answer(
                        head, .post, target: target.span, HTTPCredentials(user: user.span, password: password.span),
                        random: .system)
                }
            } catch let error as HTTPAuthorizationError {
                return "\(error)"
            }
        }
        return String(decoding: array(authorization.value), as: UTF8.self)
    }

    @Test func theStrongestSchemeIsTaken() throws {
        let digest = #"Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256"#
        #expect(try answer([#"WWW-Authenticate: Basic realm="r""#]) == "Basic ZGV2aWNlOnA6c3M=")
        #expect(try answer(["WWW-Authenticate: basic realm=r, charset=\"UTF-8\""]).hasPrefix("Basic "))
        for lines in [
            ["WWW-Authenticate: Basic realm=\"r\"", "www-authenticate: \(digest)"],
            ["WWW-Authenticate: Negotiate abc==, Basic realm=\"a, b\", \(digest), Other"],
        ] {
            let value = try answer(lines)
            #expect(value.hasPrefix(#"Digest username="device", realm="r", nonce="n", uri="/x", algorithm=SHA-256, "#))
        }
        #expect(try answer(["WWW-Authenticate: \(digest), opaque=\"\""]).hasSuffix(#", opaque="""#))
    }

    /// MD5 is never used, whatever else that costs.
    @Test(arguments: [
        #"Digest realm="r", nonce="n", qop="auth""#, #"Digest realm="r", nonce="n", qop="auth", algorithm=MD5"#,
        #"Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256-sess"#,
        #"Digest realm="r", nonce="n", qop="auth-int", algorithm=SHA-256"#,
        #"Digest realm="r", nonce="n", algorithm=SHA-256"#,
        #"Digest realm="a\"b", nonce="n", qop=auth, algorithm=SHA-256"#,
        "Bearer", "Negotiate", "", "@", #"Digest realm="r"#,
    ]) func whatIsNotHadIsNotAnswered(field: String) throws {
        #expect(try answer(["WWW-Authenticate: \(field)"]) == "unsupported")
    }

    /// threats: the rounds of 401 are bounded.
    @Test func roundsAreBounded() throws {
        #expect(try answer(["WWW-Authenticate: Basic realm=r"], rounds: 2) == "refused")
        let stale = #"WWW-Authenticate: Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256, stale=TRUE"#
        #expect(try answer([stale], rounds: 2).hasPrefix("Digest "))
        #expect(try answer([stale], rounds: 3) == "refused")
    }

    /// A 401 to an answer refuses user and password, whatever it offers; only a nonce that is too old is answered anew.
    @Test(arguments: [
        "", "Basic realm=r", "Basic realm=r, stale=true", "Bearer", "Digest", "Digest stale=true",
        #"Digest realm="r", nonce="n", qop="auth", stale=true"#,
        #"Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256, stale=false"#,
    ]) func aSecond401Refuses(field: String) throws {
        for first in ["Basic realm=r", #"Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256"#] {
            let again = field.isEmpty ? [] : ["WWW-Authenticate: \(field)"]
            #expect(try answer(refusals: [["WWW-Authenticate: \(first)"], again]) == "refused")
        }
    }

    @Test func requestsAreWritten() {
        let (path, host, body) = (Array("/p".utf8), Array("h:1".utf8), Array("abc".utf8))
        var storage = [UInt8](repeating: 0, count: 512)
        var writer = ByteWriter(storage.mutableSpan)
        HTTPRequest(
            .post, target: path.span, host: host.span, authorization: body.span, contentType: "application/pkcs10",
            body: body.span
        ).write(to: &writer)
        let count = writer.count
        #expect(
            String(decoding: storage[0..<count], as: UTF8.self) == """
                POST /p HTTP/1.1\r
                Host: h:1\r
                User-Agent: swiftlet\r
                Accept: */*\r
                Authorization: abc\r
                Content-Type: application/pkcs10\r
                Content-Transfer-Encoding: base64\r
                Content-Length: 3\r
                \r
                abc
                """)
    }
}
