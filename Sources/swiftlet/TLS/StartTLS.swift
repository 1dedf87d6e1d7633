// `--starttls`: a stream that begins with the words of another protocol, up to TLS.
import ArgumentParser
import Transport

/// The protocols that `--starttls` knows.
enum StartTLSProtocol: String, CaseIterable, ExpressibleByArgument {
    /// RFC 3207.
    case smtp
}

/// What went wrong before TLS, as a phrase.
func describe(_ error: SMTPDialogueError) -> String {
    switch error {
    case .smtp(let error): textBuilt { error.describe(into: &$0) }
    case .transport(let error): textBuilt { error.describe(into: &$0) }
    case .timedOut:
        "the peer took too long to come to STARTTLS; a port that begins with TLS (465) takes no --starttls, "
            + "otherwise give a larger --timeout"
    }
}

extension EndpointTransport {
    /// Says what a client has to say before TLS.
    /// - Parameter endpoint: where the stream leads to, as it was given.
    mutating func startTLS(milliseconds: Int32, _ endpoint: String) throws(CommandError) {
        var dialogue = SMTPDialogue(.startTLS, name: .ofThisMachine)
        do throws(SMTPDialogueError) {
            try dialogue.run(over: &self, milliseconds: milliseconds)
        } catch {
            let isOurRefusal = if case .smtp(let error) = error { error.isOurRefusal } else { false }
            let kind = if case .transport = error { "transport" } else { "starttls" }
            throw CommandError(
                status: isOurRefusal ? .refused : .failed, kind: kind,
                message: "\(escaped(endpoint)): \(describe(error))", detail: detail(error))
        }
    }
}

/// The word that `--json` has for the reason.
private func detail(_ error: SMTPDialogueError) -> String? {
    switch error {
    case .smtp(let error): "\(error.reason)"
    case .timedOut: "timedOut"
    case .transport: nil
    }
}
