// Flags that are accepted and change nothing, each with its reason. They say how BoringSSL's own API is to be used, or
// they are about what TLS 1.3 does not have; what the runner sees on the wire is the same with and without them.

extension Flag {
    static let flagsWithoutEffect: [String: Flag] = [
        // Our core has neither input nor output, so every run already goes step by step.
        "-async": .set { $0.isAsynchronous = true },
        "-implicit-handshake": .without(), "-handshake-twice": .without(), "-no-op-extra-handshake": .without(),
        // Application data is always looked at in place before it is consumed.
        "-peek-then-read": .without(),
        // Which of BoringSSL's callbacks does the work.
        "-use-early-callback": .without(), "-install-ddos-callback": .without(),
        "-use-old-client-cert-callback": .without(),
        "-partial-write": .without(),
        // How a run may differ from one that is split over two processes, which we do not do.
        "-allow-hint-mismatch": .without(),
        // Any certificate is accepted, as BoringSSL's shim does; so what is trusted besides does not matter.
        "-trust-cert": .without(parameter: true),
        // What is established has been accepted, if only by an application that goes on with a peer that it refuses.
        "-expect-verify-result": .without(),
        // We never renegotiate.
        "-forbid-renegotiation-after-handshake": .without(),
        // A server that does not select a protocol is one without application protocols.
        "-decline-alpn": .without(),
        // A server of ours keeps no session by its identifier.
        "-expect-no-session-id": .without(),
    ]
}
