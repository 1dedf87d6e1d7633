// A tunnel's key in a PKCS#11 token, seen from the event loop: requests go to the helper process, whose answers the loop
// takes when they come. Nothing here waits.
//
// A helper from which nothing has come for too long is given up, and with it everything that was asked of it; the next
// request starts another. After a refused PIN none is started: each start would use up one of the token's tries.
import Provisioning
import TLSCrypto

/// The helper process of a tunnel.
struct TokenSigner: ~Copyable {
    private var client: TokenClient
    /// What the key is, and what the token can do with it.
    let key: TokenKeyDescription
    /// Requests that have not been answered.
    private var pending = 0
    /// Whether the helper was started again and has not said that it found the key.
    private var isOpening = false
    /// When the last answer came, or the first of the requests went out.
    private var lastProgress: Int64 = 0
    /// Why no helper is started any more.
    private var refusal: TokenFailure?
    /// Whether the helper's socket has not been given to epoll.
    private var needsWatching: Bool

    /// - Parameter client: its helper has found the key, or has not been started: the first request does that then.
    init(_ client: consuming TokenClient, _ key: TokenKeyDescription) {
        needsWatching = client.isRunning
        self.client = client
        self.key = key
    }

    /// Asks for a signature.
    /// - Returns: the tag of the answer.
    mutating func ask(_ algorithm: SignatureAlgorithm, _ hash: Digest, now: Int64) throws(TokenFailure) -> UInt64 {
        if !client.isRunning { try restart(now: now) }
        if pending == 0 { lastProgress = now }
        let tag = try client.sendSign(algorithm, hash)
        pending += 1
        return tag
    }

    private mutating func restart(now: Int64) throws(TokenFailure) {
        if let refusal { throw refusal }
        try client.start()
        needsWatching = true
        isOpening = true
        lastProgress = now
        _ = try client.sendOpen()
        pending = 1
    }

    /// The next answer, or nil where none has come yet.
    /// - Throws: why no answer comes any more to anything that was asked.
    mutating func receive(now: Int64) throws(TokenFailure) -> TokenAnswer? {
        guard client.isRunning else { return nil }
        do throws(TokenFailure) {
            guard let answer = try client.receive() else { return nil }
            isOpening = false
            lastProgress = now
            pending -= 1
            if let failure = answer.failure, failure.isAboutPIN { refusal = failure }
            return answer
        } catch {
            forget()
            throw error
        }
    }

    /// When the helper is given up unless something comes; `.max` for never.
    var deadline: Int64 {
        guard pending > 0 else { return .max }
        return lastProgress + (isOpening ? TokenClient.openingTime : TokenClient.signingTime)
    }

    /// Gives the helper up.
    mutating func giveUp() {
        client.stop()
        forget()
    }

    /// Gives the helper up for good.
    /// - Returns: its id where its end has still to be taken note of, else 0.
    mutating func end() -> Int32 { client.end() }

    private mutating func forget() {
        pending = 0
        isOpening = false
    }

    /// The helper's socket, where it has not been given to epoll yet and is to be now.
    mutating func descriptorToWatch() -> Int32? {
        guard needsWatching else { return nil }
        needsWatching = false
        return client.descriptor
    }
}
