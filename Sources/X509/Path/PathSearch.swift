// Path building (RFC 4158): from the leaf upwards, through intermediates in any order, to an anchor. Depth first: all
// that is asked of an issuer can be asked on the way up, so a path that fails is left at once and the next candidate is
// tried. Two budgets bound the work whatever the peer sends: the depth, and the number of signature checks, without
// one of which no step upwards is taken.
//
// An issuer is found by its name, byte for byte, and where both are present by its key identifier; then it has to
// satisfy `checkAsIssuer`; then, last because it costs most, its key has to verify the signature.

import Bytes
import TLSCrypto

/// Where a path ends.
struct PathEnd {
    let anchorIndex: Int
    /// Intermediates between leaf and anchor.
    let depth: Int
}

/// What a step upwards starts from, the certificate itself apart.
private struct Step {
    /// The subject's place in the chain.
    let index: Int
    /// How the subject is signed.
    let algorithm: SignatureAlgorithm
    /// Intermediates between the issuer that is looked for and the leaf, self-issued ones not counted
    /// (RFC 5280 §6.1.4 (l)).
    let intermediatesBelow: Int
}

/// Where a candidate issuer comes from.
private enum Origin {
    case chain(Int)
    case anchors(Int)
}

/// The search: what it may use, what it has used, and the faults that it has met.
struct PathSearch: ~Escapable {
    private let chain: CertificateSequence
    private let anchors: CertificateSequence
    private let requirements: PathRequirements
    private let maximumDepth: Int
    private var signatureChecks = 0
    /// The path so far: one bit for each certificate of the chain, the leaf and the intermediates.
    private var path: UInt64 = 1
    private var depth = 0
    /// The first fault of a certificate that has the right name: what the caller is told.
    private var fault: X509Error?
    /// The first intermediate that could not be read. It may have been the missing one.
    private var unreadable: X509Error?
    /// The first anchor that could not be read, and whether any could.
    private var unreadableAnchor: X509Error?
    private var hasReadableAnchor = false
    /// The topmost certificate that was reached.
    private var top = 0
    private var topDepth = 0

    @_lifetime(copy chain, copy anchors)
    init(_ chain: CertificateSequence, anchors: CertificateSequence, _ requirements: PathRequirements) {
        self.chain = chain
        self.anchors = anchors
        self.requirements = requirements
        maximumDepth = min(max(requirements.maximumDepth, 0), X509Limits.depth)
    }

    /// Searches for a path.
    /// - Throws: the first fault, where there is no path.
    @_lifetime(self: copy self)
    mutating func endOfPath(from leaf: Certificate) throws(X509Error) -> PathEnd {
        if let index = try indexOfAnchor(identicalTo: leaf) { return PathEnd(anchorIndex: index, depth: 0) }
        if let end = try climb(from: leaf, index: 0, intermediatesBelow: 0) { return end }
        if let fault { throw fault }
        guard hasReadableAnchor else { throw unreadableAnchor ?? X509Error(.noAnchors) }
        throw unreadable ?? X509Error(.unknownIssuer, certificate: top)
    }

    private func indexOfAnchor(identicalTo leaf: Certificate) throws(X509Error) -> Int? {
        var reader = anchors.reader
        var index = 0
        while let der = try reader.next() {
            if der.hasSameBytes(as: leaf.der) { return index }
            index += 1
        }
        return nil
    }

    /// Tries every issuer of `subject`, anchors first. The recursion is as deep as the path, so at most `maximumDepth`.
    /// - Returns: where the path ends, or nil where no issuer leads to an anchor.
    @_lifetime(self: copy self)
    private mutating func climb(
        from subject: Certificate, index: Int, intermediatesBelow: Int
    ) throws(X509Error) -> PathEnd? {
        if depth > topDepth { (top, topDepth) = (index, depth) }
        let algorithm: SignatureAlgorithm
        do throws(X509Error) {
            try subject.checkSerialNumber()
            algorithm = try subject.signatureAlgorithm
        } catch {
            note(error.at(certificate: index))
            return nil
        }
        let step = Step(index: index, algorithm: algorithm, intermediatesBelow: intermediatesBelow)
        if let anchorIndex = try anchor(above: subject, step) { return PathEnd(anchorIndex: anchorIndex, depth: depth) }
        return try climbThroughChain(from: subject, step)
    }

    @_lifetime(self: copy self)
    private mutating func anchor(above subject: Certificate, _ step: Step) throws(X509Error) -> Int? {
        var reader = anchors.reader
        var index = -1
        while let der = try reader.next() {
            index += 1
            guard let candidate = readAnchor(der, index), candidate.mayHaveIssued(subject) else { continue }
            if try accept(candidate, .anchors(index), asIssuerOf: subject, step) { return index }
        }
        return nil
    }

