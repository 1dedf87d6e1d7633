// Failures of connections in the words of the command line, and the exit codes that go with them.
import Bytes
import TLS
import Transport
import X509

/// What went wrong, as a phrase.
func describe(_ error: TLSError) -> String { textBuilt { error.describeCause(into: &$0) } }

/// The error of a connection as a command ends with it.
/// - Parameters:
///   - isEstablished: whether the handshake was over.
///   - chain: the peer's certificates in DER, as far as they are known.
///   - rawPublicKey: its raw public key; empty where it showed none.
///   - anchors: the anchors in DER.
///   - expectedName: the name that the peer was to have; empty for any.
func connectionError(
    _ error: TLSError, isEstablished: Bool, chain: [[UInt8]], rawPublicKey: [UInt8], anchors: [[UInt8]],
    expectedName: String = ""
) -> CommandError {
    if !rawPublicKey.isEmpty, let failure = rawPublicKeyFailure(error, rawPublicKey) { return failure }
    let text = describe(error)
    switch error {
    case .badCertificate(let error):
        return certificateFailure(error, chain: chain, anchors: anchors, expectedName: expectedName)
    case .truncated where !isEstablished:
        return CommandError(
            status: .failed, kind: "truncated",
            message: "the peer ended the stream in the middle of the handshake; see the peer's own log", detail: nil)
    case .keyNotPinned:
        let pins = chain.first.flatMap { try? pin(ofCertificate: $0) }
        let advice = pins.map { "it has --pin \($0)" } ?? "find out its pin with 'swiftlet inspect'"
        return CommandError(
            status: .invalidCertificate, kind: "certificate", message: "\(text); \(advice)", detail: "keyNotPinned")
    case .certificateRefused:
        return CommandError(
            status: .invalidCertificate, kind: "certificate", message: text, detail: "certificateRefused")
    case .alertReceived(let alert):
        return CommandError(
            status: .peerAlert, kind: "alert", message: "\(text); see the peer's own log", detail: name(alert))
    case .truncated:
        return CommandError(
            status: .failed, kind: "truncated", message: "\(text); do not trust what came to be whole", detail: nil)
    case .cryptoFailed, .misuse, .aborted, .limitExceeded(.memory, _, _):
        return CommandError(status: .failed, kind: "internal", message: text, detail: "\(error)")
    case .malformed, .illegalParameter, .peerMisbehaved, .missingExtension, .peerIncompatible, .limitExceeded:
        let alert = error.alert.map { name($0) }
        let told = alert.map { "; told the peer \($0)" } ?? ""
        return CommandError(status: .refused, kind: "handshake", message: text + told, detail: alert)
    }
}

/// What is wrong with a peer's raw public key; nil where the error is about something else.
private func rawPublicKeyFailure(_ error: TLSError, _ info: [UInt8]) -> CommandError? {
    let what: String
    switch error {
    case .keyNotPinned:
        let pin = (try? pin(ofPublicKeyInfo: info.span)) ?? "unknown"
        what = "is none of those trusted: its pin is \(pin); give the peer's own key with --raw-public-key"
    case .badCertificate(let fault): what = "\(reason(fault)); give the peer another key"
    default: return nil
    }
    return CommandError(
        status: .invalidCertificate, kind: "certificate", message: "the peer's raw public key \(what)",
        detail: error == .keyNotPinned ? "keyNotPinned" : "rawPublicKey")
}

/// The error of a transport as a command ends with it.
func transportError(_ error: TransportError, _ endpoint: String) -> CommandError {
    let text = textBuilt { error.describe(into: &$0) }
    return CommandError(
        status: .failed, kind: "transport", message: "\(escaped(endpoint)): \(text)", detail: nil)
}

/// An endpoint that an option names.
func endpoint(_ text: String) throws -> Endpoint {
    do throws(EndpointError) {
        return try Endpoint(Array(text.utf8).span)
    } catch {
        throw usageError("'\(escaped(text))': \(error.message)")
    }
}

/// A number of TLS by its IANA name, or in hexadecimal.
func name<Value: Codepoint>(_ value: Value) -> String {
    value.name?.description ?? "0x" + String(value.rawValue, radix: 16)
}

private func pin(ofCertificate der: [UInt8]) throws -> String {
    let view = try Certificate(der.span)
    return try pin(ofPublicKeyInfo: view.subjectPublicKeyInfo)
}
