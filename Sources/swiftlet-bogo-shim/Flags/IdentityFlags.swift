// Flags that say what we show of ourselves, and whom we accept.
import TLS

extension Flag {
    static let identityFlags: [String: Flag] = [
        "-cert-file": .text { $0.currentCredential.certificates = $1 },
        "-key-file": .text { $0.currentCredential.key = $1 },
        "-signing-prefs": .number { (settings, scheme: UInt16) in
            settings.currentCredential.schemes.append(SignatureScheme(rawValue: scheme))
            return SignatureScheme.known.contains(SignatureScheme(rawValue: scheme))
        },
        "-new-x509-credential": .set { $0.credentials.append(Credential()) },
        "-new-rpk-credential": .set { $0.credentials.append(Credential(isRawPublicKey: true)) },
        "-new-psk-credential": .set { $0.credentials.append(Credential(imported: ImportedKey())) },
        "-psk-importer-key": .base64 { $0.currentCredential.imported?.key = $1 },
        "-psk-importer-identity": .base64 { $0.currentCredential.imported?.identity = $1 },
        "-psk-importer-context": .base64 { $0.currentCredential.imported?.context = $1 },
        "-psk-importer-sha256": .set { $0.currentCredential.imported?.hash = .sha256 },
        "-psk-importer-sha384": .set { $0.currentCredential.imported?.hash = .sha384 },
        "-must-match-issuer": .set { $0.currentCredential.isOnlyForItsIssuers = true },
        "-accepted-peer-cert-types": .number { (settings, type: UInt8) in
            settings.acceptedTypes.append(CertificateType(rawValue: type))
            return true
        },
        "-available-client-cert-types": .number { (settings, type: UInt8) in
            settings.offeredTypes.append(CertificateType(rawValue: type))
            return true
        },
        "-ocsp-response": .base64 { $0.currentCredential.ocspResponse = $1 },
        "-verify-peer": .set { $0.requestsCertificate = true },
        "-require-any-client-certificate": .set { $0.requiresCertificate = true },
        "-verify-fail": .set { $0.refusesPeer = true },
        "-use-custom-verify-callback": .set { $0.usesCustomVerification = true },
        "-reverify-on-resume": .set { $0.judgesAgain = true },
    ]
}

extension Settings {
    /// What `-cert-file` and its like are about: the credential that was begun last, or the default one.
    fileprivate var currentCredential: Credential {
        get { credentials.last ?? defaultCredential }
        set {
            if credentials.isEmpty {
                defaultCredential = newValue
            } else {
                credentials[credentials.count - 1] = newValue
            }
        }
    }
}
