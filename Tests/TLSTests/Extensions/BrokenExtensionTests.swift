// Every extension cut at every byte and made longer; empty lists and odd lengths: always decode_error (RFC 8446 §6.2).
import Bytes
import TestSupport
import Testing

@testable import TLS

@Suite struct BrokenExtensionTests {
    @Test func everySampleIsRead() {
        for sample in ExtensionSamples.all { #expect(sample.readError(sample.body) == nil, "\(sample.type)") }
    }

    @Test func everyTruncationIsMalformed() {
        for sample in ExtensionSamples.all {
            for count in sample.body.indices {
                let error = sample.readError(Array(sample.body[..<count]))
                #expect(error == .malformed(sample.message), "\(sample.type) cut at \(count)")
            }
        }
    }

    @Test func everyTrailingByteIsMalformed() {
        for sample in ExtensionSamples.all {
            #expect(sample.readError(sample.body + [0]) == .malformed(sample.message), "\(sample.type)")
        }
    }

    @Test(arguments: [
        (ExtensionType.supported_groups, "0000"), (.supported_groups, "0003 001d 00"),
        (.signature_algorithms, "0000"), (.signature_algorithms, "0001 04"),
        (.signature_algorithms_cert, "0000"), (.application_layer_protocol_negotiation, "0000"),
        (.application_layer_protocol_negotiation, "0002 00 00"), (.application_layer_protocol_negotiation, "0001 00"),
        (.supported_versions, "00"), (.supported_versions, "03 0304 03"), (.key_share, "0004 001d 0000"),
        (.cookie, "0000"), (.psk_key_exchange_modes, "00"), (.certificate_authorities, "0000"),
        (.certificate_authorities, "0005 0000 0001 30"), (.client_certificate_type, "00"),
        (.status_request, "01 0002 0000 0000"), (.server_name, "0000"),
        (.server_name, "0003 00 0000"),
        // An empty binder; for how many there may be see AcknowledgementTests.
        (.pre_shared_key, "0007 0001 aa 00000000 0001 00"),
    ])
    func emptyListsAndOddLengthsAreMalformed(_ type: ExtensionType, _ body: String) throws {
        let samples = ExtensionSamples.all.filter { $0.type == type && $0.message != .encrypted_extensions }
        let sample = try #require(samples.first)
        #expect(sample.readError(hex(body)) == .malformed(sample.message))
    }

    @Test func aMissingExtensionIsNil() throws {
        let nothing: [UInt8] = []
        let block = try ExtensionBlock(nothing.span, of: .client_hello)
        for sample in ExtensionSamples.all { try sample.read(block) }
        let isMissing = try KeyShare.client(in: block) == nil
        #expect(isMissing)
    }
}
