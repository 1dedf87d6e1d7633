// Whether the certificates of a path are revoked (RFC 5280 §6.3.3), for every certificate below the anchor.
//
// A list counts where its issuer is the certificate's, it covers the certificate, it is signed by a key of that issuer
// that may sign lists, and it is current. Several lists may share the reasons between them. Indirect lists and delta
// lists never show that a certificate is good. But a list that is signed as it should be and names the certificate
// refuses it, also where the list is stale or a delta: that the list is incomplete does not make the entry untrue.
//
// A list's signature is looked at only by keys that stand higher on the path than the certificate, so no certificate can
// vouch for itself; or by a certificate of the issuer's for signing lists, which itself has been issued, and not revoked, by
// somebody who does (§5: "CRL issuers are either the CA or an entity that has been authorized by the CA").

import Bytes
import TLSCrypto

/// The check of one path.
struct RevocationCheck: ~Escapable {
    private let path: CandidatePath
    private let lists: RevocationLists
    private let requirements: PathRequirements

    @_lifetime(copy path, copy lists)
    init(_ path: CandidatePath, _ lists: RevocationLists, _ requirements: PathRequirements) {
        self.path = path
        self.lists = lists
        self.requirements = requirements
    }

    /// Requires that no certificate of the path is revoked.
    /// - Parameter signatureChecks: how many signatures on lists have been checked; counted on.
    /// - Throws: `revoked`, `revocationListMissing`, what is wrong with a list, `tooManySignatureChecks`
    func run(_ signatureChecks: inout Int) throws(X509Error) {
        guard lists.policy != .unchecked else { return }
        for level in 0..<path.count {
            do throws(X509Error) {
                try check(try path.certificate(at: level), below: level + 1, &signatureChecks, allowsDelegates: true)
            } catch {
                throw error.at(certificate: path.index(at: level))
            }
        }
    }

    /// Requires that one certificate is not revoked.
    /// - Parameters:
    ///   - level: the lowest certificate of the path that may have signed a list about it.
    ///   - allowsDelegates: whether a certificate that is not on the path may have.
    private func check(
        _ subject: Certificate, below level: Int, _ signatureChecks: inout Int, allowsDelegates: Bool
    ) throws(X509Error) {
        var covered = ReasonFlags.none
        var fault: X509Error?
        var reader = lists.reader
        while let der = try reader.next() {
            do throws(X509Error) {
                guard let list = try readList(der, of: subject.issuer) else { continue }
                let reasons = try list.reasons(for: subject)
                try checkSignature(list, level, &signatureChecks, allowsDelegates: allowsDelegates)
                try list.checkAbsence(of: subject)
                try list.checkCurrent(requirements)
                covered.formUnion(reasons)
            } catch {
                guard !error.isFinal else { throw error }
                if fault == nil { fault = error }
            }
        }
        guard covered != .all, lists.policy != .unsafeSoftFail else { return }
        throw fault ?? X509Error(.revocationListMissing)
    }

    /// The list, where it is of that issuer.
    @_lifetime(copy der)
    private func readList(_ der: Span<UInt8>, of issuer: DistinguishedName) throws(X509Error) -> RevocationList? {
        do throws(X509Error) {
            let list = try RevocationList(der)
            return list.issuer.isSame(as: issuer) ? list : nil
        } catch {
            throw X509Error(.malformedRevocationList)
        }
    }

    /// RFC 5280 §6.3.3 (f), (g)
    private func checkSignature(
        _ list: RevocationList, _ level: Int, _ signatureChecks: inout Int, allowsDelegates: Bool
    ) throws(X509Error) {
        let algorithm = try list.checkedSignatureAlgorithm()
        var fault = X509Error(.badRevocationListSignature)
        for signerLevel in level..<(path.count + 1) {
            let signer = try path.certificate(at: signerLevel)
            guard signer.subject.isSame(as: list.issuer) else { continue }
            // (f): "If a key usage extension is present in the CRL issuer's certificate, verify that the cRLSign bit is
            // set."
            if let usage = signer.extensions.keyUsage, !usage.contains(.cRLSign) {
                fault = X509Error(.missingCRLSign)
                continue
            }
            if try list.isSigned(algorithm, by: signer, requirements, &signatureChecks) { return }
        }
        if allowsDelegates, try isSignedByDelegate(list, algorithm, level, &signatureChecks) { return }
        throw fault
    }

    /// Whether a certificate off the path, of the same name and for signing lists, has signed the list.
    private func isSignedByDelegate(
        _ list: RevocationList, _ algorithm: SignatureAlgorithm, _ level: Int, _ signatureChecks: inout Int
    ) throws(X509Error) -> Bool {
        var reader = path.chain.reader
        var index = -1
        while let der = try reader.next() {
            index += 1
            guard !path.contains(index), let delegate = readCertificate(der),
                delegate.subject.isSame(as: list.issuer), delegate.isForRevocationLists,
                try isAuthorised(delegate, level, &signatureChecks)
            else { continue }
            if try list.isSigned(algorithm, by: delegate, requirements, &signatureChecks) { return true }
        }
        return false
    }

