// NIST's path validation tests (PKITS) through `swiftlet verify`, as a user would ask: the trust anchor, the intermediates
// and the revocation lists of each test as files, and the exit code.
//
// What NIST says is invalid must be refused, and for the reason that `refused.txt` names; what it says is valid must be
// accepted, unless `refused.txt` names why we refuse it on purpose. Both lists are exact: a test that starts to pass, or is
// refused for another reason, has to be looked at.
import TestSupport
import Testing

/// A moment at which all of PKITS's certificates that are to be valid are: 2010-01-01 to 2030-12-31.
let pkitsTime = "2020-06-01T00:00:00Z"

@Suite struct PKITSTests {
    @Test func everyPathGetsTheVerdictThatIsWritten() throws {
        let refusals = try PKITSRefusal.all()
        let tests = try PKITSTest.all()
        #expect(tests.count == 224)
        #expect(Set(refusals.keys).isSubset(of: tests.map(\.number)))
        for test in tests {
            let verdict = try verdict(test)
            if !test.isValid { #expect(verdict != nil, "\(test.number) \(test.title) must be refused") }
            #expect(verdict == refusals[test.number]?.detail, "\(test.number) \(test.title)")
        }
    }

    /// Only what is valid needs an excuse, and it must be one of those that are written out.
    @Test func everyDeviationHasItsReason() throws {
        let refusals = try PKITSRefusal.all()
        for test in try PKITSTest.all() {
            let purpose = refusals[test.number]?.purpose
            if test.isValid {
                #expect((refusals[test.number] == nil) == (purpose == nil), "\(test.number)")
            } else {
                #expect(refusals[test.number] != nil && purpose == nil, "\(test.number)")
            }
        }
    }

    /// The table that people read is the one that follows from the lists.
    @Test func theTableIsUpToDate() throws {
        let readme = String(decoding: try readFile(pkitsFolder + "README.md"), as: UTF8.self)
        let table = try pkitsSummary()
        #expect(readme.contains(table), "put this table into README.md:\n\(table)")
    }

    /// The reason for which `swiftlet verify` refuses a path, or nil where it accepts it.
    private func verdict(_ test: PKITSTest) throws -> String? {
        var arguments = [builtProgram("swiftlet"), "verify", "--json", "--time", pkitsTime]
        arguments += ["--anchor", pkitsData + "certs/TrustAnchorRootCertificate.crt"]
        for name in test.intermediates { arguments += ["--intermediate", pkitsData + "certs/\(name).crt"] }
        for name in test.lists { arguments += ["--crl", pkitsData + "crls/\(name).crl"] }
        let result = try runProgram(arguments + [pkitsData + "certs/\(test.leaf).crt"], mustSucceed: false)
        switch result.status {
        case 0: return nil
        case 3: return detail(result.output) ?? "no detail"
        default: return "exit code \(result.status): \(result.errors)"
        }
    }

    /// The value of `detail` in a JSON object on one line, which is a plain word.
    private func detail(_ json: String) -> String? {
        guard let key = json.firstRange(of: "\"detail\":\"") else { return nil }
        return json[key.upperBound...].split(separator: "\"").first.map(String.init)
    }
}
