// The certificates of these tests, made once.
import Foundation
import TestSupport
import Testing

/// Authorities and leaves, made by openssl.
struct TestIdentities {
    let factory: CertificateFactory
    let root: TestCertificate
    let server: TestCertificate
    let client: TestCertificate
    let rsaServer: TestCertificate
    let p384Server: TestCertificate
    /// A server whose RSA key is for key transport alone.
    let transportServer: TestCertificate
    let otherRoot: TestCertificate
    let otherServer: TestCertificate
    /// A server under another name.
    let secondServer: TestCertificate

    static let shared = Result { try TestIdentities() }
    static func get() throws -> TestIdentities { try shared.get() }

    private init() throws {
        factory = try CertificateFactory()
        root = try factory.authority("root")
        server = try factory.leaf("server", issuer: root)
        client = try factory.leaf("client", issuer: root, names: ["DNS:client.example"])
        rsaServer = try factory.leaf("rsa-server", key: .rsa2048, issuer: root)
        p384Server = try factory.leaf("p384-server", key: .p384, issuer: root)
        transportServer = try factory.leaf("transport", key: .rsa2048, issuer: root, keyUsage: "keyEncipherment")
        otherRoot = try factory.authority("other-root")
        secondServer = try factory.leaf("second", issuer: root, names: ["DNS:second.example"])
        otherServer = try factory.leaf("other-server", issuer: otherRoot)
    }

    /// A client that trusts the root and shows its certificate.
    var clientSetup: PeerSetup { PeerSetup(identities: [[client]], anchors: [root]) }
    /// A server that trusts the root and demands a certificate.
    var serverSetup: PeerSetup {
        var setup = PeerSetup(identities: [[server]], anchors: [root])
        setup.configure = { $0.clientCertificates = .required }
        return setup
    }
}

/// The time of these tests: now, since openssl makes certificates that are valid from now on.
func testNow() -> Int64 { Int64(Date().timeIntervalSince1970) + 60 }
