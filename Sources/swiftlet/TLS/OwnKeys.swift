// The private keys that sign for a context: from files, or in tokens.
import Bytes
import Provisioning
import TLS
import TLSCrypto
import X509

/// A private key, so that several can stand in a list.
final class KeyBox {
    private let key: SigningKey?
    private var token: TokenKey?
    /// What failed when a token did not sign.
    private(set) var failure: TokenFailure?

    init(_ key: consuming SigningKey) { self.key = consume key }

    init(_ token: consuming TokenKey) {
        key = nil
        self.token = consume token
    }

    /// Signs as `request` says. A token may take its time: all connections of the program wait meanwhile.
    /// - Throws: `unavailable` where a token fails; `failure` then says why.
    func sign(
        _ request: SignatureRequest, _ content: Span<UInt8>, into signature: inout MutableSpan<UInt8>
    ) throws(CryptoError) -> Int {
        switch key {
        case .some(let key): return try key.sign(request, content, into: &signature)
        case .none: break
        }
        let (algorithm, hash) = try request.hashed(content)
        do throws(TokenFailure) {
            // A helper that has ended is started again: the token may have been away and be back.
            if failure != nil { try token?.restart() }
            failure = nil
            return try token?.sign(algorithm, hash: hash, into: &signature) ?? 0
        } catch {
            failure = error
            throw .unavailable
        }
    }
}

extension TLSContext {
    /// Why a signature could not be had.
    func reason(ofSigner error: CryptoError) -> String {
        guard error == .unavailable, let failure = keys.compactMap(\.failure).first else {
            return swiftlet.reason(error)
        }
        return textBuilt { failure.describe(into: &$0) }
    }
}

/// The key in a token, which must be that of the first certificate.
func tokenKey(_ uri: String, pinFile: String?, _ chain: [[UInt8]]) throws -> TokenKey {
    let (uri, pinFile) = (Array(uri.utf8), Array((pinFile ?? "").utf8))
    do throws(CommandFailure) {
        return try KeyCommands.tokenKey(uri: uri.span, pinFile: pinFile.span, chain: sequenceBytes(chain).span)
    } catch {
        throw commandError(error)
    }
}
