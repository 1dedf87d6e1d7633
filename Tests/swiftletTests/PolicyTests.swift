// Named policies: the tables as `policy show` prints them, each against its source, and what connections make of them.
import Bytes
import Foundation
import TestSupport
import Testing

@testable import TLS
@testable import TLSCrypto

/// What a policy comes to.
private struct Table: CustomTestStringConvertible {
    let name: String
    let suites: [String]
    let groups: [String]
    let schemes: [String]
    var minimumRSABits = 2048
    var recordSize = 16384

    var testDescription: String { name }

    static let (gcm128, gcm256) = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384")
    static let (chaCha, ccm) = ("TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_CCM_SHA256")
    static let ecdsa = ["ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384"]
    static let pss = ["rsa_pss_rsae_sha256", "rsa_pss_rsae_sha384", "rsa_pss_rsae_sha512"]
    static let pkcs1 = ["rsa_pkcs1_sha256", "rsa_pkcs1_sha384", "rsa_pkcs1_sha512"]

    static let all = [
        Table(
            name: "modern", suites: [gcm128, chaCha, gcm256], groups: ["x25519", "secp256r1", "secp384r1"],
            schemes: ecdsa),
        Table(
            name: "rfc9325", suites: [gcm128, chaCha, gcm256], groups: ["x25519", "secp256r1", "secp384r1"],
            schemes: ecdsa + pss + pkcs1),
        Table(
            name: "nist-sp800-52r2", suites: [gcm128, gcm256, ccm], groups: ["secp256r1", "secp384r1"],
            schemes: ecdsa + pss + pkcs1),
        Table(
            name: "bsi-tr-02102-2", suites: [gcm128, gcm256, ccm], groups: ["secp256r1", "secp384r1"],
            schemes: ecdsa + pss, minimumRSABits: 3000),
        Table(
            name: "constrained", suites: [chaCha, ccm, gcm128], groups: ["secp256r1"], schemes: ecdsa, recordSize: 2048),
    ]
}

@Suite struct PolicyTests {
    @Test func listNamesEachOnALine() throws {
        let result = try swiftlet("policy", "list")
        let names = result.output.split(separator: "\n").compactMap { $0.split(separator: " ").first.map(String.init) }
        #expect(names == ["default"] + Table.all.map(\.name))
        let object = try object(try swiftlet("policy", "list", "--json").standardOutput)
        #expect((object["policies"] as? [[String: Any]])?.compactMap { $0["name"] as? String } == names)
    }

