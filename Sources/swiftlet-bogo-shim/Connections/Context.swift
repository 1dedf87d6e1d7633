// A TLS configuration made from the settings, with the private keys that sign for it.
import Bytes
import Glibc
import TLS
import TLSCrypto
import Transport
import X509

/// What a connection is made with.
final class Context {
    private(set) var configuration: Configuration
    /// The keys of the identities, in their order.
    private var keys: [KeyBox] = []
    /// The numbers of the credentials behind the identities and behind the external keys; -1 is the default one.
    private(set) var identityNumbers: [Int] = []
    private(set) var externalKeyNumbers: [Int] = []
    private let settings: Settings

    /// - Parameters:
    ///   - earlier: whose ticket keys stay in use.
    ///   - now: seconds since 1970 by the clock of this run.
    init(_ settings: Settings, after earlier: Context? = nil, at now: Int64) throws(ShimError) {
        let chains = try Self.chains(settings)
        self.settings = settings
        // Five bytes stand beside each certificate or key; none is shorter than that.
        let room = chains.reduce(0) { $0 + 2 * $1.2.count + $1.1.ocspResponse.count + 16 }
        var arena = permanentMemory(room + 2 * Region.alignment)
        do throws(ArenaExhausted) {
            configuration = Configuration(anchors: Region(), chains: try arena.take(room))
        } catch { throw .unusable("our memory: \(error)") }
        if let earlier { swap(&configuration.tickets, &earlier.configuration.tickets) }
        for (number, credential, chain) in chains { try add(number, credential, chain) }
        try addExternalKeys()
        try applySettings()
        if settings.isServer, settings.enablesEarlyData { try enableEarlyData(at: now) }
    }

    /// The certificates, or the raw public keys, in the order in which they are tried: the default ones are the last resort.
    private static func chains(_ settings: Settings) throws(ShimError) -> [(Int, Credential, [UInt8])] {
        var credentials = settings.credentials.enumerated().filter { $0.element.imported == nil }
        if !settings.defaultCredential.certificates.isEmpty { credentials.append((-1, settings.defaultCredential)) }
        return try credentials.map { number, credential throws(ShimError) in
            if credential.isRawPublicKey { return (number, credential, try publicKeyInfo(of: readKey(credential.key))) }
            return (number, credential, try readCertificates(credential.certificates))
        }
    }

    private func addExternalKeys() throws(ShimError) {
        let keys = settings.credentials.enumerated().filter { $0.element.imported != nil }
        guard !keys.isEmpty else { return }
        // Our order is one of kinds, not one among all credentials.
        configuration.prefersCertificatesToExternalKeys = keys[0].offset > 0
        do throws(ArenaExhausted) {
            var arena = permanentMemory(keys.count * 1024)
            configuration.externalKeys = ExternalKeys(in: try arena.take(keys.count * 512))
        } catch { throw .unusable("our memory: \(error)") }
        for (number, credential) in keys {
            guard let imported = credential.imported else { continue }
            do throws(TLSError) {
                try configuration.externalKeys.addImported(
                    identity: imported.identity.span, key: imported.key.span, context: imported.context.span,
                    for: settings.isServer ? .server : .client, hash: imported.hash)
            } catch { throw .unimplemented("the pre-shared key \(number): \(error)") }
            externalKeyNumbers.append(number)
        }
    }

    private func add(_ number: Int, _ credential: Credential, _ chain: [UInt8]) throws(ShimError) {
        let box = try readKey(credential.key)
        do throws(TLSError) {
            let schemes = credential.schemes.isEmpty ? settings.signingSchemes : credential.schemes
            if credential.isRawPublicKey {
                try configuration.identities.addRawPublicKey(chain.span, schemes: list(schemes))
                keys.append(box)
                return identityNumbers.append(number)
            }
            let identity = try configuration.identities.add(
                chain.span, key: box.key.kind, schemes: list(schemes),
                onlyForItsIssuers: credential.isOnlyForItsIssuers)
            if !credential.ocspResponse.isEmpty {
                try configuration.identities.staple(credential.ocspResponse.span, to: identity)
            }
        } catch { throw .unimplemented("the certificate '\(credential.certificates)': \(error)") }
        keys.append(box)
        identityNumbers.append(number)
    }

    private func applySettings() throws(ShimError) {
        configuration.limits = Limits(
            outboundFragment: settings.largestFragment ?? 16384,
            handshakeMessage: settings.largestMessage ?? Limits.handshakeMessageRange.upperBound)
        // A client with a pre-shared key wants no certificate, unless the flags do.
        configuration.trust.unsafeAcceptsAnyCertificate =
            settings.isServer || externalKeyNumbers.isEmpty || settings.requestsCertificate
        configuration.trust.asksForVerdict = true
        configuration.trust.verdictOnResumption = settings.judgesAgain ? .askedAgain : .stands
        configuration.versions = list(settings.versions)
        configuration.requestsOCSPStaple = settings.requestsOCSPStaple
        if !settings.acceptedTypes.isEmpty { configuration.trust.certificateTypes = list(settings.acceptedTypes) }
        configuration.offeredCertificateTypes = list(settings.offeredTypes)
        // As BoringSSL's shim, which goes on with peers that are older than these extensions.
        configuration.unsafeAllowsMissingExtendedMasterSecret = true
        configuration.unsafeAllowsMissingRenegotiationInfo = !settings.requiresRenegotiationInfo
        // BoringSSL has RSA key transport on, and the runner's certificates are for everything.
        configuration.allowUnsafeRSAKeyTransport()
        configuration.unsafeTransportsWithSigningKeys = true
        try applySuites()
        if !settings.groups.isEmpty { configuration.groups = list(settings.groups) }
        if !settings.verifySchemes.isEmpty { configuration.signatureSchemes = list(settings.verifySchemes) }
        if settings.isServer {
            configuration.clientCertificates =
                settings.requiresCertificate ? .required : settings.requestsCertificate ? .optional : .none
            try settings.allowsTickets ? enableTickets() : configuration.tickets.disable()
        } else {
            try applyToClient()
        }
        try applyProtocols()
    }

