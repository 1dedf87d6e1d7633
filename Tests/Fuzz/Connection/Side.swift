// One side of a connection in memory, in which nothing is left to chance: its random bytes follow from a seed, its
// signatures from what is signed, its time is fixed. So the same input always does the same, and a handshake that was
// recorded can be played again.
//
// Asserted of every run:
// - it comes to rest after a number of steps that the bytes given to it bound;
// - application data is seen only after the handshake, output never exceeds the buffer;
// - the first failure stays, nothing is written after it, and an alert tells it;
// - when the side is gone, its memory and its workspace are all zeros.
import Bytes
import TLSCrypto
import TestSupport
import X509

@testable import TLS

/// Memory that stays where it is until the object goes. Its redzones are the sanitizer's.
@safe final class FuzzMemory {
    private let buffer: UnsafeMutableRawBufferPointer

    init(_ count: Int) {
        unsafe buffer = .allocate(byteCount: count, alignment: 16)
        for index in 0..<count { unsafe buffer[index] = 0 }
    }

    deinit { unsafe buffer.deallocate() }

    /// An arena over all of it; this object must outlive it.
    var arena: Arena { unsafe Arena(unsafe: buffer) }

    var isAllZero: Bool {
        for index in unsafe buffer.indices where unsafe buffer[index] != 0 { return false }
        return true
    }
}

/// Random bytes that follow from a seed.
final class SeededRandom {
    private var generator: SmallRandom

    init(_ seed: UInt64) { generator = SmallRandom(state: seed &* 0x9E37_79B9_7F4A_7C15 | 1) }

    /// A source that this object must outlive.
    var source: RandomSource {
        // The object is the context; whoever made the source keeps it.
        unsafe RandomSource(
            unsafe: { context, out, count in
                guard let context = unsafe context else { return 1 }
                let random = unsafe Unmanaged<SeededRandom>.fromOpaque(context).takeUnretainedValue()
                let bytes = unsafe UnsafeMutableRawBufferPointer(start: out, count: count)
                for index in bytes.indices {
                    unsafe bytes[index] = UInt8(truncatingIfNeeded: random.generator.next() >> 16)
                }
                return 0
            }, context: Unmanaged.passUnretained(self).toOpaque())
    }
}

/// The memory of a side, which outlives it.
final class SideMemory {
    let connection: FuzzMemory
    let workspace: FuzzMemory

    init(_ limits: Limits) {
        connection = FuzzMemory(limits.connectionBytes)
        workspace = FuzzMemory(limits.workspaceBytes)
    }
}

/// One side.
final class Side {
    // Properties end in this order: what lies in memory before the memory.
    var connection: Connection
    private(set) var configuration: Configuration
    private let memory: SideMemory
    private let configurationMemory = FuzzMemory(8192)
    let random: SeededRandom
    private let signer: Signer
    let limits: Limits
    let variant: Variant
    /// What the last step said.
    private(set) var lastStep = Step.progressed
    /// Whether the handshake has ever been over.
    private(set) var wasEstablished = false
    /// Application data that came.
    private(set) var received: [UInt8] = []
    /// What is answered in place of the next signatures and decryptions.
    var answer: [UInt8]?
    private var given = 0
    private var steps = 0

    /// - Parameters:
    ///   - isRecorded: whether it draws the same random bytes as the side that was recorded.
    ///   - hook: replaces messages of its own, for a peer that misbehaves.
    init(
        _ role: Role, _ variant: Variant, in memory: SideMemory, isRecorded: Bool = true, hook: ReplayHook? = nil
    ) {
        self.memory = memory
        self.variant = variant
        limits = variant.limits
        random = SeededRandom((role == .client ? 1 : 2) + (isRecorded ? 0 : 2))
        signer = role == .client ? .client : variant.serverSigner
        do throws(TLSError) {
            var certificates = configurationMemory.arena
            configuration = Configuration(
                anchors: try certificates.region(2048), chains: try certificates.region(4096))
            try variant.configure(&configuration, role)
            configuration.replay = hook
            if role == .client, !variant.bindsMasterSecret, hook == nil {
                configuration.replay = UnboundHello.shared.hook
            }
            if role == .server, variant.hasTickets {
                configuration.tickets = TicketKeys(in: try certificates.region(TicketKeys.memoryBytes))
                // Always the same key, so that a session is good for every run.
                let keys = SeededRandom(9)
                try configuration.tickets.enable(random: keys.source, at: .known(Fixtures.time))
                withExtendedLifetime(keys) {}
            }
            var arena = memory.connection.arena
            var work = memory.workspace.arena
            connection = try Connection(
                role, limits, memory: &arena, workspace: &work, random: random.source, time: .known(Fixtures.time))
        } catch {
            fatalError("a side cannot be made: \(error)")
        }
        if role == .client, variant.resumes {
            require(offer(GoodSession.of(variant).bytes), "a good session is not offered")
        }
    }

    /// The failure, if there is one.
    var failure: TLSError? {
        if case .failed(let error) = lastStep { return error }
        return nil
    }

