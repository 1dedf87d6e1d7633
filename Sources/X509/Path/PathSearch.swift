// Path building (RFC 4158): from the leaf upwards, through intermediates in any order, to an anchor. Depth first: nearly
// all that is asked of an issuer can be asked on the way up, so a path that fails is left at once and the next candidate is
// tried; policies and revocation are asked when an anchor is reached, and where they fail the search goes on as well. What
// bounds the work whatever the peer sends: the depth; the number of signature checks, without one of which no step upwards
// is taken; and the number of names that are compared with constraints.
//
// An issuer is found by its name. Candidates whose key identifier is the one that the subject names come first, the
// others after them: an identifier is a hint (RFC 4158 §3.5.12). Then a candidate has to satisfy `checkAsIssuer`; then its
// key has to verify the signature; then what is below has to be within its name constraints.

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

/// Which candidates are looked at.
private enum Pass: Equatable {
    /// Those whose key identifier agrees with what the subject says, or does not contradict it.
    case agreeing
    /// Those whose key identifier contradicts it.
    case contradicting
}

/// The search: what it may use, what it has used, and the faults that it has met.
struct PathSearch: ~Escapable {
    private let chain: CertificateSequence
    private let anchors: CertificateSequence
    private let revocationLists: RevocationLists
    private let requirements: PathRequirements
    private let maximumDepth: Int
    private var signatureChecks = 0
    private var listSignatureChecks = 0
    private var comparisons = ComparisonBudget()
    /// The path so far.
    private var path: CandidatePath
    /// The first fault of a certificate that has the right name, or that one is revoked: what the caller is told.
    private var fault: X509Error?
    /// The first intermediate that could not be read. It may have been the missing one.
    private var unreadable: X509Error?
    /// The first anchor that could not be read, and whether any could.
    private var unreadableAnchor: X509Error?
    private var hasReadableAnchor = false
    /// The topmost certificate that was reached.
    private var top = 0
    private var topDepth = 0

    @_lifetime(copy chain, copy anchors, copy revocationLists)
    init(
        _ chain: CertificateSequence, anchors: CertificateSequence, _ revocationLists: RevocationLists,
        _ requirements: PathRequirements
    ) {
        self.chain = chain
        self.anchors = anchors
        self.revocationLists = revocationLists
        self.requirements = requirements
        maximumDepth = min(max(requirements.maximumDepth, 0), X509Limits.depth)
        path = CandidatePath(chain, anchors: anchors)
    }

