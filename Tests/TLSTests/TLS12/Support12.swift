// What the tests of TLS 1.2 share.
import TestSupport
import Testing

@testable import TLS

extension PeerSetup {
    /// The same with TLS 1.2 alone.
    var only12: PeerSetup {
        configured {
            $0.versions.removeAll()
            $0.versions.append(.tls12)
        }
    }

    /// The same with TLS 1.3 alone.
    var only13: PeerSetup {
        configured {
            $0.versions.removeAll()
            $0.versions.append(.tls13)
        }
    }
}

/// Every suite of TLS 1.2.
let suitesOf12: [CipherSuite] = [
    .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_ECDSA_WITH_AES_128_CCM,
    .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
]

extension TestPeer {
    /// Keying material for a label; nil as context is none.
    func exported(_ label: String, _ context: String?, _ count: Int) throws -> [UInt8] {
        var output = [UInt8](repeating: 0, count: count)
        var memory = output.mutableSpan
        let labelBytes = Array(label.utf8)
        if let context {
            let contextBytes = Array(context.utf8)
            try connection.exportKeyingMaterial(label: labelBytes.span, context: contextBytes.span, into: &memory)
        } else {
            try connection.exportKeyingMaterial(label: labelBytes.span, context: nil, into: &memory)
        }
        return output
    }
}
