// Keys and certificates made by the openssl command: by a program that we did not write.
import Foundation

/// A kind of key, as openssl's `genpkey` names it.
public enum TestKey: String, Sendable, CaseIterable {
    case p256, p384, rsa2048, rsa3072, rsaPSS

    var arguments: [String] {
        switch self {
        case .p256: ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
        case .p384: ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]
        case .rsa2048: ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]
        case .rsa3072: ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"]
        case .rsaPSS: ["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"]
        }
    }
}

/// A certificate with its key, and the files that hold them.
public struct TestCertificate: Sendable {
    public let keyPath: String
    public let certificatePath: String
    public let der: [UInt8]
    public let keyPEM: [UInt8]

    /// For a test that makes its certificate in its own way.
    public init(keyPath: String, certificatePath: String, der: [UInt8], keyPEM: [UInt8]) {
        self.keyPath = keyPath
        self.certificatePath = certificatePath
        self.der = der
        self.keyPEM = keyPEM
    }
}

/// Makes certificates in a directory of its own, with the openssl command.
public final class CertificateFactory: Sendable {
    public let directory: TemporaryDirectory

    public init() throws { directory = try TemporaryDirectory() }

    /// Makes a key and a certificate for it.
    /// - Parameters:
    ///   - name: the files' name and the subject's common name.
    ///   - issuer: who signs; nil for a self-signed one.
    ///   - extensions: lines of an openssl extension section.
    ///   - days: how long it is valid from now on.
    public func make(
        _ name: String, key: TestKey = .p256, issuer: TestCertificate? = nil, extensions: [String], days: Int = 30,
        extra: [String] = []
    ) throws -> TestCertificate {
        let keyPath = directory.file("\(name).key")
        let requestPath = directory.file("\(name).csr")
        let certificatePath = directory.file("\(name).pem")
        let section = try directory.write("\(name).ext", Array(extensions.joined(separator: "\n").utf8))
        try runProgram(["openssl", "genpkey", "-out", keyPath] + key.arguments)
        try runProgram(["openssl", "req", "-new", "-key", keyPath, "-subj", "/CN=\(name)", "-out", requestPath])
        let signer =
            issuer.map {
                // A number of its own, not from openssl's file of serial numbers: tests issue at the same time.
                let serial = String(UInt64.random(in: 1...UInt64.max), radix: 16)
                return ["-CA", $0.certificatePath, "-CAkey", $0.keyPath, "-set_serial", "0x\(serial)"]
            } ?? ["-signkey", keyPath]
        try runProgram(
            ["openssl", "x509", "-req", "-in", requestPath, "-days", "\(days)", "-extfile", section] + signer + extra
                + ["-out", certificatePath])
        let der = try runProgram(["openssl", "x509", "-in", certificatePath, "-outform", "DER"]).standardOutput
        return TestCertificate(
            keyPath: keyPath, certificatePath: certificatePath, der: der, keyPEM: try readFile(keyPath))
    }

    /// Makes a certificate authority.
    public func authority(
        _ name: String, key: TestKey = .p256, issuer: TestCertificate? = nil, pathLength: Int? = nil
    ) throws -> TestCertificate {
        let constraint = pathLength.map { ", pathlen:\($0)" } ?? ""
        return try make(
            name, key: key, issuer: issuer,
            extensions: [
                "basicConstraints=critical,CA:TRUE\(constraint)", "keyUsage=critical,keyCertSign,cRLSign",
                "subjectKeyIdentifier=hash", "authorityKeyIdentifier=keyid:always",
            ])
    }

    /// Makes a leaf for a server and a client.
    /// - Parameters:
    ///   - names: subjectAltName entries as openssl writes them, such as `DNS:device.example`.
    ///   - keyUsage: as openssl writes it; `keyEncipherment` for RSA key transport.
    public func leaf(
        _ name: String, key: TestKey = .p256, issuer: TestCertificate,
        names: [String] = ["DNS:localhost", "IP:127.0.0.1"], usages: String = "serverAuth,clientAuth",
        keyUsage: String = "digitalSignature"
    ) throws -> TestCertificate {
        try make(
            name, key: key, issuer: issuer,
            extensions: [
                "basicConstraints=critical,CA:FALSE", "keyUsage=critical,\(keyUsage)",
                "extendedKeyUsage=\(usages)", "subjectAltName=\(names.joined(separator: ","))",
                "subjectKeyIdentifier=hash", "authorityKeyIdentifier=keyid",
            ])
    }

    /// Has openssl make a revocation list of `issuer`.
    /// - Returns: the path of the list in PEM.
    public func revocationList(
        _ name: String, issuer: TestCertificate, revoking revoked: [TestCertificate] = [], extra: [String] = []
    ) throws -> String {
        let (index, list) = (directory.file("\(name).index"), directory.file("\(name).crl"))
        try directory.write("\(name).index", [])
        try directory.write("\(name).number", Array("01\n".utf8))
        let settings = """
            [ca]
            default_ca = list
            [list]
            database = \(index)
            crlnumber = \(directory.file("\(name).number"))
            default_md = sha256
            default_crl_days = 20
            crl_extensions = extensions
            [extensions]
            authorityKeyIdentifier = keyid
            """
        let configuration = try directory.write("\(name).cnf", Array(settings.utf8))
        let authority = [
            "openssl", "ca", "-config", configuration, "-cert", issuer.certificatePath, "-keyfile", issuer.keyPath,
        ]
        for certificate in revoked { try runProgram(authority + ["-revoke", certificate.certificatePath]) }
        try runProgram(authority + ["-gencrl", "-out", list] + extra)
        return list
    }
}
