// Seeds that the fuzzers write themselves: the messages and extensions of recorded handshakes, the flights as they go over
// the wire, programs that change nothing, and a few texts. scripts/fuzz --seeds adds what openssl says and makes.
import Foundation
import TestSupport
import X509

@testable import TLS

/// Writes a folder of seeds for each target that has some.
func writeSeeds(to directory: String) {
    func plant(_ target: String, _ name: String, _ bytes: [UInt8]) {
        let folder = "\(directory)/\(target)"
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        guard FileManager.default.createFile(atPath: "\(folder)/\(name)", contents: Data(bytes)) else {
            fatalError("cannot write a seed to \(folder)")
        }
    }
    for index in Variant.all.indices {
        let recording = Recording.of(index)
        for sender in [Role.client, .server] {
            plantMessages(recording, sender, "ours-\(index)", plant)
            let sealer = FlightSealer(recording.holder, sender, fragment: recording.variant.fragment)
            let wire = recording.flights(of: sender).flatMap { sealer.seal($0) }
            plant(sender == .client ? "connection-server" : "connection-client", "ours-\(index)", [UInt8(index)] + wire)
        }
    }
    for target in connectionTargets where !target.name.hasPrefix("connection-") {
        let variants = target.name.contains("-12-") ? Variant.of12 : Variant.all
        for index in variants.indices { plant(target.name, "honest-\(index)", [UInt8(index)]) }
    }
    plantBlocks(plant)
    plantFlightsOf12(plant)
    for target in connectionTargets { plantPrograms(target.name, plant) }
    for (target, texts) in texts {
        for (index, text) in texts.enumerated() { plant(target, "text-\(index)", Array(text.utf8)) }
    }
    for (target, value) in extensionValues { plant("x509-\(target)", "value", hex(value)) }
    let constraints = extensionValues["name-constraints"].map { hex($0) } ?? []
    plant("x509-names-within-constraints", "ours", vector(constraints, 3) + Fixtures.server)
    plant("certificate-path", "ours", vector(Fixtures.server, 3) + vector(Fixtures.authority, 3))
    // A good session and ticket, and one of each with edits.
    plant("session", "good", [2, 0, 0, 0, 0])
    for (target, variant) in [("session", Variant.resuming), ("session-12", .resuming12)] {
        plant(target, "as-it-is", [0] + GoodSession.of(variant).bytes)
        for byte in [0, 9, 60, 90, 140, 200] as [UInt8] { plant(target, "edit-\(byte)", [2, 0, 0, byte, 0, 1, 1]) }
    }
    plant("ticket", "good", [1])
    plant("ticket", "edited", [1, 20, 1, 1])
    let leafless = [4] + bigEndian(Int(Fixtures.time), 8) + [UInt8](repeating: 7, count: 32)
    plant("ticket-contents", "short", leafless)
    plant("ticket-contents", "long", leafless + bigEndian(Int(Fixtures.time), 8) + [UInt8](repeating: 9, count: 32))
    plantLinkSeeds(plant)
    plantRecordSeeds(plant)
    plant("small-messages", "key-update", [0, 1])
    let info = (try? array(Certificate(Fixtures.server.span).subjectPublicKeyInfo)) ?? []
    plant("certificate-status", "response", [1] + vector([0x30, 3, 0x0A, 1, 0], 3))
    plant("raw-public-key-message", "tls13", [0, 0] + vector(vector(info, 3) + [0, 0], 3))
    plant("raw-public-key-message", "tls12", [1] + vector(info, 3))
    plant("small-messages", "end-of-early-data", [1])
}

/// The first flights of TLS 1.2.
private func plantFlightsOf12(_ plant: (String, String, [UInt8]) -> Void) {
    for (index, variant) in Variant.of12.enumerated() {
        withSide(.client, variant) { client in
            withSide(.server, variant) { server in
                let hello = client.send()
                plant("connection-server", "tls12-\(index)", [0x40 | UInt8(index)] + hello)
                let answer = server.give(hello) + server.send()
                plant("connection-client", "tls12-\(index)", [0x40 | UInt8(index)] + answer)
                let second = client.give(answer) + client.send()
                plant("connection-server", "tls12-all-\(index)", [0x40 | UInt8(index)] + hello + second)
                plantMessagesOf12(answer + second, "tls12-\(index)", plant)
            }
        }
    }
}

/// Blocks that RSA key transport decrypts to: a good one, and each mistake in the padding.
private func plantBlocks(_ plant: (String, String, [UInt8]) -> Void) {
    let secret = [3, 3] + [UInt8](repeating: 7, count: 46)
    let good = [0, 2] + [UInt8](repeating: 9, count: 205) + [0] + secret
    for (name, place, byte) in [
        ("good", 0, 0), ("first", 0, 1), ("type", 1, 1), ("early-zero", 9, 0), ("first-long-zero", 10, 0),
        ("no-zero", 207, 9),
        ("late-zero", 230, 0),
    ] as [(String, Int, UInt8)] {
        var block = good
        block[place] = byte
        plant("decrypted-block", name, block)
        plant("key-transport", "block-\(name)", [0] + block)
    }
    plant("decrypted-block", "least", [0, 2] + [UInt8](repeating: 9, count: 8) + [0] + secret)
    plant("key-transport", "honest", [1])
    for kind in 0..<4 as Range<UInt8> { plant("key-transport", "edit-\(kind)", [1, 207, kind, 1, 3, kind, 9]) }
    plant("encrypted-premaster-secret", "ours", vector(good, 2))
}

