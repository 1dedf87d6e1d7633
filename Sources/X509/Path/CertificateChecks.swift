// What each certificate of a path must satisfy by itself (RFC 5280 §6.1.3, §6.1.4), its issuer's signature apart.
//
// Choices that RFC 5280 leaves to us:
// - Anchors are held to the same rules as intermediates (validity, cA, pathLen, keyCertSign, purposes), as OpenSSL does.
//   Their own signature and serial number are not looked at.
// - anyExtendedKeyUsage does not make a leaf a TLS server or client (§4.2.1.12 lets an application require the
//   particular purpose); on an issuer it leaves its subordinates unrestricted.
// - A leaf may itself be a certificate authority: self-signed device certificates often are.

extension Certificate {
    /// What the leaf must satisfy.
    /// - Throws: a reason of the path
    func checkAsLeaf(_ requirements: borrowing PathRequirements) throws(X509Error) {
        try checkCommon(requirements)
        try requireKeyUsage(for: requirements.keyUse)
        if let allowed = extensions.extendedKeyUsage, !allowed.contains(requirements.purpose.extendedKeyUsage) {
            throw X509Error(.wrongPurpose)
        }
        try requireName(among: requirements.identities, acceptsCommonName: requirements.acceptsCommonName)
    }

    /// Where keyUsage is present, it must allow what the key does in the handshake: RFC 8446 §4.4.2.2, RFC 5246 §7.4.2.
    /// - Throws: `.missingDigitalSignature`, `.missingKeyEncipherment`
    public func requireKeyUsage(for use: KeyUse) throws(X509Error) {
        guard let usage = extensions.keyUsage else { return }
        switch use {
        case .signing:
            if !usage.contains(.digitalSignature) { throw X509Error(.missingDigitalSignature) }
        case .keyTransport:
            if !usage.contains(.keyEncipherment) { throw X509Error(.missingKeyEncipherment) }
        }
    }

    /// Whether the key may be used for key transport and never signs: a key that does both lends its signature to whoever can
    /// have it decrypt.
    public var isForKeyTransportAlone: Bool {
        guard let usage = extensions.keyUsage else { return false }
        return usage.contains(.keyEncipherment) && !usage.contains(.digitalSignature)
    }

    /// What an intermediate or an anchor must satisfy that has issued another certificate of the path.
    /// - Parameter intermediatesBelow: how many intermediates, self-issued ones not counted, stand between it and the
    ///   leaf.
    /// - Throws: a reason of the path
    func checkAsIssuer(_ requirements: borrowing PathRequirements, intermediatesBelow: Int) throws(X509Error) {
        try checkCommon(requirements)
        // RFC 5280 §6.1.4 (k)
        guard let constraints = extensions.basicConstraints, constraints.isCertificateAuthority else {
            throw X509Error(.notCertificateAuthority)
        }
        // RFC 5280 §6.1.4 (m)
        if let limit = constraints.pathLength, intermediatesBelow > limit { throw X509Error(.pathLengthExceeded) }
        // RFC 5280 §6.1.4 (n)
        if let usage = extensions.keyUsage, !usage.contains(.keyCertSign) { throw X509Error(.missingKeyCertSign) }
        // Not in RFC 5280, but what every browser and OpenSSL do: a CA limited to some purposes limits what it issues.
        if let allowed = extensions.extendedKeyUsage, !allowed.contains(.any),
            !allowed.contains(requirements.purpose.extendedKeyUsage)
        {
            throw X509Error(.wrongPurpose)
        }
    }

    /// RFC 5280 §4.1.2.2: the serial number "MUST be a positive integer".
    /// - Throws: `badSerialNumber`
    func checkSerialNumber() throws(X509Error) {
        let isZero = serialNumber.count == 1 && serialNumber[0] == 0
        guard serialNumber[0] < 0x80, !isZero else { throw X509Error(.badSerialNumber) }
    }

    /// RFC 5280 §6.1.3 (a) (2) and §4.2 on critical extensions.
    /// - Throws: `unknownCriticalExtension`, `notYetValid`, `expired`, `timeUnknown`
    func checkCommon(_ requirements: borrowing PathRequirements) throws(X509Error) {
        guard !extensions.hasUnknownCritical else { throw X509Error(.unknownCriticalExtension) }
        switch requirements.time {
        case .known(let now):
            guard now >= notBefore else { throw X509Error(.notYetValid) }
            guard now <= notAfter else { throw X509Error(.expired) }
        case .unknown:
            guard case .floor(let floor) = requirements.unknownTimePolicy else { throw X509Error(.timeUnknown) }
            guard floor <= notAfter else { throw X509Error(.expired) }
        }
    }
}

extension Purpose {
    fileprivate var extendedKeyUsage: ExtendedKeyUsage {
        switch self {
        case .server: .serverAuth
        case .client: .clientAuth
        }
    }
}
