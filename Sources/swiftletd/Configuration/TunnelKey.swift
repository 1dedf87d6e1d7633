// The settings of a tunnel, by name.

/// A setting of a `[tunnel NAME]` section.
enum TunnelKey: Int, CaseIterable, SettingKey {
    case role, accept, connect, certificate, key, anchors, crls, clientCertificates, peerName, serverName, alpn
    case pskFile, pskIdentity, pskModes, pskContext, rawPublicKeys, rawKey
    case connections, handshakeTimeout, idleTimeout, recordSize, handshakeMemory, identity, `protocol`, policy
    case unsafeEarlyData, unsafeRSAKeyTransport, unsafeNoExtendedMasterSecret, pkcs11PinFile

    static var count: Int { 29 }

    static var section: StaticString { "tunnel" }

    var name: StaticString {
        switch self {
        case .role: "role"
        case .accept: "accept"
        case .connect: "connect"
        case .certificate: "certificate"
        case .key: "key"
        case .anchors: "anchors"
        case .crls: "crls"
        case .clientCertificates: "client-certificates"
        case .peerName: "peer-name"
        case .serverName: "server-name"
        case .alpn: "alpn"
        case .pskFile: "psk-file"
        case .pskIdentity: "psk-identity"
        case .pskModes: "psk-modes"
        case .pskContext: "psk-context"
        case .rawPublicKeys: "raw-public-keys"
        case .rawKey: "raw-key"
        case .connections: "connections"
        case .handshakeTimeout: "handshake-timeout"
        case .idleTimeout: "idle-timeout"
        case .recordSize: "record-size"
        case .handshakeMemory: "handshake-memory"
        case .protocol: "protocol"
        case .identity: "identity"
        case .policy: "policy"
        case .unsafeEarlyData: "unsafe-early-data"
        case .unsafeRSAKeyTransport: "unsafe-rsa-key-transport"
        case .unsafeNoExtendedMasterSecret: "unsafe-no-extended-master-secret"
        case .pkcs11PinFile: "pkcs11-pin-file"
        }
    }

    static var names: StaticString {
        "role, accept, connect, identity, certificate, key, pkcs11-pin-file, anchors, crls, client-certificates, peer-name, server-name, alpn, psk-file, psk-identity, psk-modes, psk-context, raw-public-keys, raw-key, connections, handshake-timeout, idle-timeout, record-size, handshake-memory, protocol, policy, unsafe-early-data, unsafe-rsa-key-transport, unsafe-no-extended-master-secret"
    }
}
