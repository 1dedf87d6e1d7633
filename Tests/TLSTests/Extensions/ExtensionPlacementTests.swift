// The table of RFC 8446 §4.2, written down a second time: every extension in every message where it does not belong.
import Bytes
import TestSupport
import Testing

@testable import TLS

@Suite struct ExtensionPlacementTests {
    private static let contexts: [ExtensionContext] = [
        .clientHello, .serverHello, .helloRetryRequest, .encryptedExtensions, .certificateRequest, .certificate,
        .newSessionTicket,
    ]

    /// Letters as in the RFC: C ClientHello, S ServerHello, H HelloRetryRequest, E EncryptedExtensions,
    /// R CertificateRequest, T Certificate, N NewSessionTicket.
    private static let table: [(ExtensionType, String)] = [
        (.server_name, "CE"), (.max_fragment_length, "CE"), (.status_request, "CRT"), (.supported_groups, "CE"),
        (.signature_algorithms, "CR"), (.use_srtp, "CE"), (.heartbeat, "CE"),
        (.application_layer_protocol_negotiation, "CE"), (.signed_certificate_timestamp, "CRT"),
        (.client_certificate_type, "CE"), (.server_certificate_type, "CE"), (.padding, "C"), (.key_share, "CSH"),
        (.pre_shared_key, "CS"), (.psk_key_exchange_modes, "C"), (.early_data, "CEN"), (.cookie, "CH"),
        (.supported_versions, "CSH"), (.certificate_authorities, "CR"), (.oid_filters, "R"),
        (.post_handshake_auth, "C"), (.signature_algorithms_cert, "CR"), (.record_size_limit, "CE"),
        (.compress_certificate, "CR"), (.ec_point_formats, "C"), (.encrypt_then_mac, "C"),
        (.extended_master_secret, "C"), (.session_ticket, "C"), (.renegotiation_info, "C"),
    ]

    private func validationError(
        _ type: ExtensionType, in context: ExtensionContext, offered: OfferedExtensions
    ) -> TLSError? {
        let bytes = ExtensionSamples.block([(type, [])])
        do throws(TLSError) {
            let block = try ExtensionBlock(bytes.span, of: .server_hello)
            try block.validate(in: context, offered: offered)
            return nil
        } catch {
            return error
        }
    }

    @Test func everyExtensionInEveryMessage() {
        for (type, letters) in Self.table {
            for (context, letter) in zip(Self.contexts, "CSHERTN") {
                #expect(type.mayStand(in: context) == letters.contains(letter), "\(type) in \(context)")
                guard !letters.contains(letter) else { continue }
                let error = validationError(type, in: context, offered: .anything)
                #expect(error == .illegalParameter(.extensionNotAllowed), "\(type) in \(context)")
            }
        }
    }

    @Test func answersToNothingAreUnsolicited() {
        for (type, letters) in Self.table {
            for (context, letter) in zip(Self.contexts, "CSHERTN") where letters.contains(letter) && context.isAnswer {
                let unsolicited = validationError(type, in: context, offered: .nothing)
                // §4.2: the cookie of a HelloRetryRequest is the one exception.
                let isCookie = type == .cookie && context == .helloRetryRequest
                #expect(unsolicited == (isCookie ? nil : .peerMisbehaved(.unsolicitedExtension)))
                #expect(validationError(type, in: context, offered: OfferedExtensions.nothing.with(type)) == nil)
            }
        }
    }

    @Test func unknownExtensionsAreIgnoredInRequestsAndRefusedInAnswers() {
        for number: UInt16 in [0x0A0A, 0xFAFA, 60, 4711] {
            for context in Self.contexts {
                let error = validationError(ExtensionType(rawValue: number), in: context, offered: .nothing)
                #expect(error == (context.isAnswer ? .peerMisbehaved(.unsolicitedExtension) : nil))
            }
        }
    }

    @Test func aSetHoldsWhatWasPutIn() {
        let set = OfferedExtensions.nothing.with(.key_share).with(.cookie, if: false)
        #expect(set.contains(.key_share))
        #expect(!set.contains(.cookie))
        #expect(!set.contains(.renegotiation_info))
        #expect(OfferedExtensions.nothing.with(.renegotiation_info).contains(.renegotiation_info))
        // A number that is not kept track of.
        #expect(!OfferedExtensions.nothing.with(ExtensionType(rawValue: 63)).contains(ExtensionType(rawValue: 63)))
        #expect(OfferedExtensions.nothing.with(ExtensionType(rawValue: 4711)) == .nothing)
    }
}
