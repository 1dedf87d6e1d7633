// Every row of the table from errors to alerts. The expectations stand here by themselves, taken from RFC 8446 §6.2 and the
// sections named, so that a change of the table has to be made twice.
import TLSCrypto
import Testing
import X509

@testable import TLS

@Suite struct AlertTableTests {
    @Test(arguments: Misbehaviour.allCases)
    func misbehaviour(_ row: Misbehaviour) {
        let expected: AlertDescription =
            switch row {
            case .unexpectedMessage, .unexpectedRecord, .secondHelloRetryRequest, .messageAcrossKeyChange:
                .unexpected_message
            case .interleavedRecords, .emptyHandshakeFragment, .emptyInnerPlaintext: .unexpected_message
            case .changeCipherSpecMalformed, .tooManyEmptyRecords, .tooManyChangeCipherSpecs: .unexpected_message
            case .tooManyWarnings, .tooManyTickets, .tooManyKeyUpdates, .tooManySmallFragments,
                .tooMuchEarlyData, .tooMuchRefusedEarlyData:
                .unexpected_message
            case .badRecordMAC: .bad_record_mac
            case .recordOverflow: .record_overflow
            case .recordVersion: .protocol_version
            case .alertMalformed, .tooManyExtensions, .emptyServerCertificate: .decode_error
            case .duplicateExtension: .illegal_parameter
            case .duplicateOffer: .decode_error
            case .unsolicitedExtension: .unsupported_extension
            case .signatureInvalid, .finishedInvalid, .binderInvalid: .decrypt_error
            // RFC 5746 §3.4, §3.6; RFC 7627 §5.3; RFC 5246 §7.2.2
            case .renegotiationInfo, .extendedMasterSecretChanged: .handshake_failure
            case .renegotiation: .no_renegotiation_RESERVED
            }
        #expect(TLSError.peerMisbehaved(row).alert == expected)
    }

    @Test(arguments: Incompatibility.allCases)
    func incompatibility(_ row: Incompatibility) {
        let expected: AlertDescription =
            switch row {
            case .noCommonVersion: .protocol_version
            case .noCommonCipherSuite, .noCommonGroup, .noCommonSignatureScheme, .noIdentity, .noMatchingIssuer:
                .handshake_failure
            case .noCommonPreSharedKey, .noCommonPSKKeyExchangeMode: .handshake_failure
            case .noCommonCertificateType: .unsupported_certificate  // RFC 7250 §4.2
            case .noCommonApplicationProtocol: .no_application_protocol
            case .unknownServerName: .unrecognized_name
            case .clientCertificateRequired: .certificate_required
            // RFC 7627 §5.2, §5.3; RFC 5746 §3.4; RFC 5246 §7.4.6; RFC 7507 §3
            case .noExtendedMasterSecret, .noSecureRenegotiation, .noClientCertificate: .handshake_failure
            case .inappropriateFallback: .inappropriate_fallback
            }
        #expect(TLSError.peerIncompatible(row).alert == expected)
    }

    @Test(arguments: IllegalParameter.allCases)
    func illegalParameter(_ row: IllegalParameter) {
        #expect(TLSError.illegalParameter(row).alert == .illegal_parameter)
    }

    @Test(arguments: Limit.allCases)
    func limit(_ row: Limit) {
        let expected: AlertDescription =
            switch row {
            case .inboundFragment: .record_overflow
            case .handshakeMessage, .cookie, .postHandshakeMessage: .handshake_failure
            case .outgoingMessage, .memory, .session, .keyUpdates, .recordsUnderOneKey: .internal_error
            }
        #expect(TLSError.limitExceeded(row, capacity: 1, needed: 2).alert == expected)
    }

    @Test(arguments: X509Error.Reason.allCases)
    func certificate(_ row: X509Error.Reason) {
        let alert = TLSError.badCertificate(X509Error(row)).alert
        let expected: AlertDescription? =
            switch row {
            case .expired, .notYetValid: .certificate_expired
            case .revoked: .certificate_revoked
            case .nameNotPermitted, .nameExcluded: .bad_certificate
            case .revocationListMissing, .revocationListExpired: .certificate_unknown
            case .unknownIssuer, .noAnchors: .unknown_ca
            case .weakSignatureAlgorithm, .unsupportedPublicKey, .wrongPurpose: .unsupported_certificate
            case .malformedDER, .unexpectedElement, .trailingData: .decode_error
            case .badSignature, .nameMismatch, .notCertificateAuthority: .bad_certificate
            case .timeUnknown: .certificate_unknown
            case .cryptoFailure: .internal_error
            default: nil
            }
        if let expected { #expect(alert == expected) }
        let family: [AlertDescription] = [
            .bad_certificate, .unsupported_certificate, .certificate_expired, .unknown_ca, .certificate_unknown,
            .certificate_revoked, .decode_error, .internal_error,
        ]
        #expect(alert.map { family.contains($0) } == true)
    }

    @Test func theRest() {
        #expect(TLSError.malformed(.client_hello).alert == .decode_error)
        #expect(TLSError.missingExtension(.key_share).alert == .missing_extension)
        #expect(TLSError.keyNotPinned.alert == .certificate_unknown)
        #expect(TLSError.certificateRefused(.certificate_revoked).alert == .certificate_revoked)
        #expect(TLSError.aborted(.internal_error).alert == .internal_error)
        #expect(TLSError.cryptoFailed(.outOfMemory).alert == .internal_error)
        #expect(TLSError.alertReceived(.bad_record_mac).alert == nil)
        #expect(TLSError.truncated.alert == nil)
        for misuse in Misuse.allCases { #expect(TLSError.misuse(misuse).alert == nil) }
    }
}
