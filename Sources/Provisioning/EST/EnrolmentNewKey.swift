// The new key of an enrolment, and the request for it: in memory, or in a token.
import Bytes
import TLSCrypto

extension Enrolment {
    /// Makes the new key: it goes into `identity` alone, or it is in a token and its URI goes there. The request for it goes into
    /// `request`, unless it is to be bound to a connection.
    mutating func makeKey(
        _ type: KeyType?, _ contents: borrowing RequestContents, _ options: borrowing EnrolmentOptions
    ) throws(CommandFailure) -> EnrolmentKey {
        identity.wipe()
        let key = try newKey(type, options)
        requestCount = 0
        if !contents.isBound {
            var room = request.mutableBytes
            requestCount = try contents.write(binding: Span(), signedBy: key, into: &room)
        }
        return key
    }

    private mutating func newKey(
        _ type: KeyType?, _ options: borrowing EnrolmentOptions
    ) throws(CommandFailure) -> EnrolmentKey {
        guard keyURI.isEmpty else { return .token(try makeToken(type, options)) }
        do throws(CryptoError) {
            try identity.fill(.key) { (room) throws(CryptoError) in
                try SigningKey.generatePEM(type ?? .p256, random: .system, into: &room)
            }
            return .file(try SigningKey(pemOrDER: identity[.key]))
        } catch { throw CommandFailure(error) }
    }

    /// Takes the key that `keyURI` names; where the token has none that is called so, makes it.
    /// - Parameter type: what it must be; nil for any kind, and P-256 where it is made.
    private mutating func makeToken(
        _ type: KeyType?, _ options: borrowing EnrolmentOptions
    ) throws(CommandFailure) -> TokenKey {
        let pinFile = try KeyCommands.tokenText(path: options.pinFile)
        let uri = keyURI
        do throws(StoreError) { try identity.set(.key, uri.bytes) } catch {
            throw CommandFailure(error, store: options.store)
        }
        do throws(TokenFailure) {
            let key = try TokenKey(findingOrMaking: type ?? .p256, uri: uri, pinFile: pinFile)
            guard type?.isKind(key.kind) ?? true else { throw TokenFailure(.otherKind) }
            return key
        } catch { throw CommandFailure(error) }
    }
}
