// Files that the runner wrote for us: certificates, leaf first, and PKCS#8 keys, both in PEM (RFC 7468).
import Bytes
import Glibc
import TLSCrypto
import X509

/// The contents of a file.
func readFile(_ path: String) throws(ShimError) -> [UInt8] {
    guard let file = unsafe fopen(path, "r") else { throw .unusable("the file '\(path)'") }
    // Opened above and not closed before.
    defer { unsafe _ = fclose(file) }
    var contents: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
        // Reads at most as much as the array holds.
        let count = unsafe fread(&chunk, 1, chunk.count, file)
        guard count > 0 else { return contents }
        contents += chunk[..<count]
    }
}

/// The certificates of a PEM file, each with its length in three bytes in front.
func readCertificates(_ path: String) throws(ShimError) -> [UInt8] {
    let text = try readFile(path)
    var sequence = [UInt8](repeating: 0, count: text.count + 4)
    var room = sequence.mutableSpan
    do throws(PEMError) {
        let count = try PEM.decode(text.span, label: "CERTIFICATE", into: &room)
        return Array(sequence[..<count])
    } catch {
        throw .unusable("the certificates in '\(path)': \(error.reason.description)")
    }
}

/// A private key, so that several can stand in a list.
final class KeyBox {
    let key: SigningKey

    init(_ key: consuming SigningKey) { self.key = key }
}

/// The private key of a PEM file.
/// - Throws: `.unimplemented` for a kind of key that we do not have.
func readKey(_ path: String) throws(ShimError) -> KeyBox {
    let text = try readFile(path)
    do throws(CryptoError) {
        return KeyBox(try SigningKey(pemOrDER: text.span))
    } catch .unsupported {
        throw .unimplemented("the kind of the key '\(path)'")
    } catch {
        throw .unusable("the key '\(path)': \(error)")
    }
}

/// The SubjectPublicKeyInfo of a key.
func publicKeyInfo(of box: KeyBox) throws(ShimError) -> [UInt8] {
    var info = [UInt8](repeating: 0, count: 600)
    var room = info.mutableSpan
    do throws(CryptoError) {
        let count = try box.key.publicKeyInfo(into: &room)
        return Array(info[..<count])
    } catch { throw .unusable("the public half of a key: \(error)") }
}

/// Memory that is kept until the process ends.
func permanentMemory(_ count: Int) -> Arena {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: Region.alignment)
    // It is never freed, so it outlives every region cut from it.
    return unsafe Arena(unsafe: memory)
}

/// A copy of a span's bytes.
func array(_ span: Span<UInt8>) -> [UInt8] { span.indices.map { span[$0] } }
