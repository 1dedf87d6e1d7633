// The helper process: this program once more, started with `pkcs11-helper` as its only argument, which does for a token
// what the other end of its socket asks for, one thing at a time, until that end closes.
import Bytes
import CLinux
import TLSCrypto

/// The argument that makes a program of ours a helper.
public var tokenHelperArgument: StaticString { "pkcs11-helper" }

/// Is the helper, to the end.
/// - Returns: the exit status; 64 where nobody started it as a helper.
public func runTokenHelper() -> Int32 {
    guard swl_helper_check() >= 0 else { return 64 }
    // Memory holds a PIN for a moment, and what the module makes of it for longer.
    _ = swl_forbid_dumps()
    var session: TokenSession?
    while true {
        let ready = swl_wait(SWL_HELPER_DESCRIPTOR, SWL_READABLE, -1)
        guard ready >= 0 || ready == -SWL_EINTR else { return 1 }
        var message = TokenMessage(repeating: 0)
        var room = message.mutableSpan
        let got = room.receive(from: SWL_HELPER_DESCRIPTOR)
        if got == -Int(SWL_EAGAIN) { continue }
        guard got > 0 else { return got == 0 ? 0 : 1 }
        guard got == tokenMessageBytes, let (tag, request) = TokenRequest.read(message.span) else { return 1 }
        let answer = answer(tag, request, &session).message()
        guard send(answer) else { return 1 }
    }
}

/// Waits until the other end takes an answer: at most as many are under way as there were requests.
private func send(_ message: TokenMessage) -> Bool {
    while true {
        let sent = message.span.send(to: SWL_HELPER_DESCRIPTOR)
        if sent == tokenMessageBytes { return true }
        guard sent == -Int(SWL_EAGAIN), swl_wait(SWL_HELPER_DESCRIPTOR, SWL_WRITABLE, -1) >= 0 else { return false }
    }
}

private func answer(_ tag: UInt64, _ request: TokenRequest, _ session: inout TokenSession?) -> TokenAnswer {
    var storage = InlineArray<600, UInt8>(repeating: 0)
    var room = storage.mutableSpan
    do throws(TokenFailure) {
        switch request {
        case .open(let uri, let pinFile):
            session = TokenSession(uri: uri, pinFile: pinFile)
        case .generate(let type, let uri, let pinFile):
            // A module is loaded once: after a key was looked for in vain it is still there.
            if session?.isFor(uri, pinFile) != true { session = TokenSession(uri: uri, pinFile: pinFile) }
            try session?.generate(type)
        case .sign(let algorithm, let hash):
            guard let count = try session?.sign(algorithm, hash, into: &room) else { throw TokenFailure(.badMessage) }
            return TokenAnswer(tag: tag, nil, room.span.extracting(0..<count))
        }
        guard let (key, count) = try session?.open(into: &room) else { throw TokenFailure(.badMessage) }
        return TokenAnswer(tag: tag, key, room.span.extracting(0..<count))
    } catch {
        return TokenAnswer(tag: tag, error)
    }
}
