// The steps of an enrolment that speak to nobody: what goes into it, and what comes out; see Enrolment.swift for their order.
import Bytes
import CLinux
import TLSCrypto
import X509

extension Enrolment {
    /// Writes the subject's Name.
    func writeSubject(_ name: Span<UInt8>, _ output: consuming MutableSpan<UInt8>) throws(CommandFailure) -> Int {
        var output = output
        do throws(ProvisioningError) { return try writeDistinguishedName(commonName: name, into: &output) } catch {
            throw CommandFailure(error)
        }
    }

    /// Writes the alternative names that are asked for.
    func writeNames(
        _ names: Span<UInt8>, commonName: Span<UInt8>, _ output: consuming MutableSpan<UInt8>
    ) throws(CommandFailure) -> Int {
        var output = output
        let alternatives = try SubjectNames(names, commonName: commonName)
        guard !alternatives.isEmpty else { return 0 }
        do throws(ProvisioningError) { return try writeSubjectAltNames(alternatives.names, into: &output) } catch {
            throw CommandFailure(error)
        }
    }

    /// Looks whether the store can be used, before anybody is asked for anything. One that is not there yet will be made.
    mutating func checkStore(_ path: Span<UInt8>, _ board: StoredHash) throws(CommandFailure) {
        do throws(StoreError) {
            let store = try IdentityStore(path: path, create: false, board: board)
            if let time = store.lastKnownGood() { learn(time) }
        } catch {
            guard error.operation == .open, error.reason == .system(SWL_ENOENT) else {
                throw CommandFailure(error, store: path)
            }
        }
    }

    /// Takes the anchors of a file; none for no bytes.
    mutating func takeAnchors(_ text: Span<UInt8>) throws(CommandFailure) {
        var target = before.mutableBytes
        beforeCount = try Self.decodeCertificates(text, "the anchors", into: &target)
    }

    /// Takes the anchors of the store.
    mutating func takeStoredAnchors() throws(CommandFailure) {
        var target = before.mutableBytes
        beforeCount = try Self.decodeCertificates(identity[.anchors], "the store's anchors", into: &target)
    }

    /// Takes the certificate that is shown to the server.
    /// - Returns: its key; nil where none is to be shown.
    mutating func takeClientIdentity(_ options: borrowing EnrolmentOptions) throws(CommandFailure) -> EnrolmentKey? {
        chainCount = 0
        guard !options.certificate.isEmpty else { return nil }
        var target = chain.mutableBytes
        chainCount = try Self.decodeCertificates(options.certificate, "the certificate", into: &target)
        guard PKCS11URI.isMeant(options.key) else {
            let key = EnrolmentKey.file(try KeyCommands.signingKey(options.key, password: Span()))
            try checkPair(key)
            return key
        }
        return .token(try takeToken(options.key, options))
    }

    /// Takes the identity in `identity` to be shown to the server.
    mutating func takeStoredIdentity(_ options: borrowing EnrolmentOptions) throws(CommandFailure) -> EnrolmentKey {
        var target = chain.mutableBytes
        chainCount = try Self.decodeCertificates(identity[.chain], "the chain", into: &target)
        let uri = IdentityMemory.uri(in: identity[.key])
        guard uri.isEmpty else { return .token(try takeToken(uri.bytes, options)) }
        return .file(try KeyCommands.signingKey(identity[.key], password: Span()))
    }

    /// The key in a token of the certificate in `chain`.
    private func takeToken(
        _ uri: Span<UInt8>, _ options: borrowing EnrolmentOptions
    ) throws(CommandFailure) -> TokenKey {
        try KeyCommands.tokenKey(uri: uri, pinFile: options.pinFile, chain: chain.bytes.extracting(0..<chainCount))
    }

    /// Takes the new identity to be shown, and the new anchors to verify by, where none were given.
    mutating func takeNewIdentity(_ options: borrowing EnrolmentOptions) throws(CommandFailure) -> EnrolmentKey {
        if options.anchors.isEmpty { try takeStoredAnchors() } else { try takeAnchors(options.anchors) }
        return try takeStoredIdentity(options)
    }

