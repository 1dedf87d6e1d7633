// Private keys: what is not one, parts that disagree, generation from a given source.
import Bytes
import TestSupport
import Testing

@testable import TLSCrypto

@Suite struct SigningKeyTests {
    @Test(
        arguments: [
            [], [0x30], text("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"),
            text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
            text("-----BEGIN EC PRIVATE KEY-----\n"), text("-----BEGIN "), text("hello"),
            [UInt8](repeating: 0x30, count: 1000), [UInt8](repeating: 0, count: 65537),
        ] as [[UInt8]])
    func refusesWhatIsNoKey(_ bytes: [UInt8]) {
        #expect(throws: CryptoError.invalidKey) { _ = try SigningKey(bytes) }
    }

    @Test func refusesAPublicHalfOfAnotherKey() throws {
        let memory = Memory()
        let other = try memory.ephemeral(.secp256r1).publicValue.array
        #expect(throws: CryptoError.invalidKey) {
            _ = try SigningKey(sec1(.secp256r1, SignatureTests.p256Scalar, other))
        }
    }

    @Test func refusesScalarsThatAreNone() {
        let order = hex("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551")
        for scalar in [order, [UInt8](repeating: 0, count: 32), [UInt8](repeating: 0xFF, count: 32)] {
            #expect(throws: CryptoError.invalidKey) {
                _ = try SigningKey(sec1(.secp256r1, scalar, SignatureTests.p256Point))
            }
        }
    }

    /// A key whose file was damaged is refused, or the damage did not matter: then it still signs as before.
    @Test(arguments: [KeyType.p256, .rsa2048])
    func survivesDamage(_ type: KeyType) throws {
        let pem = String(decoding: try SigningKey.pem(type), as: UTF8.self)
        let body = pem.split(separator: "\n").dropFirst().dropLast().joined()
        let der: [UInt8] = try .prefix(4096) { (out: inout MutableSpan<UInt8>) throws(CryptoError) in
            try decodeBase64(text(body).span, into: &out)
        }
        let good = try SigningKey(der)
        let info = try good.publicKeyInfo()
        var accepted = 0
        for index in stride(from: 0, to: der.count, by: type == .p256 ? 1 : 7) {
            var changed = der
            changed[index] ^= 1 << UInt8(index % 8)
            do throws(CryptoError) {
                let key = try SigningKey(changed)
                accepted += 1
                #expect(try key.publicKeyInfo() == info, "byte \(index)")
            } catch {
                #expect([.invalidKey, .unsupported].contains(error), "byte \(index): \(error)")
            }
        }
        // Versions, unused bits and the like; never a byte of a number.
        #expect(accepted < 20)
        for length in stride(from: 0, to: der.count, by: 5) {
            #expect(throws: (any Error).self) { _ = try SigningKey(Array(der.prefix(length))) }
        }
    }

    @Test func aKeyComesFromTheGivenSource() throws {
        let replay = Replay(SignatureTests.p256Scalar)
        let pem: [UInt8] = try .prefix(SigningKey.maximumPEMBytes) {
            (out: inout MutableSpan<UInt8>) throws(CryptoError) in
            try SigningKey.generatePEM(.p256, random: replay.source, into: &out)
        }
        #expect(try SigningKey(pem).publicValue() == SignatureTests.p256Point)
    }

    @Test(arguments: [KeyType.p256, .p384, .rsa2048])
    func generationReportsFailures(_ type: KeyType) throws {
        let empty = Replay([])
        #expect(throws: CryptoError.randomUnavailable) {
            _ = try [UInt8].prefix(4096) { (out: inout MutableSpan<UInt8>) throws(CryptoError) in
                try SigningKey.generatePEM(type, random: empty.source, into: &out)
            }
        }
        #expect(throws: CryptoError.outputTooSmall) {
            _ = try [UInt8].prefix(200) { (out: inout MutableSpan<UInt8>) throws(CryptoError) in
                try SigningKey.generatePEM(type, random: .system, into: &out)
            }
        }
    }

    @Test func publicPartsWantRoom() throws {
        let key = try SigningKey(sec1(.secp256r1, SignatureTests.p256Scalar, SignatureTests.p256Point))
        #expect(try key.publicKeyInfo().count == 91)
        #expect(throws: CryptoError.outputTooSmall) {
            _ = try [UInt8].prefix(90) { (out: inout MutableSpan<UInt8>) throws(CryptoError) in
                try key.publicKeyInfo(into: &out)
            }
        }
    }
}
