// Which kind of Certificate either side shows (RFC 7250 §4.2, RFC 8446 §4.4.2): a client says what it can show and take, the
// server chooses, and both hold to that.
import Bytes

extension Configuration {
    /// Client: the types that it can show, in order of preference; those of its identities, unless they are named.
    var ownCertificateTypes: FixedList<2, CertificateType> {
        guard offeredCertificateTypes.isEmpty else { return offeredCertificateTypes }
        var types = FixedList<2, CertificateType>(filler: .X509)
        for index in 0..<identities.count {
            let type = identities.type(index)
            if !types.contains(type) { types.append(type) }
        }
        return types
    }

    /// Client: the types that it can take, in order of preference. None where it takes no certificate at all.
    var peerCertificateTypes: FixedList<2, CertificateType> {
        acceptsServerCertificate ? trust.certificateTypes : FixedList(filler: .X509)
    }
}

extension ConnectionCore {
    /// Server: keeps what a ClientHello says of the types.
    mutating func keepCertificateTypes(in extensions: ExtensionBlock) throws(TLSError) {
        typesOfServer = try CertificateTypes.client(.server_certificate_type, in: extensions)
        typesOfClient = try CertificateTypes.client(.client_certificate_type, in: extensions)
    }

    /// Server: the first type of ours that the client can show; nil where there is none.
    private func commonClientType(_ configuration: borrowing Configuration) -> CertificateType? {
        configuration.trust.certificateTypes.first { typesOfClient.contains($0) }
    }

    /// Server: whether the client is asked for a certificate. One that names no types, and so has certificates alone where
    /// those are not taken, is not asked as long as it may do without.
    func requestsCertificate(_ configuration: borrowing Configuration) -> Bool {
        configuration.clientCertificates != .none && commonClientType(configuration) != nil
    }

    /// Server: settles the types of a handshake with certificates.
    /// - Parameter identity: what we show.
    /// - Throws: `.peerIncompatible(.noCommonCertificateType)` where the client can show nothing that we take (RFC 7250 §4.2).
    mutating func settleCertificateTypes(
        showing identity: Int, _ configuration: borrowing Configuration
    ) throws(TLSError) {
        negotiated.certificateType = configuration.identities.type(identity)
        guard configuration.clientCertificates != .none else { return }
        if let type = commonClientType(configuration) {
            negotiated.peerCertificateType = type
        } else if configuration.clientCertificates == .required || typesOfClient.isListed {
            throw .peerIncompatible(.noCommonCertificateType)
        }
    }

    /// Server: the type of the first identity that the client takes; nil where there is none (RFC 7250 §4.2).
    func commonServerType(_ configuration: borrowing Configuration) -> CertificateType? {
        for identity in 0..<configuration.identities.count {
            let type = configuration.identities.type(identity)
            if typesOfServer.contains(type) { return type }
        }
        return nil
    }

    /// Server: appends the answers, each where the client asked. The one about the client's certificate goes with a
    /// CertificateRequest alone (RFC 7250 §4.2); the other goes out also where no certificate is shown, as in a resumption: the
    /// RFC does not say, and some clients look for it.
    /// - Parameter identity: what we show; nil for nothing.
    func appendCertificateTypes(
        showing identity: Int?, _ configuration: borrowing Configuration, to writer: inout ByteWriter
    ) {
        let own = identity.map { configuration.identities.type($0) } ?? commonServerType(configuration)
        if typesOfServer.isListed, let own {
            CertificateTypes.appendServer(.server_certificate_type, own, to: &writer)
        }
        if identity != nil, typesOfClient.isListed, requestsCertificate(configuration) {
            CertificateTypes.appendServer(.client_certificate_type, negotiated.peerCertificateType, to: &writer)
        }
    }

    /// Client: takes the server's choice, which is one of what was offered (RFC 7250 §4.2).
    mutating func takeCertificateTypes(
        in extensions: ExtensionBlock, _ configuration: borrowing Configuration
    ) throws(TLSError) {
        if let type = try CertificateTypes.server(.server_certificate_type, in: extensions) {
            guard configuration.peerCertificateTypes.contains(type) else {
                throw .illegalParameter(.certificateTypeNotOffered)
            }
            negotiated.peerCertificateType = type
        }
        if let type = try CertificateTypes.server(.client_certificate_type, in: extensions) {
            guard configuration.ownCertificateTypes.contains(type) else {
                throw .illegalParameter(.certificateTypeNotOffered)
            }
            negotiated.certificateType = type
        }
    }

    /// Checks that the type of the peer's Certificate is one that we take: a server that chose none shows certificates (RFC
    /// 7250 §4.2), which a client with raw public keys alone cannot judge.
    func requirePeerCertificateType(_ configuration: borrowing Configuration) throws(TLSError) {
        guard configuration.trust.certificateTypes.contains(negotiated.peerCertificateType) else {
            throw .peerIncompatible(.noCommonCertificateType)
        }
    }
}
