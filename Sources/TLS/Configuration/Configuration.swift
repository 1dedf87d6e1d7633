// What a connection may do. One configuration serves any number of connections and is not changed by them; it is handed
// to `Connection.step` each time, so a connection holds no reference to it. Use the same one for the whole life of a
// connection.
//
// The defaults are design choices, not the RFC's: everything that is implemented, strongest and cheapest first, and
// nothing trusted.
import Bytes
import TLSCrypto
import X509

/// What a connection offers, accepts, shows and trusts.
public struct Configuration: ~Copyable {
    /// The memory that each connection gets.
    public var limits = Limits()
    /// The versions of the protocol that may be used; the highest that both sides have is. One without a cipher suite of
    /// its own in `cipherSuites` is not used.
    public var versions: FixedList<2, ProtocolVersion>
    /// Cipher suites of all versions in order of preference (RFC 8446 §B.4, RFC 5289, RFC 7905, RFC 7251).
    public var cipherSuites: FixedList<16, CipherSuite>
    /// Groups for the key exchange in order of preference (§4.2.7). A client sends a share for the first.
    public var groups: FixedList<3, NamedGroup>
    /// Signature schemes accepted from the peer, in order of preference (§4.2.3).
    public var signatureSchemes: FixedList<12, SignatureScheme>
    /// Application protocols in order of preference (RFC 7301).
    public var applicationProtocols = ApplicationProtocols()
    /// Client: whether a server that does not answer the offer of application protocols is refused.
    public var requiresApplicationProtocol = false
    /// Client: whether servers are asked for an OCSP response beside their certificate (RFC 6066 §8): `Connection.ocspStaple`.
    /// Nothing looks into it: whoever asks judges it, with `Trust.asksForVerdict` before anything is sent to the peer.
    public var requestsOCSPStaple = false
    /// Client: the name sent as server_name (RFC 6066 §3); empty sends none.
    public var serverName = BoundedBytes<253>()
    /// Server: whether clients must show a certificate.
    public var clientCertificates: ClientCertificates = .none
    /// Client: what it says that it can show (RFC 7250 §4.1), in order of preference; empty for what `identities` are, in
    /// their order.
    public var offeredCertificateTypes: FixedList<2, CertificateType>
    /// Server: whether a CertificateRequest names the anchors (RFC 8446 §4.2.4), so that a client with several certificates
    /// can choose. It costs the length of their names; more than 1024 bytes of them are not sent.
    public var announcesAuthorities = false
    /// Server: whether a name that no identity carries, or none at all, is served by the first identity. Otherwise such a
    /// name is refused with unrecognized_name (ALPACA: RFC 9325 §3.7).
    public var defaultIdentityForUnknownNames = true
    /// Client: whether to look like TLS 1.2 to middleboxes (Appendix D.4). Costs 38 bytes.
    public var middleboxCompatibility = true
    /// Client: whether servers are told that we take tickets (RFC 8446 §4.2.9), which costs 6 bytes; others send none.
    public var takesTickets = true
    /// Keys that both sides were given beforehand: a client offers those for it, a server accepts those for it. A client that
    /// trusts nothing else takes no certificate; a server without identities has nothing else to show.
    public var externalKeys = ExternalKeys()
    /// How external keys may be used, in order of preference (§4.2.9). `psk_ke` has no forward secrecy. Sessions are resumed
    /// with `psk_dhe_ke` alone.
    public var pskKeyExchangeModes: FixedList<2, PSKKeyExchangeMode>
    /// Server: whether a certificate that suits the client is shown even where the client offers an external key.
    public var prefersCertificatesToExternalKeys = false
    /// Client: asks for records of at most so many bytes, both ways (RFC 6066 §4); for servers that do not know
    /// record_size_limit, which is always told.
    public var maxFragmentLength: MaxFragmentLength?
    /// TLS 1.2: goes on with a peer that does not bind the master secret to the handshake (RFC 7627 §5.2, §5.3). Then
    /// nothing can be exported, and `tlsUnique` is empty (Triple Handshake).
    public var unsafeAllowsMissingExtendedMasterSecret = false
    /// TLS 1.2, client: goes on with a server that does not know RFC 5746 and so may mix a handshake of somebody else's
    /// with ours (§3.4, §4.1).
    public var unsafeAllowsMissingRenegotiationInfo = false
    /// TLS 1.2: whether the suites with RSA key transport count that `cipherSuites` has (RFC 5246 §7.4.7.1). They have no
    /// forward secrecy, and a server decrypts for whoever comes: the countermeasures are in place, but those inside of
    /// mbedTLS are as good as its version (`rsaDecryptionIsKnownToLeak`). A server needs an identity whose certificate is for
    /// that alone (`Identities.transportsKeys`).
    public var unsafeRSAKeyTransport = false
    /// For the conformance runner alone, whose certificates are for everything: a server uses any RSA key for key transport.
    /// Nobody outside of this package sees it.
    package var unsafeTransportsWithSigningKeys = false
    /// What is trusted.
    public var trust: Trust
    /// What we show of ourselves.
    public var identities: Identities
    /// Server: the keys of its tickets; none, and so no tickets, until they are enabled.
    public var tickets = TicketKeys()
    /// Server: what it needs to take early data, which may have been recorded and sent again; none is taken until that is
    /// enabled, nor without tickets.
    public var unsafeEarlyData = ReplayWindow()
    #if !hasFeature(Embedded)
        /// Takes the secrets of each connection, a line of NSS's key log format (RFC 9850) at a time without its end. Whoever
        /// has them can read and forge the connection. Not in Embedded Swift.
        public var unsafeKeyLog: ((String) -> Void)?
    #endif
    /// What tests replace: see ReplayHook. Nil outside of tests.
    var replay: ReplayHook?

