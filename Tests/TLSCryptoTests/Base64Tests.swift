// Base64 against RFC 4648 §10, with and without line ends.
import TestSupport
import Testing

@testable import TLSCrypto

@Suite struct Base64Tests {
    static let vectors = [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ]

    private func encode(_ bytes: [UInt8], capacity: Int) throws(CryptoError) -> [UInt8] {
        try .prefix(capacity) { (out: inout MutableSpan<UInt8>) throws(CryptoError) in
            try encodeBase64(bytes.span, into: &out)
        }
    }

    private func decode(_ characters: [UInt8], capacity: Int) throws(CryptoError) -> [UInt8] {
        try .prefix(capacity) { (out: inout MutableSpan<UInt8>) throws(CryptoError) in
            try decodeBase64(characters.span, into: &out)
        }
    }

    @Test(arguments: vectors)
    func agreesWithRFC4648(_ plain: String, _ encoded: String) throws {
        #expect(base64Length(plain.utf8.count) == encoded.utf8.count)
        // Exactly the room that is needed.
        #expect(try encode(text(plain), capacity: encoded.utf8.count) == text(encoded))
        #expect(try decode(text(encoded), capacity: plain.utf8.count) == text(plain))
    }

    @Test func tooLittleRoomIsAnError() {
        #expect(throws: CryptoError.outputTooSmall) { try encode([1, 2, 3, 4], capacity: 7) }
        #expect(throws: CryptoError.outputTooSmall) { try decode(text("Zm9vYmFy"), capacity: 5) }
        #expect(throws: CryptoError.outputTooSmall) { try encode([1], capacity: 0) }
    }

    @Test func lineEndsAreAllowed() throws {
        #expect(try decode(text("Zm9v\nYmFy\n"), capacity: 6) == text("foobar"))
        #expect(try decode(text("Zm9v\r\nYmFy"), capacity: 6) == text("foobar"))
    }

    @Test(arguments: ["Zm9", "Zm9v!", "Zg=a", "Z===", "Zm9vYg==Zg==", "-_-_", "Zm 9v", "=Zm9", "\u{0}m9v"])
    func refusesWhatIsNotBase64(_ characters: String) {
        #expect(throws: CryptoError.invalidEncoding) { try decode(text(characters), capacity: 64) }
    }

    @Test func everyLengthRoundTrips() throws {
        for count in 0...200 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7) }
            #expect(try decode(encode(bytes, capacity: base64Length(count)), capacity: count) == bytes)
        }
    }
}
