// A token, in the helper process: its module, a session, the private key. Here alone are PKCS#11 calls made and PINs read; any
// of these calls may take forever or crash, which is why they are made here.
//
// Invariants:
// - a PIN lies in memory only while it is handed over, and is wiped then;
// - a PIN that the token has refused is not tried a second time, and the last try is never used up;
// - after a failure everything is closed down to C_Finalize, so that the next attempt finds a token that has come back.
import Bytes
import CLinux
import CPKCS11
import TLSCrypto
import X509

/// A session with a token.
struct TokenSession: ~Copyable {
    private let uri: TokenText
    private let pinFile: TokenText
    private var module: TokenModule?
    /// Whether C_Initialize has been called and C_Finalize has not.
    private var isInitialised = false
    private var key: OpenKey?
    /// The SHA-256 of a PIN that was refused.
    private var refusedPIN = StoredHash()

    /// A key that can sign.
    private struct OpenKey {
        let session: UInt64
        let handle: UInt64
        let description: TokenKeyDescription
        /// Whether it wants the PIN for each signature.
        let asksPIN: Bool
    }

    init(uri: TokenText, pinFile: TokenText) {
        self.uri = uri
        self.pinFile = pinFile
    }

    /// Whether it was made for this key.
    func isFor(_ uri: TokenText, _ pinFile: TokenText) -> Bool { self.uri == uri && self.pinFile == pinFile }

    // Opening

    /// Finds the key and writes its SubjectPublicKeyInfo, where the token has it.
    mutating func open(into info: inout MutableSpan<UInt8>) throws(TokenFailure) -> (TokenKeyDescription, count: Int) {
        let key = try openKey()
        guard let module else { throw TokenFailure(.tokenFailed) }
        return (key.description, try module.publicKeyInfo(key.session, key.handle, key.description.kind, into: &info))
    }

    /// Makes the key that the URI describes.
    mutating func generate(_ type: KeyType) throws(TokenFailure) {
        let text = uri
        let uri = try parsed(text.bytes)
        guard uri.has(.object) else { throw TokenFailure(.notNamed) }
        let (session, slot) = try openSession(writable: true)
        guard let module else { throw TokenFailure(.tokenFailed) }
        _ = slot
        do throws(TokenFailure) {
            guard try module.privateKeys(session, uri).count == 0 else { throw TokenFailure(.keyExists) }
            try module.generate(session, type, uri)
        } catch {
            close()
            throw error
        }
        // A session that may only read comes next.
        close()
    }

    private mutating func openKey() throws(TokenFailure) -> OpenKey {
        if let key { return key }
        do throws(TokenFailure) {
            let (session, slot) = try openSession(writable: false)
            guard let module else { throw TokenFailure(.tokenFailed) }
            let keys = try module.privateKeys(session, try parsed(uri.bytes))
            guard keys.count > 0 else { throw TokenFailure(.noKey) }
            guard keys.count == 1 else { throw TokenFailure(.severalKeys) }
            let description = try module.describe(session, keys.first, slot)
            let opened = OpenKey(
                session: session, handle: keys.first, description: description,
                asksPIN: try module.alwaysAuthenticates(session, keys.first))
            key = opened
            return opened
        } catch {
            close()
            throw error
        }
    }

    private mutating func openSession(writable: Bool) throws(TokenFailure) -> (session: UInt64, slot: UInt64) {
        let text = uri
        let uri = try parsed(text.bytes)
        if let module {
            if !isInitialised { try module.initialise() }
        } else {
            module = try TokenModule(uri)
        }
        isInitialised = true
        guard let module else { throw TokenFailure(.tokenFailed) }
        let (slot, flags) = try module.slot(uri)
        let session = try module.open(slot, writable: writable)
        if flags & UInt64(SWL_P11_LOGIN_REQUIRED) != 0 { try logIn(session, flags, uri) }
        return (session, slot)
    }

    private mutating func close() {
        key = nil
        // Closes the sessions too; what it answers changes nothing.
        if isInitialised { module?.finalise() }
        isInitialised = false
    }

    // The PIN

    private mutating func logIn(_ session: UInt64, _ flags: UInt64, _ uri: borrowing PKCS11URI) throws(TokenFailure) {
        guard flags & UInt64(SWL_P11_PIN_LOCKED) == 0 else { throw TokenFailure(.pinLocked) }
        guard flags & UInt64(SWL_P11_PIN_FINAL_TRY) == 0 else { throw TokenFailure(.pinFinalTry) }
        var storage = InlineArray<256, UInt8>(repeating: 0)
        var room = storage.mutableSpan
        defer { room.wipe() }
        let count = try readPIN(uri, into: &room)
        // Without a PIN of ours the token may ask for one at its own keys.
        guard count > 0 || flags & UInt64(SWL_P11_PROTECTED_PATH) != 0 else { throw TokenFailure(.noPIN) }
        let pin = room.span.extracting(0..<count)
        let hash = try Self.hash(pin)
        guard count == 0 || hash != refusedPIN else {
            throw TokenFailure(.pinRefused, number: Int64(SWL_P11_PIN_INCORRECT))
        }
        do throws(TokenFailure) { try module?.logIn(session, pin) } catch {
            if error.isAboutPIN { refusedPIN = hash }
            throw error
        }
    }

