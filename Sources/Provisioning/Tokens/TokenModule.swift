// The calls of a PKCS#11 module (PKCS #11 v2.40 §5), each with its failure: a thin layer over CPKCS11.
import Bytes
import CPKCS11
import TLSCrypto
import X509

/// A module, loaded for the rest of the process's life.
@safe struct TokenModule {
    private let module: OpaquePointer

    /// Loads the module that a URI names, and initialises it.
    init(_ uri: borrowing PKCS11URI) throws(TokenFailure) {
        var path = InlineArray<256, UInt8>(repeating: 0)
        var room = path.mutableSpan
        guard let count = uri.value(.modulePath, into: &room) else { throw TokenFailure(.moduleNotNamed) }
        var why = InlineArray<128, UInt8>(repeating: 0)
        var whyRoom = why.mutableSpan
        var whyCount = 0
        var loaded: OpaquePointer?
        let error = unsafe path.span.extracting(0..<count).passed { path, pathCount in
            unsafe whyRoom.withUnsafeMutableBufferPointer { why in
                // Both buffers are live memory with the counts next to them; the room is not empty.
                unsafe swl_p11_load(
                    path, pathCount, &loaded, why.baseAddress.unsafelyUnwrapped, why.count, &whyCount)
            }
        }
        guard error == 0, let loaded = unsafe loaded else {
            switch error {
            case Int64(SWL_P11_STATIC): throw TokenFailure(.programIsStatic)
            case Int64(SWL_P11_NOT_LOADED), Int64(SWL_P11_TOO_LARGE):
                throw TokenFailure(.moduleNotLoaded, detail: why.span.extracting(0..<whyCount))
            case Int64(SWL_P11_NOT_A_MODULE), Int64(SWL_P11_NO_FUNCTION): throw TokenFailure(.notAModule)
            default: throw TokenFailure(.moduleFailed, number: error)
            }
        }
        unsafe module = loaded
    }

    func initialise() throws(TokenFailure) {
        // The module stays loaded; so in every call below.
        let error = unsafe swl_p11_initialize(module)
        guard error == 0 || error == Int64(SWL_P11_ALREADY_INITIALISED) else {
            throw TokenFailure(.moduleFailed, number: error)
        }
    }

    func finalise() { _ = unsafe swl_p11_finalize(module) }

    private func check(_ error: Int64, _ reason: TokenFailure.Reason = .tokenFailed) throws(TokenFailure) {
        guard error != 0 else { return }
        throw TokenFailure(reason, number: max(error, 0))
    }

    // Tokens

    /// The one slot whose token is as the URI describes it, and the token's flags.
    func slot(_ uri: borrowing PKCS11URI) throws(TokenFailure) -> (slot: UInt64, flags: UInt64) {
        guard try isDescribed(by: uri) else { throw TokenFailure(.noToken) }
        var slots = InlineArray<64, UInt64>(repeating: 0)
        var room = slots.mutableSpan
        var count = 0
        let error = unsafe room.withUnsafeMutableBufferPointer { room in
            // The room is not empty, and the call writes no more than its count.
            unsafe swl_p11_slots(module, room.baseAddress.unsafelyUnwrapped, room.count, &count)
        }
        try check(error)
        var found: (slot: UInt64, flags: UInt64)?
        for index in 0..<count {
            var token = swl_p11_token()
            // One that has just been taken out is none.
            guard unsafe swl_p11_token(module, slots[index], &token) == 0,
                token.flags & UInt64(SWL_P11_INITIALISED) != 0, uri.slot.map({ UInt64($0) == slots[index] }) ?? true,
                Self.matches(token, uri)
            else { continue }
            guard found == nil else { throw TokenFailure(.severalTokens) }
            found = (slots[index], token.flags)
        }
        guard let found else { throw TokenFailure(.noToken) }
        return found
    }

