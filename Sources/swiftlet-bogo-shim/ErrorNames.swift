// The one table from our errors to the names that BoringSSL has for them: what the runner looks for on stderr. Where
// BoringSSL tells apart what we do not, Tests/Bogo/config.json says so.
import TLS
import TLSCrypto
import X509

extension TLSError {
    /// BoringSSL's name.
    var boringSSLName: String {
        switch self {
        case .malformed: "DECODE_ERROR"
        case .illegalParameter(let parameter): parameter.boringSSLName
        case .peerMisbehaved(let misbehaviour): misbehaviour.boringSSLName
        case .missingExtension(.key_share): "MISSING_KEY_SHARE"
        case .missingExtension(.supported_groups): "NO_SHARED_GROUP"
        case .missingExtension(.signature_algorithms): "NO_COMMON_SIGNATURE_ALGORITHMS"
        case .missingExtension: "MISSING_EXTENSION"
        case .peerIncompatible(let incompatibility): incompatibility.boringSSLName
        case .badCertificate(let error): error.boringSSLName
        case .keyNotPinned, .certificateRefused: "CERTIFICATE_VERIFY_FAILED"
        // A record that TLS allows to be no longer than 2^14 + 256, with 17 bytes of which nothing is plaintext.
        case .limitExceeded(.inboundFragment, _, let needed):
            needed + 17 > 16384 + 256 ? "ENCRYPTED_LENGTH_TOO_LONG" : "DATA_LENGTH_TOO_LONG"
        case .limitExceeded(let limit, _, _): limit.boringSSLName
        case .alertReceived(let alert): alert.boringSSLName
        // Only -send-alert does that, and it is no failure.
        case .aborted: "INTERNAL_ERROR"
        case .truncated: "UNEXPECTED_EOF_WHILE_READING"
        case .cryptoFailed(.invalidPublicValue): "BAD_ECPOINT"
        case .cryptoFailed, .misuse: "INTERNAL_ERROR"
        }
    }
}

extension IllegalParameter {
    fileprivate var boringSSLName: String {
        switch self {
        case .compressionMethod: "INVALID_COMPRESSION_LIST"
        case .sessionIDNotEchoed: "SERVER_ECHOED_INVALID_SESSION_ID"
        case .cipherSuiteNotOffered: "WRONG_CIPHER_RETURNED"
        case .cipherSuiteChanged: "WRONG_CIPHER_RETURNED"
        case .versionNotOffered: "UNSUPPORTED_PROTOCOL"
        case .downgradeSentinel: "TLS13_DOWNGRADE"
        case .groupNotOffered, .keyShareGroupChanged, .keyShareAlreadySent: "WRONG_CURVE"
        case .helloRetryRequestChangesNothing: "EMPTY_HELLO_RETRY_REQUEST"
        case .keyShareDuplicate: "DUPLICATE_KEY_SHARE"
        case .keyShareWithoutGroup: "WRONG_CURVE"
        case .keyShareInvalid: "BAD_ECPOINT"
        case .clientHelloChanged: "CLIENT_HELLO_CHANGED"
        case .extensionNotAllowed: "UNEXPECTED_EXTENSION"
        case .alpnNotOffered, .alpnNotSingle: "INVALID_ALPN_PROTOCOL"
        case .signatureSchemeNotOffered, .signatureSchemeNotAllowed: "WRONG_SIGNATURE_TYPE"
        case .alertLevel: "UNKNOWN_ALERT_TYPE"
        case .preSharedKeyNotOffered: "PSK_IDENTITY_NOT_FOUND"
        case .binderCount: "PSK_IDENTITY_BINDER_COUNT_MISMATCH"
        case .preSharedKeyHash: "OLD_SESSION_PRF_HASH_MISMATCH"
        case .preSharedKeyNotLast: "PRE_SHARED_KEY_MUST_BE_LAST"
        case .pskKeyExchangeMode: "WRONG_CURVE"
        case .ownIdentity: "PSK_IDENTITY_NOT_FOUND"
        case .earlyDataCipherSuite: "CIPHER_MISMATCH_ON_EARLY_DATA"
        case .earlyDataProtocol: "ALPN_MISMATCH_ON_EARLY_DATA"
        case .certificateRequestContext, .keyUpdateRequest, .recordSizeLimit, .serverName: "DECODE_ERROR"
        case .pointFormats, .maxFragmentLength, .certificateTypes: "DECODE_ERROR"
        case .certificateTypeNotOffered: "UNSUPPORTED_CERTIFICATE"
        case .sessionIDNotOffered: "SERVER_ECHOED_INVALID_SESSION_ID"
        case .certificateKeyKind: "WRONG_CERTIFICATE_TYPE"
        case .certificateCurve: "BAD_ECC_CERT"
        }
    }
}

