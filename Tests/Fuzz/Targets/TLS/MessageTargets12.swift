// One target for each handshake message that TLS 1.2 has of its own, or writes otherwise (RFC 5246 §7.4, RFC 8422 §5, RFC
// 5077 §3.3): as in MessageTargets.swift the input is the body, and what parses is written again as the same bytes.
import Bytes
import TestSupport

@testable import TLS

let messageTargets12: [FuzzTarget] = [
    target12("certificate-message-12", .certificate) { message throws(TLSError) in
        let certificate = try CertificateMessage(message, in: .tls12, .X509)
        requireSame12(message) { $0.appendVector(certificate.entries, lengthBytes: 3) }
        // What has been read once can be walked through without an error.
        var reader = certificate.chain.reader
        do { while try reader.next() != nil {} } catch { fatalError("a list that was read cannot be walked") }
    },
    target12("server-key-exchange", .server_key_exchange_RESERVED) { message throws(TLSError) in
        let exchange = try ServerKeyExchange(message)
        require(exchange.parameters.count == 4 + exchange.publicValue.count, "other parameters than are signed")
        requireSame12(message) { writer in
            ServerKeyExchange.appendParameters(exchange.group, exchange.publicValue, to: &writer)
            writer.append(exchange.scheme.rawValue)
            writer.appendVector(exchange.signature, lengthBytes: 2)
        }
    },
    target12("certificate-request-12", .certificate_request) { message throws(TLSError) in
        let request = try CertificateRequest12(message)
        require(!request.accepts(nil), "no key is accepted for one")
        require(request.authorities.count + 5 <= message.body.count, "more authorities than bytes")
    },
    target12("client-key-exchange", .client_key_exchange_RESERVED) { message throws(TLSError) in
        let exchange = try ClientKeyExchange(message)
        requireSame12(message) { $0.appendVector(exchange.publicValue, lengthBytes: 1) }
    },
    target12("encrypted-premaster-secret", .client_key_exchange_RESERVED, .vector(2, .rest)) {
        message throws(TLSError) in
        let encrypted = try EncryptedPremasterSecret(message)
        requireSame12(message) { $0.appendVector(encrypted.ciphertext, lengthBytes: 2) }
    },
    target12("new-session-ticket-12", .new_session_ticket) { message throws(TLSError) in
        let ticket = try NewSessionTicket(of12: message)
        require(ticket.lifetime > 0, "a ticket that has expired when it comes")
    },
    target12("server-hello-done", .server_hello_done_RESERVED) { message throws(TLSError) in
        try ServerHelloDone.check(message)
        require(message.body.isEmpty, "a ServerHelloDone with a body was taken")
    },
]

/// How the body of each message is built in TLS 1.2; what is missing has no parts. ClientKeyExchange is that of a key
/// agreement.
func layout12(of type: HandshakeType) -> Layout {
    switch type {
    case .client_hello, .server_hello, .certificate_status_RESERVED, .certificate_verify: layout(of: type)
    case .certificate: .vector(3, .list(.vector(3, .der)))
    case .server_key_exchange_RESERVED: .sequence([.fixed(3), .vector(1, .rest), .fixed(2), .vector(2, .rest)])
    case .certificate_request: .sequence([.vector(1, .rest), .vector(2, .rest), .vector(2, .list(.vector(2, .der)))])
    case .client_key_exchange_RESERVED: .vector(1, .rest)
    case .new_session_ticket: .sequence([.fixed(4), .vector(2, .rest)])
    default: .rest
    }
}

private func target12(
    _ name: String, _ type: HandshakeType, _ layout: Layout? = nil,
    _ check: @escaping @Sendable (HandshakeMessage) throws(TLSError) -> Void
) -> FuzzTarget {
    FuzzTarget(name, layout: layout ?? layout12(of: type)) { input in
        let bytes = [type.rawValue] + vector(array(input), 3)
        do throws(TLSError) { try check(HandshakeMessage(bytes.span)) } catch {
            require(error.alert != nil, "no alert for \(error)")
        }
    }
}

/// Requires that `body` writes the body of the message that was read.
private func requireSame12(_ message: HandshakeMessage, _ body: (inout ByteWriter) -> Void) {
    require(written(body) == array(message.body), "\(message.type) was read and not written as the same bytes")
}