    private func isDescribed(by uri: borrowing PKCS11URI) throws(TokenFailure) -> Bool {
        var library = swl_p11_library()
        try check(unsafe swl_p11_library(module, &library))
        return uri.matches(major: library.major, minor: library.minor)
            && bytes(of: library.manufacturer) { uri.matches(.libraryManufacturer, padded: $0) }
            && bytes(of: library.description) { uri.matches(.libraryDescription, padded: $0) }
    }

    private static func matches(_ token: swl_p11_token, _ uri: borrowing PKCS11URI) -> Bool {
        bytes(of: token.label) { uri.matches(.token, padded: $0) }
            && bytes(of: token.manufacturer) { uri.matches(.manufacturer, padded: $0) }
            && bytes(of: token.model) { uri.matches(.model, padded: $0) }
            && bytes(of: token.serial) { uri.matches(.serial, padded: $0) }
            && bytes(of: token.slot_description) { uri.matches(.slotDescription, padded: $0) }
            && bytes(of: token.slot_manufacturer) { uri.matches(.slotManufacturer, padded: $0) }
    }

    func open(_ slot: UInt64, writable: Bool) throws(TokenFailure) -> UInt64 {
        var session: UInt64 = 0
        try check(unsafe swl_p11_open(module, slot, writable ? 1 : 0, &session))
        return session
    }

    /// Logs in as the token's user; without a PIN the token asks by its own means.
    func logIn(_ session: UInt64, _ pin: Span<UInt8>) throws(TokenFailure) {
        // The call reads the PIN, and keeps nothing of ours.
        let error = unsafe pin.passed { unsafe swl_p11_login(module, session, pin.isEmpty ? nil : $0, $1) }
        if error != 0, error != Int64(SWL_P11_ALREADY_LOGGED_IN) { throw Self.loginFailure(error) }
    }

    private static func loginFailure(_ error: Int64) -> TokenFailure {
        switch error {
        // CKR_PIN_INCORRECT, CKR_PIN_INVALID, CKR_PIN_LEN_RANGE, CKR_PIN_EXPIRED
        case 0xA0...0xA3: TokenFailure(.pinRefused, number: error)
        case Int64(SWL_P11_PIN_LOCKED_ERROR): TokenFailure(.pinLocked, number: error)
        default: TokenFailure(.loginFailed, number: max(error, 0))
        }
    }

    // Keys

    /// The private keys that the URI describes: how many there are, of which two are as good as many, and the first.
    func privateKeys(
        _ session: UInt64, _ uri: borrowing PKCS11URI
    ) throws(TokenFailure) -> (count: Int, first: UInt64) {
        var label = InlineArray<64, UInt8>(repeating: 0)
        var identifier = InlineArray<64, UInt8>(repeating: 0)
        var labelRoom = label.mutableSpan
        var identifierRoom = identifier.mutableSpan
        let labelCount = uri.value(.object, into: &labelRoom) ?? 0
        let identifierCount = uri.value(.id, into: &identifierRoom) ?? 0
        return try objects(
            session, SWL_P11_PRIVATE_KEY, label.span.extracting(0..<labelCount),
            identifier.span.extracting(0..<identifierCount))
    }

    private func objects(
        _ session: UInt64, _ kind: Int, _ label: Span<UInt8>, _ identifier: Span<UInt8>
    ) throws(TokenFailure) -> (count: Int, first: UInt64) {
        var handles = InlineArray<2, UInt64>(repeating: 0)
        var room = handles.mutableSpan
        var count = 0
        let error = unsafe label.passed { labelStart, labelCount in
            unsafe identifier.passed { identifierStart, identifierCount in
                unsafe room.withUnsafeMutableBufferPointer { room in
                    // Every address is that of live memory with the count next to it; the room has two places.
                    unsafe swl_p11_find(
                        module, session, Int32(kind), labelCount > 0 ? labelStart : nil, labelCount,
                        identifierCount > 0 ? identifierStart : nil, identifierCount,
                        room.baseAddress.unsafelyUnwrapped, room.count, &count)
                }
            }
        }
        try check(error)
        return (count, handles[0])
    }

