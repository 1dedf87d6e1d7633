// A private key in a token, for programs that can wait for its signatures.
import Bytes
import TLS
import TLSCrypto
import X509

/// A private key in a token: found, logged in to, and shown to sign so that it verifies.
public struct TokenKey: ~Copyable, DocumentSigner {
    /// Public, as what this holds and has a deinit: other modules of an Embedded build must see that deinit.
    public var client: TokenClient
    /// What the key is and what the token can do with it.
    public private(set) var description: TokenKeyDescription
    /// The public half in DER; empty where the token does not have it.
    private var info: BoundedBytes<600>

    /// Finds a key.
    public init(uri: TokenText, pinFile: TokenText) throws(TokenFailure) {
        var client = TokenClient(uri: uri, pinFile: pinFile)
        let answer = try client.open()
        self = try Self.checked(client, answer)
    }

    /// Makes a key in the token, with the label (`object`) and the `id` of the URI.
    public init(making type: KeyType, uri: TokenText, pinFile: TokenText) throws(TokenFailure) {
        var client = TokenClient(uri: uri, pinFile: pinFile)
        let answer = try client.generate(type)
        self = try Self.checked(client, answer)
    }

    /// Finds a key or, where the token has none as the URI describes it, makes it.
    public init(findingOrMaking type: KeyType, uri: TokenText, pinFile: TokenText) throws(TokenFailure) {
        var client = TokenClient(uri: uri, pinFile: pinFile)
        let answer: TokenAnswer
        do throws(TokenFailure) { answer = try client.open() } catch {
            guard error.reason == .noKey else { throw error }
            answer = try client.generate(type)
        }
        self = try Self.checked(client, answer)
    }

    private init(_ client: consuming TokenClient, _ description: TokenKeyDescription, _ info: Span<UInt8>) {
        self.client = client
        self.description = description
        // No longer than an answer's bytes.
        self.info = BoundedBytes(info) ?? BoundedBytes()
    }

    private static func checked(
        _ client: consuming TokenClient, _ answer: TokenAnswer
    ) throws(TokenFailure) -> TokenKey {
        guard let description = answer.key else { throw TokenFailure(.badMessage) }
        let key = TokenKey(client, description, answer.bytes)
        if !key.info.isEmpty { try key.checkOwnHalf() }
        return key
    }

    /// What kind of key it is.
    public var kind: PublicKeyKind { description.kind }

    /// Begins anew where the helper has ended or hangs; see `TokenClient`.
    public mutating func restart() throws(TokenFailure) {
        client.stop()
        _ = try client.open()
    }

    /// Gives the helper up to whoever asks it without waiting.
    public consuming func takeClient() -> TokenClient { client }

    private func checkOwnHalf() throws(TokenFailure) {
        let half = info
        do throws(X509Error) {
            let key = try PublicKey(subjectPublicKeyInfo: half.bytes)
            guard isHalf(of: key) == nil else { throw X509Error(.badPublicKey) }
        } catch {
            throw TokenFailure(.badSignature)
        }
    }

    /// Checks that this is the private half of a certificate's key: signs, and verifies that.
    public func check(isHalfOf key: PublicKey) throws(TokenFailure) {
        if let failure = isHalf(of: key) { throw failure }
    }

    /// The same with the key of the first of certificates that have their lengths in front (`PEM.decode`).
    public func check(isHalfOfLeafIn chain: Span<UInt8>) throws(TokenFailure) {
        var reader = ByteReader(chain)
        guard let leaf = reader.readVector24() else { throw TokenFailure(.otherKey) }
        var failure: TokenFailure?
        do throws(X509Error) { failure = isHalf(of: try Certificate(leaf).publicKey) } catch {
            failure = TokenFailure(.otherKey)
        }
        if let failure { throw failure }
    }

    /// Why it is not, or nil.
    private func isHalf(of key: PublicKey) -> TokenFailure? {
        guard key.kind == kind else { return TokenFailure(.otherKey) }
        let text: InlineArray<8, UInt8> = [0x73, 0x77, 0x69, 0x66, 0x74, 0x6C, 0x65, 0x74]
        var storage = InlineArray<512, UInt8>(repeating: 0)
        var room = storage.mutableSpan
        do throws(TokenFailure) {
            let count = try sign(checkAlgorithm, message: text.span, into: &room)
            do throws(CryptoError) {
                try key.verify(checkAlgorithm, message: text.span, signature: room.span.extracting(0..<count))
                return nil
            } catch {
                return TokenFailure(.otherKey)
            }
        } catch {
            return error
        }
    }

    private var checkAlgorithm: SignatureAlgorithm {
        switch kind {
        case .ec(.secp256r1): .ecdsa(.sha256)
        case .ec(.secp384r1): .ecdsa(.sha384)
        case .rsa: description.signsPSS ? .rsaPSS(.sha256) : .rsaPKCS1(.sha256)
        }
    }

    /// Signs a message.
    /// - Returns: the length of the signature, as `SigningKey.sign` has it.
    public func sign(
        _ algorithm: SignatureAlgorithm, message: Span<UInt8>, into signature: inout MutableSpan<UInt8>
    ) throws(TokenFailure) -> Int {
        let hash: Digest
        do throws(CryptoError) { hash = try digest(algorithm.hash, message) } catch { throw TokenFailure(.tokenFailed) }
        return try sign(algorithm, hash: hash, into: &signature)
    }

    /// Signs what has this hash by the algorithm's hash function.
    public func sign(
        _ algorithm: SignatureAlgorithm, hash: Digest, into signature: inout MutableSpan<UInt8>
    ) throws(TokenFailure) -> Int {
        let answer = try client.sign(algorithm, hash)
        guard answer.bytes.count <= signature.count else { throw TokenFailure(.badMessage) }
        signature.copy(answer.bytes, at: 0)
        return answer.bytes.count
    }

    // DocumentSigner

    public func writePublicKeyInfo(into output: inout MutableSpan<UInt8>) throws(ProvisioningError) -> Int {
        guard !info.isEmpty else { throw .token(TokenFailure(.noPublicKey)) }
        guard info.count <= output.count else { throw .outputTooSmall }
        output.copy(info.bytes, at: 0)
        return info.count
    }

    public func sign(
        document: Span<UInt8>, _ algorithm: SignatureAlgorithm, into signature: inout MutableSpan<UInt8>
    ) throws(ProvisioningError) -> Int {
        do throws(TokenFailure) { return try sign(algorithm, message: document, into: &signature) } catch {
            throw .token(error)
        }
    }
}

extension TokenKeyDescription {
    /// What the key may sign with in a handshake, for `Identities.add`: empty where that is whatever its kind can.
    public var schemes: FixedList<8, SignatureScheme> {
        var list = FixedList<8, SignatureScheme>(filler: .ecdsa_secp256r1_sha256)
        guard case .rsa = kind, !signsPSS || !signsPKCS1 else { return list }
        _ = list.append(signsPSS ? .rsa_pss_rsae_sha256 : .rsa_pkcs1_sha256)
        _ = list.append(signsPSS ? .rsa_pss_rsae_sha384 : .rsa_pkcs1_sha384)
        _ = list.append(signsPSS ? .rsa_pss_rsae_sha512 : .rsa_pkcs1_sha512)
        return list
    }
}