    @_lifetime(self: copy self)
    private mutating func climbThroughChain(from subject: Certificate, _ step: Step) throws(X509Error) -> PathEnd? {
        var reader = chain.reader
        var index = -1
        while let der = try reader.next() {
            index += 1
            guard path >> UInt64(index) & 1 == 0, let candidate = readIntermediate(der, index),
                candidate.mayHaveIssued(subject), try !isOnPath(der)
            else { continue }
            guard depth < maximumDepth else {
                note(X509Error(.pathTooLong, certificate: step.index))
                continue
            }
            guard try accept(candidate, .chain(index), asIssuerOf: subject, step) else { continue }
            path |= 1 << UInt64(index)
            depth += 1
            let counted = candidate.isSelfIssued ? 0 : 1
            let below = step.intermediatesBelow + counted
            if let end = try climb(from: candidate, index: index, intermediatesBelow: below) { return end }
            path &= ~(1 << UInt64(index))
            depth -= 1
        }
        return nil
    }

    /// Whether the same certificate, sent twice, is on the path already.
    private func isOnPath(_ der: Span<UInt8>) throws(X509Error) -> Bool {
        var reader = chain.reader
        var index = 0
        while let other = try reader.next() {
            if path >> UInt64(index) & 1 == 1, other.hasSameBytes(as: der) { return true }
            index += 1
        }
        return false
    }

    /// Whether `candidate` is an issuer as it should be and has signed `subject`; what is wrong is noted.
    /// - Throws: `tooManySignatureChecks`
    @_lifetime(self: copy self)
    private mutating func accept(
        _ candidate: Certificate, _ origin: Origin, asIssuerOf subject: Certificate, _ step: Step
    ) throws(X509Error) -> Bool {
        do throws(X509Error) {
            try candidate.checkAsIssuer(requirements, intermediatesBelow: step.intermediatesBelow)
            _ = try candidate.publicKey
        } catch {
            note(error, origin)
            return false
        }
        guard signatureChecks < requirements.maximumSignatureChecks else {
            throw X509Error(.tooManySignatureChecks, certificate: step.index)
        }
        signatureChecks += 1
        do throws(X509Error) {
            try subject.checkSignature(step.algorithm, by: try candidate.publicKey)
            return true
        } catch {
            if error.reason == .badPublicKey { note(error, origin) } else { note(error.at(certificate: step.index)) }
            return false
        }
    }

    @_lifetime(self: copy self)
    private mutating func note(_ error: X509Error, _ origin: Origin) {
        switch origin {
        case .chain(let index): note(error.at(certificate: index))
        case .anchors(let index): note(error.at(anchor: index))
        }
    }

    @_lifetime(self: copy self)
    private mutating func note(_ error: X509Error) {
        if fault == nil { fault = error }
    }

    @_lifetime(copy der)
    @_lifetime(self: copy self)
    private mutating func readIntermediate(_ der: Span<UInt8>, _ index: Int) -> Certificate? {
        do throws(X509Error) {
            return try Certificate(der)
        } catch {
            if unreadable == nil { unreadable = error.at(certificate: index) }
            return nil
        }
    }

    @_lifetime(copy der)
    @_lifetime(self: copy self)
    private mutating func readAnchor(_ der: Span<UInt8>, _ index: Int) -> Certificate? {
        do throws(X509Error) {
            let certificate = try Certificate(der)
            hasReadableAnchor = true
            return certificate
        } catch {
            if unreadableAnchor == nil { unreadableAnchor = error.at(anchor: index) }
            return nil
        }
    }
}

extension Certificate {
    /// Whether this certificate's name is the issuer of `subject`, and its key identifier, where both say one, the one
    /// that `subject` names (RFC 5280 §4.2.1.1). An issuer always has a name (§4.1.2.4).
    fileprivate func mayHaveIssued(_ subject: Certificate) -> Bool {
        guard !self.subject.isEmpty, self.subject.isSame(as: subject.issuer) else { return false }
        guard let own = extensions.subjectKeyIdentifier, let named = subject.extensions.authorityKeyIdentifier else {
            return true
        }
        return own.hasSameBytes(as: named)
    }

    /// RFC 5280 §6.1.3 (a) (1)
    /// - Throws: `badSignature`, `badPublicKey` of the issuer, `unsupportedSignatureAlgorithm`, `cryptoFailure`
    fileprivate func checkSignature(_ algorithm: SignatureAlgorithm, by key: PublicKey) throws(X509Error) {
        // A key of one kind cannot have made a signature of the other.
        switch (algorithm, key.kind) {
        case (.ecdsa, .ec), (.rsaPKCS1, .rsa), (.rsaPSS, .rsa): break
        default: throw X509Error(.badSignature)
        }
        do throws(CryptoError) {
            try key.verify(algorithm, message: signedPart, signature: signature)
        } catch {
            throw X509Error(verification: error)
        }
    }
}

extension X509Error {
    /// What a failed verification says of a certificate.
    init(verification error: CryptoError) {
        switch error {
        case .badSignature: self.init(.badSignature)
        // A point that is not on its curve (RFC 5480 §2.2 leaves that to whoever computes with it).
        case .invalidKey, .invalidPublicValue: self.init(.badPublicKey)
        case .unsupported: self.init(.unsupportedSignatureAlgorithm)
        default: self.init(.cryptoFailure)
        }
    }
}
