// The certificates of these tests: made once for the process, by openssl.
import Foundation
import TestSupport

/// Who there is.
struct Certificates: Sendable {
    let factory: CertificateFactory
    /// What everybody trusts.
    let root: TestCertificate
    /// What nobody trusts.
    let stranger: TestCertificate
    /// `localhost` and 127.0.0.1, by kind of key. Those of P-384 and RSA come from authorities of their own kind.
    let servers: [TestKey: TestCertificate]
    /// The same for clients.
    let clients: [TestKey: TestCertificate]
    /// The root certificates of all kinds, in one file.
    let roots: String
    /// Four certificates: the leaf and three intermediates below the root.
    let long: Chain
    /// One leaf of 20 KB and one intermediate.
    let large: Chain
    /// Another name.
    let other: TestCertificate
    let expired: TestCertificate
    /// Issued by the stranger.
    let unknown: TestCertificate

    /// A chain of certificates with the key of the first.
    struct Chain: Sendable {
        let certificates: [TestCertificate]
        /// The file with all of them.
        let path: String
        /// The file with those behind the leaf, which openssl wants apart.
        let intermediatesPath: String
        var keyPath: String { certificates[0].keyPath }
    }

    static let shared = Result { try Certificates() }

    static let kinds: [TestKey] = [.p256, .p384, .rsa2048]

    private init() throws {
        let factory = try CertificateFactory()
        self.factory = factory
        let root = try factory.authority("root")
        self.root = root
        var authorities: [TestCertificate] = []
        var servers: [TestKey: TestCertificate] = [:]
        var clients: [TestKey: TestCertificate] = [:]
        for kind in Self.kinds {
            let issuer = kind == .p256 ? root : try factory.authority("root-\(kind)", key: kind)
            authorities.append(issuer)
            servers[kind] = try factory.leaf("server-\(kind)", key: kind, issuer: issuer)
            clients[kind] = try factory.leaf("client-\(kind)", key: kind, issuer: issuer, names: ["DNS:client.example"])
        }
        (self.servers, self.clients) = (servers, clients)
        roots = try factory.directory.write("roots.pem", authorities.flatMap { try readFile($0.certificatePath) })
        let one = try factory.authority("one", issuer: root)
        let two = try factory.authority("two", issuer: one)
        let three = try factory.authority("three", issuer: two)
        func chain(_ certificates: [TestCertificate], _ name: String) throws -> Chain {
            let text = { (some: [TestCertificate]) in try some.flatMap { try readFile($0.certificatePath) } }
            return Chain(
                certificates: certificates, path: try factory.directory.write(name, text(certificates)),
                intermediatesPath: try factory.directory.write("above-" + name, text(Array(certificates.dropFirst()))))
        }
        long = try chain([factory.leaf("deep", issuer: three), three, two, one], "long.pem")
        let names = (0..<500).map { "DNS:host-\($0).a-rather-long-domain-name.example" }
        let big = try factory.leaf("big", issuer: one, names: ["DNS:localhost", "IP:127.0.0.1"] + names)
        large = try chain([big, one], "large.pem")
        other = try factory.leaf("other", issuer: root, names: ["DNS:other.example"])
        expired = try factory.make(
            "expired", issuer: root, extensions: ["subjectAltName=DNS:localhost,IP:127.0.0.1"], days: -1)
        stranger = try factory.authority("stranger")
        unknown = try factory.leaf("unknown", issuer: stranger)
    }

    func server(_ kind: TestKey = .p256) -> TestCertificate { servers[kind] ?? root }
    func client(_ kind: TestKey = .p256) -> TestCertificate { clients[kind] ?? root }
}

/// The certificates, made when they are first asked for.
func certificates() throws -> Certificates { try Certificates.shared.get() }
