// The steps of an enrolment that speak to the server; see Enrolment.swift for their order.
import Bytes
import CLinux
import TLS
import TLSCrypto
import Transport
import X509

extension Enrolment {
    /// Begins with what is known of the time without the store.
    mutating func startClock(_ options: borrowing EnrolmentOptions) {
        clock = DeviceClock(floor: options.floor, at: moment(options))
    }

    /// This moment, for which a server may have made us wait.
    private func moment(_ options: borrowing EnrolmentOptions) -> Moment {
        let passed = (Deadline.now - began) / 1000
        return Moment(wall: options.time + passed, monotonic: passed)
    }

    /// Takes evidence that it is at least this late.
    mutating func learn(_ evidence: Int64) {
        // The floor rises only when it is asked for: the wall plays no part.
        clock.learn(evidence, at: Moment(wall: 0, monotonic: (Deadline.now - began) / 1000))
    }

    /// The best guess of the time.
    func now(_ options: borrowing EnrolmentOptions) -> Int64 { clock.now(at: moment(options)) }

    /// What the server, verified by an anchor, is judged by. While only the floor is known, here and nowhere else a notBefore in the
    /// future is tolerated: how else would a device learn the time that its certificate is from?
    func currentTime(_ options: borrowing EnrolmentOptions) -> CurrentTime { clock.time(at: moment(options)) }

    /// A session whose server is verified by `before`, by a pre-shared key, or both.
    /// - Parameter key: of the certificate in `chain`, which is shown where the server asks for one.
    mutating func makeSession<Connector: StreamConnector>(
        _ location: ESTLocation, over connector: Connector, _ key: consuming EnrolmentKey?,
        _ options: borrowing EnrolmentOptions
    ) throws(CommandFailure) -> ESTSession<Connector> {
        guard beforeCount > 0 || !options.preSharedKeys.isEmpty else {
            throw CommandFailure(
                status: 64, kind: "usage",
                "nothing is trusted by default; give --anchor, --anchor-sha256, or --psk-file with --psk-identity")
        }
        var settings = try makeConfiguration(location, chainBytes: 2 * chainCount)
        settings.trust.unknownTime = .floor(now(options))
        do throws(TLSError) {
            var reader = ByteReader(before.bytes.extracting(0..<beforeCount))
            while let der = reader.readVector24() { try settings.trust.addAnchor(der) }
            if chainCount > 0, let (kind, schemes) = Self.abilities(key) {
                try settings.identities.add(chain.bytes.extracting(0..<chainCount), key: kind, schemes: schemes)
            }
        } catch { throw CommandFailure(error, location) }
        if !options.preSharedKeys.isEmpty { try addPreSharedKeys(options, &settings) }
        return try session(location, connector, settings, ESTSigner(key), options)
    }

    private static func abilities(
        _ key: borrowing EnrolmentKey?
    ) -> (kind: PublicKeyKind, schemes: FixedList<8, SignatureScheme>)? {
        switch key {
        case .some(let key): (key.kind, key.schemes)
        case .none: nil
        }
    }

    /// A configuration in the memory for one.
    private mutating func makeConfiguration(
        _ location: ESTLocation, chainBytes: Int
    ) throws(CommandFailure) -> Configuration {
        do throws(ArenaExhausted) {
            // The session before, with its configuration, has ended: each lives within one step.
            var arena = configuration.unsafeArena()
            let anchors = try arena.take(beforeCount)
            let chains = try arena.take(chainBytes)
            var settings = Configuration(anchors: anchors, chains: chains)
            settings.externalKeys = ExternalKeys(in: try arena.take(8192))
            Policy.default.apply(to: &settings, chaCha20First: ProcessorSpeed.chaCha20First)
            settings.limits = Self.limits
            settings.takesTickets = false
            settings.trust.names = ReferenceIdentities(location.identity)
            if case .dns(let name) = location.identity { settings.serverName = name }
            return settings
        } catch { throw CommandFailure.memory }
    }

    private func addPreSharedKeys(
        _ options: borrowing EnrolmentOptions, _ settings: inout Configuration
    ) throws(CommandFailure) {
        do throws(PreSharedKeyFileError) {
            try settings.externalKeys.add(
                file: options.preSharedKeys, only: options.preSharedKeyIdentity, for: .client, importContext: nil)
        } catch {
            throw CommandFailure(kind: "file") {
                $0.append("the file of pre-shared keys ")
                $0.append(error.reason.description)
            }
        }
    }

