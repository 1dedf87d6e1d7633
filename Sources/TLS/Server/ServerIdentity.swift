// Which of its identities a server may show, in both versions: those that carry the name asked for before all others (RFC 8446
// §4.4.2.2; RFC 6066 §3), of a type that the client takes (RFC 7250 §4.2). Which of them has a key that will do is for the
// version to say: in TLS 1.2 the suite has a part in it.
import Bytes
import TLSCrypto

/// Identities of a configuration, by number and in their order.
typealias IdentityList = FixedList<4, Int>

/// What a server chooses from.
struct IdentityCandidates {
    /// The identities of a type that the client takes.
    private(set) var all = IdentityList(filler: 0)
    /// Those among them that carry the name asked for, which are tried before the others; none where no identity does.
    private(set) var named = IdentityList(filler: 0)

    /// - Throws: `.peerIncompatible(.noIdentity)`; `(.noCommonCertificateType)` where the client takes none of ours;
    ///   `(.unknownServerName)` where no identity carries the name and the configuration has no default.
    init(_ core: borrowing ConnectionCore, _ configuration: borrowing Configuration) throws(TLSError) {
        guard configuration.identities.count > 0 else { throw .peerIncompatible(.noIdentity) }
        guard core.commonServerType(configuration) != nil else { throw .peerIncompatible(.noCommonCertificateType) }
        let name = core.serverName
        var carrying = IdentityList(filler: 0)
        for identity in 0..<configuration.identities.count
        where !name.isEmpty && configuration.identities.carries(name.bytes, identity: identity) {
            carrying.append(identity)
        }
        guard !carrying.isEmpty || configuration.defaultIdentityForUnknownNames else {
            throw .peerIncompatible(.unknownServerName)
        }
        for identity in 0..<configuration.identities.count {
            let type = configuration.identities.type(identity)
            guard core.typesOfServer.contains(type) else { continue }
            all.append(identity)
            // Raw public keys have no names: where one of ours is asked for, they are as good as the certificates with it.
            if carrying.contains(identity) || (type == .RawPublicKey && !carrying.isEmpty) { named.append(identity) }
        }
    }
}
