// What the options of a connection name, read from files: anchors, chains, staples, revocation lists. Everything is read before
// anything is put into a configuration, whose memory is as large as they are.
import Bytes
import TLS
import TLSCrypto
import X509

/// The contents of the files that a configuration is made from, in DER.
struct TLSFiles {
    let anchors: [[UInt8]]
    /// The chain of each identity, its leaf first.
    let chains: [[[UInt8]]]
    /// An OCSP response for each identity; empty for none.
    let staples: [[UInt8]]
    let revocationLists: [[UInt8]]
    /// Where the anchors are from, for messages.
    private let anchorFiles: [String]

    init(_ options: TLSOptions, anchorFiles: [String], identities: [IdentityFiles]) throws {
        self.anchorFiles = anchorFiles
        anchors = try anchorFiles.flatMap { try readCertificates($0, "the anchor file") }
        chains = try identities.map { try readCertificates($0.certificate, "the certificate") }
        staples = try identities.map { try $0.ocspStaple.map(readOCSPStaple) ?? [] }
        revocationLists = try options.crl.flatMap { try readRevocationLists($0) }
        guard revocationLists.isEmpty || !anchors.isEmpty else {
            throw usageError("--crl has no use without anchors to verify the peer with; give those as well")
        }
    }

    /// A configuration that trusts the anchors, by the revocation lists, with room for the identities.
    /// - Parameter ownKeyBytes: the room that raw public keys of ours take beside.
    func makeConfiguration(ownKeyBytes: Int) throws -> Configuration {
        let anchorBytes = anchors.reduce(0) { $0 + $1.count + 3 }
        let chainBytes =
            chains.joined().reduce(ownKeyBytes) { $0 + $1.count + 5 } + staples.reduce(0) { $0 + $1.count + 12 }
        let listBytes = revocationLists.reduce(0) { $0 + $1.count + 3 }
        var arena = permanentArena(anchorBytes + chainBytes + listBytes + 3 * Region.alignment)
        var configuration = Configuration(
            anchors: try arena.take(anchorBytes), chains: try arena.take(chainBytes),
            revocationLists: try arena.take(listBytes))
        try addAnchors(to: &configuration.trust)
        try addRevocationLists(to: &configuration.trust)
        return configuration
    }

    private func addAnchors(to trust: inout Trust) throws {
        for der in anchors {
            do throws(TLSError) {
                try trust.addAnchor(der.span)
            } catch {
                // A bundle may hold what we cannot read; it then vouches for nobody.
                guard anchors.count > 1 else { throw anchorError(error, anchorFiles) }
            }
        }
    }

    private func addRevocationLists(to trust: inout Trust) throws {
        for der in revocationLists {
            do throws(TLSError) {
                try trust.addRevocationList(der.span)
            } catch {
                throw listError(error)
            }
        }
    }
}

private func anchorError(_ error: TLSError, _ files: [String]) -> CommandError {
    fileError("cannot use an anchor of '\(escaped(files[0]))': \(describe(error)); give a certificate of an authority")
}

private func listError(_ error: TLSError) -> CommandError {
    let fault = if case .badCertificate(let fault) = error { reason(fault) } else { describe(error) }
    return fileError("cannot use a revocation list: it \(fault); get the issuer's current complete list")
}

/// The OCSP response in a file, in DER. Whether it is good is for the clients to judge.
private func readOCSPStaple(_ path: String) throws -> [UInt8] {
    let response = try readFile(path, "the OCSP response")
    guard response.first == DERTag.sequence.rawValue, response.count <= Identities.longestOCSPStaple else {
        throw fileError(
            "cannot staple '\(escaped(path))': it is no OCSP response in DER of at most \(Identities.longestOCSPStaple) bytes; "
                + "get one with 'openssl ocsp -respout'")
    }
    return response
}