/// The bodies of the messages in plaintext records that TLS 1.2 has of its own, and its extensions.
private func plantMessagesOf12(_ records: [UInt8], _ name: String, _ plant: (String, String, [UInt8]) -> Void) {
    var messages: [UInt8] = []
    var offset = 0
    while offset + 5 <= records.count, records[offset] == ContentType.handshake.rawValue {
        let end = offset + 5 + (Int(records[offset + 3]) << 8 | Int(records[offset + 4]))
        messages += records[(offset + 5)..<min(end, records.count)]
        offset = end
    }
    offset = 0
    while offset + 4 <= messages.count {
        let count = Int(messages[offset + 1]) << 16 | Int(messages[offset + 2]) << 8 | Int(messages[offset + 3])
        guard offset + 4 + count <= messages.count else { return }
        if let target = messageTargetNames12[messages[offset]] {
            plant(target, name, Array(messages[(offset + 4)..<(offset + 4 + count)]))
        }
        offset += 4 + count
    }
    for (target, bytes) in extensionSeeds12 { plant("extension-\(target)", "ours", bytes) }
}

/// As they stand in a ClientHello, which the first byte says.
private let extensionSeeds12: [String: [UInt8]] = [
    "extended-master-secret": [0], "renegotiation-info": [0, 0], "ec-point-formats": [0, 1, 0],
    "max-fragment-length": [0, 1], "session-ticket": [0, 1, 2, 3],
]

private let messageTargetNames12: [UInt8: String] = [
    4: "new-session-ticket-12", 11: "certificate-message-12", 12: "server-key-exchange", 13: "certificate-request-12",
    14: "server-hello-done", 16: "client-key-exchange",
]

/// The bodies of messages, and those of their extensions.
private func plantMessages(
    _ recording: Recording, _ sender: Role, _ name: String, _ plant: (String, String, [UInt8]) -> Void
) {
    for case .message(let bytes, _) in recording.flights(of: sender).joined() {
        let type = HandshakeType(rawValue: bytes[0])
        let body = Array(bytes.dropFirst(4))
        if type == .finished { plant("small-messages", name, [body.count == 32 ? 2 : 3] + body) }
        guard let target = messageTargetNames[bytes[0]] else { continue }
        plant(target, name, body)
        let node = Node(layout(of: type), body)
        for (context, types) in extensionContexts where context == type.rawValue {
            for part in node.lists.flatMap(\.children) {
                let encoded = part.encoded
                guard encoded.count >= 4 else { continue }
                let number = UInt16(encoded[0]) << 8 | UInt16(encoded[1])
                guard let (target, choice) = types[number] else { continue }
                plant("extension-\(target)", "\(name)-\(type.rawValue)", [choice] + encoded.dropFirst(4))
            }
            if let block = node.lists.last { plant("extension-block", "\(name)-\(type.rawValue)", [0] + block.encoded) }
        }
    }
}

extension Node {
    /// Every list in it, in order.
    fileprivate var lists: [Node] { (isList ? [self] : []) + children.flatMap(\.lists) }
}

private let messageTargetNames: [UInt8: String] = [
    1: "client-hello", 2: "server-hello", 4: "new-session-ticket", 8: "encrypted-extensions", 11: "certificate-message",
    13: "certificate-request", 15: "certificate-verify",
]

/// For each message the targets of its extensions by their numbers, and the byte that chooses this message there.
private let extensionContexts: [UInt8: [UInt16: (String, UInt8)]] = [
    1: [
        5: ("status-request", 0), 19: ("certificate-type", 0), 20: ("certificate-type", 0),
        0: ("server-name", 0), 10: ("supported-groups", 0), 13: ("signature-algorithms", 0),
        16: ("application-layer-protocol-negotiation", 0), 28: ("record-size-limit", 0), 43: ("supported-versions", 0),
        44: ("cookie", 0), 45: ("psk-key-exchange-modes", 0), 51: ("key-share", 0), 41: ("pre-shared-key", 0),
    ],
    2: [43: ("supported-versions", 1), 51: ("key-share", 1), 44: ("cookie", 1), 41: ("pre-shared-key", 1)],
    8: [
        19: ("certificate-type", 1), 20: ("certificate-type", 1),
        0: ("server-name", 1), 16: ("application-layer-protocol-negotiation", 1), 28: ("record-size-limit", 1),
    ],
    13: [13: ("signature-algorithms", 1)],
]

