// Chains that programs other than ours have made, and the verdicts of those programs beside ours.
import Foundation
import TestSupport
import Testing
import X509

@Suite struct OpenSSLTests {
    /// Making the certificates takes most of the time, so they are made once, and everything is asked of them here.
    @Test func chainsOfOpenSSLGetTheVerdictThatTheyDeserve() throws {
        let maker = ScenarioMaker(factory: try CertificateFactory(), impostors: try CertificateFactory())
        let scenarios = try maker.all()
        try verdictsAreAsExpectedAndAsOpenSSLs(scenarios)
        try orderDoesNotMatter(scenarios)
        try everyChangedByteIsRefused(scenarios)
        try fieldsAreWhatOpenSSLPrints(scenarios)
        try aFileOfCertificatesIsReadAndWritten(scenarios)
        withExtendedLifetime(maker) {}
    }

    private func verdictsAreAsExpectedAndAsOpenSSLs(_ scenarios: [Scenario]) throws {
        for scenario in scenarios {
            #expect(scenario.ours() == scenario.expected, "\(scenario.title)")
            guard let openssl = scenario.openssl else { continue }
            let verdict = try scenario.opensslVerdict()
            #expect(verdict.isAccepted == openssl, "\(scenario.title): \(verdict.words)")
            #expect(openssl == (scenario.expected == nil), "\(scenario.title)")
        }
    }

    /// The good chains again, with their intermediates in every rotation and twice.
    private func orderDoesNotMatter(_ scenarios: [Scenario]) throws {
        for scenario in scenarios where scenario.expected == nil && scenario.untrusted.count > 1 {
            let others = scenario.untrusted.map(\.der)
            for start in others.indices {
                let rotated = Array(others[start...] + others[..<start])
                for order in [rotated, rotated.reversed(), rotated + rotated] {
                    let found = fault(
                        [scenario.leaf.der] + order, anchors: scenario.anchors.map(\.der), requirements(time: now))
                    #expect(found == nil, "\(scenario.title)")
                }
            }
        }
    }

    /// Every byte of a leaf that openssl has made, signed with RSA and with RSA-PSS.
    private func everyChangedByteIsRefused(_ scenarios: [Scenario]) throws {
        for title in ["RSA, 4 certificates", "RSA-PSS SHA-256, 3 certificates"] {
            let scenario = try #require(scenarios.first { $0.title == title })
            let anchors = scenario.anchors.map(\.der)
            let others = scenario.untrusted.map(\.der)
            for index in scenario.leaf.der.indices {
                var changed = scenario.leaf.der
                changed[index] ^= 0x01
                #expect(
                    fault([changed] + others, anchors: anchors, requirements(time: now)) != nil, "\(title) \(index)")
                #expect(parseFault(Array(scenario.leaf.der[..<index])) == .malformedDER)
            }
        }
    }

    /// What openssl prints of a certificate is what we read.
    private func fieldsAreWhatOpenSSLPrints(_ scenarios: [Scenario]) throws {
        for scenario in scenarios where parseFault(scenario.leaf.der) == nil {
            let certificate = try Certificate(scenario.leaf.der.span)
            let serial = hex(array(certificate.serialNumber)).uppercased()
            let notAfter = certificate.notAfter
            let printed = try runProgram([
                "openssl", "x509", "-in", scenario.leaf.certificatePath, "-noout", "-serial", "-enddate", "-dateopt",
                "iso_8601",
            ])
            let lines = printed.output.split(separator: "\n")
            #expect(lines.contains { $0.hasPrefix("serial=") && serial.hasSuffix($0.dropFirst(7)) })
            let date = Date(timeIntervalSince1970: Double(notAfter)).formatted(.iso8601)
            #expect(lines.contains { $0 == "notAfter=" + date.replacing("T", with: " ") })
        }
    }

    private func aFileOfCertificatesIsReadAndWritten(_ scenarios: [Scenario]) throws {
        for scenario in scenarios.prefix(4) {
            let files = try ([scenario.leaf] + scenario.untrusted).map { try readFile($0.certificatePath) }
            let text = files.flatMap { $0 }
            var memory = [UInt8](repeating: 0, count: text.count)
            var span = memory.mutableSpan
            let count = try PEM.decode(text.span, label: "CERTIFICATE", into: &span)
            #expect(Array(memory[..<count]) == joined([scenario.leaf.der] + scenario.untrusted.map(\.der)))
            var written = [UInt8](repeating: 0, count: files[0].count)
            var writtenSpan = written.mutableSpan
            let writtenCount = try PEM.encode(scenario.leaf.der.span, label: "CERTIFICATE", into: &writtenSpan)
            #expect(Array(written[..<writtenCount]) == files[0])
        }
    }
}

@Suite struct GnuTLSTests {
    private func certtool(_ arguments: [String]) throws { try runProgram(["certtool"] + arguments) }

    /// A chain that certtool has made, for both validators.
    @Test func aChainOfCerttoolIsAccepted() throws {
        let directory = try TemporaryDirectory()
        let file = directory.file
        for name in ["root", "leaf"] {
            try certtool([
                "--generate-privkey", "--key-type", "ecdsa", "--curve", "secp384r1", "--outfile", file("\(name).key"),
            ])
        }
        try directory.write("root.cfg", Array("cn=GnuTLS root\nca\ncert_signing_key\nexpiration_days=30\n".utf8))
        let leafConfiguration =
            "cn=leaf\ndns_name=device.example\nip_address=192.0.2.7\ntls_www_server\nsigning_key\nexpiration_days=20\n"
        try directory.write("leaf.cfg", Array(leafConfiguration.utf8))
        try certtool([
            "--generate-self-signed", "--load-privkey", file("root.key"), "--template", file("root.cfg"), "--outfile",
            file("root.pem"),
        ])
        try certtool([
            "--generate-certificate", "--load-privkey", file("leaf.key"), "--load-ca-certificate", file("root.pem"),
            "--load-ca-privkey", file("root.key"), "--template", file("leaf.cfg"), "--outfile", file("leaf.pem"),
        ])
        let der = try ["root", "leaf"].map {
            try runProgram(["openssl", "x509", "-in", file("\($0).pem"), "-outform", "DER"]).standardOutput
        }
        for (name, expected) in [
            ("device.example", nil), ("192.0.2.7", nil), ("other.example", X509Error.Reason.nameMismatch),
        ] {
            #expect(fault([der[1]], anchors: [der[0]], requirements(name: name, time: now))?.reason == expected)
            let verdict = try runProgram(
                [
                    "certtool", "--verify", "--load-ca-certificate", file("root.pem"), "--infile", file("leaf.pem"),
                    name.hasSuffix("7") ? "--verify-hostname=device.example" : "--verify-hostname=\(name)",
                ], mustSucceed: false)
            #expect((verdict.status == 0) == (expected == nil), "\(verdict.output)\(verdict.errors)")
        }
    }
}
