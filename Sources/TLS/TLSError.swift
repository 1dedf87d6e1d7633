// What can go wrong, sorted by whose fault it is (RFC 8446 §6). `TLSError.alert`, in AlertTable.swift, is the one place
// that turns an error into the alert to send. The first error of a connection is the one that stays.
import TLSCrypto
import X509

/// Why a connection failed.
public enum TLSError: Error, Equatable, Sendable {
    /// The peer sent a handshake message that does not parse.
    case malformed(HandshakeType)
    /// The peer sent a value that it may not send.
    case illegalParameter(IllegalParameter)
    /// The peer broke the order or the rules of the protocol.
    case peerMisbehaved(Misbehaviour)
    /// The peer left out an extension that it must send (RFC 8446 §9.2).
    case missingExtension(ExtensionType)
    /// The peer speaks TLS, but nothing that our configuration allows.
    case peerIncompatible(Incompatibility)
    /// The peer's certificate was not accepted.
    case badCertificate(X509Error)
    /// The public key of the peer's certificate is none of those that are pinned, or its raw public key none of those that
    /// are trusted.
    case keyNotPinned
    /// The peer was not accepted by the application's own verdict, which names the alert.
    case certificateRefused(AlertDescription)
    /// Something that the peer sent, or that we were to send, is larger than the memory set aside for it.
    case limitExceeded(Limit, capacity: Int, needed: Int)
    /// The peer ended the connection with this alert.
    case alertReceived(AlertDescription)
    /// The application ended the connection with this alert: `Connection.abort`.
    case aborted(AlertDescription)
    /// The transport ended without a close_notify: data may be missing.
    case truncated
    /// A primitive failed for a reason that is not the peer's doing: memory, randomness, our own key.
    case cryptoFailed(CryptoError)
    /// The application called something that this state of the connection does not allow.
    case misuse(Misuse)
}

/// A value that the peer may not send (RFC 8446 §4, "illegal_parameter").
public enum IllegalParameter: UInt8, Sendable {
    case compressionMethod, sessionIDNotEchoed, cipherSuiteNotOffered, cipherSuiteChanged, versionNotOffered
    case downgradeSentinel, groupNotOffered, keyShareAlreadySent, helloRetryRequestChangesNothing
    case keyShareDuplicate, keyShareWithoutGroup, keyShareInvalid, clientHelloChanged, extensionNotAllowed
    case alpnNotOffered, alpnNotSingle, serverName, signatureSchemeNotOffered, signatureSchemeNotAllowed
    case certificateRequestContext, keyUpdateRequest, recordSizeLimit, preSharedKeyNotLast
    case keyShareGroupChanged, preSharedKeyNotOffered, preSharedKeyHash, alertLevel
    case binderCount, pskKeyExchangeMode, ownIdentity, earlyDataCipherSuite, earlyDataProtocol
    // RFC 7250 §4.1, §4.2
    case certificateTypes, certificateTypeNotOffered
    // TLS 1.2: RFC 8422 §5.1.2, RFC 6066 §4, RFC 5246 §7.4.1.3
    case pointFormats, maxFragmentLength, sessionIDNotOffered
    // TLS 1.2: RFC 5246 §7.4.2, RFC 8422 §5.3
    case certificateKeyKind, certificateCurve
}

/// A rule of the protocol that the peer broke.
public enum Misbehaviour: UInt8, Sendable {
    // RFC 8446 §4: a message that may not come now; §5: a record that may not come now.
    case unexpectedMessage, unexpectedRecord, secondHelloRetryRequest, messageAcrossKeyChange, interleavedRecords
    case emptyHandshakeFragment, emptyInnerPlaintext, changeCipherSpecMalformed
    // Nuisance: more of something useless than the budget allows.
    case tooManyEmptyRecords, tooManyChangeCipherSpecs, tooManyWarnings, tooManyTickets, tooManyKeyUpdates
    case tooManySmallFragments, tooMuchEarlyData, tooMuchRefusedEarlyData
    // §5.2: a record that cannot be opened or is too long; §5.1: a content type or version that is none.
    case badRecordMAC, recordOverflow, recordVersion, alertMalformed
    // §4.2: extensions
    case duplicateExtension, duplicateOffer, unsolicitedExtension, tooManyExtensions
    // §4.4
    case signatureInvalid, finishedInvalid, emptyServerCertificate
    // §4.2.11.2
    case binderInvalid
    // TLS 1.2: RFC 5746 §3.4, §3.5; RFC 7627 §5.3
    case renegotiationInfo, renegotiation, extendedMasterSecretChanged
}

/// What the two sides do not have in common.
public enum Incompatibility: UInt8, Sendable {
    case noCommonVersion, noCommonCipherSuite, noCommonGroup, noCommonSignatureScheme, noCommonApplicationProtocol
    case unknownServerName, clientCertificateRequired, noIdentity, noMatchingIssuer, noCommonPreSharedKey
    case noCommonPSKKeyExchangeMode
    // RFC 7250 §4.2
    case noCommonCertificateType
    // TLS 1.2: RFC 7627 §5.2, §5.3; RFC 5746 §3.4; RFC 7507 §3; RFC 5246 §7.4.6
    case noExtendedMasterSecret, noSecureRenegotiation, inappropriateFallback, noClientCertificate
}

/// A named capacity: see `Limits`.
public enum Limit: UInt8, Sendable {
    /// `Limits.inboundFragment`: a record from the peer.
    case inboundFragment
    /// `Limits.handshakeMessage`: one handshake message from the peer, as a rule its certificate chain.
    case handshakeMessage
    /// `Limits.outgoingMessage`: one handshake message of ours, without our certificate chain.
    case outgoingMessage
    /// `Limits.cookie`: the cookie of a HelloRetryRequest.
    case cookie
    /// The memory given to a connection or its workspace.
    case memory
    /// A message after the handshake.
    case postHandshakeMessage
    /// `Limits.session`: memory for a session.
    case session
    /// How often one side may change its keys (RFC 9846 §4.7.3).
    case keyUpdates
    /// How many records one key may protect; TLS 1.2 has no other key.
    case recordsUnderOneKey
}

/// A call that the connection's state does not allow.
public enum Misuse: UInt8, Sendable {
    case notEstablished, alreadyClosed, noSignatureWanted, noVerdictWanted, handshakeUnderWay, badConfiguration,
        outputPending, noTicket, noExtendedMasterSecret, noKeyUpdate
    /// Of `ExternalKeys.add`: a key of fewer than 16 bytes, one for both roles, an identity that is there already.
    case weakPreSharedKey, preSharedKeyInBothRoles, duplicateIdentity
}

#if !hasFeature(Embedded)
    // For tests alone: `allCases` is an array, which the core may not allocate.
    extension IllegalParameter: CaseIterable {}
    extension Misbehaviour: CaseIterable {}
    extension Incompatibility: CaseIterable {}
    extension Limit: CaseIterable {}
    extension Misuse: CaseIterable {}
#endif
