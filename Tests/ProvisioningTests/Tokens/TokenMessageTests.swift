// The messages between us and a token's helper process, and what a token says of a public key.
import Bytes
import TLSCrypto
import Testing
import X509

@testable import Provisioning

@Suite struct TokenMessageTests {
    private func text(_ text: String) -> TokenText {
        let bytes = Array(text.utf8)
        return TokenText(bytes.span) ?? TokenText()
    }

    private func request(_ message: TokenMessage, _ count: Int = 1152) -> (tag: UInt64, request: TokenRequest)? {
        TokenRequest.read(message.span.extracting(0..<count))
    }

    private func answer(_ message: TokenMessage) -> TokenAnswer? { TokenAnswer(message.span) }

    private func pointLength(_ attribute: [UInt8], _ curve: EllipticCurve) -> Int? {
        point(attribute.span, on: curve)?.count
    }

    @Test func requestsReadBack() throws {
        let content: [UInt8] = [1, 2, 3]
        let hash = try digest(.sha384, content.span)
        let requests: [TokenRequest] = [
            .open(uri: text("pkcs11:token=a"), pinFile: TokenText()),
            .generate(
                .rsa3072, uri: text(String(repeating: "u", count: 512)),
                pinFile: text(String(repeating: "p", count: 512))),
            .sign(.ecdsa(.sha384), hash), .sign(.rsaPSS(.sha384), hash), .sign(.rsaPKCS1(.sha384), hash),
        ]
        for sent in requests {
            let message = sent.message(tag: 0x0102_0304_0506_0708)
            let read = try #require(request(message))
            #expect(read.tag == 0x0102_0304_0506_0708 && read.request == sent)
            #expect(request(message, 1151) == nil)
        }
        var message = TokenRequest.sign(.ecdsa(.sha384), hash).message(tag: 1)
        for (place, value) in [(0, 3), (9, 3), (10, 3), (11, 32)] as [(Int, UInt8)] {
            let before = message[place]
            message[place] = value
            #expect(request(message) == nil, "byte \(place)")
            message[place] = before
        }
    }

    @Test func answersReadBack() throws {
        let bytes = [UInt8](repeating: 7, count: 550)
        for kind in [PublicKeyKind.ec(.secp256r1), .ec(.secp384r1), .rsa(bits: 3072)] {
            let isRSA = if case .rsa = kind { true } else { false }
            let key = TokenKeyDescription(kind: kind, signsPSS: isRSA, signsPKCS1: false)
            let message = TokenAnswer(tag: 9, key, bytes.span).message()
            let answer = try #require(self.answer(message))
            #expect(answer.tag == 9 && answer.failure == nil && answer.key == key)
            let isSame = answer.bytes.hasSameBytes(as: bytes.span)
            #expect(isSame)
        }
        let detail = Array("why".utf8)
        let failure = TokenFailure(.moduleNotLoaded, number: 0x8000_0001, detail: detail.span)
        let message = TokenAnswer(tag: 10, failure).message()
        #expect(answer(message)?.failure == failure)
        var bad = message
        bad[8] = 200
        #expect(answer(bad) == nil)
    }

    /// Every failure is one line that says what to do, with the module's number where there is one.
    @Test func failuresAreOneLine() {
        for raw in UInt8(1)...255 {
            guard let reason = TokenFailure.Reason(rawValue: raw) else { continue }
            var storage = [UInt8](repeating: 0, count: 512)
            var writer = ByteWriter(storage.mutableSpan)
            TokenFailure(reason, number: 5).describe(into: &writer)
            let (count, isWhole) = (writer.count, !writer.overflowed)
            let text = String(decoding: storage[0..<count], as: UTF8.self)
            #expect(text.contains("; ") && !text.contains("\n") && isWhole, "\(text)")
            let isSystem = reason == .pinFile || reason == .notStarted
            #expect(text.contains("CKR_GENERAL_ERROR") != isSystem, "\(text)")
        }
    }

    /// CKA_EC_POINT is DER, or, of some modules, the bare point; anything else is none.
    @Test func pointsInBothForms() {
        let bare: [UInt8] = [0x04] + [UInt8](repeating: 1, count: 64)
        let wrapped: [UInt8] = [0x04, 65] + bare
        #expect(pointLength(bare, .secp256r1) == 65)
        #expect(pointLength(wrapped, .secp256r1) == 65)
        #expect(pointLength(wrapped, .secp384r1) == nil)
        #expect(pointLength([0x02] + [UInt8](repeating: 1, count: 64), .secp256r1) == nil)
        #expect(pointLength([], .secp256r1) == nil)
    }
}
