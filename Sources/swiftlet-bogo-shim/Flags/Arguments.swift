// The command line: flags with or without a parameter, some with a prefix that says which connection they are for.

/// The flags of a run: those of the first connection, those of the resumptions after it, and those of a client's resumption
/// whose early data were refused.
struct SettingsOfRun {
    private(set) var initial = Settings()
    private(set) var resumed = Settings()
    private(set) var retried = Settings()

    /// - Throws: `.unimplemented` for a flag that the shim does not have.
    init(_ arguments: [String]) throws(ShimError) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            var name = argument[...]
            // There is no handshaker; what is for it alone is not for us.
            let isForUs = !name.dropPrefix("-on-handshaker")
            if isForUs { _ = name.dropPrefix("-on-shim") }
            let scope = Scope(takingPrefixOf: &name)
            guard let flag = Flag.all[String(name)] else { throw .unimplemented("the flag \(argument)") }
            var parameter = ""
            if flag.hasParameter {
                guard let next = rest.popFirst() else { throw .unusable("\(argument) without its parameter") }
                parameter = next
            }
            guard isForUs else { continue }
            if scope == .initial || scope == .all { try Self.apply(flag, argument, parameter, to: &initial) }
            if scope == .resumed || scope == .all { try Self.apply(flag, argument, parameter, to: &resumed) }
            if scope == .retried || scope == .all { try Self.apply(flag, argument, parameter, to: &retried) }
        }
    }

    private static func apply(
        _ flag: Flag, _ argument: String, _ parameter: String, to settings: inout Settings
    ) throws(ShimError) {
        guard try flag.apply(&settings, parameter) else { throw .unimplemented("\(argument) \(parameter)") }
    }

    /// Which connections a flag is for.
    private enum Scope {
        case all, initial, resumed, retried

        init(takingPrefixOf name: inout Substring) {
            if name.dropPrefix("-on-initial") {
                self = .initial
            } else if name.dropPrefix("-on-resume") {
                self = .resumed
            } else if name.dropPrefix("-on-retry") {
                self = .retried
            } else {
                self = .all
            }
        }
    }
}

extension Substring {
    /// Drops `prefix` where a flag follows it.
    /// - Returns: whether it stood there.
    fileprivate mutating func dropPrefix(_ prefix: String) -> Bool {
        guard hasPrefix(prefix + "-") else { return false }
        self = dropFirst(prefix.count)
        return true
    }
}