    /// Whether somebody on the path has issued the delegate and not revoked it.
    private func isAuthorised(
        _ delegate: Certificate, _ level: Int, _ signatureChecks: inout Int
    ) throws(X509Error) -> Bool {
        for issuerLevel in level..<(path.count + 1) {
            let issuer = try path.certificate(at: issuerLevel)
            guard issuer.hasIssuersName(of: delegate) else { continue }
            do throws(X509Error) {
                try delegate.checkCommon(requirements)
                try requirements.count(&signatureChecks)
                try delegate.checkSignature(try delegate.signatureAlgorithm, by: try issuer.publicKey)
                try check(delegate, below: issuerLevel, &signatureChecks, allowsDelegates: false)
                return true
            } catch {
                guard error.reason != .tooManySignatureChecks else { throw error }
            }
        }
        return false
    }
}

@_lifetime(copy der)
private func readCertificate(_ der: Span<UInt8>) -> Certificate? {
    do throws(X509Error) { return try Certificate(der) } catch { return nil }
}

extension X509Error {
    /// Whether no further list could make up for it.
    fileprivate var isFinal: Bool { reason == .revoked || reason == .tooManySignatureChecks }
}

extension PathRequirements {
    /// Counts one signature check more.
    /// - Throws: `tooManySignatureChecks`
    func count(_ signatureChecks: inout Int) throws(X509Error) {
        guard signatureChecks < maximumSignatureChecks else { throw X509Error(.tooManySignatureChecks) }
        signatureChecks += 1
    }
}

extension Certificate {
    /// Whether it says that it is for signing lists; a certificate that says nothing is no delegate.
    fileprivate var isForRevocationLists: Bool { extensions.keyUsage?.contains(.cRLSign) ?? false }
}

extension RevocationList {
    /// For which reasons the list would name `subject` (RFC 5280 §6.3.3 (b) (2), (d)).
    /// - Throws: why it would not.
    fileprivate func reasons(for subject: Certificate) throws(X509Error) -> ReasonFlags {
        guard let point = extensions.issuingDistributionPoint else { return .all }
        guard !point.indirectCRL else { throw X509Error(.indirectRevocationList) }
        let isAuthority = subject.extensions.basicConstraints?.isCertificateAuthority ?? false
        let isOther = isAuthority ? point.onlyContainsUserCerts : point.onlyContainsCACerts
        guard !isOther, !point.onlyContainsAttributeCerts else { throw X509Error(.partialRevocationList) }
        guard let name = point.name else { return point.reasons }
        let listed: ReasonFlags
        do throws(X509Error) {
            listed = try subject.extensions.distributionPoints.reasons(listedAt: name, issuer: issuer)
        } catch {
            throw X509Error(.malformedRevocationList)
        }
        let reasons = listed.intersection(point.reasons)
        guard reasons != .none else { throw X509Error(.partialRevocationList) }
        return reasons
    }

    /// Requires that the list does not name `subject`, and that it may be used to show that.
    /// - Throws: `revoked`, `deltaRevocationList`, `unknownCriticalListExtension`, `indirectRevocationList`,
    ///   `malformedRevocationList`
    fileprivate func checkAbsence(of subject: Certificate) throws(X509Error) {
        do throws(X509Error) {
            if let entry = try entry(serialNumber: subject.serialNumber) {
                // RFC 5280 §5.3.1: removeFromCRL takes an entry of the complete list back.
                guard extensions.isDelta, entry.reason == .removeFromCRL else { throw X509Error(.revoked) }
            }
        } catch {
            throw error.isAboutEntries ? error : X509Error(.malformedRevocationList)
        }
        guard !extensions.isDelta else { throw X509Error(.deltaRevocationList) }
        guard !extensions.hasUnknownCritical else { throw X509Error(.unknownCriticalListExtension) }
    }

    /// RFC 5280 §6.3.3 (a)
    /// - Throws: `revocationListNotYetValid`, `revocationListWithoutNextUpdate`, `revocationListExpired`
    fileprivate func checkCurrent(_ requirements: PathRequirements) throws(X509Error) {
        // RFC 5280 §5.1.2.5: nextUpdate is required. Without it a list would be good for ever.
        guard let nextUpdate else { throw X509Error(.revocationListWithoutNextUpdate) }
        switch requirements.time {
        case .known(let now):
            guard now >= thisUpdate else { throw X509Error(.revocationListNotYetValid) }
            guard now <= nextUpdate else { throw X509Error(.revocationListExpired) }
        case .unknown:
            guard case .floor(let floor) = requirements.unknownTimePolicy else { throw X509Error(.timeUnknown) }
            guard floor <= nextUpdate else { throw X509Error(.revocationListExpired) }
        }
    }

    /// - Throws: `weakRevocationListSignature`, `unsupportedRevocationListSignature`
    fileprivate func checkedSignatureAlgorithm() throws(X509Error) -> SignatureAlgorithm {
        do throws(X509Error) {
            return try signatureAlgorithm
        } catch {
            let isWeak = error.reason == .weakSignatureAlgorithm
            throw X509Error(isWeak ? .weakRevocationListSignature : .unsupportedRevocationListSignature)
        }
    }

    /// Whether the key of `signer` verifies the signature.
    /// - Throws: `tooManySignatureChecks`
    fileprivate func isSigned(
        _ algorithm: SignatureAlgorithm, by signer: Certificate, _ requirements: PathRequirements,
        _ signatureChecks: inout Int
    ) throws(X509Error) -> Bool {
        try requirements.count(&signatureChecks)
        do throws(X509Error) {
            try signer.publicKey.check(algorithm, message: signedPart, signature: signature)
            return true
        } catch {
            return false
        }
    }
}

extension X509Error {
    fileprivate var isAboutEntries: Bool {
        reason == .revoked || reason == .unknownCriticalListExtension || reason == .indirectRevocationList
    }
}
