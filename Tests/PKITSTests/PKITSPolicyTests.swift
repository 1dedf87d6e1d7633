// PKITS's paths about policies (sections 4.8, 4.10 and 4.12) with other initial policies than the default, which its document asks
// for in part: `swiftlet verify` and `openssl verify` are asked the same, and must agree on every path under every setting.
import Foundation
import TestSupport
import Testing

/// Initial settings of RFC 5280 §6.1.1, as the two programs name them.
private struct PolicySetting: CustomTestStringConvertible {
    let ours: [String]
    let openssl: [String]
    let inhibitsAny: Bool

    static let testPolicy1 = "2.16.840.1.101.3.2.1.48.1"
    static let testPolicy2 = "2.16.840.1.101.3.2.1.48.2"

    init(_ policies: [String], explicit: Bool = true, inhibitsAny: Bool = false, inhibitsMapping: Bool = false) {
        self.inhibitsAny = inhibitsAny
        ours =
            policies.flatMap { ["--policy", $0] } + (explicit ? ["--require-explicit-policy"] : [])
            + (inhibitsAny ? ["--inhibit-any-policy"] : []) + (inhibitsMapping ? ["--inhibit-policy-mapping"] : [])
        openssl =
            policies.flatMap { ["-policy", $0] } + (explicit ? ["-explicit_policy"] : [])
            + (inhibitsAny ? ["-inhibit_any"] : []) + (inhibitsMapping ? ["-inhibit_map"] : [])
    }

    var testDescription: String { ours.joined(separator: " ") }

    static let all = [
        PolicySetting([testPolicy1]), PolicySetting([testPolicy2]),
        PolicySetting([testPolicy1, testPolicy2], inhibitsAny: true),
        PolicySetting([testPolicy1], explicit: false, inhibitsMapping: true),
    ]
}

@Suite struct PKITSPolicyTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test(arguments: PolicySetting.all)
    private func everyPathGetsOpenSSLsVerdict(_ setting: PolicySetting) throws {
        let tests = try PKITSTest.all().filter { test in ["4.8", "4.10", "4.12"].contains(test.section) }
        #expect(tests.count == 44)
        var accepted = 0
        for test in tests {
            let ours = try accepts(test, setting)
            // The authority has anyPolicy alone, which is not looked at (§6.1.3 (d) (2)), and maps a policy; openssl lets the
            // mapping make a policy of it all the same.
            let isOpenSSLs = test.number == "4.10.11" && setting.inhibitsAny
            #expect(try opensslAccepts(test, setting) == (ours || isOpenSSLs), "\(test.number) \(test.title)")
            accepted += ours ? 1 : 0
        }
        // A setting that decides nothing would show nothing.
        #expect(accepted > 0 && accepted < tests.count)
    }

    private func accepts(_ test: PKITSTest, _ setting: PolicySetting) throws -> Bool {
        var arguments = [builtProgram("swiftlet"), "verify", "--time", pkitsTime] + setting.ours
        arguments += ["--anchor", pkitsData + "certs/TrustAnchorRootCertificate.crt"]
        for name in test.intermediates { arguments += ["--intermediate", pkitsData + "certs/\(name).crt"] }
        let result = try runProgram(arguments + [pkitsData + "certs/\(test.leaf).crt"], mustSucceed: false)
        #expect([0, 3].contains(result.status), "\(test.number): \(result.errors)")
        return result.status == 0
    }

    private func opensslAccepts(_ test: PKITSTest, _ setting: PolicySetting) throws -> Bool {
        let anchor = try pem(["TrustAnchorRootCertificate"], "anchor.pem")
        let intermediates = try pem(test.intermediates, "intermediates.pem")
        let leaf = try pem([test.leaf], "leaf.pem")
        var arguments = ["openssl", "verify", "-policy_check", "-attime", "1590969600", "-CAfile", anchor]
        if !test.intermediates.isEmpty { arguments += ["-untrusted", intermediates] }
        return try runProgram(arguments + setting.openssl + [leaf], mustSucceed: false).status == 0
    }

    /// Certificates of PKITS's in one PEM file.
    private func pem(_ names: [String], _ file: String) throws -> String {
        let blocks = try names.map { name in
            let text = Data(try readFile(pkitsData + "certs/\(name).crt")).base64EncodedString(
                options: [.lineLength64Characters, .endLineWithLineFeed])
            return "-----BEGIN CERTIFICATE-----\n\(text)\n-----END CERTIFICATE-----\n"
        }
        return try directory.write(file, Array(blocks.joined().utf8))
    }
}
