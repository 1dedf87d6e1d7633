// The two small files of an identity store (contracts.md "The identity store"), read and written:
//
//     current            0003 <SHA-256 of 0003/meta.json in hexadecimal>
//     NNNN/meta.json     {"format":1,"generation":3,"created":"2026-01-01T00:00:00Z","board":"<HMAC or nothing>",
//                         "key_sha256":"…","chain_sha256":"…","anchors_sha256":"…"}      (on one line)
//
// Nobody but us writes them, so each is read in exactly the form in which it is written: what was parsed and is written
// again is the same bytes, and anything else is damage.
import Bytes
import TLSCrypto
import X509

/// A SHA-256.
public typealias StoredHash = BoundedBytes<32>

/// The greatest number of a generation.
let maximumGeneration: UInt32 = 999_999_999

/// The contents of `current`.
struct CurrentGeneration: Equatable, Sendable {
    let number: UInt32
    /// The SHA-256 of the generation's metadata.
    let metadataHash: StoredHash

    /// Bytes that the file may have.
    static var maximumBytes: Int { 80 }

    init(number: UInt32, metadataHash: StoredHash) {
        self.number = number
        self.metadataHash = metadataHash
    }

    /// - Returns: nil where the contents are not as `write` makes them.
    init?(_ text: Span<UInt8>) {
        var reader = ByteReader(text)
        guard let number = reader.readGeneration(), reader.read(literal: " "), let hash = reader.readHash(),
            reader.read(literal: "\n"), reader.isAtEnd
        else { return nil }
        self.init(number: number, metadataHash: hash)
    }

    func write(to writer: inout ByteWriter) {
        writer.append(generation: number)
        writer.append(" ")
        writer.append(hexadecimal: metadataHash.bytes)
        writer.append("\n")
    }
}

/// What is written down about a generation.
public struct StoreMetadata: Equatable, Sendable {
    /// The generation's number.
    public var generation: UInt32
    /// When it was stored, in seconds since 1970 by this machine's clock, which may have been wrong.
    public var created: Int64
    /// Which board it was stored on (see `boardIdentifier`); empty where that is not known.
    public var board: StoredHash
    public var keyHash: StoredHash
    public var chainHash: StoredHash
    public var anchorsHash: StoredHash

    /// Bytes that the file may have.
    static var maximumBytes: Int { 512 }

    init(
        generation: UInt32, created: Int64, board: StoredHash, key: StoredHash, chain: StoredHash, anchors: StoredHash
    ) {
        self.generation = generation
        self.created = created
        self.board = board
        keyHash = key
        chainHash = chain
        anchorsHash = anchors
    }

    /// - Returns: nil where the contents are not as `write` makes them.
    public init?(_ text: Span<UInt8>) {
        var reader = ByteReader(text)
        guard reader.read(literal: "{\"format\":1,\"generation\":"), let generation = reader.readNumber(),
            reader.read(literal: ",\"created\":\""), let date = reader.readBytes(20),
            let created = UTCDate(rfc3339: date), reader.read(literal: "\",\"board\":\"")
        else { return nil }
        // The one form that we write: another form of the same date would not read back.
        guard date[19] == UInt8(ascii: "Z"), date[10] == UInt8(ascii: "T") else { return nil }
        var board = StoredHash()
        if !reader.read(literal: "\"") {
            guard let hash = reader.readHash(), reader.read(literal: "\"") else { return nil }
            board = hash
        }
        guard reader.read(literal: ",\"key_sha256\":\""), let key = reader.readHash(),
            reader.read(literal: "\",\"chain_sha256\":\""), let chain = reader.readHash(),
            reader.read(literal: "\",\"anchors_sha256\":\""), let anchors = reader.readHash(),
            reader.read(literal: "\"}\n"), reader.isAtEnd
        else { return nil }
        self.init(
            generation: generation, created: created.secondsSince1970, board: board, key: key, chain: chain,
            anchors: anchors)
    }

