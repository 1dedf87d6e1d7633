// Every capacity of a connection, derived from named parts (RFC 8446 §5.1, §5.2; RFC 8449). Nothing else in the target
// holds a size of memory as a bare number.
//
// Three sizes are chosen: the largest fragment from the peer, the largest to the peer, the largest handshake message from
// the peer. From them follow the memory of a connection (`connectionBytes`) and of its handshake (`workspaceBytes`).
import Bytes
import TLSCrypto

/// The capacities of a connection. Values outside their range are brought to its nearest end.
public struct Limits: Equatable, Sendable {
    /// Plaintext bytes in one protected record from the peer. Less than 16384 is told to the peer (RFC 8449).
    public let inboundFragment: Int
    /// Plaintext bytes in one record to the peer.
    public let outboundFragment: Int
    /// Bytes of one handshake message from the peer, its header included.
    public let handshakeMessage: Int

    /// The least and the largest value of each. RFC 8449 §4 allows record limits from 64; below 512 a handshake is no longer
    /// reasonable.
    public static let fragmentRange = 512...16384
    /// The least and the largest handshake message: 24 bits of length, of which nobody needs more than 128 KiB.
    public static let handshakeMessageRange = 2048...131_072

    /// Limits from the three sizes, in bytes.
    public init(inboundFragment: Int = 16384, outboundFragment: Int = 16384, handshakeMessage: Int = 16384) {
        self.inboundFragment = inboundFragment.clamped(to: Self.fragmentRange)
        self.outboundFragment = outboundFragment.clamped(to: Self.fragmentRange)
        self.handshakeMessage = handshakeMessage.clamped(to: Self.handshakeMessageRange)
    }

    // Records (RFC 8446 §5.1, §5.2)

    /// type, legacy_record_version, length
    static let recordHeader = 5
    /// The content type behind the plaintext inside a protected record of TLS 1.3.
    static let innerContentType = 1
    /// The part of the nonce in front of the ciphertext of TLS 1.2's AES suites (RFC 5288 §3).
    static let explicitNonce = 8
    /// The most that a record takes beside its plaintext.
    static let recordOverhead = recordHeader + explicitNonce + AEADAlgorithm.tagBytes
    /// The longest fragment of a record that is not protected.
    static let plaintextFragment = 16384
    /// An alert in a protected record. Kept free behind the outbound record, so that an alert always gets out.
    static let alertRecord = recordOverhead + 2

    /// A KeyUpdate in a protected record (RFC 8446 §4.6.3).
    static let keyUpdateRecord = recordOverhead + 5

    /// The limit that we tell counts the content type in TLS 1.3 and leaves its byte for the plaintext in TLS 1.2.
    var inboundBuffer: Int { inboundFragment + Self.innerContentType + Self.recordOverhead }
    var outboundBuffer: Int { outboundFragment + Self.recordOverhead + Self.alertRecord }

    /// Whether a client has to be told that less than the usual fits (RFC 8449 §4).
    var announcesRecordSize: Bool { inboundFragment < Self.plaintextFragment }
    /// The record_size_limit that we send: in TLS 1.3 the content type is counted, in TLS 1.2 there is none to be.
    var recordSizeLimit: UInt16 { UInt16(truncatingIfNeeded: inboundFragment + Self.innerContentType) }

    // Secrets (RFC 8446 §7.1; RFC 5246 §8.1)

    /// The longest hash of a suite: SHA-384.
    static let secret = 48
    /// A traffic secret and its per-record initialisation vector (§5.3).
    static let trafficSecret = secret + AEADAlgorithm.nonceBytes

    /// The master secret of TLS 1.2, and the longest premaster secret.
    static let masterSecret = 48
    /// The random of the client, then that of the server.
    static let randoms = 64
    /// The modulus of RSA-4096, the longest key.
    static let longestModulus = 512
    /// What is exported from: exporter_master_secret, or TLS 1.2's master secret and randoms (RFC 5705 §4).
    static let exporter = secret + randoms

    // What stays for the life of the connection beside the buffers

    /// A handshake message that arrives after the handshake; a longer NewSessionTicket is passed over. Before, the content
    /// that is signed stands there.
    var postHandshakeMessage: Int { ticket + 64 }
    /// resumption_master_secret, and the hash of what a client's sessions are bound to.
    static let resumption = secret + sessionBinding
    static let sessionBinding = 32

    /// Memory that one connection keeps, in bytes, without the handle itself.
    public var connectionBytes: Int {
        let regions: InlineArray<_, Int> = [
            inboundBuffer, outboundBuffer, Self.trafficSecret, Self.trafficSecret, AEADKey.contextBytes,
            AEADKey.contextBytes, Self.exporter, Self.resumption, postHandshakeMessage,
        ]
        return Self.total(regions.span)
    }

    // Sessions (§4.6.1)

    /// The longest ticket that a client keeps, or a server looks at; a longer one is passed over. Ours have at most 126
    /// bytes; those of OpenSSL hold the client's certificate.
    var ticket: Int { inboundFragment < 4096 ? 832 : Self.longestTicket }
    static let longestTicket = 1536
    /// Where the key of a session begins: see `Session`.
    static let sessionKeyOffset = 1 + 2 + 1 + 1 + 4 + 4 + 4 * 8 + 32 + 1
    /// A session without its ticket.
    static let sessionWithoutTicket = sessionKeyOffset + secret + 2 + 32
    /// The longest session that `Connection.takeSession` writes.
    public static let session = sessionWithoutTicket + longestTicket

    // The handshake's workspace

    /// What a CertificateVerify and a Finished need behind a certificate message that is kept.
    static let afterCertificate = 1024
    /// The longest cookie that a client sends back (§4.2.2).
    static let cookie = 512
    /// A handshake message of ours but for its certificates: a ClientHello with every extension and a ticket, or a
    /// CertificateVerify.
    var outgoingMessage: Int { 1536 + ticket }
    /// The names of our anchors in a CertificateRequest (§4.2.4).
    static let authorities = 1024

    /// Memory that a handshake borrows, in bytes.
    public var workspaceBytes: Int {
        let regions: InlineArray<_, Int> = [
            handshakeMessage + Self.afterCertificate, outgoingMessage, RunningHash.contextBytes,
            RunningHash.contextBytes, RunningHash.contextBytes, EphemeralKey.memoryBytes,
            Self.cookie + 1 + Hello.sessionIDBytes, Self.secret, Self.secret, Self.secret, Self.secret, Self.secret,
            Self.sessionWithoutTicket + ticket, AEADKey.contextBytes, MasterSecret.memoryBytes,
        ]
        return Self.total(regions.span)
    }

    /// The sum of the regions, each padded to the alignment, and one padding more for an arena that begins unaligned.
    private static func total(_ regions: Span<Int>) -> Int {
        var sum = Region.alignment
        for index in regions.indices {
            sum += (regions[index] + Region.alignment - 1) / Region.alignment * Region.alignment
        }
        return sum
    }
}

extension Int {
    fileprivate func clamped(to range: ClosedRange<Int>) -> Int {
        Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
    }
}
