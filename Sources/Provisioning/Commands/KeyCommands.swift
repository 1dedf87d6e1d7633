// `key new` and `csr` (contracts.md), for the workstation's program and the device's alike.
import Bytes
import TLSCrypto
import X509

/// The commands about private keys.
public enum KeyCommands {
    /// Bytes that a private key's file may have, and a request in PEM.
    public static var maximumBytes: Int { 8192 }

    /// The kind of key that a word names.
    public static func type(_ word: Span<UInt8>) throws(CommandFailure) -> KeyType {
        var reader = ByteReader(word)
        if reader.read(literal: "p256"), reader.isAtEnd { return .p256 }
        if reader.read(literal: "p384"), reader.isAtEnd { return .p384 }
        if reader.read(literal: "rsa2048"), reader.isAtEnd { return .rsa2048 }
        if reader.read(literal: "rsa3072"), reader.isAtEnd { return .rsa3072 }
        throw CommandFailure(status: 64, kind: "usage") {
            $0.append("'")
            $0.appendEscaped(word)
            $0.append("' is no kind of key; give p256, p384, rsa2048 or rsa3072")
        }
    }

    /// `key new`: makes a private key and writes it as PKCS#8 PEM into a new file that only its owner can read.
    public static func makeKey(_ type: KeyType, path: Span<UInt8>) throws(CommandFailure) {
        var storage = InlineArray<8192, UInt8>(repeating: 0)
        var room = storage.mutableSpan
        defer { room.wipe() }
        let count: Int
        do throws(CryptoError) {
            count = try SigningKey.generatePEM(type, random: .system, into: &room)
            // What was made must be what can be used: reading it checks that its parts agree.
            _ = try SigningKey(pemOrDER: room.span.extracting(0..<count))
        } catch {
            throw CommandFailure(error)
        }
        do throws(FileError) {
            try writeNewFile(path, permissions: 0o600, room.span.extracting(0..<count))
        } catch {
            throw CommandFailure(writing: path, error)
        }
    }

    /// `key new --key-uri`: makes a private key in a token.
    public static func makeKey(_ type: KeyType, uri: Span<UInt8>, pinFile: Span<UInt8>) throws(CommandFailure) {
        let (uri, pinFile) = (try tokenText(uri: uri), try tokenText(path: pinFile))
        do throws(TokenFailure) {
            // What was made must be what can be used: it signs, and that verifies.
            _ = try TokenKey(making: type, uri: uri, pinFile: pinFile)
        } catch {
            throw CommandFailure(error)
        }
    }

    /// `identity install`, where the key is in a token: it must sign, and be that of the first certificate.
    public static func checkToken(of memory: inout IdentityMemory, pinFile: Span<UInt8>) throws(CommandFailure) {
        let pinFile = try tokenText(path: pinFile)
        do throws(TokenFailure) { try memory.checkToken(pinFile: pinFile) } catch { throw CommandFailure(error) }
    }

    /// A key in a token, which must be that of the first of certificates that have their lengths in front.
    public static func tokenKey(
        uri: Span<UInt8>, pinFile: Span<UInt8>, chain: Span<UInt8>
    ) throws(CommandFailure) -> TokenKey {
        let (uri, pinFile) = (try tokenText(uri: uri), try tokenText(path: pinFile))
        do throws(TokenFailure) {
            let key = try TokenKey(uri: uri, pinFile: pinFile)
            try key.check(isHalfOfLeafIn: chain)
            return key
        } catch {
            throw CommandFailure(error)
        }
    }

    /// A PKCS#11 URI that can be used.
    public static func tokenText(uri text: Span<UInt8>) throws(CommandFailure) -> TokenText {
        do throws(PKCS11URIError) { _ = try PKCS11URI(text) } catch { throw CommandFailure(error) }
        // No longer than a URI may be.
        return TokenText(text) ?? TokenText()
    }

    /// The path of a file with a PIN; empty for none.
    public static func tokenText(path: Span<UInt8>) throws(CommandFailure) -> TokenText {
        guard let path = TokenText(path) else {
            throw CommandFailure(
                status: 64, kind: "usage", "--pkcs11-pin-file is longer than 512 bytes; use a shorter path")
        }
        return path
    }

