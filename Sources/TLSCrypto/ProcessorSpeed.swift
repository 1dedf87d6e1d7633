// Which kind of AEAD this processor does faster, for policies that leave the order of cipher suites to it: what the self-test
// has measured and stored on this board. AES comes first only where there are AES instructions that mbedTLS uses: without
// them it reads tables, which is not constant in time.
import Bytes
import CMbedTLS

/// What is known of the speed of AEADs.
public struct ProcessorSpeed: Equatable, Sendable {
    /// Thousands of bytes sealed in a second.
    public let aes128GCM: UInt64
    public let chaCha20Poly1305: UInt64

    /// The name of a line, as `swiftlet-selftest` has it.
    public static var nameOfAES: StaticString { "aes_128_gcm" }
    public static var nameOfChaCha20: StaticString { "chacha20_poly1305" }
    /// The longest text.
    public static var textBytes: Int { 128 }

    public init(aes128GCM: UInt64, chaCha20Poly1305: UInt64) {
        self.aes128GCM = aes128GCM
        self.chaCha20Poly1305 = chaCha20Poly1305
    }

    /// What the self-test has stored: two lines, each a name, a blank and a number. Nil for anything else.
    public init?(_ text: Span<UInt8>) {
        var reader = ByteReader(text)
        guard let aes = Self.line(Self.nameOfAES, &reader), let chaCha = Self.line(Self.nameOfChaCha20, &reader),
            reader.isAtEnd
        else { return nil }
        self.init(aes128GCM: aes, chaCha20Poly1305: chaCha)
    }

    private static func line(_ name: StaticString, _ reader: inout ByteReader) -> UInt64? {
        for index in 0..<name.utf8CodeUnitCount {
            // A StaticString's code units live as long as the program and `index` is within them.
            let expected = unsafe name.utf8Start[index]
            guard reader.readUInt8() == expected else { return nil }
        }
        guard reader.readUInt8() == UInt8(ascii: " ") else { return nil }
        var value: UInt64 = 0
        var digits = 0
        while let byte = reader.readUInt8() {
            if byte == UInt8(ascii: "\n") { return digits > 0 ? value : nil }
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9"), digits < 15 else { return nil }
            value = value * 10 + UInt64(byte - UInt8(ascii: "0"))
            digits += 1
        }
        return nil
    }

    /// Appends the text that is stored.
    public func write(to writer: inout ByteWriter) {
        Self.append(Self.nameOfAES, aes128GCM, &writer)
        Self.append(Self.nameOfChaCha20, chaCha20Poly1305, &writer)
    }

    private static func append(_ name: StaticString, _ value: UInt64, _ writer: inout ByteWriter) {
        writer.append(name)
        writer.append(" ")
        var place: UInt64 = 1
        while value / place >= 10 { place *= 10 }
        while place > 0 {
            writer.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / place % 10))
            place /= 10
        }
        writer.append("\n")
    }

    /// Whether ChaCha20-Poly1305 is the faster of the two.
    public var isChaCha20Faster: Bool { chaCha20Poly1305 > aes128GCM }

    /// Whether mbedTLS has AES instructions to work with here.
    public static var hasAESInstructions: Bool { swl_uses_aes_instructions() != 0 }
}
