// What went wrong with TLS, in words for a log or a terminal.
import Bytes
import X509

extension TLSError {
    /// Appends why a TLS connection failed, and what the peer was told, in one line without its end.
    public func describe(into writer: inout ByteWriter) {
        describeCause(into: &writer)
        guard let name = alert?.name else { return }
        writer.append("; told the peer ")
        writer.append(name)
    }

    /// Appends why a TLS connection failed, without what the peer was told.
    public func describeCause(into writer: inout ByteWriter) {
        switch self {
        case .malformed(let type):
            writer.append("the peer sent a malformed ")
            writer.append(type.name ?? "handshake message")
        case .illegalParameter(let parameter): writer.append(parameter.text)
        case .peerMisbehaved(let misbehaviour): writer.append(misbehaviour.text)
        case .missingExtension(let type):
            writer.append("the peer left out the extension ")
            if let name = type.name { writer.append(name) } else { writer.append(number: Int(type.rawValue)) }
            writer.append(", which it must send")
        case .peerIncompatible(let incompatibility): writer.append(incompatibility.text)
        case .badCertificate(let error):
            writer.append("the peer's certificate ")
            if error.certificate > 0 {
                writer.append(number: error.certificate + 1)
                writer.append(" of its chain ")
            }
            writer.append(error.reason.description)
        case .keyNotPinned: writer.append("the key of the peer is none of those that are pinned or trusted")
        case .certificateRefused: writer.append("the peer's certificate was refused")
        case .aborted: writer.append("the connection was ended on purpose")
        case .limitExceeded(let limit, let capacity, let needed):
            writer.append(limit.text)
            writer.append(": ")
            writer.append(number: needed)
            writer.append(" bytes where ")
            writer.append(number: capacity)
            writer.append(" fit")
        case .alertReceived(let alert):
            writer.append("the peer ended the connection with the alert ")
            if let name = alert.name { writer.append(name) } else { writer.append(number: Int(alert.rawValue)) }
        case .truncated: writer.append("truncated: the peer ended the stream without close_notify")
        case .cryptoFailed:
            writer.append("a cryptographic operation of ours failed: out of memory or of randomness, or a bad key")
        case .misuse: writer.append("internal fault of this program; report it")
        }
    }
}

extension ByteWriter {
    /// Appends a number in decimal.
    @_lifetime(self: copy self)
    fileprivate mutating func append(number: Int) {
        let magnitude = UInt64(number.magnitude)
        var divisor: UInt64 = 1
        while magnitude / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: magnitude / divisor % 10))
            divisor /= 10
        }
    }
}

extension IllegalParameter {
    fileprivate var text: StaticString {
        switch self {
        case .compressionMethod: "the peer wants compression, which there is not"
        case .sessionIDNotEchoed: "the server did not give legacy_session_id back"
        case .cipherSuiteNotOffered: "the server chose a cipher suite that was not offered"
        case .cipherSuiteChanged: "the server changed the cipher suite that it had chosen before"
        case .versionNotOffered: "the server chose a version that was not offered"
        case .downgradeSentinel: "somebody in between made the handshake one of an older version (downgrade sentinel)"
        case .groupNotOffered: "the server chose a group that was not offered"
        case .keyShareAlreadySent: "the server asked for a key share that it had"
        case .helloRetryRequestChangesNothing: "the server sent a HelloRetryRequest that changes nothing"
        case .keyShareDuplicate: "the client sent two key shares of one group"
        case .keyShareWithoutGroup: "the client sent a key share of a group that it does not name"
        case .keyShareGroupChanged: "the client did not send the one key share that it was asked for"
        case .keyShareInvalid: "the peer's key share is no valid public value"
        case .clientHelloChanged: "the client's second ClientHello differs where it must not"
        case .extensionNotAllowed: "the peer sent an extension in a message where it may not stand"
        case .alpnNotOffered: "the server chose an application protocol that was not offered"
        case .alpnNotSingle: "the server chose more than one application protocol"
        case .serverName: "the client asked for two names, or for one that is no host name"
        case .signatureSchemeNotOffered: "the peer signed with a scheme that was not offered"
        case .signatureSchemeNotAllowed: "the peer signed with a scheme that may not be used there, or not with its key"
        case .certificateRequestContext: "the peer sent a certificate_request_context that must be empty"
        case .keyUpdateRequest: "the peer sent a KeyUpdate that neither asks for one nor does not"
        case .recordSizeLimit: "the peer sent a record_size_limit out of its range"
        case .preSharedKeyNotLast: "the client sent an extension behind pre_shared_key"
        case .preSharedKeyNotOffered: "the server chose a pre-shared key that was not offered"
        case .preSharedKeyHash: "the server chose a cipher suite with another hash than the pre-shared key's"
        case .binderCount: "the client sent more or fewer binders than pre-shared keys"
        case .pskKeyExchangeMode: "the server used a pre-shared key in a mode that was not offered"
        case .ownIdentity: "the peer sent an identity of ours back: somebody may reflect our messages"
        case .alertLevel: "the peer sent an alert of an unknown level"
        case .earlyDataCipherSuite: "the server took early data with another cipher suite than the session's"
        case .earlyDataProtocol: "the server took early data with another application protocol than the session's"
        case .certificateTypes: "the client named X.509 as its only type of certificate, which it must leave out"
        case .certificateTypeNotOffered: "the server chose a type of certificate that was not offered"
        case .pointFormats: "the peer does not know uncompressed points"
        case .maxFragmentLength: "the peer sent a max_fragment_length that is none, or not the one asked for"
        case .sessionIDNotOffered: "the server resumes a session that was not offered"
        case .certificateKeyKind: "the peer's certificate is for another kind of key than the cipher suite's"
        case .certificateCurve: "the key of the peer's certificate is on a curve that was not offered"
        }
    }
}

