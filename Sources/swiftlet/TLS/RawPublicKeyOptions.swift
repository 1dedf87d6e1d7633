// `--raw-public-key` and `--raw-key`: keys without certificates around them (RFC 7250).
import ArgumentParser
import TLS
import TLSCrypto
import X509

/// The options of `connect` and `serve` for raw public keys.
struct RawPublicKeyOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Trust the peer that has one of the public keys in this file, without a certificate (RFC 7250); may be repeated.",
            valueName: "file"), completion: .file())
    var rawPublicKey: [String] = []

    @Option(
        help: ArgumentHelp(
            "A private key of ours whose public half is shown without a certificate (RFC 7250).", valueName: "file"),
        completion: .file())
    var rawKey: String?

    /// Whether a peer can be known by its raw public key.
    var trustsKeys: Bool { !rawPublicKey.isEmpty }

    /// How many bytes of a configuration's chains our key takes: an RSA key of 4096 bits has 550.
    var ownKeyBytes: Int { rawKey == nil ? 0 : 640 }

    /// Adds our key to a configuration's identities.
    /// - Returns: the key, or nil where there is none.
    func addOwnKey(_ policy: Policy, to configuration: inout Configuration) throws -> KeyBox? {
        guard let rawKey else { return nil }
        let key = try loadKey(readSecretFile(rawKey, "the key"), from: rawKey)
        let schemes = try policy.requireSchemes(for: key.kind, "the raw key")
        let info = try built { out throws(CryptoError) in try key.publicKeyInfo(into: &out) }
        do throws(TLSError) {
            try configuration.identities.addRawPublicKey(info.span, schemes: schemes)
        } catch {
            throw usageError(
                "cannot show the key '\(escaped(rawKey))' raw: \(Identities.capacity) identities are the most, and it must "
                    + "be P-256, P-384 or RSA with 2048 to 4096 bits")
        }
        return KeyBox(key)
    }

    /// Trusts the peers' keys. Certificates stay possible where a configuration trusts some.
    func trustPeers(in configuration: inout Configuration) throws {
        guard trustsKeys else { return }
        let trustsCertificates = !configuration.trust.isEmpty
        configuration.trust.certificateTypes.removeAll()
        for path in rawPublicKey {
            for info in try readPublicKeys(path) {
                do throws(TLSError) { try configuration.trust.addRawPublicKey(info.span) } catch {
                    throw keyError(error, path)
                }
            }
        }
        if trustsCertificates { configuration.trust.certificateTypes.append(.X509) }
    }

    private func keyError(_ error: TLSError, _ path: String) -> CommandError {
        guard case .badCertificate(let fault) = error else {
            return usageError(
                "at most \(Trust.mostPins) raw public keys can be trusted; give fewer with --raw-public-key")
        }
        return fileError("cannot trust the public key '\(escaped(path))': it \(reason(fault)); give another key")
    }
}
