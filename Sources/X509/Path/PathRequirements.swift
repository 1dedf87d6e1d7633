// What a caller asks of a chain.

/// What the leaf's key is to be used for.
public enum Purpose: Equatable, Sendable {
    /// To authenticate a server: id-kp-serverAuth.
    case server
    /// To authenticate a client: id-kp-clientAuth.
    case client
}

/// What the leaf's key does in the handshake.
public enum KeyUse: Equatable, Sendable {
    /// It signs: digitalSignature.
    case signing
    /// A secret is encrypted to it (RFC 5246 §7.4.7.1): keyEncipherment.
    case keyTransport
}

/// What is known of the time.
public enum CurrentTime: Equatable, Sendable {
    /// Seconds since 1970-01-01T00:00:00Z.
    case known(Int64)
    /// There is no clock, or none that has been set.
    case unknown
}

/// What happens where the time is not known.
public enum UnknownTimePolicy: Equatable, Sendable {
    /// The chain is refused (`timeUnknown`).
    case require
    /// It is at least this late, in seconds since 1970-01-01T00:00:00Z. A certificate that has expired by then is
    /// refused. Whether one is valid already cannot be told, so a notBefore that lies later is tolerated: this policy
    /// is for a device that has yet to learn the time from a server with a pinned anchor, and for nothing else.
    case floor(Int64)
}

/// What a chain must satisfy.
public struct PathRequirements: Sendable {
    /// What the leaf is to be used for.
    public var purpose: Purpose
    /// What its key does.
    public var keyUse = KeyUse.signing
    /// The names of which the leaf must have one.
    public var identities: ReferenceIdentities
    /// What is known of the time.
    public var time: CurrentTime
    /// What happens where it is not known.
    public var unknownTimePolicy: UnknownTimePolicy
    /// What is required of certificate policies.
    public var policies = PolicyRequirements()
    /// Whether the common name of a leaf without subjectAltName may serve as its DNS name. RFC 9525 §2 has abolished
    /// that; certificates of old devices are still made so.
    public var acceptsCommonName = false
    /// How many intermediates may stand between leaf and anchor, themselves not counted; at most `X509Limits.depth`.
    public var maximumDepth = 8
    /// How many signatures on certificates, and as many again on revocation lists, may be checked before the search is
    /// given up.
    public var maximumSignatureChecks = 24

    /// Requirements with one name.
    public init(purpose: Purpose, identity: ReferenceIdentity, time: CurrentTime, unknownTimePolicy: UnknownTimePolicy)
    {
        self.init(
            purpose: purpose, identities: ReferenceIdentities(identity), time: time,
            unknownTimePolicy: unknownTimePolicy)
    }

    /// Requirements with any of several names.
    public init(
        purpose: Purpose, identities: ReferenceIdentities, time: CurrentTime, unknownTimePolicy: UnknownTimePolicy
    ) {
        self.purpose = purpose
        self.identities = identities
        self.time = time
        self.unknownTimePolicy = unknownTimePolicy
    }
}
