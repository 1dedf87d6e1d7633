// What a tunnel's `policy` asks of our own keys.
import Bytes
import TLS
import TLSCrypto

extension TunnelSettings {
    /// What a key of ours may sign with, for `Identities.add`.
    /// - Parameters:
    ///   - own: what it can sign with; empty for whatever its kind can.
    ///   - what: which key it is, for the message.
    /// - Throws: for a key that the policy does not allow.
    func schemes(
        for key: PublicKeyKind, among own: FixedList<8, SignatureScheme>, _ what: StaticString, _ line: Int
    ) throws(ConfigurationError) -> FixedList<8, SignatureScheme> {
        if let schemes = policy.schemes(for: key, among: own) { return schemes }
        var message = Message("the policy ")
        message.add(policy.name)
        message.add(" does not allow ")
        message.add(what)
        message.add(": it allows ")
        message.add(policy.keys)
        message.add("; give another")
        throw ConfigurationError(line, message)
    }
}
