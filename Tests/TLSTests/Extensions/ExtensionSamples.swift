// Extension blocks put together by hand, and one good body of each extension for each message that we read it in.
import Bytes
import TestSupport

@testable import TLS

/// Extensions to parse, cut and change.
enum ExtensionSamples {
    /// The bytes of a block without its own length.
    static func block(_ extensions: [(type: ExtensionType, body: [UInt8])]) -> [UInt8] {
        var bytes: [UInt8] = []
        for next in extensions {
            for number in [next.type.rawValue, UInt16(next.body.count)] {
                bytes += [UInt8(number >> 8), UInt8(number & 0xFF)]
            }
            bytes += next.body
        }
        return bytes
    }

    /// A good body, the message that it is in, and how it is read.
    struct Sample {
        let type: ExtensionType
        let message: HandshakeType
        let body: [UInt8]
        let read: (ExtensionBlock) throws(TLSError) -> Void

        init(
            _ type: ExtensionType, _ message: HandshakeType, _ body: String,
            _ read: @escaping (ExtensionBlock) throws(TLSError) -> Void
        ) {
            self.type = type
            self.message = message
            self.body = hex(body)
            self.read = read
        }

        /// The error that reading `body` ends with, or nil.
        func readError(_ body: [UInt8]) -> TLSError? {
            let bytes = ExtensionSamples.block([(type, body)])
            do throws(TLSError) {
                try read(try ExtensionBlock(bytes.span, of: message))
                return nil
            } catch {
                return error
            }
        }
    }

    /// All extensions that we read.
    static var all: [Sample] {
        [
            Sample(.server_name, .client_hello, "0009 00 0006 736572766572") { (block) throws(TLSError) in
                _ = try ServerName.client(in: block)
            },
            Sample(.server_name, .encrypted_extensions, "") { (block) throws(TLSError) in
                try ServerName.checkAcknowledgement(in: block)
            },
            Sample(.supported_groups, .client_hello, "0004 001d 0017") { (block) throws(TLSError) in
                _ = try SupportedGroups.read(in: block)
            },
            Sample(.signature_algorithms, .client_hello, "0004 0403 0804") { (block) throws(TLSError) in
                _ = try SignatureAlgorithms.read(in: block)
            },
            Sample(.signature_algorithms_cert, .certificate_request, "0002 0401") { (block) throws(TLSError) in
                _ = try SignatureAlgorithms.read(.signature_algorithms_cert, in: block)
            },
            Sample(.application_layer_protocol_negotiation, .client_hello, "0009 02 6832 05 6465616c21") {
                (block) throws(TLSError) in
                _ = try ApplicationLayerProtocolNegotiation.client(in: block)
            },
            Sample(.application_layer_protocol_negotiation, .encrypted_extensions, "0003 02 6832") {
                (block) throws(TLSError) in
                _ = try ApplicationLayerProtocolNegotiation.server(in: block)
            },
            Sample(.supported_versions, .client_hello, "04 0304 0303") { (block) throws(TLSError) in
                _ = try SupportedVersions.client(in: block)
            },
            Sample(.supported_versions, .server_hello, "0304") { (block) throws(TLSError) in
                _ = try SupportedVersions.server(in: block)
            },
            Sample(.key_share, .client_hello, "000c 0a0a 0001 00 001d 0003 010203") { (block) throws(TLSError) in
                _ = try KeyShare.client(in: block)
            },
            Sample(.key_share, .server_hello, "001d 0003 010203") { (block) throws(TLSError) in
                _ = try KeyShare.server(in: block)
            },
            Sample(.key_share, .server_hello, "0017") { (block) throws(TLSError) in
                _ = try KeyShare.helloRetryRequest(in: block)
            },
            Sample(.cookie, .server_hello, "0003 010203") { (block) throws(TLSError) in
                _ = try Cookie.read(in: block)
            },
            Sample(.psk_key_exchange_modes, .client_hello, "02 00 01") { (block) throws(TLSError) in
                _ = try PSKKeyExchangeModes.client(in: block)
            },
            Sample(.pre_shared_key, .client_hello, "0007 0001 aa 00000000 0021 20" + binder) {
                (block) throws(TLSError) in
                _ = try PreSharedKey.client(in: block)
            },
            Sample(.pre_shared_key, .server_hello, "0001") { (block) throws(TLSError) in
                _ = try PreSharedKey.server(in: block)
            },
            Sample(.early_data, .encrypted_extensions, "") { (block) throws(TLSError) in
                _ = try EarlyData.isIndicated(in: block)
            },
            Sample(.early_data, .new_session_ticket, "00004000") { (block) throws(TLSError) in
                _ = try EarlyData.maximumSize(in: block)
            },
            Sample(.certificate_authorities, .certificate_request, "0008 0002 3000 0002 3000") {
                (block) throws(TLSError) in
                _ = try CertificateAuthorities.read(in: block)
            },
            Sample(.record_size_limit, .client_hello, "4001") { (block) throws(TLSError) in
                _ = try RecordSizeLimit.read(in: block)
            },
            Sample(.client_certificate_type, .client_hello, "02 02 00") { (block) throws(TLSError) in
                _ = try CertificateTypes.client(.client_certificate_type, in: block)
            },
            Sample(.server_certificate_type, .encrypted_extensions, "02") { (block) throws(TLSError) in
                _ = try CertificateTypes.server(.server_certificate_type, in: block)
            },
            Sample(.status_request, .client_hello, "01 0005 0003 010203 0002 0102") { (block) throws(TLSError) in
                _ = try StatusRequest.isOCSPWanted(in: block)
            },
            Sample(.status_request, .server_hello, "") { (block) throws(TLSError) in
                _ = try StatusRequest.isAcknowledged(in: block)
            },
            Sample(.status_request, .certificate, "01 000003 010203") { (block) throws(TLSError) in
                _ = try StatusRequest.response(in: block)
            },
            Sample(.post_handshake_auth, .client_hello, "") { (block) throws(TLSError) in
                _ = try PostHandshakeAuth.isOffered(in: block)
            },
        ]
    }

    /// Thirty-two bytes of binder.
    static let binder = String(repeating: "bb", count: 32)
}
