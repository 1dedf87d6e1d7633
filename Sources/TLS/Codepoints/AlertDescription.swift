// The descriptions of alerts (RFC 8446 §6, §B.2; general_error: RFC 9846 §6.2).

/// What an alert says (RFC 8446 §6, registry "TLS Alerts").
public struct AlertDescription: Codepoint {
    /// The number.
    public let rawValue: UInt8

    /// The value with this number.
    public init(rawValue: UInt8) { self.rawValue = rawValue }
}

// The registry's own spelling.
// swift-format-ignore: AlwaysUseLowerCamelCase
extension AlertDescription {
    /// §6.1: the sender will send nothing more.
    public static let close_notify = Self(rawValue: 0)
    /// §6.2: a message that may not come now.
    public static let unexpected_message = Self(rawValue: 10)
    /// §6.2: a record that cannot be opened.
    public static let bad_record_mac = Self(rawValue: 20)
    /// RFC 5246 §7.2.2; no longer sent.
    public static let decryption_failed_RESERVED = Self(rawValue: 21)
    /// §6.2: a record that is too long.
    public static let record_overflow = Self(rawValue: 22)
    /// RFC 5246 §7.2.2; no longer sent.
    public static let decompression_failure_RESERVED = Self(rawValue: 30)
    /// §6.2: nothing in common.
    public static let handshake_failure = Self(rawValue: 40)
    /// SSL 3.0; no longer sent.
    public static let no_certificate_RESERVED = Self(rawValue: 41)
    /// §6.2: a certificate that is corrupt or whose signature is wrong.
    public static let bad_certificate = Self(rawValue: 42)
    /// §6.2: a certificate of an unsupported kind.
    public static let unsupported_certificate = Self(rawValue: 43)
    /// §6.2: a certificate that its issuer took back.
    public static let certificate_revoked = Self(rawValue: 44)
    /// §6.2: a certificate that is not valid now.
    public static let certificate_expired = Self(rawValue: 45)
    /// §6.2: a certificate that is not acceptable for some other reason.
    public static let certificate_unknown = Self(rawValue: 46)
    /// §6.2: a value that may not be sent.
    public static let illegal_parameter = Self(rawValue: 47)
    /// §6.2: no path to a trust anchor.
    public static let unknown_ca = Self(rawValue: 48)
    /// §6.2: a valid certificate or PSK that is not let in.
    public static let access_denied = Self(rawValue: 49)
    /// §6.2: a message that does not parse.
    public static let decode_error = Self(rawValue: 50)
    /// §6.2: a signature, Finished or PSK binder that is wrong.
    public static let decrypt_error = Self(rawValue: 51)
    /// RFC 2246 §7.2.2; no longer sent.
    public static let export_restriction_RESERVED = Self(rawValue: 60)
    /// §6.2: no version in common.
    public static let protocol_version = Self(rawValue: 70)
    /// §6.2: nothing strong enough in common.
    public static let insufficient_security = Self(rawValue: 71)
    /// §6.2: a fault that is not the peer's.
    public static let internal_error = Self(rawValue: 80)
    /// RFC 7507 §3
    public static let inappropriate_fallback = Self(rawValue: 86)
    /// §6.1: the handshake is given up for a reason of the user's.
    public static let user_canceled = Self(rawValue: 90)
    /// RFC 5246 §7.2.2
    public static let no_renegotiation_RESERVED = Self(rawValue: 100)
    /// §6.2: an extension that is mandatory here is not there.
    public static let missing_extension = Self(rawValue: 109)
    /// §6.2: an extension that was not asked for.
    public static let unsupported_extension = Self(rawValue: 110)
    /// RFC 6066 §9; no longer sent.
    public static let certificate_unobtainable_RESERVED = Self(rawValue: 111)
    /// RFC 6066 §3: no server by that name.
    public static let unrecognized_name = Self(rawValue: 112)
    /// RFC 6066 §8
    public static let bad_certificate_status_response = Self(rawValue: 113)
    /// RFC 6066 §9; no longer sent.
    public static let bad_certificate_hash_value_RESERVED = Self(rawValue: 114)
    /// §6.2: no such pre-shared key.
    public static let unknown_psk_identity = Self(rawValue: 115)
    /// §6.2: a client must show a certificate.
    public static let certificate_required = Self(rawValue: 116)
    /// RFC 9846 §6.2: a fault for which there is no other alert.
    public static let general_error = Self(rawValue: 117)
    /// RFC 7301 §3.2: no application protocol in common.
    public static let no_application_protocol = Self(rawValue: 120)
    /// RFC 9849 §5; not supported.
    public static let ech_required = Self(rawValue: 121)
}

extension AlertDescription {
    public var name: StaticString? {
        switch self {
        case .close_notify: "close_notify"
        case .unexpected_message: "unexpected_message"
        case .bad_record_mac: "bad_record_mac"
        case .decryption_failed_RESERVED: "decryption_failed_RESERVED"
        case .record_overflow: "record_overflow"
        case .decompression_failure_RESERVED: "decompression_failure_RESERVED"
        case .handshake_failure: "handshake_failure"
        case .no_certificate_RESERVED: "no_certificate_RESERVED"
        case .bad_certificate: "bad_certificate"
        case .unsupported_certificate: "unsupported_certificate"
        case .certificate_revoked: "certificate_revoked"
        case .certificate_expired: "certificate_expired"
        case .certificate_unknown: "certificate_unknown"
        case .illegal_parameter: "illegal_parameter"
        case .unknown_ca: "unknown_ca"
        case .access_denied: "access_denied"
        case .decode_error: "decode_error"
        case .decrypt_error: "decrypt_error"
        case .export_restriction_RESERVED: "export_restriction_RESERVED"
        case .protocol_version: "protocol_version"
        case .insufficient_security: "insufficient_security"
        case .internal_error: "internal_error"
        case .inappropriate_fallback: "inappropriate_fallback"
        case .user_canceled: "user_canceled"
        case .no_renegotiation_RESERVED: "no_renegotiation_RESERVED"
        case .missing_extension: "missing_extension"
        case .unsupported_extension: "unsupported_extension"
        case .certificate_unobtainable_RESERVED: "certificate_unobtainable_RESERVED"
        case .unrecognized_name: "unrecognized_name"
        case .bad_certificate_status_response: "bad_certificate_status_response"
        case .bad_certificate_hash_value_RESERVED: "bad_certificate_hash_value_RESERVED"
        case .unknown_psk_identity: "unknown_psk_identity"
        case .certificate_required: "certificate_required"
        case .general_error: "general_error"
        case .no_application_protocol: "no_application_protocol"
        case .ech_required: "ech_required"
        default: nil
        }
    }
}
