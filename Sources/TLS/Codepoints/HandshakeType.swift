// The type of a handshake message (RFC 8446 §4, §B.3; for TLS 1.2 RFC 5246 §7.4).

/// What a handshake message is (RFC 8446 §4, registry "TLS HandshakeType").
public struct HandshakeType: Codepoint {
    /// The number.
    public let rawValue: UInt8

    /// The value with this number.
    public init(rawValue: UInt8) { self.rawValue = rawValue }
}

// The registry's own spelling.
// swift-format-ignore: AlwaysUseLowerCamelCase
extension HandshakeType {
    /// RFC 5246 §7.4.1.1
    public static let hello_request_RESERVED = Self(rawValue: 0)
    /// §4.1.2
    public static let client_hello = Self(rawValue: 1)
    /// §4.1.3, and HelloRetryRequest, §4.1.4
    public static let server_hello = Self(rawValue: 2)
    /// §4.6.1
    public static let new_session_ticket = Self(rawValue: 4)
    /// §4.5
    public static let end_of_early_data = Self(rawValue: 5)
    /// §4.3.1
    public static let encrypted_extensions = Self(rawValue: 8)
    /// §4.4.2
    public static let certificate = Self(rawValue: 11)
    /// RFC 5246 §7.4.3
    public static let server_key_exchange_RESERVED = Self(rawValue: 12)
    /// §4.3.2
    public static let certificate_request = Self(rawValue: 13)
    /// RFC 5246 §7.4.5
    public static let server_hello_done_RESERVED = Self(rawValue: 14)
    /// §4.4.3
    public static let certificate_verify = Self(rawValue: 15)
    /// RFC 5246 §7.4.7
    public static let client_key_exchange_RESERVED = Self(rawValue: 16)
    /// §4.4.4
    public static let finished = Self(rawValue: 20)
    /// RFC 6066 §8
    public static let certificate_status_RESERVED = Self(rawValue: 22)
    /// §4.6.3
    public static let key_update = Self(rawValue: 24)
    /// RFC 8879 §4; not supported.
    public static let compressed_certificate = Self(rawValue: 25)
    /// §4.4.1: stands for the first ClientHello in the transcript and is never sent.
    public static let message_hash = Self(rawValue: 254)
}

extension HandshakeType {
    public var name: StaticString? {
        switch self {
        case .hello_request_RESERVED: "hello_request_RESERVED"
        case .client_hello: "client_hello"
        case .server_hello: "server_hello"
        case .new_session_ticket: "new_session_ticket"
        case .end_of_early_data: "end_of_early_data"
        case .encrypted_extensions: "encrypted_extensions"
        case .certificate: "certificate"
        case .server_key_exchange_RESERVED: "server_key_exchange_RESERVED"
        case .certificate_request: "certificate_request"
        case .server_hello_done_RESERVED: "server_hello_done_RESERVED"
        case .certificate_verify: "certificate_verify"
        case .client_key_exchange_RESERVED: "client_key_exchange_RESERVED"
        case .finished: "finished"
        case .certificate_status_RESERVED: "certificate_status_RESERVED"
        case .key_update: "key_update"
        case .compressed_certificate: "compressed_certificate"
        case .message_hash: "message_hash"
        default: nil
        }
    }
}
