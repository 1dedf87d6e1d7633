// swiftlet verify: whether a certificate leads to an anchor and is good for a purpose, a name and a time (RFC 5280 §6,
// RFC 9525).
import ArgumentParser
import Bytes
import CLinux
import Provisioning
import X509

/// What a certificate can be checked for.
enum PurposeOption: String, ExpressibleByArgument, CaseIterable {
    case server
    case client

    /// The same for the path validation.
    var purpose: Purpose { self == .server ? .server : .client }
}

/// The moment that --time names, in seconds since 1970.
func timeOption(_ text: String) throws -> Int64 {
    guard let time = UTCDate(rfc3339: Array(text.utf8).span) else {
        throw ValidationError("'\(escaped(text))' is no time in RFC 3339; give one such as 2026-03-01T12:00:00Z")
    }
    return time.secondsSince1970
}

/// `swiftlet verify`.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check a certificate against trust anchors.",
        discussion: """
            Exit code 3 where the certificate is not valid, with the reason on stderr. Each file may hold several \
            certificates; those after the first in LEAF.pem count as intermediates. Without --name and --ip no name is \
            checked. With --crl every certificate below the anchor must be covered by a current revocation list of its \
            issuer; without it revocation is not looked at. Policies (RFC 5280 §6.1.1) decide only where \
            --require-explicit-policy or a certificate asks for one; then the path must have one of --policy, or any.
            """)

    @Option(help: ArgumentHelp("Trust anchors; may be repeated.", valueName: "file"), completion: .file())
    var anchor: [String]

    @Option(help: ArgumentHelp("Intermediate certificates; may be repeated.", valueName: "file"), completion: .file())
    var intermediate: [String] = []

    @Option(
        help: ArgumentHelp(
            "Revocation lists, PEM or DER; may be repeated. One that is missing or out of date is a failure.",
            valueName: "file"), completion: .file())
    var crl: [String] = []

    @Option(help: ArgumentHelp("The DNS name that the certificate must carry.", valueName: "dns"))
    var name: String?

    @Option(help: ArgumentHelp("The IP address that the certificate must carry.", valueName: "ip"))
    var ip: String?

    @Option(help: "What the certificate is for: server or client.")
    var purpose = PurposeOption.server

    @Option(
        help: ArgumentHelp("The time to check for, such as 2026-03-01T12:00:00Z; now by default.", valueName: "t"),
        transform: timeOption)
    var time: Int64?

    @OptionGroup var policies: PolicyOptions

    @Option(help: ArgumentHelp("How many intermediates may stand between leaf and anchor (0 to 16).", valueName: "n"))
    var maxDepth = 8

    @Flag(help: "Print one JSON object on stdout.")
    var json = false

    @Argument(help: ArgumentHelp("The certificate to check, PEM or DER.", valueName: "leaf.pem"), completion: .file())
    var leaf: String

    func validate() throws {
        guard name == nil || ip == nil else { throw ValidationError("--name and --ip exclude each other; give one") }
        guard (0...X509Limits.depth).contains(maxDepth) else {
            throw ValidationError("--max-depth \(maxDepth) is out of range; give 0 to \(X509Limits.depth)")
        }
        _ = try identity()
    }

    /// The name that was asked for.
    private func identity() throws -> ReferenceIdentity {
        guard let text = name ?? ip else { return .any }
        let option = name == nil ? "--ip" : "--name"
        switch try? ReferenceIdentity(Array(text.utf8).span) {
        case .dns(let dns) where name != nil: return .dns(dns)
        case .ip(let address) where ip != nil: return .ip(address)
        default:
            let expected =
                name == nil ? "IP address; give one such as 192.0.2.1" : "DNS name; give one such as a.example"
            throw ValidationError("\(option) '\(escaped(text))' is no \(expected)")
        }
    }

    func run() throws {
        let anchors = try anchor.flatMap { try readCertificates($0, "the anchor file") }
        let chain =
            try readCertificates(leaf, "the certificate")
            + intermediate.flatMap { try readCertificates($0, "the intermediate file") }
        var requirements = PathRequirements(
            purpose: purpose.purpose, identity: try identity(), time: .known(time ?? swl_realtime_seconds()),
            unknownTimePolicy: .require)
        requirements.maximumDepth = maxDepth
        requirements.policies = policies.requirements
        let lists = try crl.flatMap { try readRevocationLists($0) }
        // Lists may each need a signature check beside those of the certificates.
        requirements.maximumSignatureChecks += 2 * lists.count
        let chainBytes = sequenceBytes(chain)
        let anchorBytes = sequenceBytes(anchors)
        let listBytes = sequenceBytes(lists)
        do throws(X509Error) {
            let path = try verifyPath(
                CertificateSequence(chainBytes.span, .plain), anchors: CertificateSequence(anchorBytes.span, .plain),
                revocationLists: RevocationLists(listBytes.span, crl.isEmpty ? .unchecked : .required), requirements)
            reportValid(path, chain, anchors[path.anchorIndex])
        } catch {
            try reportInvalid(error, chain, anchors)
        }
    }

    private func reportValid(_ path: VerifiedPath, _ chain: [[UInt8]], _ anchor: [UInt8]) {
        guard !json else {
            writeResult(valid: true, nil, chain + (chain[0] == anchor ? [] : [anchor]))
            return
        }
        let leafName = nameOfCertificate(chain[0])
        let anchorName = nameOfCertificate(anchor)
        writeOutput(
            "\(escaped(leaf)): valid until \(timeText(path.leafNotAfter)): \(leafName), "
                + "\(path.depth) intermediates, anchor \(anchorName)\n")
    }

    private func reportInvalid(_ error: X509Error, _ chain: [[UInt8]], _ anchors: [[UInt8]]) throws {
        let failure = certificateFailure(
            error, chain: chain, anchors: anchors, expectedName: name ?? ip ?? "")
        guard json else { throw failure }
        writeResult(valid: false, failure, chain)
        throw failure.afterResult
    }

    private func writeResult(valid: Bool, _ error: CommandError?, _ chain: [[UInt8]]) {
        let object = JSONValue.object([
            ("valid", .bool(valid)), ("error", error?.json ?? .null),
            ("chain", .array(chain.map(certificateSummary))),
        ])
        writeOutput(object.text + "\n")
    }
}

