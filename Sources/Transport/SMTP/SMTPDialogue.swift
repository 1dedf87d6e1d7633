// What is said in SMTP before TLS (RFC 3207, in the form of RFC 5321), by either side, without input or output:
//
//     server                                   client
//     220 mail.example ESMTP            ->
//                                       <-     EHLO device.example
//     250-mail.example, 250 STARTTLS    ->
//                                       <-     STARTTLS
//     220 Ready to start TLS            ->
//                                  TLS handshake
//
// A tunnel needs two parts of it more, for the mail program that knows nothing of TLS: the greeting that a server
// behind us sends, which is not passed on because the client behind TLS goes on with EHLO (RFC 3207 §4.2); and a greeting
// to a client in front of us.
//
// Invariants:
// - the dialogue waits for one line or one reply at a time, and bytes beyond its end are an error: so nothing that was
//   said in clear is ever taken for something that TLS protects (RFC 3207 §6, CVE-2011-0411);
// - memory is fixed, and lines, replies and commands are bounded;
// - there is no way on without TLS, for a client whose server does not offer it, or for a server's client.
import Bytes

/// One part in a dialogue of SMTP, up to TLS.
@_addressableForDependencies  // see BoundedBytes
public struct SMTPDialogue: Sendable {
    /// A name for a greeting or an EHLO.
    public typealias Name = BoundedBytes<64>

    /// What there is to say and to hear.
    public enum Part: Sendable {
        /// A client's: until the server agrees to begin TLS.
        case startTLS
        /// A server's: until the client wants TLS to begin.
        case offerTLS
        /// A server's greeting alone.
        case greet
        /// A client's that waits for the greeting alone.
        case awaitGreeting
    }

    /// What the dialogue needs next.
    public enum Step: Equatable, Sendable {
        /// `output` is to be sent.
        case hasOutput
        /// Bytes of the peer's: `receive`.
        case needsInput
        /// It is over, as it should be: TLS begins, or the mail program is ready.
        case done
        /// It has failed. What was to be said about that has been said.
        case failed(SMTPError)
    }

    private enum State: Equatable {
        case greeting, ehloReply, startTLSReply, command
        case done
        case failed(SMTPError)
    }

    private let part: Part
    private let name: Name
    private var state: State
    private var line = SMTPLine()
    private var reply = SMTPReply()
    private var commands = 0
    private var hasSaidEHLO = false
    private var outgoing = InlineArray<128, UInt8>(repeating: 0)
    private var sent = 0
    private var count = 0

    /// Commands that a client may send before STARTTLS.
    static let mostCommands = 20

    /// - Parameter name: what we call ourselves.
    public init(_ part: Part, name: Name) {
        self.part = part
        self.name = name
        switch part {
        case .startTLS, .awaitGreeting: state = .greeting
        case .offerTLS: state = .command
        case .greet: state = .done
        }
        if part == .offerTLS || part == .greet { greet() }
    }

    /// What comes next.
    public var step: Step {
        if sent < count { return .hasOutput }
        switch state {
        case .done: return .done
        case .failed(let error): return .failed(error)
        default: return .needsInput
        }
    }

    /// What is to be sent.
    public var output: Span<UInt8> {
        @_addressableSelf @_lifetime(borrow self)
        get { outgoing.span.extracting(sent..<count) }
    }

    /// The first `count` bytes of `output` have been sent.
    public mutating func consumeOutput(_ count: Int) { sent += Swift.min(count, self.count - sent) }

    /// Takes what the peer has sent, after all output has left.
    public mutating func receive(_ bytes: Span<UInt8>) {
        for index in bytes.indices {
            guard step == .needsInput else { return failBeyondTheEnd() }
            switch line.take(bytes[index]) {
            case .more: continue
            case .fault(let reason): fail(reason, saying: part == .offerTLS ? "500 5.5.2 That is no line of SMTP" : "")
            case .line:
                if part == .offerTLS { takeCommand() } else { takeReplyLine() }
                line.begin()
            }
        }
    }

