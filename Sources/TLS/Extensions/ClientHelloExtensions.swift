// What holds for the extensions of a ClientHello as a whole (RFC 8446 §4.2, §4.2.11, §9.2), and the syntax of those that a
// server reads only under some configuration: what does not parse is refused under all of them.
import Bytes

extension ExtensionBlock {
    /// Checks a ClientHello's extensions.
    /// - Throws: `.malformed(.client_hello)`, `.illegalParameter(.preSharedKeyNotLast)`.
    func checkClientHello() throws(TLSError) {
        try checkPreSharedKeyIsLast()
        _ = try PreSharedKey.client(in: self)
        _ = try PSKKeyExchangeModes.client(in: self)
        _ = try EarlyData.isIndicated(in: self)
        _ = try CertificateAuthorities.read(in: self)
        _ = try SignatureAlgorithms.read(.signature_algorithms_cert, in: self)
        _ = try Cookie.read(in: self)
        _ = try ApplicationLayerProtocolNegotiation.client(in: self)
        _ = try PostHandshakeAuth.isOffered(in: self)
        _ = try ExtendedMasterSecret.isIndicated(in: self)
        _ = try RenegotiationInfo.read(in: self)
        _ = try MaxFragmentLengthNegotiation.read(in: self)
        _ = try StatusRequest.isOCSPWanted(in: self)
        _ = try CertificateTypes.client(.client_certificate_type, in: self)
        _ = try CertificateTypes.client(.server_certificate_type, in: self)
    }

    /// §4.2.9, §9.2: a client of TLS 1.3 that offers keys says how they may be used. A hello that leads to TLS 1.2 is not held
    /// to it.
    /// - Throws: `.missingExtension(.psk_key_exchange_modes)`.
    func checkOfferOfKeys() throws(TLSError) {
        guard !contains(.pre_shared_key) || contains(.psk_key_exchange_modes) else {
            throw .missingExtension(.psk_key_exchange_modes)
        }
    }

    /// §4.2.11: "MUST be the last extension in the ClientHello", since the binders cover all that comes before them.
    private func checkPreSharedKeyIsLast() throws(TLSError) {
        var reader = reader
        var hasKey = false
        while let next = reader.next() {
            guard !hasKey else { throw .illegalParameter(.preSharedKeyNotLast) }
            hasKey = next.type == .pre_shared_key
        }
    }
}