    /// Searches for a path.
    /// - Throws: the first fault, where there is no path.
    @_lifetime(self: copy self)
    mutating func endOfPath(from leaf: Certificate) throws(X509Error) -> PathEnd {
        // Nothing stands above it that could constrain it, map its policies or revoke it.
        if let index = try indexOfAnchor(identicalTo: leaf) { return PathEnd(anchorIndex: index, depth: 0) }
        if try climb(from: leaf, index: 0, intermediatesBelow: 0) {
            return PathEnd(anchorIndex: path.anchorIndex, depth: path.depth)
        }
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
    /// - Returns: whether one of them leads to an anchor; `path` is then the way.
    @_lifetime(self: copy self)
    private mutating func climb(
        from subject: Certificate, index: Int, intermediatesBelow: Int
    ) throws(X509Error) -> Bool {
        if path.depth > topDepth { (top, topDepth) = (index, path.depth) }
        let algorithm: SignatureAlgorithm
        do throws(X509Error) {
            try subject.checkSerialNumber()
            algorithm = try subject.signatureAlgorithm
        } catch {
            note(error.at(certificate: index))
            return false
        }
        let step = Step(index: index, algorithm: algorithm, intermediatesBelow: intermediatesBelow)
        if try climbToAnchor(from: subject, step, .agreeing) { return true }
        if try climbThroughChain(from: subject, step, .agreeing) { return true }
        if try climbToAnchor(from: subject, step, .contradicting) { return true }
        return try climbThroughChain(from: subject, step, .contradicting)
    }

    @_lifetime(self: copy self)
    private mutating func climbToAnchor(
        from subject: Certificate, _ step: Step, _ pass: Pass
    ) throws(X509Error) -> Bool {
        var reader = anchors.reader
        var index = -1
        while let der = try reader.next() {
            index += 1
            guard let candidate = readAnchor(der, index), candidate.isCandidate(for: subject, pass),
                try accept(candidate, .anchors(index), asIssuerOf: subject, step, pass)
            else { continue }
            path.anchorIndex = index
            if try isGoodPath(candidate) { return true }
        }
        return false
    }

    @_lifetime(self: copy self)
    private mutating func climbThroughChain(
        from subject: Certificate, _ step: Step, _ pass: Pass
    ) throws(X509Error) -> Bool {
        var reader = chain.reader
        var index = -1
        while let der = try reader.next() {
            index += 1
            guard !path.contains(index), let candidate = readIntermediate(der, index),
                candidate.isCandidate(for: subject, pass), try !isOnPath(der)
            else { continue }
            guard path.depth < maximumDepth else {
                note(X509Error(.pathTooLong, certificate: step.index))
                continue
            }
            guard try accept(candidate, .chain(index), asIssuerOf: subject, step, pass) else { continue }
            path.push(index)
            let counted = candidate.isSelfIssued ? 0 : 1
            let below = step.intermediatesBelow + counted
            if try climb(from: candidate, index: index, intermediatesBelow: below) { return true }
            path.pop()
        }
        return false
    }

    /// Whether the same certificate, sent twice, is on the path already.
    private func isOnPath(_ der: Span<UInt8>) throws(X509Error) -> Bool {
        for level in 0..<path.count {
            if let other = try chain.certificate(at: path.index(at: level)), other.hasSameBytes(as: der) { return true }
        }
        return false
    }

    /// Whether `candidate` is an issuer as it should be, has signed `subject`, and may issue what is on the path; what is
    /// wrong is noted.
    /// - Throws: `tooManySignatureChecks`, `tooManyNameComparisons`
    @_lifetime(self: copy self)
    private mutating func accept(
        _ candidate: Certificate, _ origin: Origin, asIssuerOf subject: Certificate, _ step: Step, _ pass: Pass
    ) throws(X509Error) -> Bool {
        do throws(X509Error) {
            try candidate.checkAsIssuer(requirements, intermediatesBelow: step.intermediatesBelow)
            _ = try candidate.publicKey
        } catch {
            note(error, origin, pass)
            return false
        }
        do throws(X509Error) {
            try requirements.count(&signatureChecks)
            try subject.checkSignature(step.algorithm, by: try candidate.publicKey)
        } catch {
            guard error.reason != .tooManySignatureChecks else { throw error.at(certificate: step.index) }
            note(error, error.reason == .badPublicKey ? origin : .chain(step.index), pass)
            return false
        }
        return try constrainsPath(candidate)
    }

    /// Whether everything on the path is within the name constraints of an authority above it (RFC 5280 §6.1.3 (b), (c)).
    /// - Throws: `tooManyNameComparisons`
    @_lifetime(self: copy self)
    private mutating func constrainsPath(_ authority: Certificate) throws(X509Error) -> Bool {
        guard let constraints = authority.extensions.nameConstraints else { return true }
        for level in 0..<path.count {
            let index = path.index(at: level)
            do throws(X509Error) {
                let certificate = try path.certificate(at: level)
                // §6.1.3 (b): not to self-issued certificates, unless it is the last.
                if level > 0, certificate.isSelfIssued { continue }
                try constraints.check(
                    certificate, readsCommonName: requirements.acceptsCommonName && level == 0, &comparisons)
            } catch {
                guard error.reason != .tooManyNameComparisons else { throw error.at(certificate: index) }
                note(error.at(certificate: index))
                return false
            }
        }
        return true
    }

    /// Whether the path, which now ends at an anchor, has acceptable policies and nothing on it is revoked.
    /// - Throws: `tooManySignatureChecks`, or `revoked` for the leaf
    @_lifetime(self: copy self)
    private mutating func isGoodPath(_ anchor: Certificate) throws(X509Error) -> Bool {
        do throws(X509Error) {
            try path.checkPolicies(requirements.policies, anchor)
            try RevocationCheck(path, revocationLists, requirements).run(&listSignatureChecks)
            return true
        } catch {
            // A leaf that is revoked is so whichever way leads to an anchor.
            let isFinal = error.reason == .revoked && error.certificate == 0
            guard error.reason != .tooManySignatureChecks, !isFinal else { throw error }
            note(error)
            return false
        }
    }

    /// Notes what is wrong with a candidate, or with a signature that was to be its own. Of one that the subject's hint
    /// contradicts nothing else was to be expected.
    @_lifetime(self: copy self)
    private mutating func note(_ error: X509Error, _ origin: Origin, _ pass: Pass) {
        guard pass == .agreeing else { return }
        switch origin {
        case .chain(let index): note(error.at(certificate: index))
        case .anchors(let index): note(error.at(anchor: index))
        }
    }

    @_lifetime(self: copy self)
    private mutating func note(_ error: X509Error) {
        // That a certificate is revoked says more than that another way to an anchor is faulty.
        if fault == nil || error.reason == .revoked && fault?.reason != .revoked { fault = error }
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
    /// Whether the certificate is to be tried as the issuer of `subject` in this pass.
    fileprivate func isCandidate(for subject: Certificate, _ pass: Pass) -> Bool {
        hasIssuersName(of: subject) && hasIssuersKeyIdentifier(of: subject) == (pass == .agreeing)
    }
}

extension CandidatePath {
    /// RFC 5280 §6.1, what concerns policies; `anchor` stands above the path.
    fileprivate func checkPolicies(_ requirements: PolicyRequirements, _ anchor: Certificate) throws(X509Error) {
        var state = PolicyState(requirements, count: count, anchor: anchor.extensions.policyConstraints)
        var level = count - 1
        while level >= 0 {
            do throws(X509Error) {
                let certificate = try certificate(at: level)
                if level > 0 { try state.take(issuer: certificate) } else { try state.take(leaf: certificate) }
            } catch {
                throw error.at(certificate: index(at: level))
            }
            level -= 1
        }
    }
}
