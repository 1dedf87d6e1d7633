// What RSA key transport computes, against openssl, and where the padding ends (RFC 8017 §7.2, RFC 5246 §7.4.7.1).
import Bytes
import TLSCrypto
import TestSupport
import Testing
import X509

@Suite struct KeyTransportTests {
    private static let factory = Result { try CertificateFactory() }
    private static let certificate = Result {
        try factory.get().make("transport", key: .rsa2048, extensions: ["keyUsage=keyEncipherment"])
    }
    let certificate: TestCertificate
    let directory: TemporaryDirectory

    init() throws {
        certificate = try Self.certificate.get()
        directory = try TemporaryDirectory()
    }

    private let secret: [UInt8] = [3, 3] + (2..<48).map { UInt8($0) &* 7 }

    private func block(_ message: [UInt8], padding: UInt8 = 0x5A, count: Int = 256) -> [UInt8] {
        [0, 2] + [UInt8](repeating: padding, count: count - 3 - message.count) + [0] + message
    }

    private func openssl(_ arguments: [String], _ input: [UInt8]) throws -> [UInt8] {
        let file = try directory.write("input", input)
        return try runProgram(["openssl", "pkeyutl", "-in", file] + arguments).standardOutput
    }

    private func decrypt(_ ciphertext: [UInt8]) throws -> [UInt8] {
        let key = try SigningKey(pemOrDER: certificate.keyPEM.span)
        var block = [UInt8](repeating: 0xEE, count: 512)
        var memory = block.mutableSpan
        let count = try key.decrypt(ciphertext.span, into: &memory)
        #expect(block[count...].allSatisfy { $0 == 0xEE })
        return Array(block[0..<count])
    }

    private func unpadded(_ block: [UInt8]) -> [UInt8] {
        var premaster: [UInt8] = [3, 3] + [UInt8](repeating: 0xDD, count: 46)
        var memory = premaster.mutableSpan
        unpadPremaster(block.span, into: &memory)
        return premaster
    }

    @Test func opensslDecryptsWhatIsEncrypted() throws {
        let key = try Certificate(certificate.der.span).publicKey
        var ciphertexts: Set<[UInt8]> = []
        for _ in 0..<3 {
            var ciphertext = [UInt8](repeating: 0, count: 512)
            var memory = ciphertext.mutableSpan
            let count = try key.encrypt(secret.span, random: .system, into: &memory)
            #expect(count == 256)
            ciphertext.removeLast(512 - count)
            ciphertexts.insert(ciphertext)
            let arguments = ["-decrypt", "-inkey", certificate.keyPath, "-pkeyopt", "rsa_padding_mode:pkcs1"]
            #expect(try openssl(arguments, ciphertext) == secret)
        }
        #expect(ciphertexts.count == 3)
    }

    @Test func whatOpensslEncryptsIsDecrypted() throws {
        let arguments = ["-encrypt", "-certin", "-inkey", certificate.certificatePath]
        for _ in 0..<3 {
            let ciphertext = try openssl(arguments + ["-pkeyopt", "rsa_padding_mode:pkcs1"], secret)
            #expect(unpadded(try decrypt(ciphertext)) == secret)
        }
        let raw = block(secret)
        #expect(try decrypt(openssl(arguments + ["-pkeyopt", "rsa_padding_mode:none"], raw)) == raw)
    }

    /// RFC 8017 §5.1.2, §7.2.2 step 1: neither an error nor an exception, but a block that no padding fits.
    @Test func whatIsNoCiphertextGivesZeros() throws {
        let modulus = try runProgram(["openssl", "rsa", "-in", certificate.keyPath, "-noout", "-modulus"])
            .standardOutput
        let n = hex(String(String(decoding: modulus, as: UTF8.self).dropFirst("Modulus=".count).filter(\.isHexDigit)))
        var above = n
        above[1] = 0xFF
        try #require(n.lexicographicallyPrecedes(above))
        let zeros = [UInt8](repeating: 0, count: 256)
        let ciphertexts: [[UInt8]] = [[], [1], Array(n.dropLast()), n + [0], [0] + n, n, above, zeros]
        for ciphertext in ciphertexts { #expect(try decrypt(ciphertext) == zeros) }
        #expect(unpadded(zeros) == unpadded([UInt8](repeating: 0xFF, count: 256)))
    }

    @Test func aKeyThatIsNotRSADoesNeither() throws {
        let other = try Self.factory.get().make("ec", extensions: ["keyUsage=digitalSignature"])
        let key = try SigningKey(pemOrDER: other.keyPEM.span)
        var output = [UInt8](repeating: 0, count: 512)
        #expect(throws: CryptoError.unsupported) {
            var memory = output.mutableSpan
            _ = try key.decrypt([UInt8](repeating: 1, count: 256).span, into: &memory)
        }
        let publicKey = try Certificate(other.der.span).publicKey
        #expect(throws: CryptoError.unsupported) {
            var memory = output.mutableSpan
            _ = try publicKey.encrypt(secret.span, random: .system, into: &memory)
        }
    }

    @Test(arguments: [256, 384, 512])
    func exactlyFortyEightBytesAreTaken(_ count: Int) {
        #expect(unpadded(block(secret, count: count)) == secret)
        // The version is not the message's.
        #expect(unpadded(block([2, 0] + secret.dropFirst(2), count: count)) == secret)
        for message in [Array(secret.dropFirst()), secret + [1], []] {
            #expect(unpadded(block(message, count: count)) == unpadded([]))
        }
    }

    /// Each byte of the padding counts: any other value, or a zero, makes all of it wrong.
    @Test func everyByteOfThePaddingCounts() {
        let right = block(secret)
        let kept = unpadded([])
        for index in 0..<(256 - 48) {
            for bit in 0..<8 where index < 2 || index == 256 - 49 {
                var wrong = right
                wrong[index] ^= 1 << bit
                #expect(unpadded(wrong) == kept, "bit \(bit) of byte \(index)")
            }
            var wrong = right
            wrong[index] = index == 256 - 49 ? 1 : 0
            if index != 0 { #expect(unpadded(wrong) == kept, "byte \(index)") }
        }
        // Whatever else stands there is padding.
        for value in UInt8(1)...255 { #expect(unpadded(block(secret, padding: value)) == secret) }
    }
}
