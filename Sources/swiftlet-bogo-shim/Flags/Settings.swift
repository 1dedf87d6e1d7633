// What the runner's flags ask of one connection.
import TLS
import TLSCrypto

/// The flags of one connection.
struct Settings {
    // The run
    var asksForHandshaker = false
    var port: UInt16 = 0
    var isIPv6 = false
    var shimID: UInt64 = 0
    var isServer = false
    var resumeCount = 0
    /// How many seconds pass, to our clock alone, before the next connection.
    var delayAfterwards: Int64 = 0

    // Versions
    var minimumVersion: UInt16 = 0
    var maximumVersion: UInt16 = .max
    /// Versions that a flag of their own excludes.
    var excludedVersions: [UInt16] = []
    /// The versions of ours that the flags leave, best first.
    var versions: [ProtocolVersion] { [.tls13, .tls12].filter { allows($0.rawValue) } }
    /// Whether the flags leave TLS 1.0 or 1.1 as a choice, which Swiftlet does not have.
    var allowsOlderVersions: Bool { allows(0x0301) || allows(0x0302) }

    private func allows(_ version: UInt16) -> Bool {
        minimumVersion <= version && version <= maximumVersion && !excludedVersions.contains(version)
    }
    /// Client: whether this is a second try with a lower version (RFC 7507).
    var isFallback = false
    /// Whether a server that does not know RFC 5746 is refused.
    var requiresRenegotiationInfo = false
    /// Whether a renegotiation is wanted, or to be passed over, which Swiftlet does neither.
    var renegotiates = false

    // What is offered and accepted
    /// Cipher suites, best first; empty for ours.
    var cipherSuites: [CipherSuite] = []
    var groups: [NamedGroup] = []
    /// The groups that a client is to send shares for; nil leaves that to us.
    var keyShares: [NamedGroup]?
    var verifySchemes: [SignatureScheme] = []
    var advertisedProtocols: [UInt8] = []
    var selectedProtocol: String?
    var rejectsProtocols = false
    var hostName = ""
    var largestMessage: Int?
    var largestFragment: Int?
    var allowsTickets = true
    var requestsOCSPStaple = false
    /// Whether early data are sent or taken where they may be.
    var enablesEarlyData = false

    // Certificates
    /// What stands before the first credential of its own.
    var defaultCredential = Credential()
    var credentials: [Credential] = []
    /// The types of certificates that the peer may show, best first; empty for certificates alone.
    var acceptedTypes: [CertificateType] = []
    /// The types that a client says it can show; empty for those of its credentials.
    var offeredTypes: [CertificateType] = []
    var requestsCertificate = false
    var requiresCertificate = false
    var refusesPeer = false
    /// What a peer is told that is refused.
    var alertOfRefusal: AlertDescription {
        // BoringSSL's older callback, which is not for asynchronous runs, has no error of its own to say.
        usesCustomVerification || isAsynchronous ? .certificate_unknown : .handshake_failure
    }
    var usesCustomVerification = false
    var isAsynchronous = false
    /// Whether a peer that is known by its session is judged anew.
    var judgesAgain = false
    /// The schemes that our keys may sign with, where a credential has none of its own.
    var signingSchemes: [SignatureScheme] = []

    // After the handshake
    /// How many bytes of keying material are exported and sent; 0 for none.
    var exportedBytes = 0
    var exportLabel = ""
    var exportContext = ""
    /// Whether a context is exported with, which may be empty.
    var exportsWithContext = false
    /// Whether tls-unique is sent.
    var sendsTLSUnique = false
    var writesFirst = false
    var initialWrite = "hello"
    var initialWrites = 1
    var writesDifferentSizes = false
    var readSize = 512
    var updatesKeys = false
    var updatesKeysBeforeReading = false
    /// Whether a fatal alert is all that is sent.
    var sendsAlert = false
    var shutsDown = false
    var checksCloseNotify = false

    /// What is checked of the outcome.
    var expected = Expectations()
}

/// What stands for us: a certificate chain with its key, a raw public key, or a key that both sides were given.
struct Credential {
    /// Whether the public half of the key is shown, and no certificate.
    var isRawPublicKey = false
    /// The key of RFC 9258's importer; nil for certificates.
    var imported: ImportedKey?
    var certificates = ""
    var key = ""
    /// What is stapled to the certificates; empty for nothing.
    var ocspResponse: [UInt8] = []
    /// The schemes that the key may sign with, best first; empty for whatever it can.
    var schemes: [SignatureScheme] = []
    /// Whether it is shown only to a peer that names one of its issuers.
    var isOnlyForItsIssuers = false
}

/// What RFC 9258's importer makes keys from.
struct ImportedKey {
    var key: [UInt8] = []
    var identity: [UInt8] = []
    var context: [UInt8] = []
    var hash = HashAlgorithm.sha256
}

/// What a handshake has to come to.
struct Expectations {
    var version: UInt16?
    var extendedMasterSecret = false
    /// Whether a client's resumption is to bring another session.
    var renewal = false
    var cipherSuite: CipherSuite?
    var group: NamedGroup?
    var peerScheme: SignatureScheme?
    var helloRetryRequest: Bool?
    var serverName: String?
    var applicationProtocol = ""
    var peerCertificates = ""
    var noPeerCertificate = false
    /// What a server has to staple; empty where that does not matter.
    var ocspResponse: [UInt8] = []
    var peerCertificateType: CertificateType?
    /// SHA-256 of the peer's raw public key; empty where it has none.
    var rawPublicKeyHash: [UInt8] = []
    var credential: Int?
    /// Whether a connection that offers a session is nevertheless to be a full handshake.
    var sessionMiss = false
    /// Whether no ticket is to come.
    var noTicket = false
    var earlyDataIsAccepted: Bool?
    /// Client: whether no early data are to be announced.
    var noOfferOfEarlyData = false
    /// BoringSSL's word for what became of early data, and why.
    var earlyDataReason: String?
    /// Client: whether the tickets that come are to allow early data.
    var ticketTakesEarlyData = false
}
