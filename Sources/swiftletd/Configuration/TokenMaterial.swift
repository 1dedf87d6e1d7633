// A tunnel's key in a PKCS#11 token: its URI is that of `key`, or the one in the identity store (key.uri in place of key.pem).
import Bytes
import Provisioning
import TLS
import TLSCrypto
import Transport
import X509

/// When a token is opened.
enum TokenOpening {
    /// At once: whoever calls can wait, and is told what is wrong with it.
    case now
    /// With the first signature: the event loop does not wait. What the token can do with an RSA key is then what it could do
    /// with the key before; that the key is the leaf's was found out by whoever stored the two.
    case withFirstSignature(before: TokenKeyDescription?)
}

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
        _ uri: TokenText, _ settings: TunnelSettings, _ opening: TokenOpening, _ warn: (Message) -> Void,
        chain: Span<UInt8>, in configuration: inout Configuration
    ) throws(ConfigurationError) -> TokenSigner? {
        guard !uri.isEmpty else { return nil }
        switch opening {
        case .now:
            let token = try Self.open(uri, settings, warn, chain: chain)
            let key = token.description
            try Self.add(chain, key.kind, key.schemes, settings, to: &configuration)
            return TokenSigner(token.takeClient(), key)
        case .withFirstSignature(let before):
            let key = try Self.key(ofLeafIn: chain, after: before)
            try Self.add(chain, key.kind, key.schemes, settings, to: &configuration)
            return TokenSigner(TokenClient(uri: uri, pinFile: settings.pinFile), key)
        }
    }

    /// The private half of a leaf's key, as far as it can be told without the token.
    private static func key(
        ofLeafIn chain: Span<UInt8>, after before: TokenKeyDescription?
    ) throws(ConfigurationError) -> TokenKeyDescription {
        var reader = ByteReader(chain)
        var kind: PublicKeyKind?
        // They have all been parsed.
        if let leaf = reader.readVector24() { kind = try? Certificate(leaf).publicKey.kind }
        guard let kind else { throw ConfigurationError(0, "its certificate cannot be read") }
        guard case .rsa = kind else { return TokenKeyDescription(kind: kind, signsPSS: false, signsPKCS1: false) }
        guard let before, case .rsa = before.kind else {
            throw ConfigurationError(
                0, "what its token can do with an RSA key is found out at the start: restart needed")
        }
        return TokenKeyDescription(kind: kind, signsPSS: before.signsPSS, signsPKCS1: before.signsPKCS1)
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
