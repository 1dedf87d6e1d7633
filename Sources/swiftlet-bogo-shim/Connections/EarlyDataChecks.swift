// What became of early data (RFC 8446 §2.3), against what the flags expect of it.
//
// BoringSSL's client has a state before the server has answered, in which it tells what it expects the connection to become;
// ours tells nothing then. So of a client whose early data are refused, the flags for a retry are checked alone.
import TLS

extension ShimConnection {
    /// - Throws: `.unexpected` for the first thing that is not as expected, `.unimplemented` for what is not known.
    func checkEarlyData() throws(ShimError) {
        let outcome = pump.connection.negotiated.earlyData
        let expected = settings.expected
        if let accepted = expected.earlyDataIsAccepted, (outcome == .accepted) != accepted {
            throw .unexpected("early data: \(outcome)")
        }
        if expected.noOfferOfEarlyData, offer.earlyData > 0 { throw .unexpected("early data: announced") }
        guard let wanted = expected.earlyDataReason else { return }
        guard let reason = settings.isServer ? reasonOfServer : reasonOfClient else {
            throw .unimplemented("why early data were refused")
        }
        guard reason == wanted else { throw .unexpected("early data: \(reason), expected \(wanted)") }
    }

    /// BoringSSL's word, from what a client knows.
    private var reasonOfClient: String? {
        let negotiated = pump.connection.negotiated
        if !settings.enablesEarlyData { return "disabled" }
        if negotiated.version != .tls13 { return "protocol_version" }
        if !offer.hasSession { return "no_session_offered" }
        if offer.earlyData == 0 { return "unsupported_for_session" }
        if negotiated.earlyData == .accepted { return "accept" }
        if negotiated.helloRetryRequest { return "hello_retry_request" }
        return negotiated.resumed ? "peer_declined" : "session_not_resumed"
    }

    /// BoringSSL's word, from what a server tells. Ours does not say why it refuses early data with a session that it
    /// resumes, except for a HelloRetryRequest.
    private var reasonOfServer: String? {
        let negotiated = pump.connection.negotiated
        if !settings.enablesEarlyData { return "disabled" }
        if negotiated.version != .tls13 { return "protocol_version" }
        switch negotiated.earlyData {
        case .accepted: return "accept"
        case .notOffered: return negotiated.resumed ? "peer_declined" : "no_session_offered"
        case .rejected:
            if !negotiated.resumed { return "session_not_resumed" }
            return negotiated.helloRetryRequest ? "hello_retry_request" : nil
        }
    }

    /// Whether a client that offers this session may announce early data.
    func takesEarlyData(_ session: [UInt8]) throws(ShimError) -> Bool {
        let limits = context.configuration.limits
        var memory = permanentMemory(limits.connectionBytes)
        var workspace = permanentMemory(limits.workspaceBytes)
        do throws(TLSError) {
            var connection = try Connection(
                .client, limits, memory: &memory, workspace: &workspace, time: .known(now))
            guard try connection.offerSession(session.span, context.configuration) else { return false }
            return try connection.offerEarlyData(context.configuration) > 0
        } catch { throw ShimError(error) }
    }
}
