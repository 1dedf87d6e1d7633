// Who signs for a tunnel: keys in this process's memory, which answer at once, or one in a token, whose answer comes later and
// by way of the event loop.
import Bytes
import Provisioning
import TLS
import TLSCrypto

/// A tunnel's private keys, as far as it has some.
struct Signer: ~Copyable {
    /// The key of the first identity, and that of the second: of the certificate, then of the raw public key.
    private let first: SigningKey?
    private let second: SigningKey?
    /// The certificate's key where that is in a token: that of the first identity then.
    private var token: TokenSigner?

    /// What came of being asked for a signature.
    enum Outcome {
        /// So many bytes of it are there.
        case signed(Int)
        /// It comes later, as the answer with this tag.
        case later(tag: UInt64)
        /// It cannot be had.
        case failed(Ending)
    }

    /// What the certificate's key is, where it is in a token.
    var tokenKey: TokenKeyDescription? {
        switch token {
        case .some(let token): token.key
        case .none: nil
        }
    }

    /// - Parameters:
    ///   - certificateKey: the certificate's key, where it is in memory.
    ///   - token: the same, where it is in a token.
    ///   - rawKey: the key of the raw public key.
    init(_ certificateKey: consuming SigningKey?, _ token: consuming TokenSigner?, _ rawKey: consuming SigningKey?) {
        // Identities are numbered as they are added.
        if certificateKey == nil, token == nil {
            first = rawKey
            second = nil
        } else {
            first = certificateKey
            second = rawKey
        }
        self.token = token
    }

    /// Signs or decrypts `content` as `request` says. A key in a token only signs.
    mutating func sign(
        _ request: SignatureRequest, _ content: Span<UInt8>, into signature: inout MutableSpan<UInt8>, now: Int64
    ) -> Outcome {
        do throws(CryptoError) {
            switch request.identity {
            case 0 where token != nil:
                let (algorithm, hash) = try request.hashed(content)
                return ask(algorithm, hash, now: now)
            case 0: return .signed(try Self.sign(first, request, content, into: &signature))
            case 1: return .signed(try Self.sign(second, request, content, into: &signature))
            default: throw .invalidKey
            }
        } catch {
            return .failed(.failed(.cryptoFailed(error)))
        }
    }

    private static func sign(
        _ key: borrowing SigningKey?, _ request: SignatureRequest, _ content: Span<UInt8>,
        into signature: inout MutableSpan<UInt8>
    ) throws(CryptoError) -> Int {
        switch key {
        case .some(let key): return try key.sign(request, content, into: &signature)
        case .none: throw .invalidKey
        }
    }

    private mutating func ask(_ algorithm: SignatureAlgorithm, _ hash: Digest, now: Int64) -> Outcome {
        do throws(TokenFailure) {
            guard let tag = try token?.ask(algorithm, hash, now: now) else {
                return .failed(.failed(.cryptoFailed(.invalidKey)))
            }
            return .later(tag: tag)
        } catch {
            return .failed(.signerFailed(error))
        }
    }
}

// What the event loop does with the token; nothing where there is none.
extension Signer {
    /// The next answer, or nil where none has come yet.
    /// - Throws: why no answer comes any more to anything that was asked.
    mutating func receive(now: Int64) throws(TokenFailure) -> TokenAnswer? { try token?.receive(now: now) }

    /// When the token's helper is given up unless something comes; `.max` for never.
    var deadline: Int64 {
        switch token {
        case .some(let token): token.deadline
        case .none: .max
        }
    }

    /// Gives the helper up.
    mutating func giveUp() { token?.giveUp() }

    /// Gives the helper up for good.
    /// - Returns: its id where its end has still to be taken note of, else 0.
    mutating func end() -> Int32 { token?.end() ?? 0 }

    /// The helper's socket, where it has not been given to epoll yet and is to be now.
    mutating func descriptorToWatch() -> Int32? { token?.descriptorToWatch() }
}