    /// Writes a request into a new file.
    public static func write(_ request: Span<UInt8>, path: Span<UInt8>) throws(CommandFailure) {
        do throws(FileError) { try writeNewFile(path, permissions: 0o644, request) } catch {
            throw CommandFailure(writing: path, error)
        }
    }

    /// `csr`: a request for a certificate for a key, as PEM.
    /// - Parameters:
    ///   - key: the private key's file.
    ///   - password: what it is encrypted with; empty where it is not.
    ///   - name: the subject's common name.
    ///   - names: what `--san` says: `dns:NAME` and `ip:ADDRESS` with commas between; empty for `name` itself where that
    ///     is a DNS name or an address.
    /// - Returns: how many bytes of `output` the request has.
    public static func request(
        key: Span<UInt8>, password: Span<UInt8>, name: Span<UInt8>, names: Span<UInt8>,
        into output: inout MutableSpan<UInt8>
    ) throws(CommandFailure) -> Int {
        let signer = try signingKey(key, password: password)
        return try request(signedBy: signer, name: name, names: names, into: &output)
    }

    /// The same for a key in a token.
    public static func request(
        uri: Span<UInt8>, pinFile: Span<UInt8>, name: Span<UInt8>, names: Span<UInt8>,
        into output: inout MutableSpan<UInt8>
    ) throws(CommandFailure) -> Int {
        let (uri, pinFile) = (try tokenText(uri: uri), try tokenText(path: pinFile))
        let signer: TokenKey
        do throws(TokenFailure) { signer = try TokenKey(uri: uri, pinFile: pinFile) } catch {
            throw CommandFailure(error)
        }
        return try request(signedBy: signer, name: name, names: names, into: &output)
    }

    private static func request<Signer: DocumentSigner & ~Copyable>(
        signedBy signer: borrowing Signer, name: Span<UInt8>, names: Span<UInt8>,
        into output: inout MutableSpan<UInt8>
    ) throws(CommandFailure) -> Int {
        try EnrolmentCommand.checkNamed(name, names)
        let alternatives = try SubjectNames(names, commonName: name)
        var subject = InlineArray<512, UInt8>(repeating: 0)
        var generalNames = InlineArray<4096, UInt8>(repeating: 0)
        var request = InlineArray<8192, UInt8>(repeating: 0)
        var subjectRoom = subject.mutableSpan
        var namesRoom = generalNames.mutableSpan
        var requestRoom = request.mutableSpan
        let count: Int
        do throws(ProvisioningError) {
            let subjectCount = try writeDistinguishedName(commonName: name, into: &subjectRoom)
            let namesCount =
                alternatives.isEmpty ? 0 : try writeSubjectAltNames(alternatives.names, into: &namesRoom)
            count = try writeCertificateRequest(
                subject: subjectRoom.span.extracting(0..<subjectCount),
                RequestAttributes(subjectAltNames: namesRoom.span.extracting(0..<namesCount)), signedBy: signer,
                into: &requestRoom)
        } catch {
            throw CommandFailure(error)
        }
        do throws(PEMError) {
            return try PEM.encode(requestRoom.span.extracting(0..<count), label: "CERTIFICATE REQUEST", into: &output)
        } catch {
            throw CommandFailure(kind: "usage", "the request is too large; ask for fewer names")
        }
    }

    /// The private key of a file, decrypted where it must be, and consistent.
    public static func signingKey(_ text: Span<UInt8>, password: Span<UInt8>) throws(CommandFailure) -> SigningKey {
        var storage = InlineArray<8192, UInt8>(repeating: 0)
        var room = storage.mutableSpan
        defer { room.wipe() }
        let isEncrypted = !password.isEmpty && isEncryptedKey(text)
        let count = isEncrypted ? try decrypt(text, password: password, into: &room) : 0
        do throws(CryptoError) {
            guard isEncrypted else { return try SigningKey(pemOrDER: text) }
            return try SigningKey(pemOrDER: room.span.extracting(0..<count))
        } catch {
            throw CommandFailure(error)
        }
    }

