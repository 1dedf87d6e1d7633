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
    /// A signature is wanted, or with RSA key transport a decryption, which is the same key's other operation: see
    /// `signatureRequest` and `contentToSign`, answer with `supplySignature`.
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

/// What a private key is to do with `Connection.contentToSign`.
public enum PrivateKeyOperation: Equatable, Sendable {
    /// Sign it by this scheme (RFC 8446 §4.4.3).
    case sign(SignatureScheme)
    /// Sign what has it as its hash, by the scheme's hash function: the client's CertificateVerify of TLS 1.2 signs the whole
    /// handshake (RFC 5246 §7.4.8).
    case signHash(SignatureScheme)
    /// Decrypt it with an RSA key and leave the padding on: RSADP (RFC 8017 §5.1.2), in PKCS #11 CKM_RSA_X_509. What is no
    /// ciphertext gives zeros, as many as the modulus has bytes. The connection takes the padding off; who looks at it
    /// himself, and lets that be seen, decrypts for everybody (RFC 5246 §7.4.7.1).
    case decrypt
}

/// A signature, or a decryption, that a connection waits for; what it is of is `Connection.contentToSign`.
public struct SignatureRequest: Sendable {
    /// The number of the identity whose key is wanted.
    public let identity: Int
    /// What the key is to do.
    public let operation: PrivateKeyOperation
}

extension SignatureRequest {
    /// What a signer that only signs hashes is to sign, and how.
    /// - Parameter content: `Connection.contentToSign`.
    /// - Throws: `unsupported`, also for what is to be decrypted; `backend`.
    public func hashed(
        _ content: Span<UInt8>
    ) throws(CryptoError) -> (algorithm: SignatureAlgorithm, hash: Digest) {
        switch operation {
        case .sign(let scheme):
            guard let algorithm = scheme.signatureAlgorithm else { throw .unsupported }
            return (algorithm, try digest(algorithm.hash, content))
        case .signHash(let scheme):
            guard let algorithm = scheme.signatureAlgorithm, let hash = Digest(content) else { throw .unsupported }
            return (algorithm, hash)
        case .decrypt: throw .unsupported
        }
    }
}

extension SigningKey {
    /// Answers a request with this key.
    /// - Parameter content: `Connection.contentToSign`.
    /// - Returns: the length of the signature at the beginning of `signature`, or of the block that was decrypted: a secret.
    /// - Throws: as `sign` or `decrypt`.
    public func sign(
        _ request: SignatureRequest, _ content: Span<UInt8>, into signature: inout MutableSpan<UInt8>
    ) throws(CryptoError) -> Int {
        switch request.operation {
        case .sign(let scheme):
            guard let algorithm = scheme.signatureAlgorithm else { throw .unsupported }
            return try sign(algorithm, message: content, into: &signature)
        case .signHash(let scheme):
            guard let algorithm = scheme.signatureAlgorithm, let hash = Digest(content) else { throw .unsupported }
            return try sign(algorithm, hash: hash, into: &signature)
        case .decrypt: return try decrypt(content, into: &signature)
        }
    }
}
