// What can go wrong before TLS in a stream that begins with SMTP, in words that say what to do.
import Bytes
import X509

/// Why a stream did not come to TLS (RFC 3207), or a mail server could not be greeted.
public struct SMTPError: Error, Equatable, Sendable {
    /// What went wrong.
    public enum Reason: UInt8, Error, Sendable {
        // The peer broke the rules.
        case notALine, lineTooLong, malformedReply, replyTooLong, tooManyCommands
        /// Bytes came that TLS does not protect and that nobody waited for: what CVE-2011-0411 and its like put in.
        case unsolicited
        /// The offer is not there, or was taken out on the way: §6.
        case notOffered
        // The server said no, or the client went away.
        case greetingRefused, ehloRefused, startTLSRefused, leftWithoutTLS, ended
    }

    public let reason: Reason
    /// The beginning of the peer's line that it is about; empty where there is none.
    public let line: BoundedBytes<128>

    init(_ reason: Reason, line: Span<UInt8> = Span()) {
        self.reason = reason
        self.line = BoundedBytes(line) ?? BoundedBytes()
    }

    /// Whether it was us who would not go on; otherwise the peer would not.
    public var isOurRefusal: Bool {
        switch reason {
        case .greetingRefused, .ehloRefused, .startTLSRefused, .leftWithoutTLS, .ended: false
        default: true
        }
    }

    /// Appends one line without its end: what failed, what the peer said, and what to do.
    public func describe(into writer: inout ByteWriter) {
        writer.append(reason.text)
        if !line.isEmpty {
            writer.append(" (it said '")
            writer.appendEscaped(line.bytes)
            writer.append("')")
        }
        writer.append("; ")
        writer.append(reason.advice)
    }
}

extension SMTPError.Reason {
    /// What failed.
    public var text: StaticString {
        switch self {
        case .notALine: "the peer sent what is no line of SMTP, which ends in CR LF"
        case .lineTooLong: "the peer sent a line longer than 2048 bytes"
        case .malformedReply: "the server's reply is not SMTP's"
        case .replyTooLong: "the server's reply has more than 128 lines"
        case .tooManyCommands: "the client sent 20 commands and no STARTTLS"
        case .unsolicited: "the peer sent bytes before TLS that were not asked for"
        case .notOffered: "the server does not offer STARTTLS"
        case .greetingRefused: "the mail server refuses the connection"
        case .ehloRefused: "the server refuses EHLO, and with it STARTTLS"
        case .startTLSRefused: "the server refuses STARTTLS"
        case .leftWithoutTLS: "the client left without STARTTLS"
        case .ended: "the peer ended the stream before STARTTLS"
        }
    }

    var advice: StaticString {
        switch self {
        case .notALine, .lineTooLong, .malformedReply, .replyTooLong:
            "check that the peer speaks SMTP there, and does not begin with TLS"
        case .tooManyCommands, .leftWithoutTLS: "set up the client to use STARTTLS"
        case .unsolicited: "nothing of it was used; look for somebody who changes the stream on its way"
        case .notOffered: "set up the server to offer it, or look for somebody who removes the offer on its way"
        case .greetingRefused, .startTLSRefused: "try again where the code begins with 4, else see the server's log"
        case .ehloRefused: "check that the peer is a mail server that knows RFC 5321"
        case .ended: "see the peer's own log"
        }
    }
}

#if !hasFeature(Embedded)
    // For tests alone, as in TLSError.
    extension SMTPError.Reason: CaseIterable {}
#endif