    private func checkPair(_ key: borrowing EnrolmentKey) throws(CommandFailure) {
        var reader = ByteReader(chain.bytes.extracting(0..<chainCount))
        var isPair = false
        if let leaf = reader.readVector24() {
            do throws(X509Error) {
                isPair = key.matches(publicKeyInfo: try Certificate(leaf).subjectPublicKeyInfo)
            } catch {}
        }
        guard isPair else {
            throw CommandFailure(
                status: 64, kind: "usage", "--key is not the key of the first certificate in --cert; give the pair")
        }
    }

    private static func decodeCertificates(
        _ text: Span<UInt8>, _ what: StaticString, into output: inout MutableSpan<UInt8>
    ) throws(CommandFailure) -> Int {
        guard !text.isEmpty else { return 0 }
        let count: Int
        do throws(PEMError) { count = try PEM.decode(text, label: "CERTIFICATE", into: &output) } catch {
            throw CommandFailure(kind: "file") {
                $0.append("cannot use ")
                $0.append(what)
                $0.append(": ")
                $0.append(error.reason.description)
                $0.append("; give a file with certificates in PEM (BEGIN CERTIFICATE)")
            }
        }
        do throws(X509Error) {
            var reader = CertificateSequence(output.span.extracting(0..<count), .plain).reader
            while let der = try reader.next() { _ = try Certificate(der) }
        } catch {
            throw CommandFailure(kind: "file") {
                $0.append("a certificate in ")
                $0.append(what)
                $0.append(" ")
                $0.append(error.reason.description)
                $0.append("; give another file")
            }
        }
        return count
    }

    /// Loads the store's identity.
    mutating func loadIdentity(
        _ path: Span<UInt8>, _ board: StoredHash, _ warn: (Span<UInt8>) -> Void
    ) throws(CommandFailure) {
        do throws(StoreError) {
            let store = try IdentityStore(path: path, create: false, board: board)
            try store.load(into: &identity).warn(store: path, warn)
            if let time = store.lastKnownGood() { learn(time) }
            learn(try identity.evidenceOfTime)
        } catch { throw CommandFailure(error, store: path) }
    }

    /// The PKCS#11 URI of the key that comes after the store's, which no generation of the store has; empty where it is to be in a
    /// file. A key that an attempt which failed left in the token is taken up again.
    mutating func nextKeyURI(
        _ options: borrowing EnrolmentOptions, _ board: StoredHash
    ) throws(CommandFailure) -> TokenText {
        guard options.keyURI.isEmpty else {
            let uri = try KeyCommands.tokenText(uri: options.keyURI)
            let (isUsed, isKept) = (try isInStore(uri, options, board), try isKept(uri, options, board))
            guard isKept || !isUsed else {
                throw CommandFailure(
                    status: 64, kind: "usage",
                    "--key-uri names a key that the store has; a renewal is for a new key, so give it another object")
            }
            return uri
        }
        var uri = IdentityMemory.uri(in: identity[.key])
        guard !uri.isEmpty else { return uri }
        // There are no more than a few generations.
        repeat {
            uri = try Self.successor(of: uri)
            if try isKept(uri, options, board) { break }
        } while try isInStore(uri, options, board)
        return uri
    }

    private func isInStore(
        _ uri: TokenText, _ options: borrowing EnrolmentOptions, _ board: StoredHash
    ) throws(CommandFailure) -> Bool {
        do throws(StoreError) {
            return try IdentityStore(path: options.store, create: false, board: board).hasKey(uri.bytes)
        } catch { throw CommandFailure(error, store: options.store) }
    }

    private static func successor(of uri: TokenText) throws(CommandFailure) -> TokenText {
        do throws(PKCS11URIError) { return try PKCS11URI(uri.bytes).successor() } catch { throw CommandFailure(error) }
    }

    /// Copies subject and alternative names of the store's identity.
    /// - Returns: how many bytes each has.
    func copyNames(
        _ subject: consuming MutableSpan<UInt8>, _ names: consuming MutableSpan<UInt8>
    ) throws(CommandFailure) -> (subject: Int, names: Int) {
        do throws(StoreError) {
            let leaf = try identity.leafCertificate()
            var subjectWriter = ByteWriter(subject)
            subjectWriter.append(leaf.subject.der)
            var namesWriter = ByteWriter(names)
            namesWriter.append(leaf.extensions.subjectAltNameValue)
            guard !subjectWriter.overflowed, !namesWriter.overflowed else {
                throw StoreError(.use, IdentityFile.chain.name, .tooLarge)
            }
            return (subjectWriter.count, namesWriter.count)
        } catch { throw CommandFailure(error, store: Span()) }
    }

