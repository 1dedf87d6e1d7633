// An identity in memory: private key, chain and anchors as the texts of their files, and the check that they belong
// together. The private key is PEM, or the PKCS#11 URI of one in a token (key.uri in place of key.pem). The memory is the caller's; the key is wiped when the memory ends or another identity comes into it.
import Bytes
import TLSCrypto
import X509

/// The files of a generation.
public enum IdentityFile: UInt8, Sendable, BitwiseCopyable {
    case key, chain, anchors

    /// Bytes that the file may have.
    public var maximumBytes: Int {
        switch self {
        case .key: 8_192
        case .chain: 32_768
        case .anchors: 65_536
        }
    }

    /// The key's, where it is a PKCS#11 URI.
    static var uriName: EntryName { EntryName("key.uri") }

    var name: EntryName {
        switch self {
        case .key: EntryName("key.pem")
        case .chain: EntryName("chain.pem")
        case .anchors: EntryName("anchors.pem")
        }
    }
}

/// Room for one identity.
public struct IdentityMemory: ~Copyable {
    /// The three texts, each at its own place.
    private var texts: Region
    /// Certificates in DER, each with its length in front.
    private var decoded: Region
    private var counts = InlineArray<3, Int>(repeating: 0)

    /// Bytes of the texts.
    public static var textBytes: Int {
        IdentityFile.key.maximumBytes + IdentityFile.chain.maximumBytes + IdentityFile.anchors.maximumBytes
    }

    /// Bytes of the certificates in DER.
    public static var decodedBytes: Int { IdentityFile.anchors.maximumBytes }

    /// Bytes that it takes from an arena.
    public static var bytes: Int { textBytes + decodedBytes + 2 * Region.alignment }

    /// Takes the memory from `arena`.
    public init(_ arena: inout Arena) throws(ArenaExhausted) {
        let texts = try arena.take(Self.textBytes)
        let decoded = try arena.take(Self.decodedBytes)
        self.init(texts: texts, decoded: decoded)
    }

    /// Room in two regions: `textBytes` and `decodedBytes`. In less nothing can be loaded.
    public init(texts: consuming Region, decoded: consuming Region) {
        if texts.count >= Self.textBytes, decoded.count >= Self.decodedBytes {
            self.texts = texts
            self.decoded = decoded
        } else {
            self.texts = Region()
            self.decoded = Region()
        }
    }

    /// No memory: for a program that may not need any. Nothing can be loaded into it.
    public init() {
        texts = Region()
        decoded = Region()
    }

    /// Whether an identity can be loaded into it.
    public var hasRoom: Bool { texts.count > 0 }

    private static func start(_ file: IdentityFile) -> Int {
        switch file {
        case .key: 0
        case .chain: IdentityFile.key.maximumBytes
        case .anchors: IdentityFile.key.maximumBytes + IdentityFile.chain.maximumBytes
        }
    }

    private func range(_ file: IdentityFile) -> Range<Int> {
        Self.start(file)..<(Self.start(file) + counts[Int(file.rawValue)])
    }

    /// The contents of a file.
    public subscript(file: IdentityFile) -> Span<UInt8> {
        @_lifetime(borrow self)
        get { texts.bytes.extracting(range(file)) }
    }

    /// Has `read` write a file's contents.
    mutating func fill<E: Error>(
        _ file: IdentityFile, _ read: (inout MutableSpan<UInt8>) throws(E) -> Int
    ) throws(E) {
        counts[Int(file.rawValue)] = 0
        let start = Self.start(file)
        var room = texts.mutableBytes(in: start..<(start + file.maximumBytes))
        counts[Int(file.rawValue)] = try read(&room)
    }

    /// Takes a copy of a file's contents.
    /// - Throws: `tooLarge`.
    public mutating func set(_ file: IdentityFile, _ text: Span<UInt8>) throws(StoreError) {
        try fill(file) { (room) throws(StoreError) in
            guard text.count <= room.count else { throw StoreError(.use, file.name, .tooLarge) }
            room.copy(text, at: 0)
            return text.count
        }
    }

