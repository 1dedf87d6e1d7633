// The settings of a section by their names, and what is said where one of them is wrong: the same in sections of every kind.
import Bytes

/// A setting of a section.
protocol SettingKey: RawRepresentable where RawValue == Int {
    /// How many there are, numbered from 0.
    static var count: Int { get }
    /// What a section of this kind is called in the file.
    static var section: StaticString { get }
    /// The names of all that can be set, for messages.
    static var names: StaticString { get }
    /// The name in the file.
    var name: StaticString { get }
}

extension SettingKey {
    /// The setting of a name in the file.
    init(name: Span<UInt8>, line: Int) throws(ConfigurationError) {
        for index in 0..<Self.count {
            if let key = Self(rawValue: index), name.reads(key.name) {
                self = key
                return
            }
        }
        var message = Message("unknown setting ")
        message.add(escaped: name)
        message.add("; the settings of a ")
        message.add(Self.section)
        message.add(" are ")
        message.add(Self.names)
        throw ConfigurationError(line, message)
    }

    /// An error that begins with the name of the setting.
    func error(_ text: StaticString, line: Int) -> ConfigurationError {
        var message = Message(name)
        message.add(text)
        return ConfigurationError(line, message)
    }

    /// An error that begins with the setting and its value.
    func error(_ value: Span<UInt8>, _ text: StaticString, line: Int) -> ConfigurationError {
        var message = Message(name)
        message.add(" = ")
        message.add(escaped: value)
        message.add(text)
        return ConfigurationError(line, message)
    }

    /// It stands in a section a second time.
    /// - Parameter first: the line of the first time.
    func isRepeated(in section: Span<UInt8>, first: Int, line: Int) -> ConfigurationError {
        var message = Message(name)
        message.add(" is set a second time in ")
        message.add(section: Self.section, section)
        message.add(", first in line ")
        message.add(first)
        message.add("; keep one of the two")
        return ConfigurationError(line, message)
    }

    /// It is missing in a section.
    func isMissing(in section: Span<UInt8>, _ advice: StaticString, line: Int) -> ConfigurationError {
        var message = Message()
        message.add(section: Self.section, section)
        message.add(" has no ")
        message.add(name)
        message.add("; add ")
        message.add(advice)
        return ConfigurationError(line, message)
    }
}

extension Message {
    /// Appends `[KIND NAME]`.
    mutating func add(section kind: StaticString, _ name: Span<UInt8>) {
        add("[")
        add(kind)
        add(" ")
        add(escaped: name)
        add("]")
    }
}
