// One target for each extension (RFC 8446 §4.2 and those that it refers to). The first byte of an input says in which
// message the extension stands, the rest is its body. What parses is written again, where it can be, and must come out as
// the same bytes.
import Bytes
import TestSupport

@testable import TLS

let extensionTargets: [FuzzTarget] = [
    FuzzTarget("extension-block", layout: .sequence([.fixed(1), .extensions])) { checkBlock($0) },
    target("server-name", .server_name, [.client_hello, .encrypted_extensions]) { extensions, body throws(TLSError) in
        guard extensions.message == .client_hello else { return try ServerName.checkAcknowledgement(in: extensions) }
        guard let name = try ServerName.client(in: extensions) else { return }
        requireHostName(name)
        // Other kinds of names may stand beside it, and are not written.
        guard name.count + 5 == body.count else { return }
        requireSame(extensions) { ServerName.appendHostName(name, to: &$0) }
    },
    target("supported-groups", .supported_groups, [.client_hello]) { extensions, _ throws(TLSError) in
        guard let list = try SupportedGroups.read(in: extensions) else { return }
        let groups = (0..<list.count).map { list[$0] }
        requireSame(extensions) { SupportedGroups.append(groups.span, to: &$0) }
    },
    target("signature-algorithms", .signature_algorithms, [.client_hello, .certificate_request]) {
        extensions, _ throws(TLSError) in
        guard let list = try SignatureAlgorithms.read(in: extensions) else { return }
        let schemes = (0..<list.count).map { list[$0] }
        requireSame(extensions) { SignatureAlgorithms.append(schemes.span, to: &$0) }
    },
    target("signature-algorithms-cert", .signature_algorithms_cert, [.client_hello, .certificate_request]) {
        extensions, _ throws(TLSError) in
        guard let list = try SignatureAlgorithms.read(.signature_algorithms_cert, in: extensions) else { return }
        let schemes = (0..<list.count).map { list[$0] }
        requireSame(extensions) { SignatureAlgorithms.append(schemes.span, as: .signature_algorithms_cert, to: &$0) }
    },
    target(
        "application-layer-protocol-negotiation", .application_layer_protocol_negotiation,
        [.client_hello, .encrypted_extensions], .vector(2, .list(.vector(1, .rest)))
    ) { extensions, _ throws(TLSError) in
        if extensions.message == .client_hello {
            guard let names = try ApplicationLayerProtocolNegotiation.client(in: extensions) else { return }
            requireSame(extensions) { ApplicationLayerProtocolNegotiation.append(names.bytes, to: &$0) }
        } else {
            guard let name = try ApplicationLayerProtocolNegotiation.server(in: extensions) else { return }
            requireSame(extensions) { ApplicationLayerProtocolNegotiation.appendServer(name, to: &$0) }
        }
    },
    target(
        "key-share", .key_share, [.client_hello, .server_hello],
        .vector(2, .list(.sequence([.fixed(2), .vector(2, .rest)])))
    ) { extensions, body throws(TLSError) in
        if extensions.message == .client_hello {
            try checkShares(extensions)
        } else if body.count == 2 {
            guard let group = try KeyShare.helloRetryRequest(in: extensions) else { return }
            requireSame(extensions) { KeyShare.appendHelloRetryRequest(group, to: &$0) }
        } else {
            guard let entry = try KeyShare.server(in: extensions) else { return }
            requireSame(extensions) { KeyShare.appendServer(entry.group, entry.keyExchange, to: &$0) }
        }
    },
    target("supported-versions", .supported_versions, [.client_hello, .server_hello]) {
        extensions, _ throws(TLSError) in
        if extensions.message == .client_hello {
            guard let list = try SupportedVersions.client(in: extensions) else { return }
            let versions = (0..<list.count).map { list[$0] }
            requireSame(extensions) { SupportedVersions.appendClient(versions.span, to: &$0) }
        } else if try SupportedVersions.server(in: extensions) == .tls13 {
            requireSame(extensions) { SupportedVersions.appendServer(to: &$0) }
        }
    },
    target("certificate-type", .client_certificate_type, [.client_hello, .encrypted_extensions]) {
        extensions, body throws(TLSError) in
        if extensions.message == .client_hello {
            let types = try CertificateTypes.client(.client_certificate_type, in: extensions)
            require(types.isListed, "a list that is not one")
            // What we would write: certificates and raw public keys, each once.
            var list = FixedList<2, CertificateType>(filler: .X509)
            for number in body.dropFirst() { list.append(CertificateType(rawValue: number)) }
            guard body.count <= 3, CertificateTypes.isSent(for: list) else { return }
            requireSame(extensions) { CertificateTypes.appendClient(.client_certificate_type, list, to: &$0) }
        } else {
            guard let chosen = try CertificateTypes.server(.client_certificate_type, in: extensions) else { return }
            requireSame(extensions) { CertificateTypes.appendServer(.client_certificate_type, chosen, to: &$0) }
        }
    },
    target(
        "status-request", .status_request, [.client_hello, .server_hello, .certificate],
        .sequence([.fixed(1), .vector(2, .list(.vector(2, .rest))), .vector(2, .rest)])
    ) { extensions, body throws(TLSError) in
        switch extensions.message {
        case .client_hello:
            guard try StatusRequest.isOCSPWanted(in: extensions), body.count == 5 else { return }
            requireSame(extensions) { StatusRequest.append(to: &$0) }
        case .server_hello:
            let isThere = try StatusRequest.isAcknowledged(in: extensions)
            require(isThere, "an acknowledgement was lost")
        default:
            guard let response = try StatusRequest.response(in: extensions) else { return }
            require(!response.isEmpty, "an empty OCSP response was taken")
        }
    },
    target("cookie", .cookie, [.client_hello, .server_hello]) { extensions, _ throws(TLSError) in
        guard let cookie = try Cookie.read(in: extensions) else { return }
        requireSame(extensions) { Cookie.append(cookie, to: &$0) }
    },
    target("psk-key-exchange-modes", .psk_key_exchange_modes, [.client_hello]) { extensions, body throws(TLSError) in
        guard let modes = try PSKKeyExchangeModes.client(in: extensions) else { return }
        let all = body.dropFirst().map { PSKKeyExchangeMode(rawValue: $0) }
        for mode in all { require(modes.contains(mode), "a mode that is not there") }
        requireSame(extensions) { PSKKeyExchangeModes.append(all.span, to: &$0) }
    },
    target(
        "pre-shared-key", .pre_shared_key, [.client_hello, .server_hello],
        .sequence([
            .vector(2, .list(.sequence([.vector(2, .rest), .fixed(4)]))), .vector(2, .list(.vector(1, .rest))),
        ])
    ) { extensions, body throws(TLSError) in
        if extensions.message == .client_hello {
            try checkOffer(extensions, body)
        } else {
            _ = try PreSharedKey.server(in: extensions)
        }
    },
    target("record-size-limit", .record_size_limit, [.client_hello, .encrypted_extensions]) {
        extensions, _ throws(TLSError) in
        guard let limit = try RecordSizeLimit.read(in: extensions) else { return }
        require(limit >= 64, "a record_size_limit of \(limit)")
        requireSame(extensions) { RecordSizeLimit.append(limit, to: &$0) }
    },
    target(
        "certificate-authorities", .certificate_authorities, [.client_hello, .certificate_request],
        .vector(2, .list(.vector(2, .der)))
    ) { extensions, _ throws(TLSError) in _ = try CertificateAuthorities.read(in: extensions) },
    target("early-data", .early_data, [.client_hello, .encrypted_extensions, .new_session_ticket]) {
        extensions, _ throws(TLSError) in
        if extensions.message == .new_session_ticket {
            _ = try EarlyData.maximumSize(in: extensions)
        } else if try EarlyData.isIndicated(in: extensions) {
            requireSame(extensions) { $0.appendEmptyExtension(.early_data) }
        }
    },
    target("post-handshake-auth", .post_handshake_auth, [.client_hello]) { extensions, _ throws(TLSError) in
        guard try PostHandshakeAuth.isOffered(in: extensions) else { return }
        requireSame(extensions) { $0.appendEmptyExtension(.post_handshake_auth) }
    },
]