    /// `-cipher` is about TLS 1.2's suites, a policy about all.
    private func applySuites() throws(ShimError) {
        guard !settings.cipherSuites.isEmpty else { return }
        let ours = configuration.cipherSuites.elements
        let of13 = ours.indices.map { ours[$0] }.filter { $0.version == .tls13 }
        let namesOf13 = settings.cipherSuites.contains { $0.version == .tls13 }
        configuration.cipherSuites = list((namesOf13 ? [] : of13) + settings.cipherSuites)
    }

    private func enableTickets() throws(ShimError) {
        guard !configuration.tickets.isEnabled else { return }
        do throws(ArenaExhausted) {
            var arena = permanentMemory(TicketKeys.memoryBytes + Region.alignment)
            configuration.tickets = TicketKeys(in: try arena.take(TicketKeys.memoryBytes))
        } catch { throw .unusable("our memory: \(error)") }
        do throws(TLSError) {
            try configuration.tickets.enable(context: Span(), at: .known(Int64(time(nil))))
        } catch { throw ShimError(error) }
    }

    /// As many bytes as BoringSSL takes. Nothing of this run can come again from before it, so the window is an hour old.
    private func enableEarlyData(at now: Int64) throws(ShimError) {
        do throws(ArenaExhausted) {
            let count = ReplayWindow.memoryBytes(entries: 8)
            var arena = permanentMemory(count + Region.alignment)
            configuration.unsafeEarlyData = ReplayWindow(in: try arena.take(count))
        } catch { throw .unusable("our memory: \(error)") }
        do throws(TLSError) {
            try configuration.unsafeEarlyData.enable(maximumSize: 14336, at: .known(now - 3600))
        } catch { throw ShimError(error) }
    }

    private func applyToClient() throws(ShimError) {
        guard let name = BoundedBytes<253>(Array(settings.hostName.utf8).span) else {
            throw .unimplemented("a server name of \(settings.hostName.utf8.count) bytes")
        }
        configuration.serverName = name
        configuration.takesTickets = settings.allowsTickets
        // A client of ours sends one share, for the first of its groups.
        let groups = configuration.groups.elements
        if let shares = settings.keyShares, shares.count != 1 || groups.isEmpty || shares[0] != groups[0] {
            throw .unimplemented("these key shares")
        }
    }

    private func applyProtocols() throws(ShimError) {
        var names: [[UInt8]] = []
        if settings.isServer {
            if let selected = settings.selectedProtocol { names = [Array(selected.utf8)] }
            // A server whose one protocol is nobody's refuses whatever is offered.
            if settings.rejectsProtocols { names = [Array("none of the runner's".utf8)] }
        } else {
            var rest = settings.advertisedProtocols[...]
            while let count = rest.popFirst() {
                names.append(Array(rest.prefix(Int(count))))
                rest = rest.dropFirst(Int(count))
            }
        }
        for name in names where !configuration.applicationProtocols.append(name.span) {
            throw .unimplemented("these application protocols")
        }
    }
}

extension Context {
    /// Signs with the keys of a context, and judges the peer as the flags say.
    struct Signer: HandshakeDelegate {
        let keys: [KeyBox]
        let settings: Settings

        var alertOfRefusal: AlertDescription { settings.alertOfRefusal }

        /// BoringSSL goes on with a peer that it refuses where nobody asked it to verify; an application of ours that goes on
        /// accepts.
        private var acceptsPeer: Bool {
            !settings.refusesPeer || !settings.requestsCertificate && !settings.requiresCertificate
        }
        mutating func accepts(_ chain: CertificateSequence) -> Bool { acceptsPeer }
        /// A raw public key means nothing unless it is judged, so nobody goes on with one that is refused.
        mutating func accepts(rawPublicKey info: Span<UInt8>) -> Bool { !settings.refusesPeer }

        mutating func sign(
            _ request: SignatureRequest, _ content: Span<UInt8>, into signature: inout MutableSpan<UInt8>
        ) throws(CryptoError) -> Int {
            guard keys.indices.contains(request.identity) else { throw .unsupported }
            return try keys[request.identity].key.sign(request, content, into: &signature)
        }
    }

    /// Who signs and judges.
    /// - Parameter settings: those that hold now.
    func signer(_ settings: Settings) -> Signer { Signer(keys: keys, settings: settings) }
}

/// The elements that fit, in order.
private func list<let capacity: Int, Element: BitwiseCopyable>(_ elements: [Element]) -> FixedList<capacity, Element>
where Element: Codepoint {
    var list = FixedList<capacity, Element>(filler: elements.first ?? Element(rawValue: 0))
    for element in elements { list.append(element) }
    return list
}
