// What is particular to ClientHello and ServerHello (RFC 8446 §4.1.2, §4.1.3).
import Bytes
import TLSCrypto
import TestSupport
import Testing

@testable import TLS

@Suite struct HelloTests {
    /// A ClientHello's body from its parts.
    private func clientHello(
        sessionID: Int = 0, suites: [UInt8] = [0, 2, 0x13, 0x01], compression: [UInt8] = [1, 0],
        extensions: [UInt8] = [0, 0]
    ) -> [UInt8] {
        let head = [3, 3] + [UInt8](repeating: 7, count: 32) + [UInt8(sessionID)]
        let body = head + [UInt8](repeating: 9, count: sessionID) + suites + compression + extensions
        return SampleMessages.message(.client_hello, body)
    }

    @Test func sessionIdentifiersHaveAtMost32Bytes() {
        #expect(SampleMessages.parseError(clientHello(sessionID: 32)) == nil)
        #expect(SampleMessages.parseError(clientHello(sessionID: 33)) == .malformed(.client_hello))
    }

    @Test func cipherSuitesAreThereAndWhole() {
        #expect(SampleMessages.parseError(clientHello(suites: [0, 0])) == .malformed(.client_hello))
        #expect(SampleMessages.parseError(clientHello(suites: [0, 3, 0x13, 1, 0])) == .malformed(.client_hello))
        #expect(SampleMessages.parseError(clientHello(suites: [0, 4, 0x0A, 0x0A, 0x13, 1])) == nil)
    }

    @Test func compressionMethodsAreThereAndOnlyNullWillDo() throws {
        #expect(SampleMessages.parseError(clientHello(compression: [0])) == .malformed(.client_hello))
        for (methods, isNull) in [([1, 0], true), ([1, 1], false), ([2, 0, 1], false), ([2, 1, 0], false)] {
            let bytes = clientHello(compression: methods.map(UInt8.init))
            let hello = try ClientHello(HandshakeMessage(bytes.span))
            let hasNullOnly = hello.hasNullCompressionOnly
            #expect(hasNullOnly == isNull)
        }
    }

    @Test func anUnknownSuiteSurvivesParsing() throws {
        let bytes = clientHello(suites: [0, 4, 0xFA, 0xFA, 0x13, 0x01])
        let hello = try ClientHello(HandshakeMessage(bytes.span))
        let first = hello.cipherSuites[0]
        #expect(first.rawValue == 0xFAFA)
        #expect(first.isGREASE)
        #expect(first.name == nil)
        let position = hello.cipherSuites.position(of: .TLS_AES_128_GCM_SHA256)
        #expect(position == 1)
    }

    @Test func helloRetryRequestIsKnownByItsRandom() throws {
        // RFC 8446 §4.1.3: SHA-256 of "HelloRetryRequest".
        let expected = array(try digest(.sha256, Array("HelloRetryRequest".utf8).span).bytes)
        let random = ServerHello.helloRetryRequestRandom
        #expect(array(random.span) == expected)
        var bytes = SampleMessages.serverHello
        bytes.replaceSubrange(6..<38, with: expected)
        let isRetry = try ServerHello(HandshakeMessage(bytes.span)).isHelloRetryRequest
        #expect(isRetry)
    }

    @Test func bothDowngradeSentinelsAreKnown() throws {
        // RFC 8446 §4.1.3: 44 4F 57 4E 47 52 44 01 for TLS 1.2, … 00 for TLS 1.1 or below.
        for (last, isSentinel): (UInt8, Bool) in [(1, true), (0, true), (2, false)] {
            var bytes = SampleMessages.serverHello
            bytes.replaceSubrange(30..<38, with: hex("44 4F 57 4E 47 52 44") + [last])
            let found = try ServerHello(HandshakeMessage(bytes.span)).hasDowngradeSentinel
            #expect(found == isSentinel)
        }
    }
}