/// The same for those of TLS 1.2.
let extensionTargets12: [FuzzTarget] = [
    target("extended-master-secret", .extended_master_secret, [.client_hello, .server_hello]) {
        extensions, _ throws(TLSError) in
        guard try ExtendedMasterSecret.isIndicated(in: extensions) else { return }
        requireSame(extensions) { ExtendedMasterSecret.append(to: &$0) }
    },
    target("renegotiation-info", .renegotiation_info, [.client_hello, .server_hello], .vector(1, .rest)) {
        extensions, _ throws(TLSError) in
        guard try RenegotiationInfo.isIndicated(in: extensions) else { return }
        requireSame(extensions) { RenegotiationInfo.append(to: &$0) }
    },
    target("ec-point-formats", .ec_point_formats, [.client_hello, .server_hello], .vector(1, .rest)) {
        extensions, body throws(TLSError) in
        try ECPointFormats.check(in: extensions)
        require(body.dropFirst().contains(0), "points that cannot be written as ours are")
    },
    target("max-fragment-length", .max_fragment_length, [.client_hello, .server_hello]) {
        extensions, _ throws(TLSError) in
        guard let length = try MaxFragmentLengthNegotiation.read(in: extensions) else { return }
        require((512...4096).contains(length.byteCount ?? 0), "fragments of a length that has no name")
        requireSame(extensions) { MaxFragmentLengthNegotiation.append(length, to: &$0) }
    },
    target("session-ticket", .session_ticket, [.client_hello, .server_hello], .rest) {
        extensions, body throws(TLSError) in
        if extensions.message == .client_hello {
            guard let ticket = SessionTicket.client(in: extensions) else { fatalError("a ticket that is not seen") }
            require(array(ticket) == body, "another ticket than was shown")
        } else {
            require(try SessionTicket.isAnnounced(in: extensions) && body.isEmpty, "a ticket in an announcement")
        }
    },
]