    /// An attribute that is bytes; empty where it is not there.
    private func attribute(
        _ session: UInt64, _ object: UInt64, _ type: Int, into room: inout MutableSpan<UInt8>
    ) throws(TokenFailure) -> Int {
        var count = 0
        let error = unsafe room.withUnsafeMutableBufferPointer { room in
            // The room is not empty, and the call writes no more than its count.
            unsafe swl_p11_attribute(
                module, session, object, Int32(type), room.baseAddress.unsafelyUnwrapped, room.count, &count)
        }
        try check(error)
        return count
    }

    func alwaysAuthenticates(_ session: UInt64, _ key: UInt64) throws(TokenFailure) -> Bool {
        var answer: Int32 = 0
        try check(unsafe swl_p11_always_authenticates(module, session, key, &answer))
        return answer != 0
    }

    /// What kind of key it is, and what the token can do with it.
    func describe(_ session: UInt64, _ key: UInt64, _ slot: UInt64) throws(TokenFailure) -> TokenKeyDescription {
        var type: UInt64 = 0
        try check(unsafe swl_p11_key_type(module, session, key, &type))
        var storage = InlineArray<600, UInt8>(repeating: 0)
        var room = storage.mutableSpan
        if type == UInt64(SWL_P11_EC) {
            let count = try attribute(session, key, SWL_P11_EC_PARAMS, into: &room)
            guard let curve = curve(ofParameters: room.span.extracting(0..<count)), canSign(slot, SWL_P11_ECDSA) else {
                throw TokenFailure(.unsupportedKey)
            }
            return TokenKeyDescription(kind: .ec(curve), signsPSS: false, signsPKCS1: false)
        }
        guard type == UInt64(SWL_P11_RSA) else { throw TokenFailure(.unsupportedKey) }
        let count = try attribute(session, key, SWL_P11_MODULUS, into: &room)
        let modulus = room.span.extracting(0..<count)
        let kind = PublicKey(rsaModulus: modulus, exponent: Span()).kind
        let description = TokenKeyDescription(
            kind: kind, signsPSS: canSign(slot, SWL_P11_RSA_PSS), signsPKCS1: canSign(slot, SWL_P11_RSA_PKCS))
        guard case .rsa(2048...4096) = kind, description.signsPSS || description.signsPKCS1 else {
            throw TokenFailure(.unsupportedKey)
        }
        return description
    }

    private func canSign(_ slot: UInt64, _ mechanism: Int) -> Bool {
        unsafe swl_p11_can_sign(module, slot, Int32(mechanism)) != 0
    }

    /// Writes the SubjectPublicKeyInfo of a private key.
    /// - Returns: how many bytes it has; 0 where the token does not have the public key.
    func publicKeyInfo(
        _ session: UInt64, _ key: UInt64, _ kind: PublicKeyKind, into output: inout MutableSpan<UInt8>
    ) throws(TokenFailure) -> Int {
        var first = InlineArray<600, UInt8>(repeating: 0)
        var second = InlineArray<16, UInt8>(repeating: 0)
        var value = first.mutableSpan
        var exponent = second.mutableSpan
        let identifier = try identifier(session, key)
        // The two halves of a pair have the same CKA_ID (§4.1.2 of the base specification says so of certificates too).
        var object = key
        if !identifier.isEmpty {
            let halves = try objects(session, SWL_P11_PUBLIC_KEY, Span(), identifier.bytes)
            if halves.count > 0 { object = halves.first }
        }
        do throws(ProvisioningError) {
            guard case .ec(let curve) = kind else {
                let modulusCount = try read(session, object, SWL_P11_MODULUS, into: &value)
                let exponentCount = try read(session, object, SWL_P11_PUBLIC_EXPONENT, into: &exponent)
                guard modulusCount > 0, exponentCount > 0 else { return 0 }
                return try writePublicKeyInfo(
                    modulus: first.span.extracting(0..<modulusCount),
                    exponent: second.span.extracting(0..<exponentCount), into: &output)
            }
            let count = try read(session, object, SWL_P11_EC_POINT, into: &value)
            guard let point = point(first.span.extracting(0..<count), on: curve) else { return 0 }
            return try writePublicKeyInfo(curve, point: point, into: &output)
        } catch {
            throw TokenFailure(.noPublicKey)
        }
    }

