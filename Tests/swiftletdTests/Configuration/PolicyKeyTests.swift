// A tunnel's policy and our own keys: what is not accepted of a peer is not shown to one either.
import Foundation
import TestSupport
import Testing

@Suite struct PolicyKeyTests {
    /// RSA with 2048 bits: too short for TR-02102-2, and of a kind that `modern` and `constrained` have not.
    @Test(
        arguments: [
            ("default", nil), ("rfc9325", nil), ("nist-sp800-52r2", nil), ("bsi-tr-02102-2", "RSA from 3000 bits"),
            ("modern", "it allows ECDSA on P-256 or P-384;"), ("constrained", "it allows ECDSA on P-256 or P-384;"),
        ] as [(String, String?)])
    func aKeyThatThePolicyHasNotIsToldWithItsLine(policy: String, complaint: String?) throws {
        let factory = try CertificateFactory()
        let own = try factory.leaf("own", key: .rsa2048, issuer: factory.authority("authority"))
        for shown in ["certificate = \(own.certificatePath)\nkey = \(own.keyPath)", "raw-key = \(own.keyPath)"] {
            let text = """
                [tunnel in]
                role = server
                accept = 127.0.0.1:0
                connect = unix:/x
                \(shown)
                policy = \(policy)
                """
            let path = try factory.directory.write("test.conf", Array(text.utf8))
            let result = try runProgram([daemonPath, "--config", path, "--check"], mustSucceed: false)
            #expect(result.status == (complaint == nil ? 0 : 64), "\(result.errors)")
            guard let complaint else { continue }
            #expect(
                result.errors.contains("test.conf:5: the policy \(policy) does not allow")
                    && result.errors.contains(complaint), "\(result.errors)")
        }
    }
}