    private mutating func session<Connector: StreamConnector>(
        _ location: ESTLocation, _ connector: Connector, _ settings: consuming Configuration,
        _ signer: consuming ESTSigner, _ options: borrowing EnrolmentOptions
    ) throws(CommandFailure) -> ESTSession<Connector> {
        // As above.
        var arena = session.unsafeArena()
        do throws(ArenaExhausted) {
            return try ESTSession(
                connector, settings, signer, location, memory: &arena, time: currentTime(options),
                milliseconds: options.timeout)
        } catch { throw CommandFailure.memory }
    }

    /// RFC 7030 §4.1.1: finds the authority with this fingerprint among the CA certificates of a server that is not verified yet,
    /// and makes it the one anchor.
    mutating func findAuthority<Connector: StreamConnector>(
        _ hash: StoredHash, _ location: ESTLocation, over connector: Connector, _ options: borrowing EnrolmentOptions
    ) throws(CommandFailure) {
        var settings = try makeConfiguration(location, chainBytes: 0)
        // Nothing of ours is told or asked for here but what everybody may know.
        settings.trust.unsafeAcceptsAnyCertificate = true
        var session = try session(location, connector, settings, ESTSigner(nil), options)
        try fetchAuthorities(&session, HTTPCredentials(user: Span(), password: Span()))
        session.disconnect()
        let all = CertificateSequence(authorities.bytes.extracting(0..<authoritiesCount), .plain)
        var writer = ByteWriter(before.mutableBytes)
        var isFound = false
        do throws(X509Error) {
            if let der = try AuthoritySelection.certificate(withHash: hash, among: all) {
                writer.append(certificate: der)
                isFound = true
            }
        } catch { throw CommandFailure.memory }
        guard isFound, !writer.overflowed else {
            throw CommandFailure(status: 3, kind: "certificate", location) {
                $0.append(
                    "none of the server's CA certificates has the SHA-256 in --anchor-sha256; check the number, and the server"
                )
            }
        }
        beforeCount = writer.count
    }

    /// Gets the CA certificates (RFC 7030 §4.1).
    private mutating func fetchAuthorities<Connector: StreamConnector>(
        _ session: inout ESTSession<Connector>, _ credentials: HTTPCredentials
    ) throws(CommandFailure) {
        let outcome = try session.get(.cacerts, allowsNone: false, credentials)
        authoritiesCount = try takeCertificates(.cacerts, outcome, &session)
    }

    /// Takes the certificates of an answer into `authorities` or, for those that were issued, into `before`, which has then done
    /// its work.
    private mutating func takeCertificates<Connector: StreamConnector>(
        _ operation: ESTOperation, _ outcome: ESTOutcome, _ session: inout ESTSession<Connector>
    ) throws(CommandFailure) -> Int {
        guard outcome == .done else {
            throw CommandFailure(operation, session.location, "has no certificates; check the server")
        }
        guard session.answerIs("application/pkcs7-mime") else {
            throw CommandFailure(
                operation, session.location,
                "is not of the type application/pkcs7-mime; check that an EST server listens there")
        }
        do throws(ESTBodyError) {
            var room = scratch.mutableBytes
            let count = try decodeESTBody(session.reader.body, into: &room)
            let certificates = try CertsOnly(scratch.bytes.extracting(0..<count))
            if operation == .cacerts {
                var target = authorities.mutableBytes
                return try certificates.write(to: &target)
            }
            var target = before.mutableBytes
            return try certificates.write(to: &target)
        } catch { throw CommandFailure(error, operation, session.location) }
    }

    /// Gets what the server wants in a request (RFC 7030 §4.5): into `attributes`.
    private mutating func fetchAttributes<Connector: StreamConnector>(
        _ session: inout ESTSession<Connector>, _ credentials: HTTPCredentials
    ) throws(CommandFailure) {
        attributesCount = 0
        let outcome = try session.get(.csrattrs, allowsNone: true, credentials)
        guard outcome == .done, !session.reader.body.isEmpty else { return }
        do throws(ESTBodyError) {
            var room = attributes.mutableBytes
            attributesCount = try decodeESTBody(session.reader.body, into: &room)
        } catch { throw CommandFailure(error, .csrattrs, session.location) }
    }

