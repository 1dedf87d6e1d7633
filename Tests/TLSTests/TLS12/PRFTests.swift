// The PRF of TLS 1.2 against the vector for P_SHA256 published on the list of the TLS working group ("Test vectors for
// TLS 1.2 PRF", https://mailarchive.ietf.org/arch/msg/tls/fzVCzk-z3FShgGJ6DOXqM1ydxms).
import TestSupport
import Testing

@testable import TLS

@Suite struct PRFTests {
    @Test func sha256() throws {
        let secret = hex("9bbe436ba940f017b17652849a71db35")
        let seed = hex("a0ba9f936cda311827a6f796ffd5198c")
        let expected = hex(
            """
            e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17
            abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff70187347b66
            """)
        var output = [UInt8](repeating: 0, count: 100)
        var memory = output.mutableSpan
        try prf(.sha256, secret: secret.span, label: "test label", seed: seed.span, into: &memory)
        #expect(output == expected)
        // The seed may come in two pieces.
        let head = Array("test label".utf8) + seed.prefix(5)
        let tail = Array(seed.dropFirst(5))
        var again = [UInt8](repeating: 0, count: 100)
        var againMemory = again.mutableSpan
        try prf(.sha256, secret: secret.span, head: head.span, tail: tail.span, into: &againMemory)
        #expect(again == expected)
    }
}
