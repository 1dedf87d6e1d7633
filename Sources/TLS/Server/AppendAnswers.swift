// Our answers to what the client offered, as far as they are the same in EncryptedExtensions (RFC 8446 §4.3.1) and in the
// ServerHello of TLS 1.2 (RFC 5246 §7.4.1.4). What a client makes of them is in ServerAnswers.swift.
import Bytes

extension ConnectionCore {
    /// Appends the answers: server name, types of certificates, application protocol and size of records.
    /// - Parameters:
    ///   - acknowledgesName: whether use was made of the server name (RFC 6066 §3).
    ///   - identity: what will be shown; nil for nothing.
    func appendAnswers(
        acknowledgesName: Bool, showing identity: Int?, _ configuration: borrowing Configuration,
        to writer: inout ByteWriter
    ) {
        if acknowledgesName { ServerName.appendAcknowledgement(to: &writer) }
        appendCertificateTypes(showing: identity, configuration, to: &writer)
        if let applicationProtocol = negotiated.applicationProtocol {
            ApplicationLayerProtocolNegotiation.appendServer(
                configuration.applicationProtocols.name(at: applicationProtocol), to: &writer)
        }
        if let maxFragmentLength { MaxFragmentLengthNegotiation.append(maxFragmentLength, to: &writer) }
        // RFC 8449 §4: only to a client that told its own.
        if peerSentRecordSize, configuration.limits.announcesRecordSize {
            RecordSizeLimit.append(configuration.limits.recordSizeLimit, to: &writer)
        }
    }
}
