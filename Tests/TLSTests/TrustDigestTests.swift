// The digest that binds a session to what was trusted when it was made.
import Bytes
import TestSupport
import Testing
import X509

@testable import TLS

@Suite struct TrustDigestTests {
    /// threats.md, tickets: resumption never outlives a change of anchors, CRLs or access rules.
    @Test func everythingThatDecidesIsInTheDigest() throws {
        let factory = try CertificateFactory()
        let root = try factory.authority("Digest root")
        let list = try runProgram([
            "openssl", "crl", "-in", try factory.revocationList("list", issuer: root), "-outform", "DER",
        ]).standardOutput
        func digest(_ change: (inout Trust) throws -> Void) throws -> [UInt8] {
            var memory = [UInt8](repeating: 0, count: 8192)
            return try unsafe memory.withUnsafeMutableBytes { buffer in
                // The arena is not used after this closure.
                var arena = unsafe Arena(unsafe: buffer)
                var configuration = Configuration(
                    anchors: try arena.take(2048), chains: try arena.take(16), revocationLists: try arena.take(2048))
                try change(&configuration.trust)
                return array(try configuration.trust.digestOfPolicy().bytes)
            }
        }
        let policy = { (bytes: [UInt8]) in try ObjectIdentifier(content: bytes.span) }
        let changes: [(inout Trust) throws -> Void] = [
            { _ in }, { try $0.addAnchor(root.der.span) }, { try $0.addRevocationList(list.span) },
            { $0.revocation = .required }, { $0.revocation = .unsafeSoftFail }, { $0.maximumDepth = 3 },
            { $0.minimumRSABits = 3000 },
            { $0.names = ReferenceIdentities(.any) },
            { $0.names = ReferenceIdentities(try ReferenceIdentity(Array("a.example".utf8).span)) },
            { $0.names = ReferenceIdentities(try ReferenceIdentity(Array("b.example".utf8).span)) },
            { $0.pins.append(Trust.Pin(repeating: 0)) }, { $0.pins.append(Trust.Pin(repeating: 1)) },
            { $0.rawPublicKeys.append(Trust.Pin(repeating: 0)) }, { $0.rawPublicKeys.append(Trust.Pin(repeating: 1)) },
            { $0.certificateTypes.append(.RawPublicKey) },
            { $0.unknownTime = .floor(0) }, { $0.unknownTime = .floor(1) }, { $0.acceptsCommonName = true },
            { $0.asksForVerdict = true }, { $0.verdictOnResumption = .stands },
            { $0.unsafeAcceptsAnyCertificate = true },
            { $0.policies.requiresExplicitPolicy = true }, { $0.policies.inhibitsAnyPolicy = true },
            { $0.policies.inhibitsPolicyMapping = true }, { $0.policies.accept(try policy([0x2A, 3])) },
            { $0.policies.accept(try policy([0x2A, 4])) },
        ]
        let digests = try changes.map { try digest($0) }
        #expect(Set(digests).count == changes.count)
        #expect(try changes.map { try digest($0) } == digests)
    }

    /// Lists can be replaced between two handshakes; without any, everybody is refused.
    @Test func listsCanBeReplaced() throws {
        let factory = try CertificateFactory()
        let root = try factory.authority("Replacing root")
        let list = try runProgram([
            "openssl", "crl", "-in", try factory.revocationList("list", issuer: root), "-outform", "DER",
        ]).standardOutput
        var memory = [UInt8](repeating: 0, count: 4096)
        try unsafe memory.withUnsafeMutableBytes { buffer in
            // The arena is not used after this closure.
            var arena = unsafe Arena(unsafe: buffer)
            var configuration = Configuration(
                anchors: try arena.take(16), chains: try arena.take(16), revocationLists: try arena.take(list.count + 3)
            )
            try configuration.trust.addRevocationList(list.span)
            let fits = Result { () throws(TLSError) in try configuration.trust.addRevocationList(list.span) }
            guard case .failure(.limitExceeded(.memory, _, _)) = fits else {
                Issue.record("a list too many was taken")
                return
            }
            configuration.trust.removeRevocationLists()
            #expect(configuration.trust.revocation == .required)
            try configuration.trust.addRevocationList(list.span)
        }
    }
}
