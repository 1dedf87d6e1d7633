// One flag, and how its parameter is read. Values are decimal.
import TLS
import TLSCrypto

/// A flag of the command line.
struct Flag: Sendable {
    let hasParameter: Bool
    /// Writes the flag into the settings.
    /// - Returns: false where the parameter asks for something that is not implemented.
    let apply: @Sendable (inout Settings, String) throws(ShimError) -> Bool

    /// Every flag that the shim knows.
    static let all = identityFlags.merging(negotiationFlags) { first, _ in first }
        .merging(exchangeFlags) { first, _ in first }
        .merging(expectationFlags) { first, _ in first }
        .merging(compliancePolicies) { first, _ in first }
        .merging(flagsWithoutEffect) { first, _ in first }

    /// A flag without parameter.
    static func set(_ body: @escaping @Sendable (inout Settings) -> Void) -> Flag {
        Flag(hasParameter: false) { (settings, _) throws(ShimError) in
            body(&settings)
            return true
        }
    }

    /// A flag whose parameter is text.
    static func text(_ body: @escaping @Sendable (inout Settings, String) -> Void) -> Flag {
        Flag(hasParameter: true) { (settings, parameter) throws(ShimError) in
            body(&settings, parameter)
            return true
        }
    }

    /// A flag whose parameter is a number; `body` answers whether it is implemented.
    static func number<Number: FixedWidthInteger & SendableMetatype>(
        _ body: @escaping @Sendable (inout Settings, Number) -> Bool
    ) -> Flag {
        Flag(hasParameter: true) { (settings, parameter) throws(ShimError) in
            guard let number = Number(parameter) else { throw .unusable("the number '\(parameter)'") }
            return body(&settings, number)
        }
    }

    /// A flag whose parameter is base64.
    static func base64(_ body: @escaping @Sendable (inout Settings, [UInt8]) -> Void) -> Flag {
        Flag(hasParameter: true) { (settings, parameter) throws(ShimError) in
            let text = Array(parameter.utf8)
            var bytes = [UInt8](repeating: 0, count: text.count)
            do throws(CryptoError) {
                var room = bytes.mutableSpan
                let count = try decodeBase64(text.span, into: &room)
                body(&settings, Array(bytes[..<count]))
            } catch { throw .unusable("the base64 '\(parameter)'") }
            return true
        }
    }

    /// A flag that is accepted and has no effect.
    static func without(parameter: Bool = false) -> Flag {
        Flag(hasParameter: parameter) { (_, _) throws(ShimError) in true }
    }
}