    /// The peer sends nothing more.
    public mutating func receiveEndOfStream() { fail(.ended) }

    private mutating func failBeyondTheEnd() {
        if case .failed = state { return }
        // What we were about to answer to somebody else's words is not sent.
        sent = count
        fail(.unsolicited, saying: part == .offerTLS ? "554 5.5.0 Nothing may follow before the answer" : "")
    }

    /// The first failure stays.
    private mutating func fail(_ reason: SMTPError.Reason, saying text: StaticString = "") {
        if case .failed = state { return }
        let error = Self.concernsLine(reason) ? SMTPError(reason, line: line.text) : SMTPError(reason)
        state = .failed(error)
        if text.utf8CodeUnitCount > 0 { say(text) }
    }

    private static func concernsLine(_ reason: SMTPError.Reason) -> Bool {
        switch reason {
        case .malformedReply, .greetingRefused, .ehloRefused, .startTLSRefused: true
        default: false
        }
    }

    // Saying

    private mutating func say(_ text: StaticString, name: Name = Name(), _ rest: StaticString = "") {
        var space = outgoing.mutableSpan
        var writer = ByteWriter(space._mutatingExtracting(0..<space.count))
        writer.append(text)
        writer.append(name.bytes)
        writer.append(rest)
        writer.append("\r\n")
        // The longest are an EHLO's reply and a greeting: a name and 20 bytes beside it.
        precondition(!writer.overflowed)
        sent = 0
        count = writer.count
    }

    private mutating func greet() { say("220 ", name: name, " ESMTP") }

    // A client hears replies

    private mutating func takeReplyLine() {
        do throws(SMTPError.Reason) {
            guard try reply.take(line.text) else { return }
        } catch {
            return fail(error)
        }
        takeReply()
        reply = SMTPReply()
    }

    private mutating func takeReply() {
        switch state {
        case .greeting:
            guard reply.code == 220 else { return fail(.greetingRefused, saying: "QUIT") }
            state = part == .startTLS ? .ehloReply : .done
            if part == .startTLS { say("EHLO ", name: name) }
        case .ehloReply:
            guard reply.code == 250 else { return fail(.ehloRefused, saying: "QUIT") }
            guard reply.offersStartTLS else { return fail(.notOffered, saying: "QUIT") }
            state = .startTLSReply
            say("STARTTLS")
        case .startTLSReply:
            // RFC 3207 §4: 220, or 454 and others.
            guard reply.code == 220 else { return fail(.startTLSRefused, saying: "QUIT") }
            state = .done
        case .command, .done, .failed: break
        }
    }

    // A server hears commands (RFC 3207 §4: every command but NOOP, EHLO, STARTTLS and QUIT is answered 530)

    private mutating func takeCommand() {
        commands += 1
        guard commands <= Self.mostCommands else {
            return fail(.tooManyCommands, saying: "421 4.7.0 Too many commands without STARTTLS")
        }
        if line.text.beginsWithWord("EHLO") {
            // RFC 5321 §4.1.1.1: the client's name is not optional.
            guard line.text.count > 5 else { return say("501 5.5.4 EHLO needs a name") }
            hasSaidEHLO = true
            say("250-", name: name, "\r\n250 STARTTLS")
        } else if line.text.beginsWithWord("STARTTLS") {
            guard line.text.count == 8 else { return say("501 5.5.4 STARTTLS has no parameters") }
            guard hasSaidEHLO else { return say("503 5.5.1 EHLO comes first") }
            state = .done
            say("220 2.0.0 Ready to start TLS")
        } else if line.text.beginsWithWord("NOOP") {
            say("250 2.0.0 OK")
        } else if line.text.beginsWithWord("QUIT") {
            fail(.leftWithoutTLS, saying: "221 2.0.0 Bye")
        } else {
            say("530 5.7.0 Must issue a STARTTLS command first")
        }
    }
}