    @Test(arguments: Table.all) private func isWhatItsSourceSays(table: Table) throws {
        let object = try object(try swiftlet("policy", "show", table.name, "--json").standardOutput)
        #expect((object["cipher_suites"] as? [String])?.filter { !$0.contains("_WITH_") } == table.suites)
        #expect(object["versions"] as? [String] == (table.name == "modern" ? ["1.3"] : ["1.3", "1.2"]))
        let older = (object["cipher_suites"] as? [String])?.filter { $0.contains("_WITH_") } ?? []
        let ecdsaAlone = older.allSatisfy { $0.hasPrefix("TLS_ECDHE_ECDSA_WITH_") }
        #expect(table.name == "modern" ? older.isEmpty : ecdsaAlone == (table.name == "constrained"))
        if !table.suites.contains(Table.chaCha) || table.name == "rfc9325" {
            #expect(!older.contains { $0.contains("CHACHA20") })
        }
        #expect(object["groups"] as? [String] == table.groups)
        #expect(object["signature_schemes"] as? [String] == table.schemes)
        #expect(object["record_size"] as? Int == table.recordSize)
        #expect(object["minimum_rsa_bits"] as? Int == table.minimumRSABits)
        let text = try swiftlet("policy", "show", table.name).output
        for title in ["source", "edition", "held_against", "keys"] {
            let value = try #require(object[title] as? String)
            #expect(!value.isEmpty && text.contains("\(title.replacing("_", with: " ")): \(value)\n"))
        }
        for word in table.suites + table.groups + table.schemes { #expect(text.contains("  \(word)\n")) }
    }

    @Test func anUnknownPolicyIsAUsageError() throws {
        expectFailure(try swiftlet("policy", "show", "old"), 64, "'old' is no policy", "rfc9325")
        expectFailure(
            try swiftlet("connect", "127.0.0.1:1", "--unsafe-no-verify", "--policy", "Modern"), 64,
            "'Modern' is no policy")
    }

    /// Options narrow a policy down, and do not widen it.
    @Test func contradictionsAreRefused() throws {
        let connect = ["connect", "127.0.0.1:1", "--unsafe-no-verify"]
        for (policy, option, value) in [
            ("nist-sp800-52r2", "--ciphers", "TLS_AES_128_GCM_SHA256,TLS_CHACHA20_POLY1305_SHA256"),
            ("modern", "--ciphers", "TLS_AES_128_CCM_SHA256"), ("bsi-tr-02102-2", "--groups", "x25519"),
            ("constrained", "--groups", "secp384r1"), ("modern", "--versions", "1.2,1.3"),
            ("rfc9325", "--ciphers", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
        ] {
            let result = try runProgram(
                [programPath] + connect + ["--policy", policy, option, value], mustSucceed: false)
            expectFailure(result, 64, option, "which the policy \(policy) has not")
        }
    }

    /// What a document says of keys counts for both sides: ours is refused as it is loaded, the peer's when it is shown.
    @Test(arguments: [
        ("bsi-tr-02102-2", TestKey.rsa2048, "RSA from 3000 bits"),
        ("modern", .rsa3072, "allows ECDSA on P-256 or P-384;"),
    ])
    func keysThatAPolicyHasNot(policy: String, key: TestKey, complaint: String) throws {
        let cast = try TestIdentities(key)
        let own = ["--cert", cast.server.certificatePath, "--key", cast.server.keyPath]
        for shown in [own, ["--raw-key", cast.server.keyPath]] {
            let command = ["serve", "--listen", "127.0.0.1:0", "--echo", "--policy", policy]
            let result = try runProgram([programPath] + command + shown, mustSucceed: false)
            expectFailure(result, 64, "the policy \(policy) does not allow", complaint)
        }
        let server = try Server("--echo", "--cert", cast.server.certificatePath, "--key", cast.server.keyPath)
        let connect = ["connect", server.endpoint, "--policy", policy]
        for version in policy == "modern" ? ["1.3"] : ["1.3", "1.2"] {
            let result = try runProgram(
                [programPath] + connect + ["--ca", cast.root.certificatePath, "--versions", version], mustSucceed: false
            )
            // Where there is no scheme for the key, the server has nothing to show.
            #expect(result.status == (policy == "modern" ? 4 : 3), "\(result.errors)")
        }
    }

    /// TR-02102-2 has no RSASSA-PKCS1-v1_5 any longer, so a key of ours does not sign by it either, though OpenSSL's client asks
    /// for nothing else; the key is long enough.
    @Test func aKeyOfOursSignsByThePolicy() throws {
        let cast = try TestIdentities(.rsa3072)
        func serve(_ policy: String) throws -> Server {
            try Server(
                "--echo", "--policy", policy, "--cert", cast.server.certificatePath, "--key", cast.server.keyPath)
        }
        func connect(_ server: Server, _ algorithms: String) throws -> String {
            let client = [
                "openssl", "s_client", "-tls1_2", "-brief", "-connect", server.endpoint, "-sigalgs", algorithms,
            ]
            return try runProgram(client, mustSucceed: false).errors
        }
        let bsi = try serve("bsi-tr-02102-2")
        #expect(try connect(bsi, "RSA+SHA256:RSA+SHA512").contains("alert handshake failure"))
        #expect(try connect(bsi, "RSA+SHA256:RSA-PSS+SHA384").contains("Signature type: RSA-PSS"))
        #expect(try connect(serve("rfc9325"), "RSA+SHA256:RSA+SHA512").contains("Signature type: RSA\n"))
    }

    /// The suite and the group of a connection with a policy are its first, and a peer without them is refused.
    @Test(arguments: Table.all) private func connectionsFollowIt(table: Table) throws {
        let cast = try TestIdentities()
        let server = try Server(
            "--http", "--policy", table.name, "--cert", cast.server.certificatePath, "--key", cast.server.keyPath)
        let arguments = [programPath, "connect", server.endpoint, "--json", "--ca", cast.root.certificatePath]
        let result = try runProgram(
            arguments, input: Array("GET / HTTP/1.0\r\n\r\n".utf8), mustSucceed: false)
        let summary = try object(result.standardError)
        #expect(summary["cipher_suite"] as? String == table.suites[0], "\(result.errors)")
        #expect(summary["group"] as? String == table.groups[0])
        if !table.suites.contains(Table.chaCha) {
            let refused = try runProgram(arguments + ["--ciphers", Table.chaCha], mustSucceed: false)
            #expect(refused.status == 4, "\(refused.errors)")
        }
    }
}

@Suite struct ProcessorSpeedTests {
    @Test func whatIsStoredReadsBack() throws {
        for (aes, chaCha) in [(0, 0), (412_345, 99_000), (9, 10)] as [(UInt64, UInt64)] {
            let speed = ProcessorSpeed(aes128GCM: aes, chaCha20Poly1305: chaCha)
            let text = Array("aes_128_gcm \(aes)\nchacha20_poly1305 \(chaCha)\n".utf8)
            #expect(ProcessorSpeed(text.span) == speed)
            #expect(speed.isChaCha20Faster == (chaCha > aes))
        }
    }

    @Test(arguments: [
        "", "aes_128_gcm 1\n", "aes_128_gcm 1\nchacha20_poly1305 2", "aes_128_gcm 1\nchacha20_poly1305 2\n\n",
        "aes_128_gcm \nchacha20_poly1305 2\n", "aes_128_gcm -1\nchacha20_poly1305 2\n",
        "chacha20_poly1305 2\naes_128_gcm 1\n", "aes_128_gcm 1234567890123456\nchacha20_poly1305 2\n",
    ])
    func anythingElseIsNothing(text: String) {
        let bytes = Array(text.utf8)
        let isNone = ProcessorSpeed(bytes.span) == nil
        #expect(isNone)
    }

    /// threats.md: where AES reads tables, ChaCha20 comes first in the order that is left to the processor.
    @Test func chaCha20ComesFirstWhereAESIsSlow() {
        var configuration = Configuration(anchors: Region(), chains: Region())
        Policy.default.apply(to: &configuration, chaCha20First: true)
        #expect(configuration.cipherSuites.elements[0] == .TLS_CHACHA20_POLY1305_SHA256)
        // Behind it those of TLS 1.2, then the others in their order.
        #expect(configuration.cipherSuites.elements[1] == .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256)
        #expect(configuration.cipherSuites.elements[2] == .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256)
        #expect(configuration.cipherSuites.elements[3] == .TLS_AES_128_GCM_SHA256)
        Policy.default.apply(to: &configuration, chaCha20First: false)
        #expect(configuration.cipherSuites.elements[0] == .TLS_AES_128_GCM_SHA256)
        // An order that a source has stays.
        Policy.nistSP80052r2.apply(to: &configuration, chaCha20First: true)
        #expect(configuration.cipherSuites.elements[0] == .TLS_AES_128_GCM_SHA256)
    }
}
