// CertificateVerify's content, Certificate's structure, KeyUpdate, Finished, EndOfEarlyData (RFC 8446 §4.4 to §4.6).
import Bytes
import TestSupport
import Testing

@testable import TLS

@Suite struct OtherMessageTests {
    @Test func signedContentIsAsInTheExampleOfTheRFC() {
        // RFC 8446 §4.4.3: a transcript hash of 32 bytes 01.
        let hash = [UInt8](repeating: 1, count: 32)
        let server = written { CertificateVerify.appendSignedContent(.server, transcriptHash: hash.span, to: &$0) }
        let expected = hex(
            """
            2020202020202020202020202020202020202020202020202020202020202020
            2020202020202020202020202020202020202020202020202020202020202020
            544c5320312e332c207365727665722043657274696669636174655665726966
            79 00 0101010101010101010101010101010101010101010101010101010101010101
            """)
        #expect(server == expected)
        let client = written { CertificateVerify.appendSignedContent(.client, transcriptHash: hash.span, to: &$0) }
        #expect(client.count == server.count)
        #expect(Array(client[64..<97]) == Array("TLS 1.3, client CertificateVerify".utf8))
    }

    @Test func certificateEntriesAreWhole() {
        let good: [UInt8] = [0, 0, 0, 7, 0, 0, 2, 0x30, 0, 0, 0]
        let broken: [([UInt8], String)] = [
            ([0, 0, 0, 5, 0, 0, 0, 0, 0], "an empty certificate"),
            ([0, 0, 0, 5, 0, 0, 2, 0x30, 0], "no extensions"),
            ([0, 0, 0, 9, 0, 0, 2, 0x30, 0, 0, 2, 0, 5], "an extension that is cut"),
            ([0, 0, 0, 8] + good[4...] + [0], "a byte behind the last entry"),
        ]
        #expect(SampleMessages.parseError(SampleMessages.message(.certificate, good)) == nil)
        #expect(SampleMessages.parseError(SampleMessages.message(.certificate, [0, 0, 0, 0])) == nil)
        for (body, reason) in broken {
            let error = SampleMessages.parseError(SampleMessages.message(.certificate, body))
            #expect(error == .malformed(.certificate), "\(reason)")
        }
    }

    @Test func extensionsOfCertificatesAnswerNothing() throws {
        // status_request, which nobody asked for; server_name, which never stands here.
        for (type, expected): (UInt8, TLSError) in [
            (5, .peerMisbehaved(.unsolicitedExtension)), (0, .illegalParameter(.extensionNotAllowed)),
        ] {
            let body: [UInt8] = [0, 0, 0, 11, 0, 0, 2, 0x30, 0, 0, 4, 0, type, 0, 0]
            let bytes = SampleMessages.message(.certificate, body)
            #expect(throws: expected) {
                try CertificateMessage(HandshakeMessage(bytes.span), in: .tls13, .X509).checkExtensions(
                    mayHaveStaple: false)
            }
        }
    }

    @Test func duplicateExtensionsOfACertificateAreRefused() {
        let body: [UInt8] = [0, 0, 0, 15, 0, 0, 2, 0x30, 0, 0, 8, 0, 5, 0, 0, 0, 5, 0, 0]
        let error = SampleMessages.parseError(SampleMessages.message(.certificate, body))
        #expect(error == .peerMisbehaved(.duplicateExtension))
    }

    @Test func keyUpdateIsZeroOrOne() throws {
        for request in [KeyUpdateRequest.update_not_requested, .update_requested] {
            let bytes = written { KeyUpdate.append(request, to: &$0) }
            #expect(bytes == [24, 0, 0, 1, request.rawValue])
            #expect(try KeyUpdate(HandshakeMessage(bytes.span)).requestUpdate == request)
        }
        for value in UInt8(2)...255 {
            let bytes = SampleMessages.message(.key_update, [value])
            #expect(SampleMessages.parseError(bytes) == .illegalParameter(.keyUpdateRequest))
        }
    }

    @Test func finishedOfAnotherLengthThanTheHashIsWrong() {
        let sample = SampleMessages.finished
        #expect(throws: TLSError.peerMisbehaved(.finishedInvalid)) {
            _ = try Finished(HandshakeMessage(sample.span), length: 48)
        }
    }

    @Test func endOfEarlyDataIsEmpty() {
        #expect(written { EndOfEarlyData.append(to: &$0) } == SampleMessages.endOfEarlyData)
    }

    @Test func aTicketWithoutATicketIsMalformed() {
        let empty = SampleMessages.message(.new_session_ticket, hex("0000001e 00000000 00 0000 0000"))
        #expect(SampleMessages.parseError(empty) == .malformed(.new_session_ticket))
        let unknown = SampleMessages.message(.new_session_ticket, hex("0000001e 00000000 00 0001 aa 0004 0a0a 0000"))
        #expect(SampleMessages.parseError(unknown) == nil)
        let known = SampleMessages.message(.new_session_ticket, hex("0000001e 00000000 00 0001 aa 0004 0000 0000"))
        #expect(SampleMessages.parseError(known) == .illegalParameter(.extensionNotAllowed))
    }
}
