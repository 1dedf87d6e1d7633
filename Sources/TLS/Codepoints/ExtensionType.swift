// Extensions of hello and other messages (RFC 8446 §4.2). Which may stand where is in Extensions/ExtensionPlacement.swift.

/// What an extension is (RFC 8446 §4.2, registry "TLS ExtensionType Values").
public struct ExtensionType: Codepoint {
    /// The number.
    public let rawValue: UInt16

    /// The value with this number.
    public init(rawValue: UInt16) { self.rawValue = rawValue }
}

// The registry's own spelling.
// swift-format-ignore: AlwaysUseLowerCamelCase
extension ExtensionType {
    /// RFC 6066 §3
    public static let server_name = Self(rawValue: 0)
    /// RFC 6066 §4
    public static let max_fragment_length = Self(rawValue: 1)
    /// RFC 6066 §8
    public static let status_request = Self(rawValue: 5)
    /// RFC 8446 §4.2.7
    public static let supported_groups = Self(rawValue: 10)
    /// RFC 8422 §5.1.2; TLS 1.2
    public static let ec_point_formats = Self(rawValue: 11)
    /// RFC 8446 §4.2.3
    public static let signature_algorithms = Self(rawValue: 13)
    /// RFC 5764 §4.1
    public static let use_srtp = Self(rawValue: 14)
    /// RFC 6520 §2
    public static let heartbeat = Self(rawValue: 15)
    /// RFC 7301 §3.1
    public static let application_layer_protocol_negotiation = Self(rawValue: 16)
    /// RFC 6962 §3.3.1
    public static let signed_certificate_timestamp = Self(rawValue: 18)
    /// RFC 7250 §3
    public static let client_certificate_type = Self(rawValue: 19)
    /// RFC 7250 §3
    public static let server_certificate_type = Self(rawValue: 20)
    /// RFC 7685 §3
    public static let padding = Self(rawValue: 21)
    /// RFC 7366 §2; TLS 1.2
    public static let encrypt_then_mac = Self(rawValue: 22)
    /// RFC 7627 §5.1; TLS 1.2
    public static let extended_master_secret = Self(rawValue: 23)
    /// RFC 8879 §3
    public static let compress_certificate = Self(rawValue: 27)
    /// RFC 8449 §4
    public static let record_size_limit = Self(rawValue: 28)
    /// RFC 5077 §3.2; TLS 1.2
    public static let session_ticket = Self(rawValue: 35)
    /// RFC 8446 §4.2.11
    public static let pre_shared_key = Self(rawValue: 41)
    /// RFC 8446 §4.2.10
    public static let early_data = Self(rawValue: 42)
    /// RFC 8446 §4.2.1
    public static let supported_versions = Self(rawValue: 43)
    /// RFC 8446 §4.2.2
    public static let cookie = Self(rawValue: 44)
    /// RFC 8446 §4.2.9
    public static let psk_key_exchange_modes = Self(rawValue: 45)
    /// RFC 8446 §4.2.4
    public static let certificate_authorities = Self(rawValue: 47)
    /// RFC 8446 §4.2.5
    public static let oid_filters = Self(rawValue: 48)
    /// RFC 8446 §4.2.6
    public static let post_handshake_auth = Self(rawValue: 49)
    /// RFC 8446 §4.2.3
    public static let signature_algorithms_cert = Self(rawValue: 50)
    /// RFC 8446 §4.2.8
    public static let key_share = Self(rawValue: 51)
    /// RFC 5746 §3.2; TLS 1.2
    public static let renegotiation_info = Self(rawValue: 0xFF01)
}

extension ExtensionType {
    public var name: StaticString? {
        switch self {
        case .server_name: "server_name"
        case .max_fragment_length: "max_fragment_length"
        case .status_request: "status_request"
        case .supported_groups: "supported_groups"
        case .ec_point_formats: "ec_point_formats"
        case .signature_algorithms: "signature_algorithms"
        case .use_srtp: "use_srtp"
        case .heartbeat: "heartbeat"
        case .application_layer_protocol_negotiation: "application_layer_protocol_negotiation"
        case .signed_certificate_timestamp: "signed_certificate_timestamp"
        case .client_certificate_type: "client_certificate_type"
        case .server_certificate_type: "server_certificate_type"
        case .padding: "padding"
        case .encrypt_then_mac: "encrypt_then_mac"
        case .extended_master_secret: "extended_master_secret"
        case .compress_certificate: "compress_certificate"
        case .record_size_limit: "record_size_limit"
        case .session_ticket: "session_ticket"
        case .pre_shared_key: "pre_shared_key"
        case .early_data: "early_data"
        case .supported_versions: "supported_versions"
        case .cookie: "cookie"
        case .psk_key_exchange_modes: "psk_key_exchange_modes"
        case .certificate_authorities: "certificate_authorities"
        case .oid_filters: "oid_filters"
        case .post_handshake_auth: "post_handshake_auth"
        case .signature_algorithms_cert: "signature_algorithms_cert"
        case .key_share: "key_share"
        case .renegotiation_info: "renegotiation_info"
        default: nil
        }
    }
}
