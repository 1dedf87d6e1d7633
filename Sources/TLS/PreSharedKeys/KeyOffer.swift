// What a client offers in pre_shared_key (RFC 8446 §4.2.11), in order: the session that it wants to resume, then each of
// its external keys; an imported one once for each hash of its suites, since the server chooses the suite (RFC 9258 §5.2).
import Bytes
import TLSCrypto

/// One key of a client's offer.
struct KeyOffer: BitwiseCopyable, Equatable, Sendable {
    /// The place of an external key in the configuration; nil for the session.
    let external: Int?
    /// The hash that it is offered for.
    let hash: HashAlgorithm

    /// How many keys a client offers.
    static let most = 6
    /// A place in a list that is not used.
    static let none = KeyOffer(external: nil, hash: .sha256)
}

/// The keys of a client's offer.
typealias KeyOffers = FixedList<6, KeyOffer>

extension Configuration {
    /// What a client offers: the same before it writes its ClientHello and when it reads the answer.
    /// - Parameters:
    ///   - session: the hash of the session to resume, if there is one.
    ///   - only: the hash of the suite, once a HelloRetryRequest has settled that; others are not offered again (§4.2.11).
    func offers(session: HashAlgorithm?, only: HashAlgorithm?) -> KeyOffers {
        var offers = KeyOffers(filler: KeyOffer.none)
        if let session { offers.append(KeyOffer(external: nil, hash: session)) }
        guard externalKeys.has(for: .client) else { return offers }
        let hashes = hashes
        var keys = externalKeys.reader
        while let key = keys.next() {
            guard key.role == .client else { continue }
            for index in 0..<hashes.count where key.fits(hashes.elements[index]) {
                let hash = hashes.elements[index]
                if only ?? hash == hash { offers.append(KeyOffer(external: key.index, hash: hash)) }
            }
        }
        return offers
    }

    /// The hashes of the suites of TLS 1.3 that a client offers, in order of preference: those with which a key, or a session
    /// of TLS 1.3, can be used.
    var hashes: FixedList<2, HashAlgorithm> {
        var hashes = FixedList<2, HashAlgorithm>(filler: .sha256)
        let suites = offeredSuites
        let offered = suites.elements
        for index in offered.indices where offered[index].version == .tls13 {
            guard let hash = offered[index].parameters?.hash, !hashes.contains(hash) else { continue }
            hashes.append(hash)
        }
        return hashes
    }
}
