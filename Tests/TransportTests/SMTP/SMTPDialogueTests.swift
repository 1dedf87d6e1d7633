// STARTTLS in SMTP (RFC 3207), both sides, with everything that a peer may do wrong before TLS.
import Bytes
import TestSupport
import Testing

@testable import Transport

/// A dialogue, driven by text. What it says is taken at once.
private struct Talk {
    var dialogue: SMTPDialogue
    var said = ""

    init(_ part: SMTPDialogue.Part, name: String = "device.example") throws {
        let name = SMTPDialogue.Name(domain: Array(name.utf8).span)
        dialogue = SMTPDialogue(part, name: try #require(name))
        takeOutput()
    }

    private mutating func takeOutput() {
        let count = dialogue.output.count
        for index in 0..<count { said.unicodeScalars.append(Unicode.Scalar(dialogue.output[index])) }
        dialogue.consumeOutput(count)
    }

    /// The peer says something.
    /// - Returns: what is said to that.
    @discardableResult
    mutating func hear(_ text: String) -> String { hear(Array(text.utf8)) }

    @discardableResult
    mutating func hear(_ bytes: [UInt8]) -> String {
        said = ""
        dialogue.receive(bytes.span)
        takeOutput()
        return said
    }

    var failure: SMTPError? { if case .failed(let error) = dialogue.step { error } else { nil } }
}

/// What the peer says to each of our lines.
private func client(_ replies: String...) throws -> Talk {
    var talk = try Talk(.startTLS)
    for reply in replies { talk.hear(reply) }
    return talk
}

private func described(_ error: SMTPError?) -> String {
    error.map { error in text { error.describe(into: &$0) } } ?? ""
}

@Suite struct SMTPClientTests {
    @Test func comesToTLS() throws {
        var talk = try Talk(.startTLS)
        #expect(talk.said == "" && talk.dialogue.step == .needsInput)
        #expect(talk.hear("220 mail.example ESMTP\r\n") == "EHLO device.example\r\n")
        #expect(talk.hear("250-mail.example\r\n250-SIZE 100\r\n250-starttls\r\n250 8BITMIME\r\n") == "STARTTLS\r\n")
        #expect(talk.hear("220 go ahead\r\n") == "")
        #expect(talk.dialogue.step == .done)
    }

    @Test func takesBytesOneByOneAndRepliesWithoutText() throws {
        var talk = try Talk(.startTLS)
        var said = ""
        for byte in Array("220-a\r\n220-b\r\n220\r\n".utf8) { said += talk.hear([byte]) }
        #expect(said == "EHLO device.example\r\n")
        for byte in Array("250-x\r\n250 STARTTLS\r\n".utf8) { said += talk.hear([byte]) }
        #expect(talk.hear("220\r\n") == "" && talk.dialogue.step == .done)
    }

    /// threats.md: a stripped offer is a failure where TLS is required.
    @Test(arguments: [
        "250 mail.example\r\n", "250 STARTTLS\r\n", "250-mail.example\r\n250-SIZE 100\r\n250 XXXXXXXA\r\n",
        "250-STARTTLS\r\n250 STARTTLSX\r\n", "250-x\r\n250 AUTH STARTTLS\r\n",
    ])
    func aStrippedOfferIsAFailure(reply: String) throws {
        var talk = try client("220 x\r\n")
        #expect(talk.hear(reply) == "QUIT\r\n")
        #expect(talk.failure?.reason == .notOffered && talk.failure?.isOurRefusal == true)
        #expect(described(talk.failure).contains("does not offer STARTTLS"))
    }

    /// threats.md: bytes buffered before the handshake are an error (CVE-2011-0411).
    @Test(arguments: ["x", "250 OK\r\n", "\u{16}\u{3}\u{1}", "\n"])
    func bytesBehindAReplyAreAnInjection(more: String) throws {
        let replies = ["220 x\r\n", "250-x\r\n250 STARTTLS\r\n", "220 go\r\n"]
        for (index, reply) in replies.enumerated() {
            var talk = try Talk(.startTLS)
            for earlier in replies[..<index] { talk.hear(earlier) }
            talk.hear(reply + more)
            #expect(talk.failure?.reason == .unsolicited, "reply \(index)")
        }
        // The same after the last reply, in a read of its own.
        var talk = try client(replies[0], replies[1], replies[2])
        talk.hear(more)
        #expect(talk.failure?.reason == .unsolicited)
    }

    @Test(arguments: [
        ("554 no service\r\n", SMTPError.Reason.greetingRefused), ("421 busy\r\n", .greetingRefused),
        ("250 strange\r\n", .greetingRefused),
    ])
    func aRefusedConnection(greeting: String, reason: SMTPError.Reason) throws {
        var talk = try Talk(.startTLS)
        #expect(talk.hear(greeting) == "QUIT\r\n")
        #expect(talk.failure?.reason == reason && talk.failure?.isOurRefusal == false)
        #expect(described(talk.failure).contains("(it said '\(greeting.dropLast())')"))
    }

