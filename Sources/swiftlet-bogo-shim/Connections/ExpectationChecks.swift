// What a handshake came to, against what the flags expect of it.
import Bytes
import TLS
import X509

extension ShimConnection {
    /// - Throws: `.unexpected` for the first thing that is not as expected.
    func checkExpectations(isResumption: Bool) throws(ShimError) {
        let negotiated = pump.connection.negotiated
        let expected = settings.expected
        try check(negotiated.version.rawValue, expected.version, "version")
        try check(negotiated.cipherSuite, expected.cipherSuite, "cipher suite")
        try check(negotiated.group, expected.group, "group")
        try check(negotiated.peerSignatureScheme, expected.peerScheme, "signature scheme of the peer")
        try check(negotiated.helloRetryRequest, expected.helloRetryRequest, "HelloRetryRequest")
        try check(negotiated.resumed, isResumption && !expected.sessionMiss, "resumption")
        try checkNames(negotiated)
        try checkPeerCertificates()
        if let credential = expected.credential {
            let isDefault = negotiated.identity.map { $0 >= settings.credentials.count } ?? true
            try check(isDefault ? -1 : negotiated.identity ?? -1, credential, "credential")
        }
    }

    /// A server of TLS 1.3 gives a ticket, unless a flag says that it will not; where we read nothing we see none.
    func checkTicket() throws(ShimError) {
        guard !settings.isServer, !settings.shutsDown else { return }
        try check(session == nil, settings.expected.noTicket, "lack of a ticket")
    }

    private func checkNames(_ negotiated: Negotiated) throws(ShimError) {
        let name = String(decoding: array(pump.connection.serverName.bytes), as: UTF8.self)
        try check(name, settings.expected.serverName, "server name")
        let chosen = negotiated.applicationProtocol.map {
            String(decoding: array(context.configuration.applicationProtocols.name(at: $0)), as: UTF8.self)
        }
        // A server's choice is what the flags told it to choose.
        let wanted = settings.isServer ? settings.selectedProtocol ?? "" : settings.expected.applicationProtocol
        try check(chosen ?? "", wanted, "application protocol")
    }

    private func checkPeerCertificates() throws(ShimError) {
        var shown: [UInt8] = []
        var reader = pump.connection.peerCertificates.reader
        // The list was parsed in the handshake.
        while let der = try? reader.next() {
            for shift in [16, 8, 0] { shown.append(UInt8(truncatingIfNeeded: der.count >> shift)) }
            shown += array(der)
        }
        if !settings.expected.peerCertificates.isEmpty {
            try check(shown == readCertificates(settings.expected.peerCertificates), true, "chain of the peer")
        }
        let needsOne = !settings.isServer || settings.requiresCertificate
        if settings.expected.noPeerCertificate || needsOne {
            try check(shown.isEmpty, settings.expected.noPeerCertificate, "lack of a certificate of the peer")
        }
    }

    private func check<Value: Equatable>(
        _ actual: Value?, _ expected: Value?, _ what: String
    ) throws(ShimError) {
        guard let expected, actual != expected else { return }
        throw .unexpected("\(what): \(actual.map { "\($0)" } ?? "none"), expected \(expected)")
    }
}
