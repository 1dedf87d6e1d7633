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
    /// TLS 1.2: whether the master secret is bound to the handshake (RFC 7627).
    var bindsMasterSecret = true

    var is12: Bool { suite.version == .tls12 }
    /// Whether the server's key decrypts and does not sign.
    var transportsKey: Bool { [.TLS_RSA_WITH_AES_128_GCM_SHA256, .TLS_RSA_WITH_AES_256_GCM_SHA384].contains(suite) }
    /// Who has the server's key.
    var serverSigner: Signer { transportsKey ? .transport : .server }

    static let all: [Variant] = [
        Variant(suite: .TLS_AES_128_GCM_SHA256),
        Variant(suite: .TLS_CHACHA20_POLY1305_SHA256, isMutual: true, hasProtocols: true),
        Variant(suite: .TLS_AES_256_GCM_SHA384, retriesHello: true),
        Variant(suite: .TLS_AES_128_CCM_SHA256, isMutual: true, fragment: 512),
        Variant(suite: .TLS_AES_128_GCM_SHA256, hasTickets: true, resumes: true),
    ]

    /// Of TLS 1.2: with key exchange and with RSA key transport, client certificates, tickets, and without an extended master
    /// secret. The curve of the certificates has to be offered (RFC 8422 §5.1).
    static let of12: [Variant] = [
        Variant(suite: .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, isMutual: true, retriesHello: true),
        Variant(
            suite: .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, retriesHello: true, hasProtocols: true,
            hasTickets: true),
        Variant(
            suite: .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, retriesHello: true, hasTickets: true, resumes: true),
        Variant(suite: .TLS_RSA_WITH_AES_128_GCM_SHA256, isMutual: true, retriesHello: true),
        Variant(suite: .TLS_RSA_WITH_AES_256_GCM_SHA384, fragment: 512, hasTickets: true),
        Variant(
            suite: .TLS_ECDHE_ECDSA_WITH_AES_128_CCM, retriesHello: true, fragment: 512,
            bindsMasterSecret: false),
    ]

    /// For tickets: the same without an offer.
    static let resuming = Variant(suite: .TLS_AES_128_GCM_SHA256, hasTickets: true)
    static let resuming12 = Variant(
        suite: .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, retriesHello: true, hasTickets: true)

    /// For what happens after the handshake.
    static let quick: [Variant] = [
        Variant(suite: .TLS_AES_128_GCM_SHA256, acceptsAny: true),
        Variant(suite: .TLS_CHACHA20_POLY1305_SHA256, fragment: 512, acceptsAny: true),
    ]
    static let quick12: [Variant] = [
        Variant(suite: .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, retriesHello: true, acceptsAny: true),
        Variant(
            suite: .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, retriesHello: true, fragment: 512,
            acceptsAny: true, hasTickets: true),
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
        if transportsKey {
            configuration.allowUnsafeRSAKeyTransport()
            try configuration.trust.addAnchor(Fixtures.transport.span)
        }
        configuration.unsafeAllowsMissingExtendedMasterSecret = !bindsMasterSecret
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
            let certificate = transportsKey ? Fixtures.transport : Fixtures.server
            try configuration.identities.add(vector(certificate, 3).span, key: serverSigner.kind)
        }
    }
}