    @Test(arguments: ["500 what\r\n", "502-not\r\n502 here\r\n", "421 no\r\n", "354 go on\r\n"])
    func ehloIsRefused(reply: String) throws {
        #expect(try client("220 x\r\n", reply).failure?.reason == .ehloRefused)
    }

    @Test(arguments: ["454 TLS not available\r\n", "501 no\r\n", "250 OK\r\n", "221 bye\r\n"])
    func startTLSIsRefused(reply: String) throws {
        let failure = try client("220 x\r\n", "250-x\r\n250 STARTTLS\r\n", reply).failure
        #expect(failure?.reason == .startTLSRefused && failure?.isOurRefusal == false)
        #expect(described(failure).contains("refuses STARTTLS (it said '\(reply.dropLast())')"))
    }

    @Test(arguments: [
        "", "22\r\n", "hello\r\n", "2x0 x\r\n", "120 x\r\n", "620 x\r\n", "260 x\r\n", "220x\r\n", " 220 x\r\n",
        "220-x\r\n221 y\r\n", "220-x\r\nSTARTTLS\r\n", "\u{0662}20 x\r\n",
    ])
    func aMalformedReply(reply: String) throws {
        for before in [[], ["220 x\r\n"], ["220 x\r\n", "250-x\r\n250 STARTTLS\r\n"]] {
            var talk = try Talk(.startTLS)
            for earlier in before { talk.hear(earlier) }
            talk.hear(reply.isEmpty ? "\r\n" : reply)
            #expect(talk.failure?.reason == .malformedReply)
        }
    }

    @Test(arguments: ["220 x\n", "220 x\r220 y\r\n", "220 \0\r\n", "220 x\r\r\n", "\n"])
    func aLineEndsInCRLFAndInNothingElse(reply: String) throws {
        #expect(try client(reply).failure?.reason == .notALine)
    }

    @Test func linesAndRepliesAreBounded() throws {
        let long = "220 " + String(repeating: "x", count: SMTPLine.longest - 6) + "\r\n"
        #expect(long.utf8.count == SMTPLine.longest)
        #expect(try client(long).dialogue.step == .needsInput)
        #expect(try client("220 x" + long.dropFirst(4)).failure?.reason == .lineTooLong)
        let most = String(repeating: "220-x\r\n", count: SMTPReply.mostLines - 1)
        #expect(try client(most + "220 x\r\n").dialogue.step == .needsInput)
        #expect(try client(most + "220-x\r\n220 x\r\n").failure?.reason == .replyTooLong)
    }

    @Test func theFirstFailureStaysAndTheEndIsOne() throws {
        var talk = try client("554 no\r\n")
        talk.hear("220 yes\r\n")
        talk.dialogue.receiveEndOfStream()
        #expect(talk.failure?.reason == .greetingRefused)
        for replies in [[], ["220-x"], ["220 x\r\n", "250-x\r\n"]] {
            var talk = try Talk(.startTLS)
            for reply in replies { talk.hear(reply) }
            talk.dialogue.receiveEndOfStream()
            #expect(talk.failure?.reason == .ended)
        }
    }

    @Test func whatThePeerSaidIsEscapedAndCut() throws {
        let error = try client("554 \u{1B}[2J" + String(repeating: "x", count: 500) + "\r\n").failure
        #expect(error?.line.count == 128)
        #expect(!described(error).contains("\u{1B}"))
    }

    @Test(arguments: SMTPError.Reason.allCases)
    func everyReasonSaysWhatToDo(reason: SMTPError.Reason) {
        #expect(described(SMTPError(reason)).contains("; "))
    }
}

@Suite struct SMTPServerTests {
    @Test func comesToTLS() throws {
        var talk = try Talk(.offerTLS, name: "mail.example")
        #expect(talk.said == "220 mail.example ESMTP\r\n")
        #expect(talk.hear("NOOP\r\n") == "250 2.0.0 OK\r\n")
        #expect(talk.hear("ehlo [127.0.0.1]\r\n") == "250-mail.example\r\n250 STARTTLS\r\n")
        #expect(talk.hear("StartTLS\r\n") == "220 2.0.0 Ready to start TLS\r\n")
        #expect(talk.dialogue.step == .done)
    }

    /// RFC 3207 §4: 530 to everything but NOOP, EHLO, STARTTLS and QUIT.
    @Test(arguments: [
        "MAIL FROM:<a@b>", "HELO x", "RSET", "AUTH PLAIN x", "", "DATA", "EHLOX y", "STARTTLSX", "VRFY root",
        "\u{16}\u{3}",
    ])
    func nothingGoesOnWithoutTLS(command: String) throws {
        var talk = try Talk(.offerTLS)
        #expect(talk.hear(command + "\r\n").hasPrefix("530 5.7.0 "))
        talk.hear("EHLO x\r\n")
        #expect(talk.hear(command + "\r\n").hasPrefix("530 5.7.0 "))
        #expect(talk.dialogue.step == .needsInput)
    }

