import Bytes
import TLS
import TestSupport
import Testing
import X509

/// What a log or a terminal says of an error: one line that tells this fault from every other, and what the peer was told.
struct TLSErrorTextTests {
    /// Faults of which the reader of a log can do with one name.
    private static let alike: [Set<String>] = [
        ["emptyHandshakeFragment", "emptyInnerPlaintext"], ["duplicateExtension", "duplicateOffer"],
        ["clientCertificateRequired", "noClientCertificate"],
    ]

    @Test func eachFaultHasWordsOfItsOwn() {
        var seen: [String: String] = [:]
        let errors =
            IllegalParameter.allCases.map { ("\($0)", TLSError.illegalParameter($0)) }
            + Misbehaviour.allCases.map { ("\($0)", TLSError.peerMisbehaved($0)) }
            + Incompatibility.allCases.map { ("\($0)", TLSError.peerIncompatible($0)) }
            + Limit.allCases.map { ("\($0)", TLSError.limitExceeded($0, capacity: 1, needed: 2)) }
        for (name, error) in errors {
            let words = cause(error)
            #expect(words.utf8.count > 20 && words.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }, "\(name): \(words)")
            if let other = seen.updateValue(name, forKey: words) {
                #expect(Self.alike.contains([name, other]), "\(name) and \(other): \(words)")
            }
        }
    }

    @Test func whatThePeerWasToldIsBehindTheCause() {
        #expect(
            line(.peerIncompatible(.noCommonGroup))
                == "the peer has no group in common with us; told the peer handshake_failure")
        #expect(
            line(.badCertificate(X509Error(.expired, certificate: 1)))
                == "the peer's certificate 2 of its chain \(X509Error.Reason.expired.description)"
                + "; told the peer certificate_expired")
        #expect(line(.truncated) == "truncated: the peer ended the stream without close_notify")
        #expect(
            line(.limitExceeded(.handshakeMessage, capacity: 4096, needed: 70000))
                == "a handshake message of the peer is larger than its buffer: 70000 bytes where 4096 fit"
                + "; told the peer handshake_failure")
        #expect(
            line(.alertReceived(.bad_certificate)) == "the peer ended the connection with the alert bad_certificate")
    }

    private func cause(_ error: TLSError) -> String { text { error.describeCause(into: &$0) } }

    private func line(_ error: TLSError) -> String { text { error.describe(into: &$0) } }
}
