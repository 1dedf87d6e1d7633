// One target for each handshake message (RFC 8446 §4): the input is the body, without type and length. What parses and
// could have been written by us is written again, and must come out as the same bytes.
import Bytes
import TLSCrypto
import TestSupport
import X509

@testable import TLS

let messageTargets: [FuzzTarget] = [
    message("client-hello", .client_hello, checkClientHello),
    message("server-hello", .server_hello, checkServerHello),
    message("encrypted-extensions", .encrypted_extensions, checkEncryptedExtensions),
    message("certificate-request", .certificate_request, checkCertificateRequest),
    message("certificate-message", .certificate, checkCertificateMessage),
    message("certificate-status", .certificate_status_RESERVED, checkCertificateStatus),
    FuzzTarget("raw-public-key-message", layout: .sequence([.fixed(1), .rest])) { checkRawPublicKeyMessage($0) },
    message("certificate-verify", .certificate_verify, checkCertificateVerify),
    message("new-session-ticket", .new_session_ticket, checkNewSessionTicket),
    FuzzTarget("small-messages", longest: 128) { checkSmallMessage($0) },
]

/// How the body of each message is built; what is missing has no parts.
func layout(of type: HandshakeType) -> Layout {
    switch type {
    case .client_hello: .sequence(hello + [.vector(2, .rest), .vector(1, .rest), block])
    case .server_hello: .sequence(hello + [.fixed(3), block])
    case .encrypted_extensions: block
    case .certificate_request: .sequence([.vector(1, .rest), block])
    case .certificate: .sequence([.vector(1, .rest), .vector(3, .list(.sequence([.vector(3, .der), block])))])
    case .certificate_status_RESERVED: .sequence([.fixed(1), .vector(3, .der)])
    case .certificate_verify: .sequence([.fixed(2), .vector(2, .rest)])
    case .new_session_ticket: .sequence([.fixed(8), .vector(1, .rest), .vector(2, .rest), block])
    default: .rest
    }
}

private let hello: [Layout] = [.fixed(34), .vector(1, .rest)]
private let block = Layout.vector(2, .extensions)

/// A target whose input is the body of a message.
private func message(
    _ name: String, _ type: HandshakeType,
    _ check: @escaping @Sendable (HandshakeMessage) throws(TLSError) -> Void
) -> FuzzTarget {
    FuzzTarget(name, layout: layout(of: type)) { input in parse(type, array(input), check) }
}

/// Hands a message with this body to `check`. An error is an answer.
private func parse(
    _ type: HandshakeType, _ body: [UInt8], _ check: (HandshakeMessage) throws(TLSError) -> Void
) {
    let bytes = [type.rawValue] + vector(body, 3)
    do throws(TLSError) { try check(HandshakeMessage(bytes.span)) } catch {
        // Whatever does not parse has an alert that tells the peer so.
        require(error.alert != nil, "no alert for \(error)")
    }
}

/// Requires that `body` writes the message that was read.
private func requireSame(_ message: HandshakeMessage, _ body: (inout ByteWriter) -> Void) {
    let again = written(body)
    require(again == array(message.encoded), "\(message.type) was read and not written as the same bytes")
}

/// Requires the same of a message that is put together as our states do: what stands before the extensions, and the block.
private func requireSame(
    _ message: HandshakeMessage, _ extensions: ExtensionBlock, before: (inout ByteWriter) -> Void
) {
    var bytes = [UInt8](repeating: 0, count: message.encoded.count + 8)
    var memory = bytes.mutableSpan
    let capacity = memory.count
    var writer = ByteWriter(memory._mutatingExtracting(0..<capacity))
    let mark = writer.beginHandshakeMessage(message.type)
    before(&writer)
    writer.appendVector(extensions.bytes, lengthBytes: 2)
    writer.endHandshakeMessage(mark)
    let count = writer.count
    require(Array(bytes[0..<count]) == array(message.encoded), "\(message.type) was not written as the same bytes")
}

private func checkClientHello(_ message: HandshakeMessage) throws(TLSError) {
    let hello = try ClientHello(message)
    var suites: [CipherSuite] = []
    for index in 0..<hello.cipherSuites.count { suites.append(hello.cipherSuites[index]) }
    let isOurs = hello.hasNullCompressionOnly && hello.legacyVersion == .tls12
    if isOurs, hello.fixedPart.count < message.body.count {
        requireSame(message, hello.extensions) { writer in
            ClientHello.appendBeforeExtensions(
                random: hello.random, sessionID: hello.legacySessionID, cipherSuites: suites.span, to: &writer)
        }
    }
    try hello.extensions.validate(in: .clientHello, offered: .anything)
    _ = try SupportedVersions.client(in: hello.extensions)
    _ = try SignatureAlgorithms.read(in: hello.extensions)
    _ = try RecordSizeLimit.read(in: hello.extensions)
    _ = try ServerName.client(in: hello.extensions)
    if let groups = try SupportedGroups.read(in: hello.extensions),
        let shares = try KeyShare.client(in: hello.extensions)
    {
        try shares.check(against: groups)
        require(shares.count <= groups.count, "more key shares than groups")
    }
}

