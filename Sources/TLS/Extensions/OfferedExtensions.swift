// The set of extensions that somebody offered, so that answers to anything else can be refused (RFC 8446 §4.2).

/// A set of extensions that we know, or all there are.
struct OfferedExtensions: Equatable, Sendable {
    /// One bit for each type below 64: every extension that we know and that is answered is among them.
    private var bits: UInt64
    private let isUniversal: Bool

    /// No extension.
    static var nothing: Self { Self(bits: 0, isUniversal: false) }

    /// Every extension, for messages that answer nothing.
    static var anything: Self { Self(bits: 0, isUniversal: true) }

    /// What every ClientHello of TLS 1.3 offers and a ServerHello may answer, as long as there is no pre-shared key (§9.2).
    static var serverHelloOf13: Self { nothing.with(.supported_versions).with(.key_share) }

    /// This set and one more extension, whose type must be below 64.
    func with(_ type: ExtensionType, if isOffered: Bool = true) -> Self {
        guard isOffered, type.rawValue < 64 else { return self }
        return Self(bits: bits | 1 << UInt64(type.rawValue), isUniversal: isUniversal)
    }

    /// Whether the extension was offered.
    func contains(_ type: ExtensionType) -> Bool {
        if isUniversal { return true }
        return type.rawValue < 64 && bits & 1 << UInt64(type.rawValue) != 0
    }
}
