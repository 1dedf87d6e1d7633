// What an EST server wants in a request (CSR attributes, RFC 9908), obeyed or refused: the subject, the kind of key and the extensions
// that its template says, of which OpenSSL shows what was asked for.
import Foundation
import TestSupport
import Testing

@Suite struct RequestTemplateTests {
    private let stage: ESTStage

    init() throws { stage = try ESTStage() }

    private var store: String { stage.files.file("store") }

    // DER

    private static func tlv(_ tag: UInt8, _ parts: [UInt8]...) -> [UInt8] {
        let content = parts.flatMap { $0 }
        precondition(content.count < 65_536)
        let length: [UInt8] =
            content.count < 128
            ? [UInt8(content.count)]
            : content.count < 256
                ? [0x81, UInt8(content.count)] : [0x82, UInt8(content.count >> 8), UInt8(content.count & 0xFF)]
        return [tag] + length + content
    }

    private static func sequence(_ parts: [UInt8]...) -> [UInt8] { tlv(0x30, parts.flatMap { $0 }) }
    private static func set(_ parts: [UInt8]...) -> [UInt8] { tlv(0x31, parts.flatMap { $0 }) }
    private static func identifier(_ content: UInt8...) -> [UInt8] { tlv(0x06, content) }
    private static func text(_ value: String) -> [UInt8] { tlv(0x0C, Array(value.utf8)) }

    private static let commonName = identifier(0x55, 4, 3)
    private static let organization = identifier(0x55, 4, 10)
    private static let serialNumber = identifier(0x55, 4, 5)
    private static let names = identifier(0x55, 0x1D, 0x11)
    private static let keyUsage = identifier(0x55, 0x1D, 0x0F)
    private static let extendedKeyUsage = identifier(0x55, 0x1D, 0x25)
    private static let policies = identifier(0x55, 0x1D, 0x20)
    private static let isTrue: [UInt8] = [1, 1, 0xFF]
    private static let challengePassword = identifier(0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 7)
    private static let extensionRequest = identifier(0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 0x0E)
    private static let extensionTemplate = identifier(0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 0x10, 2, 0x3E)
    private static let ecPublicKey = identifier(0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1)
    private static let secp384r1 = identifier(0x2B, 0x81, 4, 0, 0x22)
    private static let rsaEncryption = identifier(0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1)

    private static func attribute(_ type: [UInt8], _ value: [UInt8]?) -> [UInt8] { sequence(type, value ?? []) }

    private static func extensions(_ all: [UInt8]...) -> [UInt8] {
        sequence(extensionTemplate, set(sequence(all.flatMap { $0 })))
    }

    /// CsrAttrs with a template, and what stands beside it.
    private static func template(
        version: UInt8 = 0, subject: [UInt8]? = nil, key: [UInt8]? = nil, attributes: [UInt8] = [], beside: [UInt8] = []
    ) -> String {
        let body = sequence(
            [2, 1, version], subject ?? [], key.map { tlv(0xA0, $0) } ?? [], tlv(0xA1, attributes))
        let type = identifier(0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 0x10, 2, 0x3D)
        return sequence(sequence(type, set(body)), beside).map { String(format: "%02x", $0) }.joined()
    }

    // What comes of it

    private func enroll(_ attributes: String, _ more: String...) throws -> (result: ProgramResult, request: String) {
        let server = try ESTServer(stage, "--attributes", attributes)
        let result = try Enroller.swiftletd.run(
            [
                "enroll", "--server", server.url, "--store", store, "--anchor", stage.authority.certificatePath,
            ] + (more.contains("--name") ? [] : ["--name", "device.example"]) + more)
        let request = "\(server.log)/request-1.pem"
        guard FileManager.default.fileExists(atPath: request) else { return (result, "") }
        return (
            result,
            try runProgram(["openssl", "req", "-in", request, "-noout", "-text", "-nameopt", "RFC2253"]).output
        )
    }

