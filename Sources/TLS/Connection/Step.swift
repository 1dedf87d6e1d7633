// What one step of a connection did, or what it needs to go on.
import Bytes
import TLSCrypto

/// The outcome of `Connection.step`.
public enum Step: Equatable, Sendable {
    /// Something was done and more may follow at once: call again. A program with many connections serves others first.
    case progressed
    /// Nothing more happens without bytes from the peer.
    case needsInput
    /// `output` must go to the peer before anything else happens.
    case hasOutput
    /// A signature is wanted: see `signatureRequest` and `contentToSign`, answer with `supplySignature`.
    case wantsSignature
    /// A verdict on `peerCertificates` or `peerRawPublicKey` is wanted, or, where a session is resumed, on `peerLeafHash`: answer with
    /// `supplyVerdict`.
    case wantsVerdict
    /// The handshake is over; said once. The workspace can be given back: `releaseWorkspace`.
    case established
    /// Server: there is `earlyData`, in a handshake that is not over; consume it to go on. Only where the configuration takes
    /// it (`Configuration.unsafeEarlyData`).
    case earlyData
    /// There is `applicationData`; consume it to go on.
    case applicationData
    /// Client: a ticket has come, so a session can be had: `takeSession`. Or ignore it and go on.
    case ticket
    /// The peer sent close_notify: it sends nothing more. We may.
    case peerClosed
    /// Both sides have closed.
    case closed
    /// The connection has failed, now or before. An alert may be in `output`: send it.
    case failed(TLSError)
}

/// A signature that a connection waits for (RFC 8446 §4.4.3); what is to be signed is `Connection.contentToSign`.
public struct SignatureRequest: Sendable {
    /// The number of the identity whose key is to sign.
    public let identity: Int
    /// The scheme to sign with.
    public let scheme: SignatureScheme
    /// Whether the content is hashed already, with the scheme's hash: the client's CertificateVerify of TLS 1.2 signs the
    /// whole handshake (RFC 5246 §7.4.8).
    public let isHashed: Bool
}

extension SigningKey {
    /// Answers a request with this key.
    /// - Parameter content: `Connection.contentToSign`.
    /// - Returns: the length of the signature at the beginning of `signature`.
    /// - Throws: as `sign`.
    public func sign(
        _ request: SignatureRequest, _ content: Span<UInt8>, into signature: inout MutableSpan<UInt8>
    ) throws(CryptoError) -> Int {
        guard let algorithm = request.scheme.signatureAlgorithm else { throw .unsupported }
        guard request.isHashed else { return try sign(algorithm, message: content, into: &signature) }
        guard let hash = Digest(content) else { throw .unsupported }
        return try sign(algorithm, hash: hash, into: &signature)
    }
}