private func checkServerHello(_ message: HandshakeMessage) throws(TLSError) {
    let hello = try ServerHello(message)
    let isOurs = hello.legacyCompressionMethod == .null && hello.legacyVersion == .tls12
    // Without the two bytes of the block's length it is one of TLS 1.2.
    if isOurs, message.body.count >= 2 + 32 + 1 + hello.legacySessionIDEcho.count + 3 + 2 {
        requireSame(message, hello.extensions) { writer in
            ServerHello.appendBeforeExtensions(
                random: hello.random, sessionID: hello.legacySessionIDEcho, cipherSuite: hello.cipherSuite, to: &writer)
        }
    }
    let context: ExtensionContext = hello.isHelloRetryRequest ? .helloRetryRequest : .serverHello
    try hello.extensions.validate(in: context, offered: .anything)
    _ = try SupportedVersions.server(in: hello.extensions)
    _ = try Cookie.read(in: hello.extensions)
    _ = try PreSharedKey.server(in: hello.extensions)
    if hello.isHelloRetryRequest {
        _ = try KeyShare.helloRetryRequest(in: hello.extensions)
    } else {
        _ = try KeyShare.server(in: hello.extensions)
    }
}

private func checkEncryptedExtensions(_ message: HandshakeMessage) throws(TLSError) {
    let extensions = try EncryptedExtensions(message).extensions
    requireSame(message, extensions) { _ in }
    try extensions.validate(in: .encryptedExtensions, offered: .anything)
    try ServerName.checkAcknowledgement(in: extensions)
    _ = try ApplicationLayerProtocolNegotiation.server(in: extensions)
    _ = try RecordSizeLimit.read(in: extensions)
    _ = try EarlyData.isIndicated(in: extensions)
}

private func checkCertificateRequest(_ message: HandshakeMessage) throws(TLSError) {
    let request = try CertificateRequest(message)
    if request.context.isEmpty {
        requireSame(message, request.extensions) { CertificateRequest.appendBeforeExtensions(to: &$0) }
    }
    try request.extensions.validate(in: .certificateRequest, offered: .anything)
    _ = try SignatureAlgorithms.read(in: request.extensions)
    _ = try SignatureAlgorithms.read(.signature_algorithms_cert, in: request.extensions)
    _ = try CertificateAuthorities.read(in: request.extensions)
}

private func checkCertificateMessage(_ message: HandshakeMessage) throws(TLSError) {
    let certificate = try CertificateMessage(message, in: .tls13, .X509)
    if certificate.requestContext.isEmpty {
        requireSame(message) { writer in
            CertificateMessage.appendBeforeEntries(
                entryBytes: certificate.entries.count, in: .tls13, .X509, to: &writer)
            writer.append(certificate.entries)
        }
    }
    // What has been read once can be walked through without an error.
    let sequence = CertificateMessage.certificates(in: message.encoded, of: .tls13)
    var reader = sequence.reader
    do { while try reader.next() != nil {} } catch { fatalError("a certificate list that was read cannot be walked") }
    try certificate.checkExtensions(mayHaveStaple: true)
    let first = CertificateMessage.ocspStaple(in: message.encoded, or: Span(), of: .tls13)
    require(first.count == certificate.ocspStaple.count, "two OCSP responses of one message")
}

/// A Certificate with a raw public key (RFC 7250 §3): the first byte says of which version, the rest is the body.
private func checkRawPublicKeyMessage(_ input: Span<UInt8>) {
    var program = Program(input)
    let version: ProtocolVersion = program.byte() % 2 == 0 ? .tls13 : .tls12
    parse(.certificate, program.all()) { message throws(TLSError) in
        let certificate = try CertificateMessage(message, in: version, .RawPublicKey)
        let info = CertificateMessage.rawPublicKey(in: message.encoded, of: version)
        require(info.count == certificate.first.count, "two raw public keys of one message")
        require(info.isEmpty == certificate.entries.isEmpty, "a raw public key of no bytes was taken")
        do throws(X509Error) { _ = try PublicKey(subjectPublicKeyInfo: info) } catch { throw .badCertificate(error) }
    }
}

private func checkCertificateStatus(_ message: HandshakeMessage) throws(TLSError) {
    let status = try CertificateStatus(message)
    require(!status.response.isEmpty, "an empty OCSP response was taken")
    requireSame(message) { writer in
        let mark = writer.beginHandshakeMessage(.certificate_status_RESERVED)
        CertificateStatus.append(status.response, to: &writer)
        writer.endHandshakeMessage(mark)
    }
}

private func checkCertificateVerify(_ message: HandshakeMessage) throws(TLSError) {
    let verify = try CertificateVerify(message)
    requireSame(message) { CertificateVerify.append(verify.scheme, verify.signature, to: &$0) }
}

private func checkNewSessionTicket(_ message: HandshakeMessage) throws(TLSError) {
    let ticket = try NewSessionTicket(message)
    require(!ticket.ticket.isEmpty, "an empty ticket was taken")
    _ = try EarlyData.maximumSize(in: ticket.extensions)
}

/// The messages of a few bytes: the first byte says which, the rest is the body.
private func checkSmallMessage(_ input: Span<UInt8>) {
    var program = Program(input)
    switch program.byte() % 4 {
    case 0:
        parse(.key_update, program.all()) { message throws(TLSError) in
            let update = try KeyUpdate(message)
            requireSame(message) { KeyUpdate.append(update.requestUpdate, to: &$0) }
        }
    case 1:
        parse(.end_of_early_data, program.all()) { message throws(TLSError) in
            _ = try EndOfEarlyData(message)
            requireSame(message) { EndOfEarlyData.append(to: &$0) }
        }
    case let which:
        parse(.finished, program.all()) { message throws(TLSError) in
            let finished = try Finished(message, length: which == 2 ? 32 : 48)
            requireSame(message) { Finished.append(finished.verifyData, to: &$0) }
        }
    }
}
