// What a handshake came to, against what the flags expect of it.
import Bytes
import TLS
import TLSCrypto
import X509

extension ShimConnection {
    /// - Throws: `.unexpected` for the first thing that is not as expected.
    func checkExpectations(isResumption: Bool) throws(ShimError) {
        let negotiated = pump.connection.negotiated
        let expected = settings.expected
        try check(negotiated.version.rawValue, expected.version, "version")
        try check(negotiated.cipherSuite, expected.cipherSuite, "cipher suite")
        try check(negotiated.group, expected.group, "group")
        // A resumption has no signature; that of the handshake before has been checked.
        if !negotiated.resumed {
            try check(negotiated.peerSignatureScheme, expected.peerScheme, "signature scheme of the peer")
        }
        if expected.extendedMasterSecret, negotiated.version == .tls12 {
            try check(negotiated.extendedMasterSecret, true, "extended master secret")
        }
        try check(negotiated.helloRetryRequest, expected.helloRetryRequest, "HelloRetryRequest")
        try check(negotiated.resumed, isResumption && !expected.sessionMiss, "resumption")
        try checkNames(negotiated)
        try checkPeerCertificates()
        if let credential = expected.credential {
            let own = negotiated.externalKey.map { context.externalKeyNumbers[$0] }
            let shown = negotiated.identity.map { context.identityNumbers[$0] }
            try check(own ?? shown ?? -1, credential, "credential")
        }
    }

    /// Where no ticket is expected, none must have come. (Where one is, the next connection fails without it; a ticket
    /// that is too long for us is as good as none.)
    func checkTicket() throws(ShimError) {
        if settings.expected.renewal, pump.connection.negotiated.resumed {
            try check(session != nil, true, "another session")
        }
        if settings.expected.noTicket { try check(session == nil, true, "lack of a ticket") }
        if let session, !settings.isServer {
            try check(takesEarlyData(session), settings.expected.ticketTakesEarlyData, "early data with the ticket")
        }
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

    /// Looks at the chain or raw public key that was shown, or, after a resumption, at the hash that is kept of its leaf.
    private func checkPeerCertificates() throws(ShimError) {
        let negotiated = pump.connection.negotiated
        let isResumed = negotiated.resumed
        // A key that both sides were given stands for certificates.
        guard negotiated.peerAuthentication != .externalKey else {
            return try check(chainOfPeer().isEmpty, true, "lack of a certificate of the peer")
        }
        try check(negotiated.peerCertificateType, isResumed ? nil : settings.expected.peerCertificateType, "type")
        if negotiated.peerAuthentication == .rawPublicKey {
            try check(array(pump.connection.peerLeafHash.bytes), settings.expected.rawPublicKeyHash, "raw public key")
            return try check(chainOfPeer().isEmpty, true, "lack of a certificate of the peer")
        }
        // A resumption brings none; that of the handshake before has been checked.
        if !settings.expected.ocspResponse.isEmpty, !isResumed {
            try check(array(pump.connection.ocspStaple), settings.expected.ocspResponse, "OCSP response")
        }
        let shown = isResumed ? [] : chainOfPeer()
        let leafHash = array(pump.connection.peerLeafHash.bytes)
        if !settings.expected.peerCertificates.isEmpty {
            let wanted = try readCertificates(settings.expected.peerCertificates)
            let isSame = isResumed ? leafHash == hashOfLeaf(wanted) : shown == wanted
            try check(isSame, true, "chain of the peer")
        }
        let needsOne = !settings.isServer || settings.requiresCertificate
        if settings.expected.noPeerCertificate || needsOne {
            let hasNone = isResumed ? leafHash.isEmpty : shown.isEmpty
            try check(hasNone, settings.expected.noPeerCertificate, "lack of a certificate of the peer")
        }
    }

    private func chainOfPeer() -> [UInt8] {
        var shown: [UInt8] = []
        var reader = pump.connection.peerCertificates.reader
        // The list was parsed in the handshake.
        while let der = try? reader.next() {
            for shift in [16, 8, 0] { shown.append(UInt8(truncatingIfNeeded: der.count >> shift)) }
            shown += array(der)
        }
        return shown
    }

    private func hashOfLeaf(_ chain: [UInt8]) -> [UInt8]? {
        var reader = ByteReader(chain.span)
        guard let leaf = reader.readVector24(), let hash = try? digest(.sha256, leaf) else { return nil }
        return array(hash.bytes)
    }

    private func check<Value: Equatable>(
        _ actual: Value?, _ expected: Value?, _ what: String
    ) throws(ShimError) {
        guard let expected, actual != expected else { return }
        throw .unexpected("\(what): \(actual.map { "\($0)" } ?? "none"), expected \(expected)")
    }
}
