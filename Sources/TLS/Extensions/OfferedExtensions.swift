// The set of extensions that somebody offered, so that answers to anything else can be refused (RFC 8446 §4.2).

/// A set of extensions that we know, or all there are.
struct OfferedExtensions: Equatable, Sendable {
    /// One bit for each type below 64: every extension that we know and that is answered is among them, but for
    /// renegotiation_info, whose bit is the last.
    private var bits: UInt64
    private let isUniversal: Bool

    /// No extension.
    static var nothing: Self { Self(bits: 0, isUniversal: false) }

    /// Every extension, for messages that answer nothing.
    static var anything: Self { Self(bits: 0, isUniversal: true) }

    /// What every ClientHello of TLS 1.3 offers and a ServerHello may answer, as long as there is no pre-shared key (§9.2).
    static var serverHelloOf13: Self { nothing.with(.supported_versions).with(.key_share) }

    private static func bit(of type: ExtensionType) -> UInt64 {
        if type == .renegotiation_info { return 1 << 63 }
        return type.rawValue < 63 ? 1 << UInt64(type.rawValue) : 0
    }

    /// This set and one more extension, whose type must be below 63 or renegotiation_info.
    func with(_ type: ExtensionType, if isOffered: Bool = true) -> Self {
        Self(bits: isOffered ? bits | Self.bit(of: type) : bits, isUniversal: isUniversal)
    }

    /// Whether the extension was offered.
    func contains(_ type: ExtensionType) -> Bool {
        isUniversal || bits & Self.bit(of: type) != 0
    }
}