    private func expectAsked(_ attributes: String, _ words: String..., not others: [String] = []) throws {
        let (result, request) = try enroll(attributes)
        #expect(result.status == 0, "\(result.errors)")
        for word in words { #expect(request.contains(word), "\(word): \(request)") }
        for word in others { #expect(!request.contains(word), "\(word): \(request)") }
    }

    private func expectRefused(_ attributes: String, _ words: String) throws {
        let (result, request) = try enroll(attributes)
        #expect(result.status == 1 && result.errors.contains(words), "\(result.errors)")
        #expect(result.errors.split(separator: "\n").count == 1 && request.isEmpty)
        #expect(!FileManager.default.fileExists(atPath: store))
    }

    @Test func theSubjectIsTheTemplates() throws {
        let subject = Self.sequence(
            Self.set(Self.attribute(Self.organization, Self.text("Example"))),
            Self.set(Self.attribute(Self.commonName, nil)))
        try expectAsked(
            Self.template(subject: subject), "Subject: CN=device.example,O=Example\n", "DNS:device.example")
    }

    @Test func aSubjectWithAllItsValues() throws {
        let subject = Self.sequence(
            Self.set(
                Self.attribute(Self.commonName, Self.text("unit 7")),
                Self.attribute(Self.serialNumber, Self.tlv(0x13, Array("0815".utf8)))))
        try expectAsked(Self.template(subject: subject), "CN=unit 7", "serialNumber=0815", not: ["CN=device.example"])
    }

    @Test func aSubjectWithNothingInIt() throws {
        try expectAsked(
            Self.template(subject: Self.sequence()), "Subject: \n", "X509v3 Subject Alternative Name: critical")
    }

    @Test func aSubjectThatWeCannotFill() throws {
        let subject = Self.sequence(
            Self.set(Self.attribute(Self.commonName, nil)), Self.set(Self.attribute(Self.serialNumber, nil)))
        try expectRefused(
            Self.template(subject: subject), "wants 2.5.4.5 in the subject, and leaves a value to the client")
    }

    @Test func theKindOfKeyIsTheTemplates() throws {
        try expectAsked(Self.template(key: Self.sequence(Self.ecPublicKey, Self.secp384r1)), "384 bit")
    }

    /// RFC 9908 §3.4: the length of the key that stands there is the one that is wanted.
    @Test(arguments: [2048, 3072]) func theLengthOfAnRSAKey(bits: Int) throws {
        let modulus = [0x00, 0x80] + [UInt8](repeating: 0, count: bits / 8 - 1)
        let placeholder = Self.sequence(Self.tlv(2, modulus), [2, 3, 1, 0, 1])
        let algorithm = Self.sequence(Self.rsaEncryption, [5, 0])
        try expectAsked(Self.template(key: algorithm + Self.tlv(3, [0], placeholder)), "\(bits) bit")
    }

    @Test func aKeyThatCannotBeHad() throws {
        let secp521r1 = Self.identifier(0x2B, 0x81, 4, 0, 0x23)
        try expectRefused(
            Self.template(key: Self.sequence(Self.ecPublicKey, secp521r1)),
            "asks for a kind of key that is none of P-256")
        let small = Self.sequence(Self.tlv(2, [0x00, 0x80] + [UInt8](repeating: 0, count: 127)), [2, 3, 1, 0, 1])
        try expectRefused(
            Self.template(key: Self.sequence(Self.rsaEncryption, [5, 0]) + Self.tlv(3, [0], small)),
            "asks for a kind of key")
    }

    @Test func extensionsWithAndWithoutValues() throws {
        let policy = Self.tlv(4, Self.sequence(Self.sequence(Self.identifier(0x2A, 3, 4))))
        let all = Self.extensions(
            Self.sequence(Self.names), Self.sequence(Self.keyUsage, Self.isTrue), Self.sequence(Self.extendedKeyUsage),
            Self.sequence(Self.policies, policy))
        try expectAsked(
            Self.template(attributes: all), "DNS:device.example", "X509v3 Key Usage: critical", "Digital Signature",
            "TLS Web Server Authentication, TLS Web Client Authentication", "Policy: 1.2.3.4")
    }

    @Test func namesOfTheServer() throws {
        let value = Self.tlv(4, Self.sequence(Self.tlv(0x82, Array("a.corporate".utf8))))
        try expectAsked(
            Self.template(attributes: Self.extensions(Self.sequence(Self.names, value))), "DNS:a.corporate",
            not: ["DNS:device.example"])
    }

    @Test func anExtensionThatWeCannotFill() throws {
        try expectRefused(
            Self.template(attributes: Self.extensions(Self.sequence(Self.policies))),
            "wants the extension 2.5.29.32 and leaves its value to the client")
    }

    @Test func namesThatThereAreNot() throws {
        let attributes = Self.template(attributes: Self.extensions(Self.sequence(Self.names)))
        let (result, request) = try enroll(attributes, "--name", "Unit 7 of the line")
        #expect(result.status == 1 && result.errors.contains("wants alternative names") && request.isEmpty)
        #expect(result.errors.contains("give --san"), "\(result.errors)")
    }

    /// RFC 9908 §3.4, §4: who knows the template takes nothing else.
    @Test func whatStandsBesideTheTemplateIsForOthers() throws {
        let beside =
            Self.challengePassword
            + Self.sequence(Self.rsaEncryption, Self.set([2, 2, 0x0C, 0]))
            + Self.sequence(
                Self.extensionRequest, Self.set(Self.sequence(Self.sequence(Self.policies, [4, 2, 0x30, 0]))))
        try expectAsked(
            Self.template(key: Self.sequence(Self.ecPublicKey, Self.secp384r1), beside: beside), "384 bit",
            not: ["challengePassword", "X509v3 Certificate Policies"])
    }

    @Test func whatIsNoTemplate() throws {
        let usage = Self.sequence(Self.keyUsage)
        for attributes in [
            Self.template(version: 1), Self.template(subject: Self.sequence(Self.set())),
            Self.template(subject: Self.sequence(Self.set(Self.sequence()))),
            Self.template(attributes: Self.extensions(usage) + Self.extensions(usage)),
            Self.template(
                attributes: Self.sequence(Self.extensionTemplate, Self.set(Self.sequence(usage), Self.sequence(usage)))),
        ] { try expectRefused(attributes, "is no list of attributes") }
        // Two templates.
        let one = Self.template()
        let bytes = stride(from: 4, to: one.count, by: 2).map { index in
            UInt8(one.dropFirst(index).prefix(2), radix: 16) ?? 0
        }
        try expectRefused(
            Self.sequence(bytes, bytes).map { String(format: "%02x", $0) }.joined(), "is no list of attributes")
    }

    /// RFC 7030 §4.2.2: a renewal keeps subject and names, which the server of this test insists on.
    @Test func aRenewalKeepsTheNames() throws {
        let first = try ESTServer(stage)
        let enrolled = try Enroller.swiftletd.run([
            "enroll", "--server", first.url, "--store", store, "--name", "device.example", "--anchor",
            stage.authority.certificatePath,
        ])
        #expect(enrolled.status == 0, "\(enrolled.errors)")
        let value = Self.tlv(4, Self.sequence(Self.tlv(0x82, Array("a.corporate".utf8))))
        let server = try ESTServer(
            stage, "--attributes",
            Self.template(
                subject: Self.sequence(Self.set(Self.attribute(Self.organization, Self.text("Example")))),
                key: Self.sequence(Self.ecPublicKey, Self.secp384r1),
                attributes: Self.extensions(Self.sequence(Self.names, value))), "--wants", "384 bit")
        let renewed = try Enroller.swiftletd.run(["renew", "--server", server.url, "--store", store])
        #expect(renewed.status == 0, "\(renewed.errors)")
    }
}
