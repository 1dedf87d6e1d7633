// Clients that are not ours, run to their end.
import Foundation
import TestSupport
import Testing

/// `openssl s_client` to a port of 127.0.0.1.
func opensslClient(
    _ port: String, _ arguments: [String], say text: String = "", for answer: String = ""
) throws -> ProgramResult {
    try converse(
        BackgroundProgram(["openssl", "s_client", "-connect", "127.0.0.1:\(port)"] + arguments), say: text,
        for: answer)
}

/// `gnutls-cli` to a port of localhost.
func gnutlsClient(
    _ port: String, priority: String = "", _ arguments: [String], say text: String = "", for answer: String = ""
) throws -> ProgramResult {
    try converse(
        BackgroundProgram(
            ["gnutls-cli", "--port", port, "--priority", gnutlsPriority(priority), "localhost"] + arguments), say: text,
        for: answer)
}

/// A client in Python: `body` finds `connect(**settings)`, which answers an established connection.
func pythonClient(_ port: String, _ body: String, _ arguments: String...) throws -> ProgramResult {
    let script = """
        import hashlib, socket, ssl, struct, sys, time
        port, roots = int(sys.argv[1]), sys.argv[2]
        def context(pair=None):
            made = ssl.create_default_context(cafile=roots)
            if pair: made.load_cert_chain(*pair)
            return made
        def connect(pair=None, made=None, name="localhost"):
            raw = socket.create_connection(("127.0.0.1", port), timeout=20)
            return (made or context(pair)).wrap_socket(raw, server_hostname=name, suppress_ragged_eofs=False)
        \(body)
        """
    return try runProgram(
        ["python3", "-c", script, port, certificates().roots] + arguments, mustSucceed: false)
}

/// `curl` to a port of localhost.
func curl(_ port: String, _ arguments: [String]) throws -> ProgramResult {
    try runProgram(
        ["curl", "-sS", "--max-time", "20", "--cacert", certificates().roots] + arguments
            + ["https://localhost:\(port)/"], mustSucceed: false)
}

/// A suite as GnuTLS names its cipher.
let gnutlsCiphers = [
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": "AES-128-GCM", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256": "AES-128-GCM",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384": "AES-256-GCM", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384": "AES-256-GCM",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256": "CHACHA20-POLY1305",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256": "CHACHA20-POLY1305",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CCM": "AES-128-CCM",
    "TLS_AES_128_GCM_SHA256": "AES-128-GCM", "TLS_AES_256_GCM_SHA384": "AES-256-GCM",
    "TLS_CHACHA20_POLY1305_SHA256": "CHACHA20-POLY1305", "TLS_AES_128_CCM_SHA256": "AES-128-CCM",
]

/// The cipher suites of TLS 1.2 that we have, as OpenSSL names them.
let opensslNames = [
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": "ECDHE-ECDSA-AES128-GCM-SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384": "ECDHE-ECDSA-AES256-GCM-SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-ECDSA-CHACHA20-POLY1305",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CCM": "ECDHE-ECDSA-AES128-CCM",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256": "ECDHE-RSA-AES128-GCM-SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384": "ECDHE-RSA-AES256-GCM-SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-RSA-CHACHA20-POLY1305",
]
