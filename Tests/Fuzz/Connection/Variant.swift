// What the two sides of a connection agree on: a few choices that between them reach every suite, every group that is
// cheap, client certificates, HelloRetryRequest, application protocols and small records.
import Bytes
import TestSupport
import X509

@testable import TLS

/// One choice for both sides.
struct Variant: Sendable {
    let suite: CipherSuite
    var isMutual = false
    var retriesHello = false
    var hasProtocols = false
    var fragment = 16384
    /// Whether certificates are not verified, which saves the time where they are not the matter.
    var acceptsAny = false
    /// Whether the server issues tickets and the client takes them.
    var hasTickets = false
    /// Whether the client offers a session of an earlier handshake.
    var resumes = false

    static let all: [Variant] = [
        Variant(suite: .TLS_AES_128_GCM_SHA256),
        Variant(suite: .TLS_CHACHA20_POLY1305_SHA256, isMutual: true, hasProtocols: true),
        Variant(suite: .TLS_AES_256_GCM_SHA384, retriesHello: true),
        Variant(suite: .TLS_AES_128_CCM_SHA256, isMutual: true, fragment: 512),
        Variant(suite: .TLS_AES_128_GCM_SHA256, hasTickets: true, resumes: true),
    ]

    /// Of TLS 1.2, for bytes alone: its flights are in the clear up to the last, and what is behind needs no other record
    /// layer than that of TLS 1.3's. The curve of the certificates has to be offered (RFC 8422 §5.1).
    static let of12: [Variant] = [
        Variant(suite: .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, isMutual: true, retriesHello: true),
        Variant(
            suite: .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, retriesHello: true, hasProtocols: true,
            hasTickets: true),
    ]

    /// For tickets: the same without an offer.
    static let resuming = Variant(suite: .TLS_AES_128_GCM_SHA256, hasTickets: true)

    /// For what happens after the handshake.
    static let quick: [Variant] = [
        Variant(suite: .TLS_AES_128_GCM_SHA256, acceptsAny: true),
        Variant(suite: .TLS_CHACHA20_POLY1305_SHA256, fragment: 512, acceptsAny: true),
    ]

    var limits: Limits {
        Limits(inboundFragment: fragment, outboundFragment: fragment, handshakeMessage: 4096)
    }

    /// Sets up one side.
    func configure(_ configuration: inout Configuration, _ role: Role) throws(TLSError) {
        configuration.limits = limits
        configuration.cipherSuites.removeAll()
        configuration.cipherSuites.append(suite)
        configuration.groups.removeAll()
        if !(retriesHello && role == .server) { configuration.groups.append(.x25519) }
        if retriesHello { configuration.groups.append(.secp256r1) }
        try configuration.trust.addAnchor(Fixtures.authority.span)
        configuration.trust.unsafeAcceptsAnyCertificate = acceptsAny
        configuration.takesTickets = hasTickets
        if hasProtocols {
            for name in role == .client ? ["h2", "http/1.1"] : ["http/1.1"] {
                _ = configuration.applicationProtocols.append(Array(name.utf8).span)
            }
        }
        if role == .client {
            let name = Array("localhost".utf8)
            configuration.serverName = BoundedBytes(name.span) ?? BoundedBytes()
            configuration.trust.names.append(.dns(BoundedBytes(name.span) ?? BoundedBytes()))
            try configuration.identities.add(vector(Fixtures.client, 3).span, key: Signer.client.kind)
        } else {
            configuration.trust.names.append(.any)
            configuration.clientCertificates = isMutual ? .required : .none
            try configuration.identities.add(vector(Fixtures.server, 3).span, key: Signer.server.kind)
        }
    }
}
