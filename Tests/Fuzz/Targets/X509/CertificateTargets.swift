// DER and what is built of it: certificates, their parts, chains, requests. Where an input may hold several things, each
// has its length in front in three bytes, as in a `CertificateSequence`.
import Bytes
import Provisioning
import TLSCrypto
import TestSupport

@testable import X509

let certificateTargets: [FuzzTarget] = [
    FuzzTarget("der", layout: .list(.der)) { input in checkElements(DERReader(input), count: input.count, depth: 0) },
    FuzzTarget("der-values", longest: 256, layout: .list(.der)) { checkValues($0) },
    FuzzTarget("certificate", layout: .der) { checkCertificate($0) },
    FuzzTarget("certificate-extensions", layout: .list(.der)) { input in
        attempt { () throws(X509Error) in checkExtensions(try CertificateExtensions(input)) }
    },
    FuzzTarget("general-names", layout: .der) { input in
        attempt { () throws(X509Error) in checkNames(try GeneralNames(extensionValue: input)) }
    },
    FuzzTarget("distinguished-name", layout: .der) { input in
        attempt { () throws(X509Error) in
            var reader = DERReader(input)
            checkName(try reader.readDistinguishedName())
        }
    },
    FuzzTarget("algorithm-identifier", longest: 512, layout: .der) { input in
        attempt { () throws(X509Error) in _ = try SignatureAlgorithm(algorithmIdentifier: input) }
    },
    FuzzTarget("public-key", layout: .sequence([.vector(3, .der), .fixed(1), .rest])) { checkPublicKey($0) },
    FuzzTarget("certificate-path", longest: 8192, weight: 2, layout: .list(.vector(3, .der))) { checkPath($0) },
    FuzzTarget("certificate-request-pkcs10", layout: .der) { checkRequest($0) },
]

/// Runs `body`; an error is an answer.
private func attempt(_ body: () throws(X509Error) -> Void) { do throws(X509Error) { try body() } catch {} }

/// Every element down to the last, each of which must be the canonical encoding of its tag and content.
private func checkElements(_ reader: DERReader, count: Int, depth: Int) {
    guard depth < 64 else { return }
    var reader = reader
    var total = 0
    attempt { () throws(X509Error) in
        while !reader.isAtEnd {
            let element = try reader.readElement()
            total += element.encoding.count
            require(total <= count, "elements of more bytes than there are")
            let canonical = Node(prefix: .der([element.tag.rawValue]), bytes: array(element.content)).encoded
            require(canonical == array(element.encoding), "an element is not in DER and was taken")
            if element.tag.rawValue & 0x20 != 0 {
                checkElements(DERReader(element.content), count: element.content.count, depth: depth + 1)
            }
        }
        require(total == count, "bytes that belong to no element")
    }
}

/// Each kind of value read from the same bytes.
private func checkValues(_ input: Span<UInt8>) {
    func read(_ body: (inout DERReader) throws(X509Error) -> Void) {
        var reader = DERReader(input)
        attempt { () throws(X509Error) in try body(&reader) }
    }
    read { (reader) throws(X509Error) in _ = try reader.readBoolean() }
    read { (reader) throws(X509Error) in _ = try reader.readBooleanDefaultFalse() }
    read { (reader) throws(X509Error) in require(try reader.readInteger().count > 0, "an INTEGER of no bytes") }
    read { (reader) throws(X509Error) in
        let number = try reader.readUnsignedInteger()
        require(!number.isEmpty, "an INTEGER of no bytes")
        require(number.count == 1 || number[0] != 0, "a positive INTEGER with a zero in front")
    }
    read { (reader) throws(X509Error) in require(try reader.readSmallInteger() >= 0, "a small INTEGER below zero") }
    read { (reader) throws(X509Error) in _ = try reader.readObjectIdentifier() }
    read { (reader) throws(X509Error) in _ = try reader.readOctetAlignedBitString() }
    read { (reader) throws(X509Error) in _ = try reader.readNamedBits() }
    read { (reader) throws(X509Error) in
        let date = UTCDate(secondsSince1970: try reader.readTime())
        require((0...9999).contains(date.year), "a time in the year \(date.year)")
        guard let text = written(capacity: 64, { date.write(to: &$0) }) else { fatalError("a time of 64 characters") }
        requirePrintable(text)
    }
}

/// Text that goes into a log or to a terminal.
func requirePrintable(_ text: [UInt8]) {
    for byte in text { require((0x20..<0x7F).contains(byte), "the byte \(byte) in text for people") }
}

