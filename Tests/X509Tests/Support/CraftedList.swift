// Revocation lists made field by field and signed with our own signer, so that every field can be wrong.
import TLSCrypto
import X509

/// The parts of a revocation list, right unless a test changes them.
struct CraftedList {
    var version = integer(1)
    var algorithm = Algorithm.ecdsaSHA256
    var outerAlgorithm: [UInt8]?
    var issuer = name("Root")
    var thisUpdate = utcTime("291201000000Z")
    var nextUpdate = utcTime("300201000000Z")
    /// nil for no revokedCertificates at all.
    var entries: [[UInt8]]?
    /// nil for no extensions field at all.
    var extensions: [[UInt8]]? = [CraftedList.number]
    var trailer: [UInt8] = []

    /// The whole, signed by `signer` with ECDSA and SHA-256.
    func signed(by signer: Signer = .root) -> [UInt8] {
        let revoked = entries.map { element(0x30, $0.flatMap { $0 }) } ?? []
        let list = extensions.map { element(0xA0, element(0x30, $0.flatMap { $0 })) } ?? []
        let tbs = sequence(version, algorithm, issuer, thisUpdate, nextUpdate, revoked, list, trailer)
        return sequence(tbs, outerAlgorithm ?? algorithm, bits(signer.sign(tbs)))
    }

    /// A list of `issuer` that names the serial numbers.
    static func of(
        _ issuer: String = "Root", revoking serials: [UInt8] = [], _ change: (inout CraftedList) -> Void = { _ in }
    ) -> CraftedList {
        var list = CraftedList(issuer: name(issuer))
        if !serials.isEmpty { list.entries = serials.map { entry($0) } }
        change(&list)
        return list
    }

    static func entry(_ serial: UInt8, extensions: [[UInt8]] = []) -> [UInt8] {
        sequence(
            integer(serial), utcTime("291101000000Z"),
            extensions.isEmpty ? [] : element(0x30, extensions.flatMap { $0 }))
    }

    static let number = certificateExtension("2.5.29.20", integer(7))
    static let delta = certificateExtension("2.5.29.27", critical: true, integer(1))
    static func reason(_ code: UInt8) -> [UInt8] { certificateExtension("2.5.29.21", element(0x0A, [code])) }
    static let certificateIssuer = certificateExtension(
        "2.5.29.29", critical: true, sequence(element(0xA4, name("Somebody"))))
    /// An issuingDistributionPoint with these fields.
    static func part(_ fields: [UInt8]...) -> [UInt8] {
        certificateExtension("2.5.29.28", critical: true, sequence(fields.flatMap { $0 }))
    }
    static func flag(_ number: UInt8) -> [UInt8] { element(0x80 | number, [0xFF]) }
    /// A DistributionPointName of one URI, in its `[0]`.
    static func place(_ uri: String) -> [UInt8] { element(0xA0, element(0xA0, text(0x86, uri))) }
    static func reasons(_ tag: UInt8, _ octets: UInt8..., unused: UInt8) -> [UInt8] { element(tag, [unused] + octets) }
}

extension Extension {
    static let cRLSign = keyUsage(0x06)
    static func nameConstraints(permitted: [[UInt8]] = [], excluded: [[UInt8]] = []) -> [UInt8] {
        certificateExtension(
            "2.5.29.30", critical: true,
            sequence(
                permitted.isEmpty ? [] : element(0xA0, permitted.flatMap { sequence($0) }),
                excluded.isEmpty ? [] : element(0xA1, excluded.flatMap { sequence($0) })))
    }
    static func email(_ value: String) -> [UInt8] { text(0x81, value) }
    static func uri(_ value: String) -> [UInt8] { text(0x86, value) }
    static func directory(_ value: [UInt8]) -> [UInt8] { element(0xA4, value) }
    static func policies(_ identifiers: String...) -> [UInt8] {
        certificateExtension("2.5.29.32", element(0x30, identifiers.flatMap { sequence(oid($0)) }))
    }
    static func policyMappings(_ pairs: (String, String)...) -> [UInt8] {
        certificateExtension(
            "2.5.29.33", critical: true, element(0x30, pairs.flatMap { sequence(oid($0.0), oid($0.1)) }))
    }
    static func policyConstraints(explicit: UInt8? = nil, mapping: UInt8? = nil) -> [UInt8] {
        certificateExtension(
            "2.5.29.36", critical: true,
            sequence(explicit.map { element(0x80, [$0]) } ?? [], mapping.map { element(0x81, [$0]) } ?? []))
    }
    static func inhibitAnyPolicy(_ skip: UInt8) -> [UInt8] {
        certificateExtension("2.5.29.54", critical: true, integer(skip))
    }
    /// cRLDistributionPoints with one point per field list.
    static func distributionPoints(_ points: [UInt8]...) -> [UInt8] {
        certificateExtension("2.5.29.31", element(0x30, points.flatMap { sequence($0) }))
    }
}
