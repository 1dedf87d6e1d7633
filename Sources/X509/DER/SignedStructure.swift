// What certificates, revocation lists and certification requests are alike: a part that is signed, the algorithm, the
// signature (RFC 5280 §4.1.1, §5.1.1, RFC 2986 §4.2). Whether the signature is good is asked elsewhere.
import Bytes

/// A view of `SEQUENCE { toBeSigned SEQUENCE, algorithm AlgorithmIdentifier, signature BIT STRING }`.
public struct SignedStructure: ~Escapable {
    /// What is signed, with its tag and length.
    public let signedPart: Span<UInt8>
    /// The contents of what is signed.
    public let content: Span<UInt8>
    /// The AlgorithmIdentifier of the signature, whole.
    public let algorithmIdentifier: Span<UInt8>
    /// The signature.
    public let signature: Span<UInt8>

    /// - Parameter der: exactly one such structure.
    /// - Throws: `malformedDER`, `unexpectedElement`, `trailingData`
    @_lifetime(copy der)
    public init(_ der: Span<UInt8>) throws(X509Error) {
        var outer = DERReader(der)
        var structure = try outer.readSequence()
        try outer.finish()
        let toBeSigned = try structure.readElement(.sequence)
        signedPart = toBeSigned.encoding
        content = toBeSigned.content
        algorithmIdentifier = try structure.readElement(.sequence).encoding
        signature = try structure.readOctetAlignedBitString()
        try structure.finish()
    }

    /// Reads the AlgorithmIdentifier that stands a second time in what is signed.
    /// - Throws: `algorithmMismatch` where the two differ: both "MUST contain the same algorithm identifier" (RFC 5280
    ///   §4.1.1.2, §5.1.1.2).
    func readSameAlgorithm(_ fields: inout DERReader) throws(X509Error) {
        guard try fields.readElement(.sequence).encoding.hasSameBytes(as: algorithmIdentifier) else {
            throw X509Error(.algorithmMismatch)
        }
    }
}
