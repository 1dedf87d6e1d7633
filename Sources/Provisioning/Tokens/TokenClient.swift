// Our side of the helper process that talks to a token: starts it, asks, takes answers, and gives it up where it hangs. No
// call here waits but `ask`; an event loop watches `descriptor` and calls `receive`.
//
// A helper that has ended, or was given up, is started again with the next request, at most once a second: a module that
// crashes at once must not become a storm of processes.
import Bytes
import CLinux
import TLSCrypto
import Transport

/// A helper process for one key in a token.
public struct TokenClient: ~Copyable {
    private let uri: TokenText
    private let pinFile: TokenText
    /// The helper's id; 0 where there is none.
    private var process: Int32 = 0
    /// A helper that was killed and whose end has not been taken note of.
    private var dying: Int32 = 0
    /// Where its answers come from; -1 where there is no helper.
    public private(set) var descriptor: Int32 = -1
    private var startedAt = Int64.min / 2
    private var lastTag: UInt64 = 0

    /// How long, in milliseconds, a request may take; a key of RSA takes a small token minutes to make.
    public static var openingTime: Int64 { 20_000 }
    public static var signingTime: Int64 { 10_000 }
    public static var generatingTime: Int64 { 300_000 }
    private static var restartTime: Int64 { 1000 }

    /// - Parameters:
    ///   - uri: a PKCS#11 URI (see `PKCS11URI`).
    ///   - pinFile: the file with the PIN; empty for what the URI and the environment say.
    public init(uri: TokenText, pinFile: TokenText) {
        self.uri = uri
        self.pinFile = pinFile
    }

    deinit {
        swl_helper_kill(process)
        if descriptor >= 0 { swl_close(descriptor) }
        if process > 0 { _ = swl_helper_reap(process) }
        if dying > 0 { _ = swl_helper_reap(dying) }
    }

    /// Whether there is a helper, as far as is known.
    public var isRunning: Bool { process > 0 }

    // Processes

    /// Starts the helper, where there is none.
    /// - Throws: `notStarted`, `ended` where the one before has ended just now.
    public mutating func start() throws(TokenFailure) {
        guard process == 0 else { return }
        if dying > 0 {
            guard swl_helper_reap(dying) != 0 else { throw TokenFailure(.timedOut) }
            dying = 0
        }
        guard Deadline.now >= startedAt + Self.restartTime else { throw TokenFailure(.ended) }
        startedAt = Deadline.now
        let name: StaticString = "swiftlet"
        // Literals have a terminator and live as long as the program.
        let started = unsafe swl_helper_start(name.utf8Start, tokenHelperArgument.utf8Start, &descriptor)
        guard started > 0 else {
            descriptor = -1
            throw TokenFailure(.notStarted, number: Int64(-started))
        }
        process = started
    }

    /// Gives the helper up.
    public mutating func stop() {
        guard process > 0 else { return }
        swl_helper_kill(process)
        swl_close(descriptor)
        descriptor = -1
        dying = swl_helper_reap(process) == 0 ? process : 0
        process = 0
    }

    /// Gives the helper up for good: this is dropped next.
    /// - Returns: the helper's id where its end has still to be taken note of (`swl_helper_reap`), else 0.
    public mutating func end() -> Int32 {
        stop()
        defer { dying = 0 }
        return dying
    }

    // Requests

    /// Asks for the key to be found and the token to be logged in to; the answer comes from `receive`.
    /// - Returns: the tag of the answer.
    public mutating func sendOpen() throws(TokenFailure) -> UInt64 { try send(.open(uri: uri, pinFile: pinFile)) }

    /// Asks for a hash to be signed.
    /// - Returns: the tag of the answer.
    public mutating func sendSign(_ algorithm: SignatureAlgorithm, _ hash: Digest) throws(TokenFailure) -> UInt64 {
        try send(.sign(algorithm, hash))
    }

    private mutating func send(_ request: TokenRequest) throws(TokenFailure) -> UInt64 {
        guard descriptor >= 0 else { throw TokenFailure(.ended) }
        lastTag += 1
        let message = request.message(tag: lastTag)
        let sent = message.span.send(to: descriptor)
        guard sent != -Int(SWL_EAGAIN) else { throw TokenFailure(.busy) }
        // What was asked before is still to be told of it: `receive` finds the end.
        guard sent == tokenMessageBytes else { throw TokenFailure(.ended) }
        return lastTag
    }

    /// The next answer, or nil where none has come yet.
    /// - Throws: `ended`, `badMessage`: then there is no helper any more, and no answer comes to what was asked.
    public mutating func receive() throws(TokenFailure) -> TokenAnswer? {
        guard descriptor >= 0 else { throw TokenFailure(.ended) }
        do throws(TokenFailure) { return try takeAnswer() } catch {
            stop()
            throw error
        }
    }

    // Waiting

    /// Starts the helper and waits until it has found the key.
    mutating func open() throws(TokenFailure) -> TokenAnswer {
        try start()
        return try ask(.open(uri: uri, pinFile: pinFile), milliseconds: Self.openingTime)
    }

    /// Starts the helper and waits until it has made the key.
    mutating func generate(_ type: KeyType) throws(TokenFailure) -> TokenAnswer {
        try start()
        return try ask(.generate(type, uri: uri, pinFile: pinFile), milliseconds: Self.generatingTime)
    }

    /// Has a hash signed and waits for it. After `timedOut` and `ended` nothing more can be asked before `stop` and `open`.
    func sign(_ algorithm: SignatureAlgorithm, _ hash: Digest) throws(TokenFailure) -> TokenAnswer {
        try ask(.sign(algorithm, hash), milliseconds: Self.signingTime)
    }

    /// Asks and waits. Not beside the calls that do not wait: the answers are told apart by the time.
    private func ask(_ request: TokenRequest, milliseconds: Int64) throws(TokenFailure) -> TokenAnswer {
        guard descriptor >= 0 else { throw TokenFailure(.ended) }
        let (began, tag) = (Deadline.now, UInt64(bitPattern: Deadline.now))
        let message = request.message(tag: tag)
        guard message.span.send(to: descriptor) == tokenMessageBytes else { throw TokenFailure(.ended) }
        while true {
            let left = began + milliseconds - Deadline.now
            guard left > 0 else { throw TokenFailure(.timedOut) }
            let ready = swl_wait(descriptor, SWL_READABLE, Int32(clamping: left))
            guard ready >= 0 || ready == -SWL_EINTR else { throw TokenFailure(.ended) }
            guard let answer = try takeAnswer(), answer.tag == tag else { continue }
            if let failure = answer.failure { throw failure }
            return answer
        }
    }

    /// The next answer, or nil where none has come yet.
    private func takeAnswer() throws(TokenFailure) -> TokenAnswer? {
        var message = TokenMessage(repeating: 0)
        var room = message.mutableSpan
        let got = room.receive(from: descriptor)
        if got == -Int(SWL_EAGAIN) { return nil }
        guard got > 0 else { throw TokenFailure(.ended) }
        guard let answer = TokenAnswer(message.span.extracting(0..<min(got, tokenMessageBytes))) else {
            throw TokenFailure(.badMessage)
        }
        return answer
    }
}
