// What the tests of this target have in common.
import Bytes
import Provisioning
import TLSCrypto
import X509

/// What `body` writes.
func built<E: Error>(_ body: (inout MutableSpan<UInt8>) throws(E) -> Int) throws(E) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    var span = buffer.mutableSpan
    let count = try body(&span)
    return Array(buffer.prefix(count))
}

/// A Name with one common name.
func name(_ commonName: String) throws -> [UInt8] {
    let text = Array(commonName.utf8)
    return try built { out throws(ProvisioningError) in try writeDistinguishedName(commonName: text.span, into: &out) }
}

/// GeneralNames of what people write.
func generalNames(_ names: [String]) throws -> [UInt8] {
    let identities = try names.map { try ReferenceIdentity(pattern: Array($0.utf8).span) }
    return try built { out throws(ProvisioningError) in try writeSubjectAltNames(identities.span, into: &out) }
}

/// A new key.
func makeKey(_ type: KeyType = .p256) throws -> SigningKey {
    let pem = try built { out throws(CryptoError) in
        try SigningKey.generatePEM(type, random: .system, into: &out)
    }
    return try SigningKey(pemOrDER: pem.span)
}

/// The public half of a key.
func publicKeyInfo(of key: borrowing SigningKey) throws -> [UInt8] {
    try built { out throws(CryptoError) in try key.publicKeyInfo(into: &out) }
}

/// `der` as PEM.
func pem(_ der: [UInt8], _ label: StaticString) throws -> [UInt8] {
    try built { out throws(PEMError) in try PEM.encode(der.span, label: label, into: &out) }
}