    private static func hash(_ bytes: Span<UInt8>) throws(TokenFailure) -> StoredHash {
        do throws(StoreError) { return try storedHash(bytes) } catch { throw TokenFailure(.loginFailed) }
    }

    /// Reads the PIN: from the file that was named beside the URI, the URI's `pin-source`, or `pkcs11-pin` among the
    /// credentials that the service manager passed (systemd.exec(5), LoadCredential=).
    /// - Returns: its length; 0 where no file is named.
    private func readPIN(_ uri: borrowing PKCS11URI, into room: inout MutableSpan<UInt8>) throws(TokenFailure) -> Int {
        if !pinFile.isEmpty { return try Self.readPIN(pinFile.bytes, into: &room) }
        var source = InlineArray<256, UInt8>(repeating: 0)
        var sourceRoom = source.mutableSpan
        if let count = uri.value(.pinSource, into: &sourceRoom) {
            guard let path = PKCS11URI.path(ofPINSource: source.span.extracting(0..<count)) else {
                throw TokenFailure(.badURI)
            }
            return try Self.readPIN(path, into: &room)
        }
        guard let directory = environment("CREDENTIALS_DIRECTORY"), directory.count <= 400 else { return 0 }
        var path = InlineArray<512, UInt8>(repeating: 0)
        var writer = ByteWriter(path.mutableSpan)
        writer.append(directory)
        writer.append("/pkcs11-pin")
        let count = writer.count
        do throws(TokenFailure) {
            return try Self.readPIN(path.span.extracting(0..<count), into: &room)
        } catch {
            // The credentials may all be for others.
            guard error.number == Int64(SWL_ENOENT) else { throw error }
            return 0
        }
    }

    /// The first line of a file.
    private static func readPIN(_ path: Span<UInt8>, into room: inout MutableSpan<UInt8>) throws(TokenFailure) -> Int {
        let got = unsafe path.passed { path, pathCount in
            unsafe room.withUnsafeMutableBufferPointer { room in
                // The room is not empty, and the call writes no more than its count.
                unsafe swl_read_file(
                    SWL_WORKING_DIRECTORY, path, pathCount, 0, room.baseAddress.unsafelyUnwrapped, room.count)
            }
        }
        guard got >= 0 else { throw TokenFailure(.pinFile, number: Int64(-got)) }
        var end = 0
        while end < got, room[end] != UInt8(ascii: "\n") { end += 1 }
        if end > 0, room[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        guard end > 0 else { throw TokenFailure(.noPIN) }
        return end
    }

    // Signing

    /// Signs a hash. Where the token fails it is opened anew, once: it may have been taken out and put back.
    /// - Returns: how many bytes of `signature` there are.
    mutating func sign(
        _ algorithm: SignatureAlgorithm, _ hash: Digest, into signature: inout MutableSpan<UInt8>
    ) throws(TokenFailure) -> Int {
        let wasOpen = key != nil
        do throws(TokenFailure) { return try signOnce(algorithm, hash, into: &signature) } catch {
            close()
            guard wasOpen, error.reason == .tokenFailed else { throw error }
        }
        do throws(TokenFailure) { return try signOnce(algorithm, hash, into: &signature) } catch {
            close()
            throw error
        }
    }

    private mutating func signOnce(
        _ algorithm: SignatureAlgorithm, _ hash: Digest, into signature: inout MutableSpan<UInt8>
    ) throws(TokenFailure) -> Int {
        let key = try openKey()
        guard let module else { throw TokenFailure(.tokenFailed) }
        guard key.asksPIN else {
            return try module.sign(key.session, key.handle, key.description, algorithm, hash, pin: nil, &signature)
        }
        var storage = InlineArray<256, UInt8>(repeating: 0)
        var room = storage.mutableSpan
        defer { room.wipe() }
        let count = try readPIN(try parsed(uri.bytes), into: &room)
        let pin = room.span.extracting(0..<count)
        guard try Self.hash(pin) != refusedPIN else {
            throw TokenFailure(.pinRefused, number: Int64(SWL_P11_PIN_INCORRECT))
        }
        do throws(TokenFailure) {
            return try module.sign(key.session, key.handle, key.description, algorithm, hash, pin: pin, &signature)
        } catch {
            if error.isAboutPIN { refusedPIN = try Self.hash(pin) }
            throw error
        }
    }
}

/// The URI, which whoever sent it has looked at too.
@_lifetime(copy text)
private func parsed(_ text: Span<UInt8>) throws(TokenFailure) -> PKCS11URI {
    do throws(PKCS11URIError) { return try PKCS11URI(text) } catch { throw TokenFailure(.badURI) }
}

/// An environment variable, which nobody changes.
@_lifetime(immortal)
private func environment(_ name: StaticString) -> Span<UInt8>? {
    // The value has a terminator and lives as long as the environment.
    guard let value = unsafe swl_environment(name.utf8Start, name.utf8CodeUnitCount) else { return nil }
    let start = unsafe UnsafeRawPointer(value).assumingMemoryBound(to: UInt8.self)
    return unsafe _overrideLifetime(Span(_unsafeStart: start, count: swl_string_length(value)), copying: ())
}
