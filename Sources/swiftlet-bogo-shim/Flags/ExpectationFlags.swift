// Flags that say what a handshake has to come to. Checked in Connections/ExpectationChecks.swift.
import TLS

extension Flag {
    static let expectationFlags: [String: Flag] = [
        "-expect-version": .number { (settings, version: UInt16) in
            settings.expected.version = version
            return [ProtocolVersion.tls12, .tls13].contains(ProtocolVersion(rawValue: version))
        },
        "-expect-extended-master-secret": .set { $0.expected.extendedMasterSecret = true },
        // What a client can see of it is that it goes on with nobody else.
        "-expect-secure-renegotiation": .set { $0.requiresRenegotiationInfo = true },
        "-expect-total-renegotiations": .number { (_, count: Int) in count == 0 },
        "-expect-ticket-renewal": .set { $0.expected.renewal = true },
        "-expect-cipher": .number { (settings, suite: UInt16) in
            settings.expected.cipherSuite = CipherSuite(rawValue: suite)
            return true
        },
        "-expect-curve-id": .number { (settings, group: UInt16) in
            settings.expected.group = NamedGroup(rawValue: group)
            return NamedGroup.implemented.contains(NamedGroup(rawValue: group))
        },
        "-expect-peer-signature-algorithm": .number { (settings, scheme: UInt16) in
            settings.expected.peerScheme = SignatureScheme(rawValue: scheme)
            return true
        },
        "-expect-hrr": .set { $0.expected.helloRetryRequest = true },
        "-expect-no-hrr": .set { $0.expected.helloRetryRequest = false },
        "-expect-server-name": .text { $0.expected.serverName = $1 },
        "-expect-no-server-name": .set { $0.expected.serverName = "" },
        "-expect-alpn": .text { $0.expected.applicationProtocol = $1 },
        "-expect-peer-cert-file": .text { $0.expected.peerCertificates = $1 },
        "-expect-peer-certificate-type": .number { (settings, type: UInt8) in
            settings.expected.peerCertificateType = CertificateType(rawValue: type)
            return true
        },
        "-expect-peer-rpk-sha256": .base64 { $0.expected.rawPublicKeyHash = $1 },
        "-expect-ocsp-response": .base64 { $0.expected.ocspResponse = $1 },
        "-expect-no-peer-cert": .set { $0.expected.noPeerCertificate = true },
        "-expect-accept-early-data": .set { $0.expected.earlyDataIsAccepted = true },
        "-expect-reject-early-data": .set { $0.expected.earlyDataIsAccepted = false },
        "-expect-no-offer-early-data": .set { $0.expected.noOfferOfEarlyData = true },
        "-expect-early-data-reason": .text { $0.expected.earlyDataReason = $1 },
        "-expect-ticket-supports-early-data": .set { $0.expected.ticketTakesEarlyData = true },
        "-expect-session-miss": .set { $0.expected.sessionMiss = true },
        "-expect-no-session": .set { $0.expected.noTicket = true },
        "-expect-selected-credential": .number { (settings, index: Int) in
            settings.expected.credential = index
            return true
        },
    ]
}