extension Misbehaviour {
    fileprivate var text: StaticString {
        switch self {
        case .unexpectedMessage: "the peer sent a handshake message that may not come there"
        case .unexpectedRecord: "the peer sent a record that may not come there"
        case .secondHelloRetryRequest: "the peer sent a second HelloRetryRequest"
        case .messageAcrossKeyChange: "the peer sent a handshake message across a change of keys"
        case .interleavedRecords: "the peer sent another record within a handshake message"
        case .emptyHandshakeFragment, .emptyInnerPlaintext: "the peer sent an empty record"
        case .changeCipherSpecMalformed: "the peer sent a malformed change_cipher_spec"
        case .tooManyEmptyRecords: "the peer sent too many empty records"
        case .tooManyChangeCipherSpecs: "the peer sent too many change_cipher_spec records"
        case .tooManyWarnings: "the peer sent too many warnings"
        case .tooManyTickets: "the peer sent too many tickets"
        case .tooManyKeyUpdates: "the peer sent too many KeyUpdates"
        case .tooManySmallFragments: "the peer sent too many small fragments"
        case .tooMuchEarlyData: "the peer sent more early data than its ticket allows"
        case .tooMuchRefusedEarlyData: "the peer sent too much early data, which is not taken"
        case .badRecordMAC: "a record could not be opened: it was changed on its way"
        case .recordOverflow: "the peer sent a record that is too long"
        case .recordVersion: "the peer does not speak TLS"
        case .alertMalformed: "the peer sent a malformed alert"
        case .duplicateExtension, .duplicateOffer: "the peer sent an extension twice"
        case .unsolicitedExtension: "the peer sent an extension that was not asked for"
        case .tooManyExtensions: "the peer sent too many extensions"
        case .signatureInvalid: "the peer's signature is not valid: it does not have the key of its certificate"
        case .finishedInvalid: "the peer's Finished is not valid: the handshake was changed on its way"
        case .binderInvalid: "the peer does not have the pre-shared key, or the key of the session, that it names"
        case .emptyServerCertificate: "the server showed no certificate"
        case .renegotiationInfo: "the peer mixes this handshake with another: somebody may stand in between"
        case .renegotiation: "the peer wants to renegotiate, which is refused"
        case .extendedMasterSecretChanged: "the peer resumes a session with another kind of master secret than it had"
        }
    }
}

extension Incompatibility {
    fileprivate var text: StaticString {
        switch self {
        case .noCommonVersion: "the peer speaks no version of TLS that is allowed"
        case .noCommonCipherSuite: "the peer has no cipher suite in common with us"
        case .noCommonGroup: "the peer has no group in common with us"
        case .noCommonSignatureScheme: "the peer has no signature scheme in common with us and our certificates"
        case .noCommonCertificateType: "the peer and we have no type of certificate in common (raw public keys)"
        case .noCommonApplicationProtocol: "the peer has no application protocol in common with alpn"
        case .unknownServerName: "the peer asked for a name that we do not have"
        case .clientCertificateRequired, .noClientCertificate: "the client showed no certificate, and one is required"
        case .noIdentity: "we have no certificate for the peer"
        case .noMatchingIssuer: "none of our certificates is of an authority that the peer names"
        case .noCommonPreSharedKey: "the peer has none of our pre-shared keys, and no certificate was possible"
        case .noCommonPSKKeyExchangeMode: "the peer does not let pre-shared keys be used as we do (psk-modes)"
        case .noExtendedMasterSecret: "the peer does not know extended_master_secret (RFC 7627); update it"
        case .noSecureRenegotiation: "the server does not know renegotiation_info (RFC 5746); update it"
        case .inappropriateFallback: "the peer fell back to TLS 1.2 although both know TLS 1.3"
        }
    }
}

extension Limit {
    fileprivate var text: StaticString {
        switch self {
        case .inboundFragment: "a record of the peer is larger than its buffer"
        case .handshakeMessage: "a handshake message of the peer is larger than its buffer"
        case .outgoingMessage: "a handshake message of ours is larger than its buffer"
        case .cookie: "the cookie of the peer is larger than its buffer"
        case .memory: "the memory of a connection is too small"
        case .postHandshakeMessage: "a message of the peer after the handshake is larger than its buffer"
        case .session: "a session is larger than its buffer"
        case .keyUpdates: "the keys have been changed as often as they may be"
        case .recordsUnderOneKey: "a key has protected as much as it may, and TLS 1.2 has no other"
        }
    }
}