    /// CKA_ID of an object; empty where it has none.
    private func identifier(_ session: UInt64, _ object: UInt64) throws(TokenFailure) -> BoundedBytes<128> {
        var storage = InlineArray<128, UInt8>(repeating: 0)
        var room = storage.mutableSpan
        let count = try attribute(session, object, SWL_P11_ID, into: &room)
        // No more than there is room for.
        return BoundedBytes(storage.span.extracting(0..<count)) ?? BoundedBytes()
    }

    /// As `attribute`; what cannot be read is not there.
    private func read(
        _ session: UInt64, _ object: UInt64, _ type: Int, into room: inout MutableSpan<UInt8>
    ) throws(ProvisioningError) -> Int {
        do throws(TokenFailure) { return try attribute(session, object, type, into: &room) } catch { return 0 }
    }

    // Signing and making keys

    /// Signs a hash. ECDSA's two numbers come out as DER.
    func sign(
        _ session: UInt64, _ key: UInt64, _ description: TokenKeyDescription, _ algorithm: SignatureAlgorithm,
        _ hash: Digest, pin: Span<UInt8>?, _ signature: inout MutableSpan<UInt8>
    ) throws(TokenFailure) -> Int {
        var storage = InlineArray<96, UInt8>(repeating: 0)
        var room = storage.mutableSpan
        let mechanism: Int
        var dataCount = hash.count
        switch (algorithm, description.kind) {
        case (.ecdsa, .ec(let curve)):
            mechanism = SWL_P11_ECDSA
            // FIPS 186-4 §6.4: of a longer hash the leftmost bits count, and not every token cuts it.
            dataCount = min(dataCount, curve.scalarBytes)
            room.copy(hash.bytes.extracting(0..<dataCount), at: 0)
        case (.rsaPSS, .rsa) where description.signsPSS:
            mechanism = SWL_P11_RSA_PSS
            room.copy(hash.bytes, at: 0)
        case (.rsaPKCS1(let algorithm), .rsa) where description.signsPKCS1:
            mechanism = SWL_P11_RSA_PKCS
            do throws(ProvisioningError) {
                dataCount = try writeDigestInfo(algorithm, hash.bytes, into: &room)
            } catch {
                throw TokenFailure(.tokenFailed)
            }
        default: throw TokenFailure(.unsupportedKey)
        }
        var raw = InlineArray<512, UInt8>(repeating: 0)
        var rawRoom = raw.mutableSpan
        let count = try signRaw(session, key, mechanism, room.span.extracting(0..<dataCount), hash.count, pin, &rawRoom)
        return try Self.encode(rawRoom.span.extracting(0..<count), description.kind, into: &signature)
    }

    private func signRaw(
        _ session: UInt64, _ key: UInt64, _ mechanism: Int, _ data: Span<UInt8>, _ hashBytes: Int, _ pin: Span<UInt8>?,
        _ output: inout MutableSpan<UInt8>
    ) throws(TokenFailure) -> Int {
        var count = 0
        let secret = if let pin { pin } else { Span<UInt8>() }
        let error = unsafe data.passed { data, dataCount in
            unsafe secret.passed { secret, secretCount in
                unsafe output.withUnsafeMutableBufferPointer { output in
                    // Every address is that of live memory with the count next to it; the output is not empty.
                    unsafe swl_p11_sign(
                        module, session, key, Int32(mechanism), data, dataCount, hashBytes, pin == nil ? 0 : 1,
                        secretCount > 0 ? secret : nil, secretCount, output.baseAddress.unsafelyUnwrapped, output.count,
                        &count)
                }
            }
        }
        if pin != nil, (0xA0...0xA4).contains(error) { throw Self.loginFailure(error) }
        try check(error)
        return count
    }

