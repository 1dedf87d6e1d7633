// The revocation lists that a path is held against, and what happens where one is missing.

import Bytes

/// Whether certificates must be shown not to be revoked.
public enum RevocationPolicy: UInt8, Equatable, Sendable {
    /// Revocation is not looked at.
    case unchecked
    /// Every certificate below the anchor must be covered by a current list of its issuer.
    case required
    /// A certificate for which there is no usable list is accepted; one that a list names is still refused. Whoever can
    /// keep lists from arriving keeps revoked certificates alive.
    case unsafeSoftFail
}

/// Revocation lists, each with its length in three bytes in front, in the caller's memory.
public struct RevocationLists: ~Escapable {
    /// What happens where a list is missing.
    public let policy: RevocationPolicy
    private let entries: CertificateSequence

    /// The lists in `bytes`. They are looked at only when they are read.
    /// - Parameter bytes: `opaque<1..2^24-1>` each, as `PEM.decode` writes them with the label `X509 CRL`.
    @_lifetime(copy bytes)
    public init(_ bytes: Span<UInt8>, _ policy: RevocationPolicy) {
        entries = CertificateSequence(bytes, .plain)
        self.policy = policy
    }

    /// No lists, and none wanted.
    @_lifetime(immortal)
    public init() {
        entries = CertificateSequence(Span(), .plain)
        policy = .unchecked
    }

    /// The entries.
    public var bytes: Span<UInt8> {
        @_lifetime(copy self)
        get { entries.bytes }
    }

    /// Reads the DER of the lists one after the other, from the first.
    public var reader: CertificateSequence.Reader {
        @_lifetime(copy self)
        get { entries.reader }
    }
}
