// Signatures: ECDSA signed and verified against RFC 6979 A.2.5 and A.2.6; RSA verified against signatures that openssl
// made (RSA keys are for certificates of others: to sign with one takes a small board long). The private keys in here
// are printed in the RFC: they protect nothing.
import Bytes
import TLSCrypto

/// The key of RFC 6979 A.2.5 (P-256) or A.2.6 (P-384) and its signature of `sample` with SHA-256 or SHA-384.
private struct ECDSAValue {
    let hash: HashAlgorithm
    /// ECPrivateKey (RFC 5915) up to the point, which follows.
    let keyHead: StaticString
    let point: StaticString
    let signature: StaticString
}

extension EllipticCurve {
    fileprivate var value: ECDSAValue {
        switch self {
        case .secp256r1:
            ECDSAValue(
                hash: .sha256,
                keyHead: """
                    30770201010420C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
                    A00A06082A8648CE3D030107A144034200
                    """,
                point: """
                    0460FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6
                    7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299
                    """,
                signature: """
                    3046022100EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716
                    022100F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8
                    """)
        case .secp384r1:
            ECDSAValue(
                hash: .sha384,
                keyHead: """
                    3081A402010104306B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D8
                    96D5724E4C70A825F872C9EA60D2EDF5A00706052B81040022A164036200
                    """,
                point: """
                    04EC3A4E415B4E19A4568618029F427FA5DA9A8BC4AE92E02E06AAE5286B300C64
                    DEF8F0EA9055866064A254515480BC138015D9B72D7D57244EA8EF9AC0C62189
                    6708A59367F9DFB9F54CA84B3F1C9DB1288B231C3AE0D4FE7344FD2533264720
                    """,
                signature: """
                    306602310094EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C
                    81A648152E44ACF96E36DD1E80FABE46
                    02310099EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94F
                    A329C145786E679E7B82C71A38628AC8
                    """)
        }
    }
}

/// The key of RFC 6979, parsed.
func publishedKey(_ curve: EllipticCurve) throws(CryptoError) -> SigningKey {
    var storage = InlineArray<192, UInt8>(repeating: 0)
    var span = storage.mutableSpan
    let head = BoundedBytes<96>(hexadecimal: curve.value.keyHead)
    let point = BoundedBytes<97>(hexadecimal: curve.value.point)
    span.copy(head.bytes, at: 0)
    span.copy(point.bytes, at: head.count)
    return try SigningKey(pemOrDER: storage.span.extracting(0..<(head.count + point.count)))
}

/// Signs `sample`, compares, verifies, and changes the message.
func checkECDSA(_ curve: EllipticCurve, _ context: borrowing CheckContext) throws(CryptoError) -> Outcome {
    let value = curve.value
    let key = try publishedKey(curve)
    let message: BoundedBytes<8> = context.input("73616d706c65")
    var storage = InlineArray<112, UInt8>(repeating: 0)
    var span = storage.mutableSpan
    let count = try key.sign(.ecdsa(value.hash), message: message.bytes, into: &span)
    let signature = BoundedBytes<112>(hexadecimal: value.signature)
    guard storage.span.extracting(0..<count).hasSameBytes(as: signature.bytes) else {
        return .failed("the signature of RFC 6979 is not the one that this board makes")
    }
    let point = BoundedBytes<97>(hexadecimal: value.point)
    let publicKey = PublicKey(curve: curve, point: point.bytes)
    try publicKey.verify(.ecdsa(value.hash), message: message.bytes, signature: signature.bytes)
    return publicKey.refuses(.ecdsa(value.hash), signature.bytes)
}

/// Verifies a signature of `sample`, then of something else.
func checkRSA(_ algorithm: SignatureAlgorithm, _ context: borrowing CheckContext) throws(CryptoError) -> Outcome {
    let message: BoundedBytes<8> = context.input("73616d706c65")
    let modulus = BoundedBytes<256>(hexadecimal: StoredRSA.modulus)
    let exponent = BoundedBytes<3>(hexadecimal: "010001")
    let key = PublicKey(rsaModulus: modulus.bytes, exponent: exponent.bytes)
    let isPSS = algorithm == .rsaPSS(.sha256)
    let signature = BoundedBytes<256>(hexadecimal: isPSS ? StoredRSA.pssSignature : StoredRSA.pkcs1Signature)
    try key.verify(algorithm, message: message.bytes, signature: signature.bytes)
    return key.refuses(algorithm, signature.bytes)
}

extension PublicKey {
    /// Whether a signature of `sample` is refused for `sampld`.
    fileprivate func refuses(_ algorithm: SignatureAlgorithm, _ signature: Span<UInt8>) -> Outcome {
        let other = BoundedBytes<8>(text: "sampld")
        do throws(CryptoError) {
            try verify(algorithm, message: other.bytes, signature: signature)
            return .failed("a signature of another message was accepted")
        } catch {
            return error == .badSignature ? .passed : .failed("a signature of another message gave an unexpected error")
        }
    }
}