    @Test func parametersAndOrderAreThoseOfTheRFC() throws {
        var talk = try Talk(.offerTLS)
        #expect(talk.hear("STARTTLS\r\n").hasPrefix("503 "))
        #expect(talk.hear("EHLO\r\n").hasPrefix("501 "))
        #expect(talk.hear("EHLO \r\n").hasPrefix("501 "))
        talk.hear("EHLO x\r\n")
        #expect(talk.hear("STARTTLS now\r\n").hasPrefix("501 "))
        #expect(talk.hear("STARTTLS\r\n").hasPrefix("220 "))
    }

    /// threats.md: bytes buffered before the handshake are an error (CVE-2011-0411).
    @Test(arguments: ["EHLO x\r\n", "MAIL FROM:<evil@example>\r\n", "\u{16}\u{3}\u{1}", "\r\n"])
    func bytesBehindACommandAreAnInjection(more: String) throws {
        for earlier in ["EHLO x\r\n", "NOOP\r\n", "QUITE\r\n"] {
            var talk = try Talk(.offerTLS)
            #expect(talk.hear(earlier + more).hasPrefix("554 5.5.0 "))
            #expect(talk.failure?.reason == .unsolicited)
        }
        var talk = try Talk(.offerTLS)
        talk.hear("EHLO x\r\n")
        // The answer that would let TLS begin is not sent.
        #expect(talk.hear("STARTTLS\r\n" + more).hasPrefix("554 5.5.0 "))
        #expect(talk.failure?.reason == .unsolicited)
    }

    @Test func commandsAndLinesAreBounded() throws {
        var talk = try Talk(.offerTLS)
        for _ in 0..<SMTPDialogue.mostCommands { #expect(talk.hear("NOOP\r\n").hasPrefix("250 ")) }
        #expect(talk.hear("NOOP\r\n").hasPrefix("421 "))
        #expect(talk.failure?.reason == .tooManyCommands)
        talk = try Talk(.offerTLS)
        #expect(talk.hear(String(repeating: "x", count: SMTPLine.longest)).hasPrefix("500 "))
        #expect(talk.failure?.reason == .lineTooLong)
        talk = try Talk(.offerTLS)
        #expect(talk.hear("EHLO x\n").hasPrefix("500 "))
        #expect(talk.failure?.reason == .notALine)
    }

    @Test func aClientThatLeaves() throws {
        var talk = try Talk(.offerTLS)
        #expect(talk.hear("QUIT\r\n").hasPrefix("221 "))
        #expect(talk.failure?.reason == .leftWithoutTLS && talk.failure?.isOurRefusal == false)
        talk = try Talk(.offerTLS)
        talk.hear("EHLO x\r\n")
        talk.dialogue.receiveEndOfStream()
        #expect(talk.failure?.reason == .ended)
    }
}

@Suite struct SMTPGreetingTests {
    @Test func greetsAndIsDone() throws {
        let talk = try Talk(.greet, name: "mail.example")
        #expect(talk.said == "220 mail.example ESMTP\r\n" && talk.dialogue.step == .done)
    }

    @Test func takesAGreetingAndNothingMore() throws {
        var talk = try Talk(.awaitGreeting)
        #expect(talk.hear("220-mail.example\r\n220 ESMTP\r\n") == "" && talk.dialogue.step == .done)
        talk.hear("250 more\r\n")
        #expect(talk.failure?.reason == .unsolicited)
        talk = try Talk(.awaitGreeting)
        talk.hear("421 busy\r\n")
        #expect(talk.failure?.reason == .greetingRefused)
    }

    @Test(arguments: ["", "a b", "a\r\nMAIL", "ä.example", String(repeating: "a", count: 65)])
    func aNameThatCannotStandInSMTPIsNone(name: String) {
        let isNone = SMTPDialogue.Name(domain: Array(name.utf8).span) == nil
        #expect(isNone)
    }

    @Test func thisMachineHasAName() { #expect(SMTPDialogue.Name.ofThisMachine.count > 0) }
}

@Suite struct SMTPTransportTests {
    /// Both parts against each other over a line that takes one byte at a time.
    @Test func bothSidesOverAStream() throws {
        let memory = LineMemory(capacity: 1)
        var one = memory.end(.first)
        var other = memory.end(.second)
        var client = SMTPDialogue(.startTLS, name: .ofThisMachine)
        var server = SMTPDialogue(.offerTLS, name: .ofThisMachine)
        var turns = 0
        while client.step != .done || server.step != .done {
            _ = try server.turn(over: &other)
            _ = try client.turn(over: &one)
            turns += 1
            #expect(turns < 10_000)
        }
        withExtendedLifetime(memory) {}
    }

    @Test func waitsNoLongerThanItMay() throws {
        let memory = LineMemory(capacity: 10)
        var end = memory.end(.first)
        var client = SMTPDialogue(.startTLS, name: .ofThisMachine)
        #expect(throws: SMTPDialogueError.timedOut) { try client.run(over: &end, milliseconds: 0) }
        withExtendedLifetime(memory) {}
    }
}
