// What a handshake came to, for people and for programs.
import TLS

/// The outcome of a handshake.
struct HandshakeSummary {
    let negotiated: Negotiated
    /// The application protocol, if one was agreed on.
    let applicationProtocol: String?
    /// The name that the client asked for.
    let serverName: String
    /// The identity of the pre-shared key that both sides have shown to have, if they did now.
    let keyIdentity: String?
    /// The hash of the peer's raw public key as a pin, where it proved who it is with one, now or in the full handshake.
    let rawPublicKey: String?
    /// The peer's certificates in DER, leaf first.
    let peerChain: [[UInt8]]
    /// The OCSP response that a server stapled to its certificate; empty where there is none.
    let ocspStaple: [UInt8]
    /// tls-exporter (RFC 9266), in hexadecimal; nil where the connection has none.
    let tlsExporter: String?
    /// Keying material that was asked for, in hexadecimal.
    var exported: String?

    /// - Parameter connection: established, and still with its workspace.
    init(_ connection: borrowing Connection, serverName: String, _ context: TLSContext) {
        negotiated = connection.negotiated
        applicationProtocol = negotiated.applicationProtocol.map {
            escaped(context.configuration.applicationProtocols.name(at: $0))
        }
        self.serverName = serverName
        keyIdentity = negotiated.externalKey.map { context.configuration.externalKeys.text(ofIdentity: $0) }
        let isRaw = negotiated.peerAuthentication == .rawPublicKey
        rawPublicKey = isRaw ? pin(ofHash: connection.peerLeafHash.bytes) : nil
        peerChain = certificates(ofPeer: connection)
        ocspStaple = array(connection.ocspStaple)
        tlsExporter = (try? connection.tlsExporter()).map { hexadecimal($0.bytes) }
    }

    private var version: String { negotiated.version == .tls13 ? "TLSv1.3" : "TLSv1.2" }
    private var suite: String? { negotiated.cipherSuite.map { name($0) } }
    private var group: String? { negotiated.group.map { name($0) } }
    private var scheme: String? { negotiated.peerSignatureScheme.map { name($0) } }

    /// The members of the object that `connect --json` prints; bytes and flights as they are now.
    func members(_ stream: borrowing CountedStream) -> [(String, JSONValue)] {
        var members: [(String, JSONValue)] = [
            ("version", .string(version)), ("cipher_suite", .optional(suite)), ("group", .optional(group)),
            ("signature_scheme", .optional(scheme)), ("alpn", .optional(applicationProtocol)),
            ("server_name", serverName.isEmpty ? .null : .string(serverName)), ("resumed", .bool(negotiated.resumed)),
            ("hello_retry", .bool(negotiated.helloRetryRequest)),
            ("early_data", .bool(negotiated.earlyData == .accepted)),
            ("authentication", .string(name(negotiated.peerAuthentication))), ("psk_identity", .optional(keyIdentity)),
            ("raw_public_key", .optional(rawPublicKey)),
            ("peer_chain", .array(peerChain.map(certificateSummary))),
            ("ocsp_staple", ocspStaple.isEmpty ? .null : .int(Int64(ocspStaple.count))),
            ("tls_exporter", .optional(tlsExporter)),
            ("bytes_sent", .int(Int64(stream.bytesSent))),
            ("bytes_received", .int(Int64(stream.bytesReceived))), ("flights", .int(Int64(stream.flights))),
        ]
        if let exported { members.append(("exported", .string(exported))) }
        return members
    }

    /// One line.
    var text: String {
        let parts = [
            version, suite, group, scheme, applicationProtocol.map { "alpn \($0)" },
            negotiated.helloRetryRequest ? "after a HelloRetryRequest" : nil, negotiated.resumed ? "resumed" : nil,
            earlyDataText, peerText,
        ]
        return parts.compactMap { $0 }.joined(separator: ", ")
    }

    /// Lines for a page.
    var page: String {
        let lines = [
            ("version", version), ("cipher suite", suite), ("group", group), ("server name", serverName),
            ("application protocol", applicationProtocol), ("signature scheme of the client", scheme),
            ("client certificate", peerCertificate), ("raw public key", rawPublicKey), ("pre-shared key", keyIdentity),
            ("resumed", negotiated.resumed ? "yes" : "no"),
            ("early data", negotiated.earlyData == .accepted ? "yes" : "no"),
            ("HelloRetryRequest", negotiated.helloRetryRequest ? "yes" : "no"),
        ]
        return lines.map { "\($0): \($1.flatMap { $0.isEmpty ? nil : $0 } ?? "none")\n" }.joined()
    }

    private var earlyDataText: String? {
        switch negotiated.earlyData {
        case .notOffered: nil
        case .rejected: "early data refused"
        case .accepted: "early data accepted"
        }
    }

    private var peerText: String {
        if let keyIdentity { return "peer with the pre-shared key \"\(keyIdentity)\"" }
        let unverified = negotiated.peerIsUnverified ? " (NOT VERIFIED)" : ""
        if let rawPublicKey { return "peer with the raw public key \(rawPublicKey)" + unverified }
        guard let peerCertificate else { return "peer without a certificate" }
        return "peer \(peerCertificate)" + unverified
    }

    /// The peer's certificate, if it has one. None is shown again where a session is resumed.
    private var peerCertificate: String? {
        if rawPublicKey != nil { return nil }
        if negotiated.resumed { return negotiated.peerIsAuthenticated ? "as in the full handshake before" : nil }
        return peerChain.first.map(nameOfCertificate)
    }
}

/// How a peer proved who it is, as a word for programs.
private func name(_ authentication: PeerAuthentication) -> String {
    switch authentication {
    case .none: "none"
    case .certificate: "certificate"
    case .rawPublicKey: "raw_public_key"
    case .externalKey: "psk"
    }
}

/// The certificates that a peer showed, in DER, leaf first; also those that were refused.
func certificates(ofPeer connection: borrowing Connection) -> [[UInt8]] {
    var chain: [[UInt8]] = []
    var reader = connection.peerCertificates.reader
    // The list was parsed in the handshake; what cannot be read again is left out.
    while let der = try? reader.next() { chain.append(array(der)) }
    return chain
}

/// The raw public key that a peer showed, also one that was refused; empty where it showed none.
func rawPublicKey(ofPeer connection: borrowing Connection) -> [UInt8] { array(connection.peerRawPublicKey) }
