// Where errors of the primitives become errors of the protocol.
import TLSCrypto

/// Runs `body`, turning a primitive's failure into `TLSError.cryptoFailed`.
func crypto<R: ~Copyable>(_ body: () throws(CryptoError) -> R) throws(TLSError) -> R {
    do throws(CryptoError) { return try body() } catch { throw .cryptoFailed(error) }
}