    /// Steps until something is needed from outside, answering what can be answered here.
    func run() {
        while true {
            lastStep = connection.step(configuration)
            steps += 1
            // A handshake is some 30 steps; a record of the least size gives at most a few.
            require(steps <= 300 + 2 * given, "\(steps) steps for \(given) bytes")
            switch lastStep {
            case .progressed, .ticket: continue
            case .established: wasEstablished = true
            case .wantsSignature: sign()
            case .wantsVerdict: try? connection.supplyVerdict(accepted: true)
            case .applicationData:
                require(wasEstablished, "application data before the handshake was over")
                received += connection.takeApplicationData()
            default: return checkRest()
            }
        }
    }

    private func checkRest() {
        require(
            connection.outputCount <= limits.outboundFragment + Limits.recordOverhead + Limits.alertRecord,
            "more output than the buffer has")
        if !wasEstablished { require(connection.applicationDataCount == 0, "application data in a handshake") }
        if connection.isEstablished { require(wasEstablished, "established without having said so") }
    }

    private func sign() {
        guard let request = connection.signatureRequest else { fatalError("a signature is wanted and not asked for") }
        let signature = answer ?? signer.sign(request, connection.copyContentToSign())
        try? connection.supplySignature(signature.span)
    }

    /// Hands over bytes, at most `piece` at once, and steps as space is needed.
    /// - Returns: what was sent meanwhile.
    @discardableResult
    func give(_ bytes: [UInt8], piece: Int = .max) -> [UInt8] {
        var sent: [UInt8] = []
        var offset = 0
        var stalls = 0
        while offset < bytes.count {
            let end = min(bytes.count, offset + min(piece, bytes.count))
            let count = connection.receive(bytes.span.extracting(offset..<end))
            require(count >= 0 && count <= end - offset, "more bytes taken than given")
            offset += count
            given += count
            run()
            sent += connection.takeOutput()
            stalls = count == 0 ? stalls + 1 : 0
            // Output that is waited for, and then a full record: twice without progress is still progress.
            require(stalls < 4, "\(bytes.count - offset) bytes are never taken")
            if connection.isClosedForInput { break }
        }
        return sent
    }

    /// Takes what is to be sent, and steps on.
    func send() -> [UInt8] {
        var sent: [UInt8] = []
        while true {
            run()
            let output = connection.takeOutput()
            if output.isEmpty { return sent }
            sent += output
        }
    }

    /// What must hold whatever has happened. The side is used up with it.
    func checkEnd() {
        run()
        guard let failure else { return }
        require(!connection.isEstablished, "established and failed")
        require(connection.writeCapacity == 0, "something can be written after a failure")
        for _ in 0..<2 {
            run()
            require(self.failure == failure, "the failure was \(failure) and then \(lastStep)")
        }
        do throws(TLSError) {
            _ = try connection.write([1, 2, 3].span)
            fatalError("data was written after a failure")
        } catch { require(error == failure, "the failure was \(failure) and then \(error)") }
        require(connection.applicationDataCount == 0, "application data after a failure")
        let other = [UInt8](repeating: 22, count: 64)
        require(connection.receive(other.span) == other.count, "bytes after a failure are not passed over")
        connection.receiveEndOfStream()
        run()
        require(self.failure == failure, "the failure was \(failure) and then \(lastStep)")
        connection.releaseWorkspace()
        require(memory.workspace.isAllZero, "something is left in the workspace after a failure")
    }
}

/// Runs a side from its making to its end, and looks at what it leaves behind.
func withSide(
    _ role: Role, _ variant: Variant, isRecorded: Bool = true, hook: ReplayHook? = nil, _ body: (Side) -> Void
) {
    let memory = SideMemory(variant.limits)
    // In a function of its own, so that the side is gone when it returns.
    @inline(never) func run() {
        let side = Side(role, variant, in: memory, isRecorded: isRecorded, hook: hook)
        body(side)
        side.checkEnd()
    }
    run()
    require(memory.connection.isAllZero, "something is left in the memory of a connection")
    require(memory.workspace.isAllZero, "something is left in the workspace of a connection")
}

// Spans are used up inside a method of the connection, where the borrow is plain.
extension Connection {
    mutating func takeApplicationData() -> [UInt8] {
        let bytes = array(applicationData)
        consumeApplicationData(bytes.count)
        return bytes
    }

    mutating func takeOutput() -> [UInt8] {
        let bytes = array(output)
        consumeOutput(bytes.count)
        return bytes
    }

    func copyContentToSign() -> [UInt8] { array(contentToSign) }

    var outputCount: Int { output.count }
    var applicationDataCount: Int { applicationData.count }
    /// Whether bytes from the peer no longer matter.
    var isClosedForInput: Bool { failure != nil || peerHasClosed }

    /// Gives the handshake keys of one side to `protection`.
    func installHandshake(_ sender: Role, in protection: inout RecordProtection) throws(TLSError) {
        guard let suite = negotiated.cipherSuite else { return }
        switch handshake {
        case .some(let handshake):
            if negotiated.version == .tls12 {
                try handshake.context.master.install(sender, suite, in: &protection)
            } else {
                try handshake.context.schedule.installHandshake(sender, suite, in: &protection)
            }
        case .none: return
        }
    }
}
