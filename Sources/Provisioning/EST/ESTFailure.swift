// How enrolment fails: one line each, with the exit status of contracts.md. Nothing of ours that is secret gets into any; what the
// server said is escaped and cut.
import Bytes
import TLS
import TLSCrypto
import Transport
import X509

extension CommandFailure {
    /// A failure about a server.
    init(status: Int32 = 1, kind: StaticString, _ location: ESTLocation, _ write: (inout ByteWriter) -> Void) {
        self.init(status: status, kind: kind) {
            $0.append("https://")
            $0.appendEscaped(location.host.bytes)
            $0.append(": ")
            write(&$0)
        }
    }

    /// The stream to the server failed.
    init(_ error: TransportError, _ location: ESTLocation) {
        self.init(kind: error.reason == .timedOut ? "timeout" : "transport", location) { error.describe(into: &$0) }
    }

    /// The connection failed, or took too long.
    init(_ error: PumpError, _ location: ESTLocation) {
        switch error {
        case .tls(let error): self.init(error, location)
        case .transport(let error): self.init(error, location)
        case .signer(let error): self.init(error)
        case .timedOut(let activity):
            self.init(kind: "timeout", location) {
                $0.append(activity == .handshake ? "the handshake" : "the answer")
                $0.append(" took too long; check the server, or give a larger --timeout")
            }
        }
    }

    /// TLS failed.
    init(_ error: TLSError, _ location: ESTLocation) {
        let (status, kind, advice): (Int32, StaticString, StaticString) =
            switch error {
            case .badCertificate(let fault): (3, "certificate", fault.adviceOnServer)
            case .keyNotPinned, .certificateRefused: (3, "certificate", "")
            case .alertReceived: (4, "alert", "; see the server's own log")
            case .truncated: (1, "truncated", "; see the server's own log")
            case .cryptoFailed, .misuse, .aborted: (1, "internal", "")
            case .malformed, .illegalParameter, .peerMisbehaved, .missingExtension, .peerIncompatible, .limitExceeded:
                (2, "handshake", "")
            }
        self.init(status: status, kind: kind, location) {
            error.describe(into: &$0)
            $0.append(advice)
        }
    }

    /// The server's answer is no HTTP.
    init(_ error: HTTPError, _ operation: ESTOperation, _ location: ESTLocation) {
        self.init(kind: error == .truncated ? "truncated" : "http", location) {
            $0.append("the answer to ")
            $0.append(operation.name)
            $0.append(" ")
            $0.append(error.description)
            $0.append("; check that an EST server listens there")
        }
    }

    /// What the server sent is not what was asked for.
    init(_ error: ESTBodyError, _ operation: ESTOperation, _ location: ESTLocation) {
        self.init(kind: "est", location) {
            $0.append("the answer to ")
            $0.append(operation.name)
            $0.append(" ")
            $0.append(error.description)
            $0.append("; check the server")
        }
    }

    /// The answer has a constant text's fault.
    init(_ operation: ESTOperation, _ location: ESTLocation, _ fault: StaticString) {
        self.init(kind: "est", location) {
            $0.append("the answer to ")
            $0.append(operation.name)
            $0.append(" ")
            $0.append(fault)
        }
    }

    /// User and password were not taken, or could not be sent.
    init(_ error: HTTPAuthorizationError, _ location: ESTLocation) {
        switch error {
        case .crypto(let error): self.init(error)
        case .refused:
            self.init(kind: "refused", location) {
                $0.append("the server refuses user and password (401); check --user and --password-file")
            }
        case .unsupported:
            self.init(kind: "refused", location) {
                $0.append(
                    "the server takes neither Basic nor Digest with SHA-256 and qop=auth (401; MD5 is never used); ")
                $0.append("let it offer one of them")
            }
        }
    }

    /// A redirection that is not followed.
    init(redirectedTo target: Span<UInt8>, _ operation: ESTOperation, _ location: ESTLocation) {
        self.init(kind: "redirect", location) {
            $0.append(operation.name)
            $0.append(" is redirected to '")
            $0.appendEscaped(target)
            $0.append("', which is not followed; give that server as --server if it is to be trusted")
        }
    }

    /// The server refused a request.
    init(refusedBy head: borrowing HTTPHead, _ body: Span<UInt8>, _ operation: ESTOperation, _ location: ESTLocation) {
        let status = head.status
        var isText = false
        if let type = head.value(of: "Content-Type"), type.count >= 10 {
            isText = type.extracting(0..<10).isCaseInsensitively("text/plain")
        }
        self.init(kind: "refused", location) {
            $0.append("the server refuses ")
            $0.append(operation.name)
            $0.append(" with status ")
            $0.append(decimal: UInt64(status))
            // RFC 7030 §4.2.3: a reason for people may be in the body.
            let text = body.withoutLineEnds()
            if isText, !text.isEmpty {
                $0.append(" and says '")
                $0.appendEscaped(text)
                $0.append("'")
            }
            $0.append(Self.advice(status))
            if status == 401, operation == .cacerts {
                $0.append("; none of these is sent with --anchor-sha256 before the authority is known: give --anchor")
            }
        }
        // Not where the client may mend something (401), or the server cannot just now (408, 429, and 5xx).
        isFinal = (400..<500).contains(status) && status != 401 && status != 408 && status != 429
    }

    private static func advice(_ status: Int) -> StaticString {
        switch status {
        case 400: "; check the names and the kind of key that are asked for"
        case 401: "; give --user and --password-file, or a certificate that it knows"
        case 403: "; ask its operator whether this device may have such a certificate"
        case 404: "; check the label behind /.well-known/est"
        case 429, 503: "; try again later"
        default: "; see the server's own log"
        }
    }
}

extension X509Error {
    /// What to do about a server's certificate.
    fileprivate var adviceOnServer: StaticString {
        switch reason {
        case .unknownIssuer, .noAnchors: "; check that --anchor is the authority of this server"
        case .nameMismatch, .noComparableName: "; check the host in --server"
        case .expired: "; renew the server's certificate, or check the clock of this machine"
        case .notYetValid: "; check the clock of this machine"
        default: "; replace the server's certificate"
        }
    }
}

extension Span where Element == UInt8 {
    /// The bytes without blanks and line ends at both ends.
    @_lifetime(copy self)
    fileprivate func withoutLineEnds() -> Span<UInt8> {
        var text = trimmed()
        while let last = text.isEmpty ? nil : text[text.count - 1], last == 0x0A || last == 0x0D {
            text = text.extracting(0..<(text.count - 1)).trimmed()
        }
        return text
    }
}