    /// Wipes everything.
    public mutating func wipe() {
        texts.wipe()
        counts = InlineArray(repeating: 0)
    }

    /// The name of a file: the key's depends on what it is.
    func name(_ file: IdentityFile) -> EntryName {
        file == .key && PKCS11URI.isMeant(self[.key]) ? IdentityFile.uriName : file.name
    }

    /// The PKCS#11 URI in a key's file; empty where it is none.
    public static func uri(in text: Span<UInt8>) -> TokenText {
        guard PKCS11URI.isMeant(text) else { return TokenText() }
        var end = text.count
        while end > 0, text[end - 1] == UInt8(ascii: "\n") || text[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        // One that is too long is refused by `check`.
        return TokenText(text.extracting(0..<end)) ?? TokenText()
    }

    /// Checks, where the key is in a token, that the token signs with it and that it is that of the first certificate. Takes
    /// as long as the token does. What else there is to be checked `check` does.
    public mutating func checkToken(pinFile: TokenText) throws(TokenFailure) {
        let uri = Self.uri(in: self[.key])
        guard !uri.isEmpty else { return }
        // It fails for the same reason when the identity is stored.
        do throws(StoreError) { try check() } catch { return }
        let key = try TokenKey(uri: uri, pinFile: pinFile)
        try key.check(isHalfOfLeafIn: decoded.bytes)
    }

    /// Checks that every certificate can be read and that the private key is consistent and that of the first one; of a key in
    /// a token, only that its URI can be read: the token may not be there now.
    /// - Throws: `badKey`, `badURI`, `badChain`, `badAnchors`, `otherKey`.
    public mutating func check() throws(StoreError) {
        try decode(.anchors)
        if try decode(.chain) == 0 { throw StoreError(.use, IdentityFile.chain.name, .badChain) }
        if PKCS11URI.isMeant(self[.key]) {
            guard Self.isURI(Self.uri(in: self[.key])) else {
                throw StoreError(.use, IdentityFile.uriName, .badURI)
            }
            return
        }
        let key: SigningKey
        do throws(CryptoError) { key = try SigningKey(pemOrDER: self[.key]) } catch {
            throw StoreError(.use, IdentityFile.key.name, .badKey)
        }
        guard Self.isKey(key, ofLeafIn: decoded.bytes) else {
            throw StoreError(.use, IdentityFile.key.name, .otherKey)
        }
    }

    private static func isURI(_ text: TokenText) -> Bool {
        do throws(PKCS11URIError) { return try PKCS11URI(text.bytes).has(.modulePath) } catch { return false }
    }

    private static func isKey(_ key: borrowing SigningKey, ofLeafIn chain: Span<UInt8>) -> Bool {
        var reader = ByteReader(chain)
        guard let der = reader.readVector24() else { return false }
        do throws(X509Error) {
            let publicKey = try Certificate(der).publicKey
            do throws(CryptoError) { return try key.matches(publicKey) } catch { return false }
        } catch {
            return false
        }
    }

    /// The DER of the first certificate of the chain, which `check` found good; empty before.
    var leaf: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            var reader = ByteReader(decoded.bytes)
            guard let der = reader.readVector24() else { return decoded.bytes.extracting(0..<0) }
            return der
        }
    }

    /// Reads the certificates of a file, each with its length in front, into `decoded`.
    /// - Returns: how many there are.
    @discardableResult
    private mutating func decode(_ file: IdentityFile) throws(StoreError) -> Int {
        let failure = StoreError(.use, file.name, file == .chain ? .badChain : .badAnchors)
        decoded.wipe()
        let range = range(file)
        guard !range.isEmpty else { return 0 }
        var room = decoded.mutableBytes
        let count: Int
        do throws(PEMError) {
            count = try PEM.decode(texts.bytes.extracting(range), label: "CERTIFICATE", into: &room)
        } catch {
            throw failure
        }
        var reader = CertificateSequence(decoded.bytes.extracting(0..<count), .plain).reader
        var certificates = 0
        do throws(X509Error) {
            while let der = try reader.next() {
                _ = try Certificate(der).publicKey
                certificates += 1
            }
        } catch {
            throw failure
        }
        return certificates
    }
}