    /// A private key's file in plain PEM: as it is, or decrypted.
    /// - Returns: how many bytes of `output` it has.
    public static func plainKey(
        _ text: Span<UInt8>, password: Span<UInt8>, into output: inout MutableSpan<UInt8>
    ) throws(CommandFailure) -> Int {
        guard !password.isEmpty, isEncryptedKey(text) else {
            guard text.count <= output.count else {
                throw CommandFailure(kind: "key", "the key's file is larger than 8192 bytes; give the key alone")
            }
            output.copy(text, at: 0)
            return text.count
        }
        var storage = InlineArray<8192, UInt8>(repeating: 0)
        var room = storage.mutableSpan
        defer { room.wipe() }
        let count = try decrypt(text, password: password, into: &room)
        do throws(PEMError) {
            return try PEM.encode(room.span.extracting(0..<count), label: "PRIVATE KEY", into: &output)
        } catch {
            throw CommandFailure(kind: "key", "the key is larger than 8192 bytes; give another one")
        }
    }

    private static func decrypt(
        _ text: Span<UInt8>, password: Span<UInt8>, into room: inout MutableSpan<UInt8>
    ) throws(CommandFailure) -> Int {
        do throws(EncryptedKeyError) {
            return try decryptPrivateKey(pem: text, password: password, into: &room)
        } catch {
            throw CommandFailure(error)
        }
    }

    /// The password in a file: its first line. Empty where no file is given.
    /// - Throws: where it is empty.
    @_lifetime(copy text)
    public static func password(_ text: Span<UInt8>, isGiven: Bool) throws(CommandFailure) -> Span<UInt8> {
        guard isGiven else { return text.extracting(0..<0) }
        var end = 0
        while end < text.count, text[end] != UInt8(ascii: "\n") { end += 1 }
        if end > 0, text[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        guard end > 0 else {
            throw CommandFailure(kind: "file", "the password file is empty; put the password into its first line")
        }
        return text.extracting(0..<end)
    }
}

/// The names that a request asks for.
@_addressableForDependencies  // see BoundedBytes
struct SubjectNames {
    private var list = InlineArray<16, ReferenceIdentity>(repeating: .any)
    private var count = 0

    var isEmpty: Bool { count == 0 }

    var names: Span<ReferenceIdentity> {
        @_addressableSelf @_lifetime(borrow self)
        get { list.span.extracting(0..<count) }
    }

    init(_ text: Span<UInt8>, commonName: Span<UInt8>) throws(CommandFailure) {
        guard !text.isEmpty else {
            if let name = Self.identity(commonName) { try append(name, commonName) }
            return
        }
        var start = 0
        while start <= text.count {
            var end = start
            while end < text.count, text[end] != UInt8(ascii: ",") { end += 1 }
            let word = text.extracting(start..<end)
            try append(try Self.name(word), word)
            start = end + 1
        }
    }

    private mutating func append(_ name: ReferenceIdentity, _ word: Span<UInt8>) throws(CommandFailure) {
        guard count < 16 else { throw Self.failure(word, "' is one name too many; give at most 16") }
        list[count] = name
        count += 1
    }

    private static func name(_ word: Span<UInt8>) throws(CommandFailure) -> ReferenceIdentity {
        var reader = ByteReader(word)
        if reader.read(literal: "dns:") {
            switch identity(reader.readRest()) {
            case .dns(let name): return .dns(name)
            case .dnsPattern(let name): return .dnsPattern(name)
            default: throw failure(word, "' has no DNS name; write it as in dns:device.example")
            }
        }
        if reader.read(literal: "ip:") {
            if case .ip(let address) = identity(reader.readRest()) { return .ip(address) }
            throw failure(word, "' has no IP address; write it as in ip:192.0.2.1 or ip:2001:db8::1")
        }
        throw failure(word, "' is no alternative name; write dns:NAME or ip:ADDRESS")
    }

    private static func identity(_ text: Span<UInt8>) -> ReferenceIdentity? {
        do throws(X509Error) { return try ReferenceIdentity(pattern: text) } catch { return nil }
    }

    private static func failure(_ word: Span<UInt8>, _ text: StaticString) -> CommandFailure {
        CommandFailure(status: 64, kind: "usage") {
            $0.append("--san '")
            $0.appendEscaped(word)
            $0.append(text)
        }
    }
}