    /// Makes anchors of the CA certificates.
    mutating func selectAnchors(_ location: ESTLocation) throws(CommandFailure) {
        let all = CertificateSequence(authorities.bytes.extracting(0..<authoritiesCount), .plain)
        let earlier = CertificateSequence(before.bytes.extracting(0..<beforeCount), .plain)
        var target = anchors.mutableBytes
        anchorsCount = AuthoritySelection.anchors(among: all, before: earlier, into: &target)
        if anchorsCount == 0, beforeCount > 0 {
            // A server that has only intermediates to give: the anchors that it was verified by stay the ones.
            target.copy(before.bytes.extracting(0..<beforeCount), at: 0)
            anchorsCount = beforeCount
        }
        guard anchorsCount > 0 else {
            throw CommandFailure(.cacerts, location, "has no self-signed authority; check the server")
        }
    }

    /// Checks what was issued, which lies in `before`, and puts it into `identity`, with the anchors.
    mutating func takeIssued(
        _ issuedCount: Int, _ key: borrowing EnrolmentKey, _ location: ESTLocation,
        _ options: borrowing EnrolmentOptions
    ) throws(CommandFailure) {
        let (time, floor) = (currentTime(options), now(options))
        do throws(IssuedCertificateError) {
            var target = chain.mutableBytes
            chainCount = try IssuedCertificate.chain(
                for: key, issued: CertificateSequence(before.bytes.extracting(0..<issuedCount), .plain),
                authorities: CertificateSequence(authorities.bytes.extracting(0..<authoritiesCount), .plain),
                anchors: CertificateSequence(anchors.bytes.extracting(0..<anchorsCount), .plain),
                time: time, floor: floor, into: &target)
        } catch { throw CommandFailure(error, location) }
        try encode(.chain)
        try encode(.anchors)
    }

    /// Writes the PEM of a file of the identity.
    private mutating func encode(_ file: IdentityFile) throws(CommandFailure) {
        do throws(PEMError) {
            try identity.fill(file) { (room) throws(PEMError) in
                file == .chain
                    ? try Self.encode(chain.bytes.extracting(0..<chainCount), to: &room)
                    : try Self.encode(anchors.bytes.extracting(0..<anchorsCount), to: &room)
            }
        } catch {
            throw CommandFailure(kind: "est", "the certificates are larger than an identity may be; nothing was stored")
        }
    }

    private static func encode(
        _ certificates: Span<UInt8>, to room: inout MutableSpan<UInt8>
    ) throws(PEMError) -> Int {
        var reader = ByteReader(certificates)
        var written = 0
        while let der = reader.readVector24() {
            var place = room._mutatingExtracting(written..<room.count)
            written += try PEM.encode(der, label: "CERTIFICATE", into: &place)
        }
        return written
    }

    /// Stores what is in `identity`.
    mutating func install(
        _ options: borrowing EnrolmentOptions, _ board: StoredHash
    ) throws(CommandFailure) -> UInt32 {
        do throws(StoreError) {
            try identity.check()
            let store = try IdentityStore(path: options.store, create: true, board: board)
            let generation = try store.install(&identity, at: now(options))
            // It was verified, so it is that late at least. Where this cannot be stored the certificate itself says it.
            learn(try identity.evidenceOfTime)
            do throws(StoreError) { try store.raise(lastKnownGood: clock.floor) } catch {}
            // Where that fails it is passed over the next time: its key is an identity's.
            if isKept { do throws(StoreError) { try store.removePending() } catch {} }
            return generation
        } catch { throw CommandFailure(error, store: options.store) }
    }
}

extension CommandFailure {
    /// What was issued is not taken.
    init(_ error: IssuedCertificateError, _ location: ESTLocation) {
        self.init(status: 3, kind: "certificate", location) {
            switch error {
            case .otherKey: $0.append("the certificate that was issued is for another key than ours")
            case .tooLarge: $0.append("the chain of the certificate that was issued is larger than 32768 bytes")
            case .invalid(let error):
                $0.append("the certificate that was issued is not valid here: certificate ")
                $0.append(decimal: UInt64(max(error.certificate, 0) + 1))
                $0.append(" of its chain ")
                $0.append(error.reason.description)
            }
            $0.append("; nothing was stored. Check the server")
        }
    }
}
