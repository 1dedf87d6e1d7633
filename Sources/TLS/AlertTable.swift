// One table from errors to alerts: RFC 8446 §6.2 and the section named at each row. Every row has its test.
import TLSCrypto
import X509

extension TLSError {
    /// The alert that tells the peer, or nil where it is not told: it has gone, it told us, or the fault is a call's.
    public var alert: AlertDescription? {
        switch self {
        case .malformed: .decode_error
        case .illegalParameter: .illegal_parameter
        case .peerMisbehaved(let misbehaviour): misbehaviour.alert
        case .missingExtension: .missing_extension  // §9.2
        case .peerIncompatible(let incompatibility): incompatibility.alert
        case .badCertificate(let error): error.alert
        case .keyNotPinned: .certificate_unknown
        case .certificateRefused(let alert), .aborted(let alert): alert
        case .limitExceeded(let limit, _, _): limit.alert
        case .alertReceived, .truncated, .misuse: nil
        case .cryptoFailed: .internal_error
        }
    }
}

extension Misbehaviour {
    var alert: AlertDescription {
        switch self {
        case .unexpectedMessage, .unexpectedRecord, .secondHelloRetryRequest, .messageAcrossKeyChange,
            .interleavedRecords, .emptyHandshakeFragment, .emptyInnerPlaintext, .changeCipherSpecMalformed:
            .unexpected_message  // §4, §5, §5.1, §5.4
        case .tooManyEmptyRecords, .tooManyChangeCipherSpecs, .tooManyWarnings, .tooManyTickets, .tooManyKeyUpdates,
            .tooManySmallFragments, .tooMuchEarlyData, .tooMuchRefusedEarlyData:
            .unexpected_message
        case .badRecordMAC: .bad_record_mac  // §5.2
        case .recordOverflow: .record_overflow  // §5.1, §5.2
        case .recordVersion: .protocol_version  // Appendix E.1: bytes that are no TLS
        case .alertMalformed, .tooManyExtensions: .decode_error  // §6
        // §4.2 forbids both and leaves the alert open; these are what other stacks answer.
        case .duplicateExtension: .illegal_parameter
        case .duplicateOffer: .decode_error
        case .unsolicitedExtension: .unsupported_extension  // §4.2
        case .signatureInvalid, .finishedInvalid, .binderInvalid: .decrypt_error  // §4.4.3, §4.4.4, §4.2.11
        case .emptyServerCertificate: .decode_error  // §4.4.2.4
        case .renegotiationInfo: .handshake_failure  // RFC 5746 §3.4, §3.6
        case .extendedMasterSecretChanged: .handshake_failure  // RFC 7627 §5.3
        case .renegotiation: .no_renegotiation_RESERVED  // RFC 5246 §7.2.2
        }
    }
}

extension Incompatibility {
    var alert: AlertDescription {
        switch self {
        case .noCommonVersion: .protocol_version  // §4.2.1
        case .noCommonCipherSuite, .noCommonGroup, .noCommonSignatureScheme, .noIdentity, .noMatchingIssuer,
            .noCommonPSKKeyExchangeMode:
            .handshake_failure  // §4.1.1, §4.4.2.2
        // §6.2 leaves it open to say unknown_psk_identity; a client that offers nothing suitable is told what others are.
        case .noCommonPreSharedKey: .handshake_failure
        case .noCommonCertificateType: .unsupported_certificate  // RFC 7250 §4.2
        case .noCommonApplicationProtocol: .no_application_protocol  // RFC 7301 §3.2
        case .unknownServerName: .unrecognized_name  // RFC 6066 §3
        case .clientCertificateRequired: .certificate_required  // §4.4.2.4
        case .noExtendedMasterSecret: .handshake_failure  // RFC 7627 §5.2, §5.3
        case .noSecureRenegotiation: .handshake_failure  // RFC 5746 §3.4
        case .noClientCertificate: .handshake_failure  // RFC 5246 §7.4.6
        case .inappropriateFallback: .inappropriate_fallback  // RFC 7507 §3
        }
    }
}

extension X509Error {
    /// RFC 8446 §6.2, as far as it says which: a certificate can fail in more ways than there are alerts.
    var alert: AlertDescription {
        switch reason {
        // What is no certificate at all does not decode.
        case .malformedDER, .unexpectedElement, .trailingData: .decode_error
        case .badSerialNumber, .algorithmMismatch, .badTime, .badName,
            .tooManyNames, .duplicateExtension, .tooManyExtensions, .badExtension, .badPublicKey, .badSignature,
            .notCertificateAuthority, .pathLengthExceeded, .missingKeyCertSign, .unknownCriticalExtension,
            .unsupportedNameConstraints, .nameNotPermitted, .nameExcluded, .policyRequired, .tooManyPolicies,
            .nameMismatch, .noComparableName, .differentLeaf:
            .bad_certificate
        case .unsupportedVersion, .unsupportedPublicKey, .badPublicKeySize, .unsupportedSignatureAlgorithm,
            .weakSignatureAlgorithm, .missingDigitalSignature, .missingKeyEncipherment, .wrongPurpose:
            .unsupported_certificate
        case .expired, .notYetValid: .certificate_expired
        case .revoked: .certificate_revoked
        case .unknownIssuer, .pathTooLong, .tooManySignatureChecks, .tooManyNameComparisons, .noAnchors: .unknown_ca
        case .tooManyCertificates, .timeUnknown, .badReferenceIdentity: .certificate_unknown
        // "Some other (unspecified) issue arose in processing the certificate": the lists are ours, not the peer's.
        case .revocationListMissing, .revocationListExpired, .revocationListNotYetValid,
            .revocationListWithoutNextUpdate, .indirectRevocationList, .deltaRevocationList, .partialRevocationList,
            .malformedRevocationList, .unknownCriticalListExtension, .badRevocationListSignature,
            .weakRevocationListSignature, .unsupportedRevocationListSignature, .missingCRLSign:
            .certificate_unknown
        case .noCertificate, .malformedSequence: .decode_error
        case .cryptoFailure: .internal_error
        }
    }
}

extension Limit {
    var alert: AlertDescription {
        switch self {
        case .inboundFragment: .record_overflow  // RFC 8449 §4
        case .handshakeMessage, .cookie, .postHandshakeMessage: .handshake_failure
        case .outgoingMessage, .memory, .session, .keyUpdates, .recordsUnderOneKey: .internal_error
        }
    }
}
