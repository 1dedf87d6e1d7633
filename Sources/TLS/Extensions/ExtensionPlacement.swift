// Which extension may stand in which message: the table of RFC 8446 §4.2, with RFC 8449 §4 and RFC 8879 §3 and the
// extensions of TLS 1.2 that a client of both versions still offers. And the rule for answers: only what was offered.
import Bytes

/// A message that carries extensions (RFC 8446 §4.2).
enum ExtensionContext: UInt8 {
    case clientHello, serverHello, helloRetryRequest, encryptedExtensions, certificateRequest, certificate
    case newSessionTicket
    /// The ServerHello of TLS 1.2, which answers everything.
    case serverHello12

    /// Whether extensions here answer extensions of the peer; where they do not, unknown ones are passed over.
    var isAnswer: Bool {
        switch self {
        case .serverHello, .helloRetryRequest, .encryptedExtensions, .certificate, .serverHello12: true
        case .clientHello, .certificateRequest, .newSessionTicket: false
        }
    }
}

extension ExtensionType {
    /// Whether this extension is specified for a message, or nil for an extension that we do not know.
    func mayStand(in context: ExtensionContext) -> Bool? {
        switch self {
        case .server_name, .max_fragment_length, .supported_groups, .use_srtp, .heartbeat,
            .application_layer_protocol_negotiation, .client_certificate_type, .server_certificate_type,
            .record_size_limit:
            context == .clientHello || context == .encryptedExtensions || context == .serverHello12
        case .signature_algorithms, .signature_algorithms_cert, .certificate_authorities, .compress_certificate:
            context == .clientHello || context == .certificateRequest
        case .status_request, .signed_certificate_timestamp:
            context == .clientHello || context == .certificateRequest || context == .certificate
                || context == .serverHello12
        case .key_share, .supported_versions:
            context == .clientHello || context == .serverHello || context == .helloRetryRequest
        case .pre_shared_key: context == .clientHello || context == .serverHello
        case .cookie: context == .clientHello || context == .helloRetryRequest
        case .early_data:
            context == .clientHello || context == .encryptedExtensions || context == .newSessionTicket
        case .psk_key_exchange_modes, .post_handshake_auth, .padding: context == .clientHello
        case .oid_filters: context == .certificateRequest
        // TLS 1.2: a client of both versions offers them; no message of TLS 1.3 answers them.
        case .ec_point_formats, .encrypt_then_mac, .extended_master_secret, .session_ticket, .renegotiation_info:
            context == .clientHello || context == .serverHello12
        default: nil
        }
    }
}

extension ExtensionBlock {
    /// Checks that every extension may stand in this message and, where it is an answer, that it was offered. In a
    /// ClientHello, what we do not use must be well-formed, too: see ClientHelloExtensions.swift.
    /// - Throws: `.illegalParameter(.extensionNotAllowed)` for one that we know and that is specified for other messages
    ///   (§4.2), `.peerMisbehaved(.unsolicitedExtension)` for an answer to nothing (§4.2).
    func validate(in context: ExtensionContext, offered: OfferedExtensions) throws(TLSError) {
        var reader = reader
        while let next = reader.next() {
            guard next.type.mayStand(in: context) ?? true else { throw .illegalParameter(.extensionNotAllowed) }
            guard context.isAnswer else { continue }
            // §4.2: the one answer without a request is the cookie of a HelloRetryRequest.
            if context == .helloRetryRequest, next.type == .cookie { continue }
            guard offered.contains(next.type) else { throw .peerMisbehaved(.unsolicitedExtension) }
        }
        if context == .clientHello { try checkClientHello() }
    }
}