    /// Gets a certificate for a new key, or for that of a request which is kept. Afterwards `identity` holds key, chain and anchors.
    mutating func obtain<Connector: StreamConnector>(
        _ operation: ESTOperation, _ names: RequestedNames, _ session: consuming ESTSession<Connector>,
        _ credentials: HTTPCredentials, _ options: borrowing EnrolmentOptions, _ board: StoredHash
    ) throws(CommandFailure) {
        var session = session
        let location = session.location
        try fetchAuthorities(&session, credentials)
        try selectAnchors(location)
        try fetchAttributes(&session, credentials)
        let contents = try RequestContents(names, wanted(location), location)
        let type = try keyType(location, options)
        let asked = try askedHash(operation, contents, type, location, board)
        let key: EnrolmentKey
        if let kept = try takePending(asked, options, board) {
            key = kept
        } else {
            key = try makeKey(type, contents, options)
        }
        let sent = Sent(operation: operation, asked: asked, board: board)
        let outcome = try send(sent, contents, key, &session, credentials, options)
        do throws(CommandFailure) {
            let issuedCount = try takeCertificates(operation, outcome, &session)
            session.disconnect()
            try takeIssued(issuedCount, key, location, options)
        } catch {
            // The server has decided, and will not decide otherwise when it is asked the same again.
            if isKept { try forgetPending(options, board) }
            throw error
        }
    }

    /// What is sent, but for its contents.
    private struct Sent {
        let operation: ESTOperation
        let asked: StoredHash
        let board: StoredHash
    }

    /// Sends the request, and once more after each time that the server wants to be given.
    private mutating func send<Connector: StreamConnector>(
        _ sent: Sent, _ contents: borrowing RequestContents, _ key: borrowing EnrolmentKey,
        _ session: inout ESTSession<Connector>, _ credentials: HTTPCredentials, _ options: borrowing EnrolmentOptions
    ) throws(CommandFailure) -> ESTOutcome {
        var left = options.wait
        while true {
            let outcome: ESTOutcome
            do throws(CommandFailure) {
                outcome = try session.post(
                    sent.operation, request.bytes.extracting(0..<requestCount), contents, for: key, credentials)
            } catch {
                if error.isFinal, isKept { try forgetPending(options, sent.board) }
                throw error
            }
            guard case .later(let seconds) = outcome else { return outcome }
            try keepPending(sent.asked, options, sent.board)
            guard seconds <= left else {
                throw CommandFailure(askAgainIn: seconds, sent.operation, session.location)
            }
            left -= seconds
            session.disconnect()
            Self.sleep(seconds: seconds)
        }
    }

    private static func sleep(seconds: Int) {
        let deadline = Deadline.after(milliseconds: Int32(clamping: seconds * 1000))
        // A signal ends a sleep early.
        while !deadline.hasPassed { swl_sleep_milliseconds(deadline.remaining ?? 0) }
    }

    /// What the server wants in a request.
    @_lifetime(borrow self)
    private func wanted(_ location: ESTLocation) throws(CommandFailure) -> CSRAttributes {
        do throws(ESTBodyError) {
            return try CSRAttributes(attributes.bytes.extracting(0..<attributesCount))
        } catch { throw CommandFailure(error, .csrattrs, location) }
    }

    /// The kind of key that is wanted; nil for any.
    private func keyType(
        _ location: ESTLocation, _ options: borrowing EnrolmentOptions
    ) throws(CommandFailure) -> KeyType? {
        let wanted = try wanted(location).keyType
        if let wanted, let type = options.keyType, type != wanted {
            throw CommandFailure(kind: "est", location) {
                $0.append("the server wants another kind of key than --type says; leave --type out")
            }
        }
        return wanted ?? options.keyType
    }

    /// At a renewal, before anything is stored: the new identity must do for a connection with the server.
    mutating func prove<Connector: StreamConnector>(
        _ location: ESTLocation, over connector: Connector, _ options: borrowing EnrolmentOptions
    ) throws(CommandFailure) {
        let key = try takeNewIdentity(options)
        var session = try makeSession(location, over: connector, key, options)
        // In TLS 1.3 a server says only after the handshake what it thinks of our certificate.
        _ = try session.get(.cacerts, allowsNone: true, HTTPCredentials(user: Span(), password: Span()))
        session.disconnect()
    }
}

extension CommandFailure {
    /// The memory was made for what goes into it.
    static var memory: CommandFailure {
        CommandFailure(kind: "internal", "the memory for the enrolment is too small; report this")
    }

    /// The server has not decided yet.
    init(askAgainIn seconds: Int, _ operation: ESTOperation, _ location: ESTLocation) {
        self.init(kind: "pending", location) {
            $0.append(operation.name)
            $0.append(
                " is not decided yet (202); the key and the request are kept in the store: give the same command again in "
            )
            $0.append(decimal: UInt64(seconds))
            $0.append(" seconds, or a larger --wait")
        }
        retryAfter = seconds
    }
}