    /// Appends the contents of `meta.json`.
    public func write(to writer: inout ByteWriter) {
        writer.append("{\"format\":1,\"generation\":")
        writer.append(decimal: UInt64(generation))
        writer.append(",\"created\":\"")
        UTCDate(secondsSince1970: created).write(to: &writer)
        writer.append("\",\"board\":\"")
        writer.append(hexadecimal: board.bytes)
        writer.append("\",\"key_sha256\":\"")
        writer.append(hexadecimal: keyHash.bytes)
        writer.append("\",\"chain_sha256\":\"")
        writer.append(hexadecimal: chainHash.bytes)
        writer.append("\",\"anchors_sha256\":\"")
        writer.append(hexadecimal: anchorsHash.bytes)
        writer.append("\"}\n")
    }
}

extension ByteWriter {
    /// Appends a generation's number with at least four digits: the name of its directory.
    @_lifetime(self: copy self)
    mutating func append(generation: UInt32) {
        var bound: UInt32 = 1000
        while bound > 1, generation < bound {
            append(UInt8(ascii: "0"))
            bound /= 10
        }
        append(decimal: UInt64(generation))
    }

    /// Appends a number in decimal.
    @_lifetime(self: copy self)
    mutating func append(decimal number: UInt64) {
        var divisor: UInt64 = 1
        while number / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / divisor % 10))
            divisor /= 10
        }
    }

    /// Appends bytes in hexadecimal, lower case.
    @_lifetime(self: copy self)
    mutating func append(hexadecimal bytes: Span<UInt8>) {
        for index in bytes.indices {
            append(hexadecimalDigit(bytes[index] >> 4))
            append(hexadecimalDigit(bytes[index] & 0xF))
        }
    }
}

private func hexadecimalDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + (value - 10)
}

extension ByteReader {
    /// Whether `text` comes next; it is then read.
    @_lifetime(self: copy self)
    mutating func read(literal text: StaticString) -> Bool {
        guard remaining >= text.utf8CodeUnitCount else { return false }
        for index in 0..<text.utf8CodeUnitCount {
            // A StaticString's code units live as long as the program and `index` is within them.
            let expected = unsafe text.utf8Start[index]
            guard bytes[offset + index] == expected else { return false }
        }
        return readBytes(text.utf8CodeUnitCount) != nil
    }

    /// A number of 1 to 9 digits, the first of which is 0 in no longer number.
    @_lifetime(self: copy self)
    mutating func readNumber() -> UInt32? {
        guard let (value, digits) = readDigits(), digits == 1 || value >= powerOfTen(digits - 1) else { return nil }
        return value
    }

    /// A generation's number: at least four digits, no more of them than it needs; not 0.
    @_lifetime(self: copy self)
    mutating func readGeneration() -> UInt32? {
        guard let (value, digits) = readDigits(), value > 0,
            digits == 4 || digits > 4 && value >= powerOfTen(digits - 1)
        else { return nil }
        return value
    }

    @_lifetime(self: copy self)
    private mutating func readDigits() -> (value: UInt32, digits: Int)? {
        var value: UInt32 = 0
        var digits = 0
        while remaining > 0, (0x30...0x39).contains(bytes[offset]) {
            // Nine digits stay below 2^32.
            guard digits < 9, let digit = readUInt8() else { return nil }
            value = value * 10 + UInt32(digit - 0x30)
            digits += 1
        }
        return digits > 0 ? (value, digits) : nil
    }

    /// 64 hexadecimal digits, lower case.
    @_lifetime(self: copy self)
    mutating func readHash() -> StoredHash? {
        guard let text = readBytes(64) else { return nil }
        var storage = InlineArray<32, UInt8>(repeating: 0)
        for index in 0..<32 {
            guard let high = hexadecimalValue(text[2 * index]), let low = hexadecimalValue(text[2 * index + 1]) else {
                return nil
            }
            storage[index] = high << 4 | low
        }
        return StoredHash(storage.span)
    }
}

private func hexadecimalValue(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 0x30...0x39: digit - 0x30
    case 0x61...0x66: digit - 0x61 + 10
    default: nil
    }
}

private func powerOfTen(_ exponent: Int) -> UInt32 {
    var power: UInt32 = 1
    for _ in 0..<exponent { power *= 10 }
    return power
}
