// The settings of one tunnel, as they are used: every value has been checked for itself and against the others, no file
// has been read and no name looked up.
import Bytes
import TLS
import Transport
import X509

/// A protocol whose streams come to TLS by STARTTLS.
enum StartTLSProtocol: Sendable {
    /// RFC 3207.
    case smtp
}

/// One tunnel: what it listens at, where it leads, who may use it, and what memory it takes.
struct TunnelSettings: Sendable {
    typealias Name = BoundedBytes<32>
    typealias Path = BoundedBytes<512>

    /// The line of the section's header.
    var line: Int
    var name: Name
    /// Which side of TLS the daemon is: `.server` accepts TLS, `.client` connects with TLS.
    var role: Role = .server
    var accept: Endpoint
    var connect: Endpoint
    /// Our certificates, leaf first, and its key, a file or a PKCS#11 URI; empty where we show none.
    var certificate = Path()
    var key = Path()
    /// The file with the PIN of the token that `key`, or the identity store's key, is in; empty for what the URI says.
    var pinFile = Path()
    /// The identity store that certificates, key and, without `anchors`, anchors come from; empty where there is none.
    var identity = Path()
    /// What is trusted; empty where no peer is verified.
    var anchors = Path()
    /// Revocation lists; empty where revocation is not looked at.
    var crls = Path()
    /// Keys that both sides were given beforehand; empty for none.
    var pskFile = Path()
    /// Which of them are used; empty for all.
    var pskIdentity = BoundedBytes<256>()
    /// How they may be used, best first; empty for the usual.
    var pskModes = FixedList<2, PSKKeyExchangeMode>(filler: .psk_dhe_ke)
    /// The context under which they are imported (RFC 9258); nil where they are used as they are.
    var pskContext: BoundedBytes<128>?
    /// Raw public keys that are trusted; empty for none.
    var rawPublicKeys = Path()
    /// Our key whose public half is shown raw; empty for none.
    var rawKey = Path()
    /// Where the file names them.
    var identityLine = 0
    var certificateLine = 0
    var keyLine = 0
    var pinFileLine = 0
    var anchorsLine = 0
    var crlsLine = 0
    var pskFileLine = 0
    var rawPublicKeysLine = 0
    var rawKeyLine = 0
    var unsafeRSAKeyTransportLine = 0
    var clientCertificates: ClientCertificates = .none
    /// Names of which the peer's certificate must carry one.
    var peerNames = ReferenceIdentities()
    /// Client: the server_name to send; empty sends none.
    var serverName = BoundedBytes<253>()
    var protocols = ApplicationProtocols()
    /// How many connections at a time.
    var connections = 32
    /// Seconds from accepting to the end of the handshake.
    var handshakeTimeout = 20
    /// Seconds without a byte either way; 0 is no limit.
    var idleTimeout = 43_200
    /// Plaintext bytes in one record, either way; nil leaves what is sent to the kind of stream that carries it.
    var recordSize: Int?
    /// Whether that is a setting of the tunnel itself.
    var isRecordSizeGiven = false
    /// Bytes of the largest handshake message that is taken from the peer.
    var handshakeMemory = 16_384
    /// What may be used in a connection.
    var policy = Policy.default
    /// Whether RSA key transport may be used in TLS 1.2.
    var unsafeRSAKeyTransport = false
    /// Whether a peer of TLS 1.2 may do without extended_master_secret (RFC 7627).
    var unsafeNoExtendedMasterSecret = false
    /// What the stream begins with before TLS; nil is TLS at once.
    var startTLS: StartTLSProtocol?
    /// Server: whether what clients send early is carried, which somebody may have recorded and sent again.
    var unsafeEarlyData = false

    static let connectionsRange = 1...4096
    static let handshakeTimeoutRange = 1...3600
    static let idleTimeoutRange = 0...604_800

    init(line: Int, name: Name, accept: Endpoint, connect: Endpoint) {
        self.line = line
        self.name = name
        self.accept = accept
        self.connect = connect
    }

    /// What is sent over a serial line goes in small records, unless they were asked for.
    private var outboundRecordSize: Int {
        let most = recordSize ?? Limits.fragmentRange.upperBound
        return isRecordSizeGiven ? most : min(most, (role == .server ? accept : connect).usualRecordSize)
    }

    /// The memory of each connection.
    var limits: Limits {
        Limits(
            inboundFragment: recordSize ?? Limits.fragmentRange.upperBound,
            outboundFragment: outboundRecordSize,
            handshakeMessage: handshakeMemory)
    }

    /// Whether the anchors are those of the identity store.
    var usesStoredAnchors: Bool {
        guard !identity.isEmpty, anchors.isEmpty else { return false }
        guard rawPublicKeys.isEmpty else { return false }
        return role == .client ? pskFile.isEmpty : clientCertificates != .none
    }

    /// Whether the peer has to show a certificate that is verified, or may.
    var verifiesPeer: Bool {
        let hasAnchors = !anchors.isEmpty || usesStoredAnchors
        return role == .client ? hasAnchors : clientCertificates != .none && hasAnchors
    }
}