extension Misbehaviour {
    fileprivate var boringSSLName: String {
        switch self {
        case .unexpectedMessage, .secondHelloRetryRequest: "UNEXPECTED_MESSAGE"
        case .unexpectedRecord, .interleavedRecords, .emptyHandshakeFragment: "UNEXPECTED_RECORD"
        case .changeCipherSpecMalformed: "BAD_CHANGE_CIPHER_SPEC"
        case .messageAcrossKeyChange: "EXCESS_HANDSHAKE_DATA"
        case .emptyInnerPlaintext: "DECRYPTION_FAILED_OR_BAD_RECORD_MAC"
        case .tooManyEmptyRecords, .tooManyChangeCipherSpecs, .tooManySmallFragments: "TOO_MANY_EMPTY_FRAGMENTS"
        case .tooManyWarnings: "TOO_MANY_WARNING_ALERTS"
        case .tooManyTickets: "TOO_MANY_TICKETS"
        case .tooManyKeyUpdates: "TOO_MANY_KEY_UPDATES"
        case .tooMuchEarlyData: "TOO_MUCH_READ_EARLY_DATA"
        case .tooMuchRefusedEarlyData: "TOO_MUCH_SKIPPED_EARLY_DATA"
        case .badRecordMAC: "DECRYPTION_FAILED_OR_BAD_RECORD_MAC"
        case .recordOverflow: "ENCRYPTED_LENGTH_TOO_LONG"
        case .recordVersion: "WRONG_VERSION_NUMBER"
        case .alertMalformed: "BAD_ALERT"
        case .duplicateExtension, .duplicateOffer: "DUPLICATE_EXTENSION"
        case .unsolicitedExtension: "UNEXPECTED_EXTENSION"
        case .tooManyExtensions: "DECODE_ERROR"
        case .signatureInvalid: "BAD_SIGNATURE"
        case .finishedInvalid, .binderInvalid: "DIGEST_CHECK_FAILED"
        case .emptyServerCertificate: "PEER_DID_NOT_RETURN_A_CERTIFICATE"
        case .renegotiationInfo: "RENEGOTIATION_MISMATCH"
        case .renegotiation: "NO_RENEGOTIATION"
        case .extendedMasterSecretChanged: "RESUMED_EMS_SESSION_WITHOUT_EMS_EXTENSION"
        }
    }
}

extension Incompatibility {
    fileprivate var boringSSLName: String {
        switch self {
        case .noCommonVersion: "UNSUPPORTED_PROTOCOL"
        case .noCommonCipherSuite: "NO_SHARED_CIPHER"
        case .noCommonGroup: "NO_SHARED_GROUP"
        case .noCommonSignatureScheme: "NO_COMMON_SIGNATURE_ALGORITHMS"
        case .noCommonCertificateType: "UNSUPPORTED_CERTIFICATE"
        case .noCommonApplicationProtocol: "NO_APPLICATION_PROTOCOL"
        case .unknownServerName: "UNRECOGNIZED_NAME"
        case .clientCertificateRequired: "PEER_DID_NOT_RETURN_A_CERTIFICATE"
        case .noIdentity: "NO_CERTIFICATE_SET"
        case .noCommonPreSharedKey: "PSK_IDENTITY_NOT_FOUND"
        case .noCommonPSKKeyExchangeMode: "NO_SUPPORTED_PSK_MODE"
        case .noMatchingIssuer: "NO_MATCHING_ISSUER"
        case .noExtendedMasterSecret: "NO_EXTENDED_MASTER_SECRET"
        case .noSecureRenegotiation: "RENEGOTIATION_MISMATCH"
        case .inappropriateFallback: "INAPPROPRIATE_FALLBACK"
        case .noClientCertificate: "PEER_DID_NOT_RETURN_A_CERTIFICATE"
        }
    }
}

extension Limit {
    fileprivate var boringSSLName: String {
        switch self {
        case .inboundFragment: "DATA_LENGTH_TOO_LONG"
        case .handshakeMessage, .postHandshakeMessage, .cookie, .session: "EXCESSIVE_MESSAGE_SIZE"
        case .outgoingMessage, .memory, .keyUpdates, .recordsUnderOneKey: "INTERNAL_ERROR"
        }
    }
}

extension X509Error {
    fileprivate var boringSSLName: String {
        switch reason {
        case .unsupportedPublicKey, .badPublicKeySize: "UNSUPPORTED_ALGORITHM"
        case .malformedDER, .unexpectedElement, .trailingData: "CANNOT_PARSE_LEAF_CERT"
        case .missingDigitalSignature, .missingKeyEncipherment: "KEY_USAGE_BIT_INCORRECT"
        default: "CERTIFICATE_VERIFY_FAILED"
        }
    }
}

extension AlertDescription {
    /// BoringSSL kept the names of the versions that brought the alerts.
    fileprivate var boringSSLName: String {
        if self == .decompression_failure_RESERVED { return "SSLV3_ALERT_DECOMPRESSION_FAILURE" }
        let text = name.map { "\($0)".uppercased() } ?? "\(rawValue)"
        return Self.ofSSL3.contains(self) ? "SSLV3_ALERT_\(text)" : "TLSV1_ALERT_\(text)"
    }

    private static let ofSSL3: [AlertDescription] = [
        .close_notify, .unexpected_message, .bad_record_mac, .handshake_failure, .bad_certificate,
        .unsupported_certificate, .certificate_revoked, .certificate_expired, .certificate_unknown,
        .illegal_parameter,
    ]
}
