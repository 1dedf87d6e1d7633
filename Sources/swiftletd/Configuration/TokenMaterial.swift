// A tunnel's key in a PKCS#11 token: its URI is that of `key`, or the one in the identity store (key.uri in place of key.pem).
import Bytes
import Provisioning
import TLS
import TLSCrypto
import Transport

extension MaterialLoader {
    /// The URI of the key; empty where that is in a file, or there is none. A key that comes from the store stays in `files`: it can be
    /// taken from there once.
    func uri(_ settings: TunnelSettings, _ files: inout FileReader) throws(ConfigurationError) -> TokenText {
        guard !settings.identity.isEmpty else {
            return PKCS11URI.isMeant(settings.key.bytes) ? settings.key : TokenText()
        }
        try files.take(.key, of: settings.identity.bytes, line: settings.identityLine)
        let uri = IdentityMemory.uri(in: files.contents)
        if !uri.isEmpty { files.wipe() }
        return uri
    }

    /// Makes `chain` the identity of a configuration, and the key in a token, which must be the leaf's, its signer; without a URI
    /// there is none.
    func token(
        _ uri: TokenText, _ settings: TunnelSettings, _ warn: (Message) -> Void, chain: Span<UInt8>,
        in configuration: inout Configuration
    ) throws(ConfigurationError) -> TokenSigner? {
        guard !uri.isEmpty else { return nil }
        let token = try Self.open(uri, settings, warn, chain: chain)
        try Self.add(chain, token.kind, token.description.schemes, settings, to: &configuration)
        return TokenSigner(token.takeClient())
    }

    private static func open(
        _ uri: TokenText, _ settings: TunnelSettings, _ warn: (Message) -> Void, chain: Span<UInt8>
    ) throws(ConfigurationError) -> TokenKey {
        if !settings.pinFile.isEmpty { warnIfReadableByOthers(settings.pinFile, "the PIN in ", warn) }
        do throws(TokenFailure) {
            let token = try TokenKey(uri: uri, pinFile: settings.pinFile)
            try token.check(isHalfOfLeafIn: chain)
            return token
        } catch {
            var message = Message("cannot use the key: ")
            message.add(error)
            throw ConfigurationError(settings.identity.isEmpty ? settings.keyLine : settings.identityLine, message)
        }
    }
}
