// Every message cut at every byte, made longer, and changed at every byte: always an error of the peer's, never a trap.
import Bytes
import TestSupport
import Testing

@testable import TLS

@Suite struct BrokenMessageTests {
    @Test func theSamplesParse() {
        for sample in SampleMessages.all { #expect(SampleMessages.parseError(sample) == nil) }
    }

    @Test func everyTruncationIsMalformed() {
        for sample in SampleMessages.all {
            let type = HandshakeType(rawValue: sample[0])
            let body = Array(sample[4...])
            for count in body.indices {
                let cut = SampleMessages.message(sample, body: Array(body[..<count]))
                let error = SampleMessages.parseError(cut)
                // Hellos of TLS 1.2 may end before the extension block (RFC 5246 §7.4.1.2, §7.4.1.3).
                let isWhole = type == .client_hello && count == 45 || type == .server_hello && count == 38
                #expect(error == (isWhole ? nil : wrongLength(type)), "\(type) cut at \(count)")
            }
        }
    }

    @Test func everyTrailingByteIsMalformed() {
        for sample in SampleMessages.all {
            let type = HandshakeType(rawValue: sample[0])
            for extra: [UInt8] in [[0], [0xFF], [0, 0, 0, 0]] {
                let longer = SampleMessages.message(sample, body: Array(sample[4...]) + extra)
                #expect(SampleMessages.parseError(longer) == wrongLength(type))
            }
        }
    }

    /// A Finished is nothing but a MAC, and one of another length is wrong (RFC 8446 §4.4.4).
    private func wrongLength(_ type: HandshakeType) -> TLSError {
        type == .finished ? .peerMisbehaved(.finishedInvalid) : .malformed(type)
    }

    /// Nothing is checked but that it comes to an end: all that reads an extension is called on what still parses.
    @Test func everyChangedByteComesToAnEnd() {
        for sample in SampleMessages.all {
            for index in 4..<max(sample.count, 4) {
                for value in [0, 1, 0x7F, 0xFF, sample[index] &+ 1, sample[index] &- 1, sample[index] ^ 0x80] {
                    var changed = sample
                    changed[index] = value
                    _ = SampleMessages.parseError(changed)
                    readEverything(changed)
                }
            }
        }
    }

    private func readEverything(_ bytes: [UInt8]) {
        let message = HandshakeMessage(bytes.span)
        if let hello = try? ClientHello(message) {
            try? hello.extensions.validate(in: .clientHello, offered: .anything)
            readAll(hello.extensions)
        }
        if let hello = try? ServerHello(message) {
            try? hello.extensions.validate(in: .serverHello, offered: .serverHelloOf13)
            readAll(hello.extensions)
        }
        if let encrypted = try? EncryptedExtensions(message) { readAll(encrypted.extensions) }
        if let request = try? CertificateRequest(message) { readAll(request.extensions) }
        if let ticket = try? NewSessionTicket(message) { readAll(ticket.extensions) }
    }

    private func readAll(_ extensions: ExtensionBlock) {
        _ = try? ServerName.client(in: extensions)
        try? ServerName.checkAcknowledgement(in: extensions)
        _ = try? ApplicationLayerProtocolNegotiation.server(in: extensions)
        if let groups = try? SupportedGroups.read(in: extensions), let shares = try? KeyShare.client(in: extensions) {
            try? shares.check(against: groups)
            _ = shares.share(for: .secp256r1)
        }
        _ = try? KeyShare.server(in: extensions)
        _ = try? KeyShare.helloRetryRequest(in: extensions)
        _ = try? SupportedVersions.client(in: extensions)
        _ = try? SupportedVersions.server(in: extensions)
        _ = try? RecordSizeLimit.read(in: extensions)
        _ = try? PreSharedKey.server(in: extensions)
        _ = try? EarlyData.maximumSize(in: extensions)
    }

    @Test func aHeaderThatIsNotWholeIsAMessageNobodyExpects() {
        for count in 0..<4 {
            let bytes = [UInt8](repeating: 1, count: count)
            #expect(SampleMessages.parseError(bytes) == .peerMisbehaved(.unexpectedMessage))
        }
    }

    @Test func aMessageOfAnotherTypeIsUnexpected() {
        let sample = SampleMessages.clientHello
        #expect(throws: TLSError.peerMisbehaved(.unexpectedMessage)) {
            _ = try ServerHello(HandshakeMessage(sample.span))
        }
    }
}
