// X509: certificates over the bytes in which they were received, and the decision whether a chain of them proves a
// peer's name.
//
// Implements, in the parts that a TLS endpoint needs: DER (X.690 §8, §10, §11), certificates and path validation
// (RFC 5280 §4, §6), algorithm identifiers (RFC 3279, RFC 4055, RFC 5480, RFC 5758), service identity (RFC 9525),
// textual encodings (RFC 7468) and the text form of names (RFC 4514).
//
// Invariants:
// - nothing is copied or allocated: a `Certificate` is a view of the caller's bytes, and cannot outlive them;
// - no byte of a certificate can trap, recurse without bound or loop without bound: every count has a limit in
//   `X509Limits`, and parsing never descends deeper than the grammar that is written out in these files;
// - only `verifyPath` can make a `VerifiedPath`;
// - whatever is not understood and matters (a critical extension, an algorithm, a time) is refused with a reason of
//   its own, never skipped.
//
// Where to begin: `Certificate` (one certificate), `verifyPath` (a chain), `ReferenceIdentity` (names), `RevocationList`
// (what has been revoked), `PEM` (files).

/// The bounds on what a peer can make the validator do.
public enum X509Limits {
    /// Extensions in one certificate.
    public static var extensions: Int { 32 }
    /// Names in one subjectAltName extension.
    public static var alternativeNames: Int { 1024 }
    /// Attributes in one distinguished name.
    public static var nameAttributes: Int { 64 }
    /// Attributes in one relative distinguished name, which are compared each with each.
    public static var relativeNameAttributes: Int { 8 }
    /// Subtrees in one nameConstraints extension, permitted and excluded ones each.
    public static var nameConstraints: Int { 1024 }
    /// How much comparing of names with name constraints one verification may do: one for each pair, and one more for
    /// each 16 octets of the constraint.
    public static var nameComparisons: Int { 1 << 18 }
    /// Distribution points in one cRLDistributionPoints extension.
    public static var distributionPoints: Int { 32 }
    /// Policies, or mappings of them, in one certificate, and at one level of a path.
    public static var policies: Int { 32 }
    /// Purposes in one extKeyUsage extension.
    public static var purposes: Int { 64 }
    /// Certificates that a peer's chain may hold, unrelated ones included.
    public static var chainCertificates: Int { 64 }
    /// Intermediates between leaf and anchor: the greatest `PathRequirements.maximumDepth`.
    public static var depth: Int { 16 }
    /// Octets of a serial number (RFC 5280 §4.1.2.2), a leading zero for the sign not counted.
    public static var serialNumberBytes: Int { 20 }
    /// Least and greatest size of an RSA modulus in bits.
    public static var rsaBits: ClosedRange<Int> { 2048...4096 }
}
