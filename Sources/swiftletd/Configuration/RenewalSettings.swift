// The settings of a `[renewal NAME]` section: whose identity the daemon renews, and where. Every value has been checked for itself
// and against the others, no file has been read.
import Bytes

/// One identity store that is kept renewed.
@_addressableForDependencies  // see BoundedBytes
struct RenewalSettings: Sendable {
    typealias Path = TunnelSettings.Path
    typealias Word = BoundedBytes<256>

    /// The line of the section's header.
    var line: Int
    var name: TunnelSettings.Name
    /// The identity store.
    var identity = Path()
    /// The EST server: https://HOST[:PORT][/.well-known/est[/LABEL]].
    var server = Path()
    /// What its certificate must lead to; empty for the store's anchors.
    var anchors = Path()
    /// HTTP user and the file with the password; empty for none.
    var user = Word()
    var passwordFile = Path()
    /// Pre-shared keys, and the identity of the one to use; empty for none.
    var pskFile = Path()
    var pskIdentity = Word()
    /// What the device was made with, to enrol anew with once the identity has expired: a store, or certificate and key; empty for
    /// none.
    var factoryIdentity = Path()
    var factoryCertificate = Path()
    var factoryKey = Path()
    /// The file with the PIN of each token that a key is in; empty for what the URIs say.
    var pinFile = Path()
    /// Seconds for each exchange with the server.
    var timeout = 30
    /// Seconds for which a server that has not decided (202) is asked again, with the same key.
    var wait = 3600
    /// Where the file names them.
    var lines = InlineArray<13, Int>(repeating: 0)

    static let timeoutRange = 1...600
    static let waitRange = 0...86_400

    init(line: Int, name: TunnelSettings.Name) {
        self.line = line
        self.name = name
    }

    /// Where the file has a setting, or else the section.
    func line(of key: RenewalKey) -> Int { lines[key.rawValue] > 0 ? lines[key.rawValue] : line }

    /// Whether there is something to enrol anew with.
    var hasFactoryIdentity: Bool { !factoryIdentity.isEmpty || !factoryCertificate.isEmpty }

    /// How long, in milliseconds, an attempt may take: the exchanges are about eight, redirections and 401s among them, and a small
    /// token may make a key for five minutes.
    var longestAttempt: Int64 { (Int64(timeout) * 8 + Int64(wait) + 300) * 1000 }
}

/// A setting of a `[renewal NAME]` section.
enum RenewalKey: Int, CaseIterable, SettingKey {
    case identity, server, anchors, user, passwordFile, pskFile, pskIdentity, factoryIdentity, factoryCertificate
    case factoryKey, pkcs11PinFile, timeout, wait

    static var count: Int { 13 }

    static var section: StaticString { "renewal" }

    var name: StaticString {
        switch self {
        case .identity: "identity"
        case .server: "server"
        case .anchors: "anchors"
        case .user: "user"
        case .passwordFile: "password-file"
        case .pskFile: "psk-file"
        case .pskIdentity: "psk-identity"
        case .factoryIdentity: "factory-identity"
        case .factoryCertificate: "factory-certificate"
        case .factoryKey: "factory-key"
        case .pkcs11PinFile: "pkcs11-pin-file"
        case .timeout: "timeout"
        case .wait: "wait"
        }
    }

    static var names: StaticString {
        "identity, server, anchors, user, password-file, psk-file, psk-identity, factory-identity, factory-certificate, factory-key, pkcs11-pin-file, timeout, wait"
    }
}