private func checkCertificate(_ input: Span<UInt8>) {
    attempt { () throws(X509Error) in
        let certificate = try Certificate(input)
        require(certificate.der.count == input.count, "a certificate of other bytes than were given")
        require((1...21).contains(certificate.serialNumber.count), "a serial number out of bounds")
        checkName(certificate.subject)
        checkName(certificate.issuer)
        checkExtensions(certificate.extensions)
        attempt { () throws(X509Error) in _ = try certificate.publicKey }
        attempt { () throws(X509Error) in _ = try certificate.signatureAlgorithm }
        attempt { () throws(X509Error) in
            try certificate.requireName(among: ReferenceIdentities(try ReferenceIdentity(Array("localhost".utf8).span)))
        }
    }
}

private func checkExtensions(_ extensions: CertificateExtensions) {
    checkNames(extensions.subjectAltNames)
    if let length = extensions.basicConstraints?.pathLength { require(length >= 0, "a path length below zero") }
}

private func checkNames(_ names: GeneralNames) {
    var names = names
    var count = 0
    while let name = names.next() {
        count += 1
        require(count <= X509Limits.alternativeNames, "more names than the limit")
        guard let text = written(capacity: 1024, { name.write(to: &$0) }) else {
            fatalError("a name of 1024 characters")
        }
        requirePrintable(text)
        guard name.kind == .ip, name.value.count == 4 || name.value.count == 16 else { continue }
        guard let address = written(capacity: 64, { IPAddressText.write(name.value, to: &$0) }) else { continue }
        let again = IPAddressText.parse(address.span)
        require(again == BoundedBytes<16>(name.value), "an address does not read back")
    }
}

private func checkName(_ name: DistinguishedName) {
    var attributes = name.attributes
    var count = 0
    while attributes.next() != nil { count += 1 }
    require(count <= X509Limits.nameAttributes, "more attributes than the limit")
    require(name.isSame(as: name), "a name that differs from itself")
    guard let text = written(capacity: 1024, { name.write(to: &$0) }) else { fatalError("a name of 1024 characters") }
    requirePrintable(text)
}

/// A SubjectPublicKeyInfo, an algorithm, and a signature that is not one.
private func checkPublicKey(_ input: Span<UInt8>) {
    var reader = ByteReader(input)
    guard let info = reader.readVector24(), let choice = reader.readUInt8() else { return }
    let signature = reader.readRest()
    let algorithms: [SignatureAlgorithm] = [
        .ecdsa(.sha256), .ecdsa(.sha384), .rsaPKCS1(.sha256), .rsaPSS(.sha256), .rsaPSS(.sha384), .rsaPSS(.sha512),
    ]
    attempt { () throws(X509Error) in
        let key = try PublicKey(subjectPublicKeyInfo: info)
        let algorithm = algorithms[Int(choice) % algorithms.count]
        let message = Array("a message that nobody has signed".utf8)
        do throws(CryptoError) {
            try key.verify(algorithm, message: message.span, signature: signature)
            // With an exponent of one or a modulus of one's own choice, anybody can make a signature.
            if case .ec = key.kind { fatalError("a signature by nobody was taken") }
        } catch {}
    }
}

/// A chain whose last certificate is the anchor. What is accepted must be signed, so it can only be what the seeds have.
private func checkPath(_ input: Span<UInt8>) {
    let chain = CertificateSequence(input, .plain)
    attempt { () throws(X509Error) in
        var reader = chain.reader
        var last = 0
        var start = 0
        while let der = try reader.next() {
            last = start
            start += 3 + der.count
        }
        let anchors = CertificateSequence(input.extracting(last..<input.count), .plain)
        let requirements = PathRequirements(
            purpose: .server, identities: anyName, time: .known(Fixtures.time), unknownTimePolicy: .require)
        let path = try verifyPath(
            CertificateSequence(input.extracting(0..<last), .plain), anchors: anchors, requirements)
        require(path.depth <= 8, "a path deeper than was allowed")
        require(path.anchorIndex == 0, "there is only one anchor")
        require(path.leafNotAfter >= Fixtures.time, "a leaf that has expired")
        // The anchor is the input's own choice: an input can be its own authority only where leaf and anchor are the same.
    }
}

private let anyName = ReferenceIdentities(.any)

private func checkRequest(_ input: Span<UInt8>) {
    do throws(ProvisioningError) {
        let request = try CertificateRequest(input)
        require(request.subject.count >= 2, "a subject that is no name")
        try request.checkProofOfPossession()
    } catch {}
}
