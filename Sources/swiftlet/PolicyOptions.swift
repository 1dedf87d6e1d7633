// What `swiftlet verify` asks of certificate policies: the inputs (c) to (g) of RFC 5280 §6.1.1.
import ArgumentParser
import Bytes
import X509

/// Options about certificate policies.
struct PolicyOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A policy that is acceptable, as dotted numbers; may be repeated, up to 8.", valueName: "oid"))
    var policy: [String] = []

    @Flag(help: "Require that the path is valid for an acceptable policy.")
    var requireExplicitPolicy = false

    @Flag(help: "Do not map policies.")
    var inhibitPolicyMapping = false

    @Flag(help: "Do not let anyPolicy stand for every policy.")
    var inhibitAnyPolicy = false

    func validate() throws {
        guard policy.count <= 8 else {
            throw ValidationError("--policy is given \(policy.count) times; give at most 8")
        }
        for text in policy where Self.identifier(text) == nil {
            throw ValidationError(
                "--policy '\(escaped(text))' is no object identifier; give one such as 1.3.6.1.4.1.99999.1")
        }
    }

    /// The same for the path validation.
    var requirements: PolicyRequirements {
        var requirements = PolicyRequirements()
        for text in policy {
            if let identifier = Self.identifier(text) { requirements.accept(identifier) }
        }
        requirements.requiresExplicitPolicy = requireExplicitPolicy
        requirements.inhibitsPolicyMapping = inhibitPolicyMapping
        requirements.inhibitsAnyPolicy = inhibitAnyPolicy
        return requirements
    }

    /// An object identifier from its dotted numbers; of at most 15 octets, as many as can be compared.
    private static func identifier(_ text: String) -> ObjectIdentifier? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { part in
            part.allSatisfy { $0.isASCII && $0.isNumber } ? UInt32(part) : nil
        }
        let numbers = parts.compactMap { $0 }
        // X.690 §8.19.4: the first two numbers share a subidentifier.
        guard numbers.count == parts.count, numbers.count >= 2, numbers[0] <= 2, numbers[0] == 2 || numbers[1] < 40
        else {
            return nil
        }
        let first = UInt64(numbers[0]) * 40 + UInt64(numbers[1])
        let octets = ([first] + numbers.dropFirst(2).map(UInt64.init)).flatMap(subidentifier)
        guard octets.count <= 15 else { return nil }
        return try? ObjectIdentifier(content: octets.span)
    }

    /// Seven bits an octet, the most significant first (X.690 §8.19.2).
    private static func subidentifier(_ number: UInt64) -> [UInt8] {
        var octets = [UInt8(number & 0x7F)]
        var rest = number >> 7
        while rest > 0 {
            octets.insert(UInt8(rest & 0x7F) | 0x80, at: 0)
            rest >>= 7
        }
        return octets
    }
}