/// One program for each kind of edit and act, so that mutations begin with something that means something.
private func plantPrograms(_ target: String, _ plant: (String, String, [UInt8]) -> Void) {
    guard !target.hasPrefix("connection-") else { return }
    for kind in 0..<14 {
        let program: [UInt8] = [UInt8(kind & 3), UInt8(kind), 0, 1, UInt8(kind), 0, 9, 3, 1, 2, 3, 0]
        plant(target, "edit-\(kind)", program)
    }
    for kind in 0..<12 { plant(target, "message-\(kind)", [1, 0, 1, 1, UInt8(kind), 0, 5, 4, 0, 43, 0, 2, 3, 4]) }
}

private let zeros = String(repeating: "0", count: 64)

private func storedMetadata(board: String) -> String {
    "{\"format\":1,\"generation\":3,\"created\":\"2026-01-01T00:00:00Z\",\"board\":\"\(board)\",\"key_sha256\":\"\(zeros)\","
        + "\"chain_sha256\":\"\(zeros)\",\"anchors_sha256\":\"\(zeros)\"}\n"
}

private let texts: [String: [String]] = [
    "configuration": configurations,
    "pkcs11-uri": [
        "pkcs11:token=The%20Software%20PKCS%2311%20Softtoken;object=my%20key;id=%69%95%3E%5C%F4%BD%EC%91",
        "pkcs11:slot-id=3;type=private;library-version=2.6?module-path=/usr/lib/x.so&pin-source=file:///etc/pin",
        "pkcs11:manufacturer=Snake%20Oil,%20Inc.;model=1.0;serial=0;slot-description=a;slot-manufacturer=b?pin-value=1",
    ],
    "endpoint": [
        "localhost:443", "tcp:[2001:db8::1]:8443", "unix:/run/x.sock", "unix:@abstract",
        "serial:/dev/ttyS0,115200,8n1,rtscts", "link:/dev/ttyAMA0,9600,xonxoff,channel=3,frame=256,window=7",
    ],
    "reference-identity": ["localhost", "*.example.org", "127.0.0.1", "[2001:db8::1]", "xn--bcher-kva.example"],
    "ip-address": ["127.0.0.1", "2001:db8::1", "::ffff:192.0.2.1", "1:2:3:4:5:6:7:8", "::"],
    "rfc3339": ["2030-01-01T00:00:00Z", "2030-01-01T23:59:59.123+02:00", "9999-12-31T23:59:59Z"],
    "base64": ["AAECAwQF", "AA==", "AAE=\n"],
    "store-metadata": [storedMetadata(board: ""), storedMetadata(board: zeros)],
    "store-current": ["0003 \(zeros)\n", "123456789 \(zeros)\n"],
    "der-values": [
        "\u{1}\u{1}\u{0}", "\u{2}\u{1}\u{5}", "\u{3}\u{2}\u{0}\u{1}", "\u{6}\u{3}\u{55}\u{1d}\u{f}",
        "\u{17}\u{d}300101000000Z", "\u{18}\u{f}20300101000000Z",
    ],
]

/// Values of extensions: `.example.org` permitted and 10.0.0.0/8 excluded; the policy 1.2.3, and 1.2.3 mapped to 1.2.4; a
/// list at http://a/c; one of end entities alone.
private let extensionValues: [String: String] = [
    "name-constraints": "3020 a010 300e 820c 2e6578616d706c652e6f7267 a10c 300a 8708 0a000000ff000000",
    "certificate-policies": "3006 3004 0602 2a03",
    "policy-mappings": "300a 3008 0602 2a03 0602 2a04",
    "distribution-points": "3012 3010 a00e a00c 860a 687474703a2f2f612f63",
    "issuing-distribution-point": "3003 8101ff",
]

/// Files of the daemon's: each setting in one of them, and some that are refused.
private let configurations = [
    """
    ; a comment
    [daemon]
    handshakes = 4
    [tunnel web]
    role = server
    accept = 0.0.0.0:443
    connect = 127.0.0.1:8080
    certificate = /etc/cert.pem
    key = /etc/key.pem
    anchors = /etc/ca.pem
    crls = /etc/list.pem
    client-certificates = required
    peer-name = phone.example *.staff.example
    alpn = http/1.1
    connections = 20
    handshake-timeout = 10
    idle-timeout = 600
    record-size = 4096
    handshake-memory = 8192
    policy = modern

    """,
    """
    [tunnel mail]
    role = client
    accept = unix:/run/mail
    connect = relay.example:25
    anchors = /etc/ca.pem
    server-name = relay.example
    protocol = smtp
    identity = /var/lib/identity

    """,
    """
    [tunnel line]
    role = client
    accept = serial:/dev/ttyS0,9600
    connect = link:/dev/ttyUSB0,115200,xonxoff,channel=3
    psk-file = /etc/keys
    psk-identity = meter
    psk-modes = psk_dhe_ke,psk_ke
    psk-context = site

    """, "[tunnel a]\nrole = server\nrole = server\n", "[other]\n", "x = 1\n", " y\n", "[daemon\n", "[tunnel \u{1b}]\n",
]