/// A target for an extension that stands in one of some messages.
private func target(
    _ name: String, _ type: ExtensionType, _ messages: [HandshakeType], _ layout: Layout = .vector(2, .rest),
    _ check: @escaping @Sendable (ExtensionBlock, [UInt8]) throws(TLSError) -> Void
) -> FuzzTarget {
    FuzzTarget("extension-\(name)", longest: 1024, layout: .sequence([.fixed(1), layout])) { input in
        var program = Program(input)
        let message = messages[program.byte() % messages.count]
        let body = program.all()
        let bytes = bigEndian(Int(type.rawValue), 2) + vector(body, 2)
        do throws(TLSError) {
            try check(try ExtensionBlock(bytes.span, of: message), body)
        } catch {
            require(error.alert != nil, "no alert for \(error)")
        }
    }
}

/// Requires that `body` writes the one extension of a block as it was read.
private func requireSame(_ extensions: ExtensionBlock, _ body: (inout ByteWriter) -> Void) {
    require(written(body) == array(extensions.bytes), "an extension was read and not written as the same bytes")
}

/// A block in any message: its walk ends, and each extension can be looked up.
private func checkBlock(_ input: Span<UInt8>) {
    var program = Program(input)
    let contexts: [ExtensionContext] = [
        .clientHello, .serverHello, .helloRetryRequest, .encryptedExtensions, .certificateRequest, .certificate,
        .newSessionTicket,
    ]
    let number = program.byte()
    let context = contexts[number % contexts.count]
    let bytes = program.all()
    do throws(TLSError) {
        let block = try ExtensionBlock(bytes.span, of: context == .clientHello ? .client_hello : .server_hello)
        var reader = block.reader
        var total = 0
        while let next = reader.next() {
            total += 4 + next.body.count
            require(block.contains(next.type), "an extension of a block is not found in it")
        }
        require(total == bytes.count, "a block has bytes that belong to no extension")
        try block.validate(in: context, offered: number & 0x80 == 0 ? .anything : .serverHelloOf13)
    } catch {
        require(error.alert != nil, "no alert for \(error)")
    }
}

/// What server_name hands out may go into a log and a comparison.
private func requireHostName(_ name: Span<UInt8>) {
    require(!name.isEmpty && name.count <= 253, "a host name of \(name.count) bytes")
    for byte in array(name) {
        let character = Character(Unicode.Scalar(byte))
        require(byte < 128 && (character.isLetter || character.isNumber || "-_.".contains(character)), "a host name")
    }
}

private func checkShares(_ extensions: ExtensionBlock) throws(TLSError) {
    guard let shares = try KeyShare.client(in: extensions) else { return }
    for group in [NamedGroup.x25519, .secp256r1, .secp384r1] {
        guard let share = shares.share(for: group) else { continue }
        require(!share.isEmpty, "an empty key share")
        guard shares.count == 1 else { continue }
        requireSame(extensions) { KeyShare.appendClient(group, share, to: &$0) }
    }
}

private func checkOffer(_ extensions: ExtensionBlock, _ body: [UInt8]) throws(TLSError) {
    guard let offer = try PreSharedKey.client(in: extensions) else { return }
    require(offer.count > 0, "an offer without identities")
    require(offer.binderListBytes < body.count, "more binders than bytes")
    for index in 0..<offer.count {
        guard let identity = offer.identity(at: index) else { fatalError("identity \(index) is missing") }
        require(!identity.identity.isEmpty && !identity.binder.isEmpty, "an empty identity or binder")
    }
    require(offer.identity(at: offer.count) == nil, "one identity more than there are")
}
