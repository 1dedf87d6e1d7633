// What is wrong with a configuration: one line that says what failed, what was expected and what to do (contracts.md).

/// Why a configuration was refused.
struct ConfigurationError: Error, Sendable {
    /// The line of the configuration file, the first being 1; 0 where it is about no line.
    let line: Int
    let message: Message

    init(_ line: Int, _ message: Message) {
        self.line = line
        self.message = message
    }

    init(_ line: Int, _ text: StaticString) { self.init(line, Message(text)) }

    /// `before`, a value that came from the file, `after`.
    init(_ line: Int, _ before: StaticString, _ value: Span<UInt8>, _ after: StaticString) {
        var message = Message(before)
        message.add(escaped: value)
        message.add(after)
        self.init(line, message)
    }

    /// The whole line, `FILE:LINE: …`.
    func text(file: Span<UInt8>) -> Message {
        var text = Message()
        text.add(escaped: file)
        if line > 0 {
            text.add(":")
            text.add(line)
        }
        text.add(": ")
        text.add(message)
        return text
    }
}
