// A handshake of RFC 8448, "Example Handshake Traces for TLS 1.3", as the RFC prints it: inputs, secrets, messages, and
// every complete record. The sections are in files of their own.
//
// Plaintext hellos are given as records alone; the message is what follows the record's header.
import TLSCrypto
import TestSupport
import Testing
import X509

@testable import TLS

/// Bytes written in hexadecimal.
struct HexBytes: ExpressibleByStringLiteral, Sendable {
    let bytes: [UInt8]

    init(stringLiteral text: String) { bytes = hex(text) }

    init(bytes: [UInt8]) { self.bytes = bytes }
}

/// One trace.
struct Trace: Sendable, CustomTestStringConvertible {
    let section: Int
    let title: String
    /// In the order in which the client draws them: section 5 has a second one after the HelloRetryRequest.
    let clientPrivateKeys: [HexBytes]
    let serverPrivateKey: HexBytes
    let secrets: Secrets
    let messages: Messages
    let records: Records

    /// RFC 8446 §7.1; `shared` is the (EC)DHE result.
    struct Secrets: Sendable {
        let shared, early, handshake, clientHandshakeTraffic, serverHandshakeTraffic: HexBytes
        let master, clientApplicationTraffic, serverApplicationTraffic, exporterMaster: HexBytes
    }

    /// Handshake messages that go protected, header included.
    struct Messages: Sendable {
        let encryptedExtensions: HexBytes
        var certificateRequest: HexBytes?
        let serverCertificate, serverCertificateVerify, serverFinished: HexBytes
        var clientCertificate, clientCertificateVerify: HexBytes?
        let clientFinished: HexBytes
        var newSessionTicket: HexBytes?
    }

    /// Complete records. A flight is one record, without the change_cipher_spec record before it in section 7.
    struct Records: Sendable {
        let clientHello: HexBytes
        var helloRetryRequest, secondClientHello: HexBytes?
        let serverHello, serverFlight, clientFlight: HexBytes
        var newSessionTicket, clientData, serverData: HexBytes?
        let clientClose, serverClose: HexBytes
    }

    var testDescription: String { "RFC 8448 section \(section), \(title)" }

    static let all: [Trace] = [section3, section5, section6, section7]

    /// When the traces were made, within the validity of their certificates.
    static let time = CurrentTime.known(1_500_000_000)

    /// What both sides send as application data: 50 bytes from 00 to 31.
    static let applicationData = [UInt8](0..<50)
}

// What follows from the values.
extension Trace {
    /// record header, message header, legacy_version
    private static let randomOffset = 5 + 4 + 2

    var clientRandom: [UInt8] { Array(records.clientHello.bytes[Self.randomOffset..<(Self.randomOffset + 32)]) }
    var serverRandom: [UInt8] { Array(records.serverHello.bytes[Self.randomOffset..<(Self.randomOffset + 32)]) }

    /// legacy_session_id of the client.
    var sessionID: [UInt8] {
        let rest = records.clientHello.bytes.dropFirst(Self.randomOffset + 32)
        return Array(rest.dropFirst().prefix(Int(rest.first ?? 0)))
    }

    /// The record that middlebox compatibility puts before the first protected one, or nothing (RFC 8446 Appendix D.4).
    var changeCipherSpec: [UInt8] { sessionID.isEmpty ? [] : [0x14, 0x03, 0x03, 0x00, 0x01, 0x01] }

    /// The content of a plaintext record.
    func message(_ record: HexBytes) -> [UInt8] { Array(record.bytes.dropFirst(5)) }

    /// The messages of the transcript (RFC 8446 §4.4.1) up to the ServerHello.
    var hellos: [UInt8] {
        let first = message(records.clientHello)
        guard let retry = records.helloRetryRequest, let second = records.secondClientHello else {
            return first + message(records.serverHello)
        }
        let hash = sha256(first)
        let messageHash = [HandshakeType.message_hash.rawValue, 0, 0, UInt8(hash.count)] + hash
        return messageHash + message(retry) + message(second) + message(records.serverHello)
    }

    /// The transcript up to the server's Certificate.
    var throughServerCertificate: [UInt8] {
        hellos + messages.encryptedExtensions.bytes + (messages.certificateRequest?.bytes ?? [])
            + messages.serverCertificate.bytes
    }

    /// The transcript up to the server's CertificateVerify.
    var throughServerCertificateVerify: [UInt8] { throughServerCertificate + messages.serverCertificateVerify.bytes }

    /// The transcript up to the server's Finished.
    var throughServerFinished: [UInt8] { throughServerCertificateVerify + messages.serverFinished.bytes }

    /// The transcript up to the client's Certificate, if it sends one.
    var throughClientCertificate: [UInt8] { throughServerFinished + (messages.clientCertificate?.bytes ?? []) }

    /// The transcript up to the client's CertificateVerify, if it sends one.
    var throughClientCertificateVerify: [UInt8] {
        throughClientCertificate + (messages.clientCertificateVerify?.bytes ?? [])
    }

    /// What a side's CertificateVerify signs (RFC 8446 §4.4.3).
    func signedContent(_ sender: Role) -> [UInt8] {
        let context = "TLS 1.3, \(sender == .client ? "client" : "server") CertificateVerify"
        let transcript = sender == .client ? throughClientCertificate : throughServerCertificate
        return [UInt8](repeating: 0x20, count: 64) + Array(context.utf8) + [0] + sha256(transcript)
    }

    /// The signature in a side's CertificateVerify.
    func signature(_ sender: Role) -> [UInt8] {
        let message = sender == .client ? messages.clientCertificateVerify : messages.serverCertificateVerify
        // header, scheme, length
        return Array((message?.bytes ?? []).dropFirst(4 + 2 + 2))
    }

    /// A side's certificates as `CertificateSequence` holds them; each Certificate message of the traces has one.
    func chain(_ sender: Role) -> [UInt8] {
        let message = sender == .client ? messages.clientCertificate : messages.serverCertificate
        // header, empty context, length of the list; at the end the empty extensions of the one entry
        return Array((message?.bytes ?? []).dropFirst(4 + 1 + 3).dropLast(2))
    }
}

/// SHA-256, the hash of every trace's cipher suite.
func sha256(_ bytes: [UInt8]) -> [UInt8] {
    guard let hash = try? digest(.sha256, bytes.span) else { fatalError("SHA-256 failed") }
    return array(hash.bytes)
}
