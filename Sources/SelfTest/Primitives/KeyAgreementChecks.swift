// Key agreement against RFC 7748 §6.1 (X25519) and RFC 5903 §8.1, §8.2 (P-256, P-384), and a public value that must be
// refused (RFC 7748 §6.1, RFC 8446 §4.2.8.2).
import Bytes
import TLSCrypto

/// One value, in hexadecimal: a private scalar, its public value, the peer's, and what they share.
private struct AgreementValue {
    let scalar: StaticString
    let publicValue: StaticString
    let peer: StaticString
    let shared: StaticString
}

extension KeyAgreementGroup {
    fileprivate var value: AgreementValue {
        switch self {
        case .x25519:
            AgreementValue(
                scalar: "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
                publicValue: "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
                peer: "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
                shared: "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742")
        case .secp256r1:
            AgreementValue(
                scalar: "C88F01F510D9AC3F70A292DAA2316DE544E9AAB8AFE84049C62A9C57862D1433",
                publicValue: """
                    04DAD0B65394221CF9B051E1FECA5787D098DFE637FC90B9EF945D0C3772581180
                    5271A0461CDB8252D61F1C456FA3E59AB1F45B33ACCF5F58389E0577B8990BB3
                    """,
                peer: """
                    04D12DFB5289C8D4F81208B70270398C342296970A0BCCB74C736FC7554494BF63
                    56FBF3CA366CC23E8157854C13C58D6AAC23F046ADA30F8353E74F33039872AB
                    """,
                shared: "D6840F6B42F6EDAFD13116E0E12565202FEF8E9ECE7DCE03812464D04B9442DE")
        case .secp384r1: Self.p384
        }
    }

    private static var p384: AgreementValue {
        AgreementValue(
            scalar: """
                099F3C7034D4A2C699884D73A375A67F7624EF7C6B3C0F160647B67414DCE655
                E35B538041E649EE3FAEF896783AB194
                """,
            publicValue: """
                04667842D7D180AC2CDE6F74F37551F55755C7645C20EF73E31634FE72B4C55EE6
                DE3AC808ACB4BDB4C88732AEE95F41AA9482ED1FC0EEB9CAFC4984625CCFC23F
                65032149E0E144ADA024181535A0F38EEB9FCFF3C2C947DAE69B4C634573A81C
                """,
            peer: """
                04E558DBEF53EECDE3D3FCCFC1AEA08A89A987475D12FD950D83CFA41732BC509D
                0D1AC43A0336DEF96FDA41D0774A3571DCFBEC7AACF3196472169E838430367F66
                EEBE3C6E70C416DD5F0C68759DD1FFF83FA40142209DFF5EAAD96DB9E6386C
                """,
            shared: """
                11187331C279962D93D604243FD592CB9D0A926F422E47187521287E7156C5C4
                D603135569B9E9D09CF5D4A270F59746
                """)
    }
}

/// Derives a published public value and shared secret, then lets two new keys agree.
func checkKeyAgreement(_ group: KeyAgreementGroup, _ context: inout CheckContext) throws(CryptoError) -> Outcome {
    let value = group.value
    let peer: BoundedBytes<97> = BoundedBytes(hexadecimal: value.peer)
    let scalar: BoundedBytes<48> = context.input(value.scalar)
    guard var scalarMemory = context.region(scalar.count),
        let memory = context.region(EphemeralKey.memoryBytes), let other = context.region(EphemeralKey.memoryBytes)
    else { return .failed("out of memory") }
    var scalarBytes = scalarMemory.mutableBytes
    scalarBytes.copy(scalar.bytes, at: 0)
    // The source copies the scalar, which has as many bytes as are drawn, and is not used after this call.
    let source = unsafe RandomSource(
        unsafe: { context, target, count in
            guard let context = unsafe context else { return 1 }
            unsafe target.copyMemory(from: context, byteCount: count)
            return 0
        }, context: scalarMemory.unsafeAddress)
    let key = try EphemeralKey(group, random: source, in: memory)
    guard key.publicValue == BoundedBytes<97>(hexadecimal: value.publicValue) else {
        return .failed("the public value of a published key is wrong")
    }
    guard try key.agrees(with: peer.bytes, on: BoundedBytes<48>(hexadecimal: value.shared)) else {
        return .failed("the shared secret of published keys is wrong")
    }
    let second = try EphemeralKey(group, random: .system, in: other)
    var storage = InlineArray<48, UInt8>(repeating: 0)
    var span = storage.mutableSpan
    var shared = span._mutatingExtracting(0..<group.sharedSecretBytes)
    try second.sharedSecret(peer: key.publicValue.bytes, into: &shared)
    guard let secret = BoundedBytes<48>(shared.span), try key.agrees(with: second.publicValue.bytes, on: secret) else {
        return .failed("two new keys do not agree")
    }
    return key.refusesZero() ? .passed : .failed("a public value that gives the secret away was accepted")
}

extension EphemeralKey {
    fileprivate func agrees(with peer: Span<UInt8>, on expected: BoundedBytes<48>) throws(CryptoError) -> Bool {
        var storage = InlineArray<48, UInt8>(repeating: 0)
        var span = storage.mutableSpan
        var shared = span._mutatingExtracting(0..<group.sharedSecretBytes)
        try sharedSecret(peer: peer, into: &shared)
        return shared.span.hasSameBytes(as: expected.bytes)
    }

    /// Whether zeros are refused: of small order on X25519, and no point of the other curves.
    fileprivate func refusesZero() -> Bool {
        let zeros = InlineArray<97, UInt8>(repeating: 0)
        var storage = InlineArray<48, UInt8>(repeating: 0)
        var span = storage.mutableSpan
        var shared = span._mutatingExtracting(0..<group.sharedSecretBytes)
        do throws(CryptoError) {
            try sharedSecret(peer: zeros.span.extracting(0..<group.publicValueBytes), into: &shared)
            return false
        } catch { return error == .invalidPublicValue }
    }
}
