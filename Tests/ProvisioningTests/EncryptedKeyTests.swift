// Private keys under a password, as openssl writes them.
import Bytes
import TLSCrypto
import TestSupport
import Testing
import X509

@testable import Provisioning

@Suite struct EncryptedKeyTests {
    private let files: TemporaryDirectory
    private let plainPath: String
    private let plain: [UInt8]

    init() throws {
        files = try TemporaryDirectory()
        plainPath = files.file("plain.pem")
        try runProgram([
            "openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", plainPath,
        ])
        plain = try runProgram(["openssl", "pkcs8", "-topk8", "-nocrypt", "-in", plainPath, "-outform", "DER"])
            .standardOutput
    }

    /// The key as openssl encrypts it.
    private func encrypted(_ options: String...) throws -> [UInt8] {
        try runProgram(["openssl", "pkcs8", "-topk8", "-in", plainPath, "-passout", "pass:secret words"] + options)
            .standardOutput
    }

    private func decrypt(_ text: [UInt8], _ password: String = "secret words") throws(EncryptedKeyError) -> [UInt8] {
        let password = Array(password.utf8)
        return try built { out throws(EncryptedKeyError) in
            try decryptPrivateKey(pem: text.span, password: password.span, into: &out)
        }
    }

    @Test(arguments: [
        [], ["-v2", "aes-128-cbc"], ["-v2", "aes-192-cbc"], ["-v2", "aes-256-cbc"],
        ["-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA1"], ["-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA384"],
        ["-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA512"], ["-v2", "aes-256-cbc", "-iter", "1"],
        ["-v2", "aes-128-cbc", "-iter", "100000"],
    ]) func whatOpenSSLEncryptsIsDecrypted(options: [String]) throws {
        let text = try runProgram(
            ["openssl", "pkcs8", "-topk8", "-in", plainPath, "-passout", "pass:secret words"] + options
        )
        .standardOutput
        #expect(isEncryptedKey(text.span) && !isEncryptedKey(plain.span))
        #expect(try decrypt(text) == plain)
        #expect(throws: EncryptedKeyError.wrongPassword) { try decrypt(text, "secret word") }
    }

    @Test func rsaKeysToo() throws {
        let path = files.file("rsa.pem")
        try runProgram([
            "openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072", "-aes256", "-pass",
            "pass:secret words", "-out", path,
        ])
        let text = try runProgram(["cat", path]).standardOutput
        let key = try KeyCommands.signingKey(text.span, password: Array("secret words".utf8).span)
        #expect(key.kind == .rsa(bits: 3072))
    }

    @Test(arguments: [["-scrypt"], ["-v2", "des3"], ["-v1", "PBE-SHA1-3DES"]])
    func otherSchemesAreRefused(options: [String]) throws {
        let text = try runProgram(
            ["openssl", "pkcs8", "-topk8", "-in", plainPath, "-passout", "pass:secret words"] + options
        )
        .standardOutput
        #expect(throws: EncryptedKeyError.unsupported) { try decrypt(text) }
    }

    /// EncryptedPrivateKeyInfo with these bytes of an iteration count.
    private func info(iterations: [UInt8]) throws -> [UInt8] {
        try built { out throws(ProvisioningError) in
            var writer = DERWriter(out._mutatingExtracting(0..<out.count))
            let block = [UInt8](repeating: 7, count: 32)
            writer.prepend(.octetString, block.span)
            let algorithm = writer.mark
            writer.prepend(.octetString, block.span.extracting(0..<16))
            writer.prependObjectIdentifier("2.16.840.1.101.3.4.1.42")
            writer.wrap(.sequence, since: algorithm)
            let derivation = writer.mark
            writer.prepend(.integer, iterations.span)
            writer.prepend(.octetString, block.span.extracting(0..<8))
            writer.wrap(.sequence, since: derivation)
            writer.prependObjectIdentifier("1.2.840.113549.1.5.12")
            writer.wrap(.sequence, since: derivation)
            writer.wrap(.sequence, since: algorithm)
            writer.prependObjectIdentifier("1.2.840.113549.1.5.13")
            writer.wrap(.sequence, since: algorithm)
            writer.wrap(.sequence, since: 0)
            return try writer.moveToFront()
        }
    }

    private func fault(iterations: [UInt8]) throws -> EncryptedKeyError? {
        let der = try info(iterations: iterations)
        do throws(EncryptedKeyError) { _ = try EncryptedKey(der.span) } catch { return error }
        return nil
    }

    @Test func aFileCannotMakeThisComputeForLong() throws {
        #expect(try fault(iterations: [0x01]) == nil)
        #expect(try fault(iterations: [0x00, 0x98, 0x96, 0x80]) == nil)
        #expect(try fault(iterations: [0x00, 0x98, 0x96, 0x81]) == .unsupported)
        #expect(try fault(iterations: [0x7F, 0xFF, 0xFF, 0xFF]) == .unsupported)
        #expect(try fault(iterations: [0x00]) == .unsupported)
        #expect(try fault(iterations: [0x01, 0, 0, 0, 0]) == .malformed)
        #expect(try fault(iterations: [0xFF]) == .malformed)
        #expect(try fault(iterations: []) == .malformed)
    }

    @Test func noDamageTrapsOrPasses() throws {
        let text = try encrypted("-iter", "2")
        let der = try built { out throws(PEMError) in
            try PEM.decodeFirst(text.span, label: "ENCRYPTED PRIVATE KEY", into: &out)
        }
        let password = Array("secret words".utf8)
        var decrypted = 0
        for index in der.indices {
            var changed = der
            changed[index] ^= 0x11
            let result = try? built { (out) throws(EncryptedKeyError) in
                let key = try EncryptedKey(changed.span)
                // What a changed count of iterations would cost is not looked at here.
                guard key.iterations == 2 else { throw .unsupported }
                return try key.decrypt(password: password.span, into: &out)
            }
            guard let result else { continue }
            // CBC has no authentication: a change may lead to another text. It is never the key.
            decrypted += 1
            #expect(result != plain)
        }
        #expect(decrypted < der.count)
        for length in 0..<der.count {
            #expect(throws: EncryptedKeyError.self) { _ = try EncryptedKey(Array(der[0..<length]).span) }
        }
    }

    @Test func aPasswordIsTheFirstLine() throws {
        func password(_ text: String) throws(CommandFailure) -> String {
            let text = Array(text.utf8)
            return String(decoding: bytes(try KeyCommands.password(text.span, isGiven: true)), as: UTF8.self)
        }
        #expect(try password("secret words\n") == "secret words")
        #expect(try password("secret words\r\nmore") == "secret words")
        #expect(try password(" x") == " x")
        for empty in ["", "\n", "\r\n", "\nx"] { #expect(throws: CommandFailure.self) { try password(empty) } }
    }
}
