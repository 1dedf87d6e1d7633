import Bytes
import Testing

@testable import TLSCrypto

@Suite struct SmokeTests {
    @Test(arguments: AEADAlgorithm.allCases) func aead(_ a: AEADAlgorithm) throws {
        let memory = Memory()
        var key = try memory.aead(a, [UInt8](repeating: 7, count: a.keyBytes))
        let nonce = [UInt8](repeating: 1, count: 12)
        let sealed = try key.seal(nonce, [1, 2, 3], text("hello"))
        #expect(sealed.count == 21)
        #expect(try key.open(nonce, [1, 2, 3], sealed) == text("hello"))
        #expect(throws: CryptoError.authenticationFailed) { try key.open(nonce, [1, 2], sealed) }
    }

    @Test(arguments: KeyAgreementGroup.allCases) func agreement(_ g: KeyAgreementGroup) throws {
        let memory = Memory()
        let a = try memory.ephemeral(g)
        let b = try memory.ephemeral(g)
        #expect(try a.sharedSecret(b.publicValue.array) == b.sharedSecret(a.publicValue.array))
    }

    @Test(arguments: [KeyType.p256, .p384, .rsa2048]) func signing(_ t: KeyType) throws {
        let pem = try SigningKey.pem(t)
        let key = try SigningKey(pem)
        let value = try key.publicValue()
        switch key.kind {
        case .ec(let curve):
            let signature = try key.sign(.ecdsa(.sha256), text("hello"))
            try PublicKey(curve: curve, point: value.span)
                .verify(.ecdsa(.sha256), message: text("hello").span, signature: signature.span)
        case .rsa:
            let signature = try key.sign(.rsaPSS(.sha256), text("hello"))
            try PublicKey(rsaModulus: value.span, exponent: [1, 0, 1].span)
                .verify(.rsaPSS(.sha256), message: text("hello").span, signature: signature.span)
        }
    }
}