    /// A configuration with every implemented suite, group and scheme, that trusts nothing and has no identity.
    /// - Parameters:
    ///   - anchors: memory for trust anchors: their DER and three bytes for each; may be empty.
    ///   - chains: memory for our certificates and raw public keys: their DER and five bytes for each; may be empty.
    ///   - revocationLists: memory for revocation lists: their DER and three bytes for each; may be empty.
    public init(
        anchors: consuming Region, chains: consuming Region, revocationLists: consuming Region = Region()
    ) {
        versions = FixedList(filler: .tls13)
        versions.append(.tls13)
        versions.append(.tls12)
        cipherSuites = FixedList(filler: .TLS_AES_128_GCM_SHA256)
        cipherSuites.append(.TLS_AES_128_GCM_SHA256)
        cipherSuites.append(.TLS_CHACHA20_POLY1305_SHA256)
        cipherSuites.append(.TLS_AES_256_GCM_SHA384)
        cipherSuites.append(.TLS_AES_128_CCM_SHA256)
        cipherSuites.append(.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)
        cipherSuites.append(.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256)
        cipherSuites.append(.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256)
        cipherSuites.append(.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256)
        cipherSuites.append(.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384)
        cipherSuites.append(.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384)
        cipherSuites.append(.TLS_ECDHE_ECDSA_WITH_AES_128_CCM)
        groups = FixedList(filler: .x25519)
        groups.append(.x25519)
        groups.append(.secp256r1)
        groups.append(.secp384r1)
        signatureSchemes = FixedList(filler: .ecdsa_secp256r1_sha256)
        signatureSchemes.append(.ecdsa_secp256r1_sha256)
        signatureSchemes.append(.ecdsa_secp384r1_sha384)
        signatureSchemes.append(.rsa_pss_rsae_sha256)
        signatureSchemes.append(.rsa_pss_rsae_sha384)
        signatureSchemes.append(.rsa_pss_rsae_sha512)
        // In TLS 1.3 only for signatures in certificates (§4.2.3).
        signatureSchemes.append(.rsa_pkcs1_sha256)
        signatureSchemes.append(.rsa_pkcs1_sha384)
        signatureSchemes.append(.rsa_pkcs1_sha512)
        offeredCertificateTypes = FixedList(filler: .X509)
        pskKeyExchangeModes = FixedList(filler: .psk_dhe_ke)
        pskKeyExchangeModes.append(.psk_dhe_ke)
        trust = Trust(anchors: anchors, revocationLists: revocationLists)
        identities = Identities(chains: chains)
    }
}

/// Whether a server asks its clients for a certificate.
public enum ClientCertificates: UInt8, Sendable {
    /// Not asked for.
    case none
    /// Asked for; a client may send none.
    case optional
    /// Asked for; a client without one is refused.
    case required
}

/// Replaces what RFC 8448's traces fix but we would write otherwise, and what a peer that misbehaves says to a fuzzer. Internal:
/// only tests can set it.
@safe struct ReplayHook: @unchecked Sendable {
    /// Fills in the bytes of a whole handshake message of the given type and answers their count, or 0 for "write your own".
    let message: @convention(c) (UnsafeMutableRawPointer?, UInt8, UnsafeMutableRawPointer, Int) -> Int
    let context: UnsafeMutableRawPointer?
    /// Server: fills in the ticket of ours that is opened in place of the client's, and answers its count, or 0 for none.
    var ticket: (@convention(c) (UnsafeMutableRawPointer?, UnsafeMutableRawPointer, Int) -> Int)?

    /// The ticket that stands for the client's; empty for none.
    var ticketToOpen: BoundedBytes<160> {
        guard let ticket = unsafe ticket else { return BoundedBytes() }
        var bytes = InlineArray<160, UInt8>(repeating: 0)
        var memory = bytes.mutableSpan
        // The hook writes at most as many bytes as there are.
        let count = unsafe memory.withUnsafeMutableBytes { bytes in
            guard let base = bytes.baseAddress else { return 0 }
            return unsafe ticket(context, base, bytes.count)
        }
        return BoundedBytes(memory.span.extracting(0..<Swift.min(Swift.max(count, 0), memory.count)))
            ?? BoundedBytes()
    }
}