/// What is wrong with which certificate, and what to do.
/// - Parameter expectedName: the name that it was to have; empty for any.
func certificateFailure(
    _ error: X509Error, chain: [[UInt8]], anchors: [[UInt8]], expectedName: String
) -> CommandError {
    let subject: String
    if anchors.indices.contains(error.anchor) {
        subject = "the anchor \(nameOfCertificate(anchors[error.anchor]))"
    } else if chain.indices.contains(error.certificate) {
        subject = "the certificate \(nameOfCertificate(chain[error.certificate]))"
    } else {
        subject = "the peer's certificate"
    }
    let expected = error.reason == .nameMismatch ? " ('\(escaped(expectedName))')" : ""
    return CommandError(
        status: .invalidCertificate, kind: "certificate",
        message: "\(subject) \(error.reason.description)\(expected); \(advice(error, chain))", detail: "\(error.reason)"
    )
}

/// What to do about it.
private func advice(_ error: X509Error, _ chain: [[UInt8]]) -> String {
    guard chain.indices.contains(error.certificate) else { return generalAdvice(error) }
    let certificate = chain[error.certificate]
    do throws(X509Error) {
        switch error.reason {
        case .expired, .notYetValid:
            let view = try Certificate(certificate.span)
            return
                "it is valid from \(timeText(view.notBefore)) to \(timeText(view.notAfter)): renew it or check the clock"
        case .nameMismatch:
            let names = describe(try Certificate(certificate.span).extensions.subjectAltNames)
            return "it is for \(shortened(names)): use one of these names or another certificate"
        case .unknownIssuer:
            let issuer = describe(try Certificate(certificate.span).issuer)
            return "its issuer is \(issuer): give that one as an anchor or an intermediate"
        default: return generalAdvice(error)
        }
    } catch {
        return "restore the file"
    }
}

/// What to do where the certificate itself is not at hand.
private func generalAdvice(_ error: X509Error) -> String {
    switch error.reason {
    case .expired, .notYetValid: "renew it or check the clock"
    case .nameMismatch, .noComparableName: "ask for one of its names"
    case .unknownIssuer: "trust its issuer, or have the issuer's certificate sent with it"
    case .pathTooLong: "allow more intermediates or trust one of them"
    case .noAnchors, .noCertificate: "give a file with certificates"
    case .revoked: "do not trust it, and have a new one issued for a new key"
    case .revocationListMissing, .partialRevocationList, .indirectRevocationList, .deltaRevocationList:
        "get the complete list of its issuer and give it with --crl"
    case .revocationListExpired, .revocationListWithoutNextUpdate, .malformedRevocationList,
        .unknownCriticalListExtension, .badRevocationListSignature, .weakRevocationListSignature,
        .unsupportedRevocationListSignature:
        "get the issuer's current list"
    case .revocationListNotYetValid: "check the clock"
    case .nameNotPermitted, .nameExcluded: "have it issued by an authority that may issue these names"
    default: "get another one from its issuer"
    }
}

/// The first names, within what one line bears.
private func shortened(_ names: [String]) -> String {
    names.count <= 4 ? names.joined(separator: ", ") : names.prefix(4).joined(separator: ", ") + ", ..."
}