    private static func encode(
        _ raw: Span<UInt8>, _ kind: PublicKeyKind, into signature: inout MutableSpan<UInt8>
    ) throws(TokenFailure) -> Int {
        switch kind {
        case .ec(let curve):
            guard raw.count == 2 * curve.scalarBytes else { throw TokenFailure(.badSignature) }
            do throws(CryptoError) { return try encodeECDSASignature(halves: raw, into: &signature) } catch {
                throw TokenFailure(.badSignature)
            }
        case .rsa(let bits):
            guard raw.count == (bits + 7) / 8, raw.count <= signature.count else { throw TokenFailure(.badSignature) }
            signature.copy(raw, at: 0)
            return raw.count
        }
    }

    /// Makes a key pair with the URI's label, and its identifier or a random one.
    func generate(_ session: UInt64, _ type: KeyType, _ uri: borrowing PKCS11URI) throws(TokenFailure) {
        var label = InlineArray<64, UInt8>(repeating: 0)
        var identifier = InlineArray<64, UInt8>(repeating: 0)
        var labelRoom = label.mutableSpan
        var identifierRoom = identifier.mutableSpan
        let labelCount = uri.value(.object, into: &labelRoom) ?? 0
        var identifierCount = uri.value(.id, into: &identifierRoom) ?? 0
        if identifierCount == 0 {
            identifierCount = 16
            var random = identifierRoom._mutatingExtracting(0..<16)
            do throws(CryptoError) { try RandomSource.system.fill(&random) } catch { throw TokenFailure(.tokenFailed) }
        }
        let (curve, bits) = Self.parameters(type)
        let error = unsafe label.span.extracting(0..<labelCount).passed { label, labelCount in
            unsafe identifierRoom.span.extracting(0..<identifierCount).passed { identifier, identifierCount in
                unsafe curve.bytes.passed { curve, curveCount in
                    // Every address is that of live memory with the count next to it.
                    unsafe swl_p11_generate(
                        module, session, curveCount > 0 ? curve : nil, curveCount, bits, labelCount > 0 ? label : nil,
                        labelCount, identifier, identifierCount)
                }
            }
        }
        try check(error, Self.isAboutMaking(error) ? .cannotMake : .tokenFailed)
    }

    /// Whether it was the token that cannot, rather than that something happened to it: CKR_ATTRIBUTE_..., CKR_FUNCTION_NOT_SUPPORTED,
    /// CKR_KEY_SIZE_RANGE, CKR_MECHANISM_..., CKR_DOMAIN_PARAMS_INVALID, CKR_TEMPLATE_..., CKR_TOKEN_WRITE_PROTECTED,
    /// CKR_CURVE_NOT_SUPPORTED, CKR_DEVICE_MEMORY.
    private static func isAboutMaking(_ error: Int64) -> Bool {
        switch error {
        case 0x10...0x13, 0x31, 0x54, 0x62, 0x70, 0x71, 0x130, 0xD0, 0xD1, 0xE2, 0x140: true
        default: false
        }
    }

    private static func parameters(_ type: KeyType) -> (curve: BoundedBytes<16>, bits: UInt64) {
        switch type {
        case .p256: (curveParameters(.secp256r1), 0)
        case .p384: (curveParameters(.secp384r1), 0)
        case .rsa2048: (BoundedBytes(), 2048)
        case .rsa3072: (BoundedBytes(), 3072)
        case .rsa4096: (BoundedBytes(), 4096)
        }
    }
}

/// Hands the bytes of a field of a C structure to `body`.
private func bytes<Field>(of field: Field, _ body: (Span<UInt8>) -> Bool) -> Bool {
    // A field is a tuple of bytes, without padding, that lives as long as the call.
    unsafe withUnsafeBytes(of: field) { unsafe body(Span(_unsafeBytes: $0)) }
}
