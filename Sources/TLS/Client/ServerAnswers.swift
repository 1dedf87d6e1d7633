// A server's answers to what the client offered, as far as they are the same in EncryptedExtensions (RFC 8446 §4.3.1) and in
// the ServerHello of TLS 1.2 (RFC 5246 §7.4.1.4).
import Bytes

extension ConnectionCore {
    /// Server name, types of certificates, application protocol and size of records.
    mutating func settleAnswers(
        in extensions: ExtensionBlock, _ configuration: borrowing Configuration
    ) throws(TLSError) {
        try ServerName.checkAcknowledgement(in: extensions)
        try takeCertificateTypes(in: extensions, configuration)
        if let name = try ApplicationLayerProtocolNegotiation.server(in: extensions) {
            // RFC 7301 §3.2: one of those that we offered.
            guard let index = configuration.applicationProtocols.index(of: name) else {
                throw .illegalParameter(.alpnNotOffered)
            }
            negotiated.applicationProtocol = index
        } else if !configuration.applicationProtocols.isEmpty, configuration.requiresApplicationProtocol {
            // ALPACA (RFC 9325 §3.7): a server that ignores ALPN may be one of another protocol.
            throw .peerIncompatible(.noCommonApplicationProtocol)
        }
        let limit = try RecordSizeLimit.read(in: extensions)
        if let limit { limitRecords(to: limit) }
        guard let length = try MaxFragmentLengthNegotiation.read(in: extensions) else { return }
        // RFC 8449 §5: not both; RFC 6066 §4: the length that was asked for.
        guard limit == nil, length == configuration.maxFragmentLength, let count = length.byteCount else {
            throw .illegalParameter(.maxFragmentLength)
        }
        writer.limitFragments(to: count)
    }
}
