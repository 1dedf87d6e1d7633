// One identity that the daemon keeps renewed: when an attempt is due (Provisioning, Renewal), and the process that makes it. Nothing
// here waits: the event loop watches `descriptor`, and calls `report`.
import Bytes
import CLinux
import Provisioning
import TLS

/// A renewal, and its attempt where one is under way.
struct RenewalJob {
    let settings: RenewalSettings
    var renewal: Renewal
    /// The generation of the store that it is about.
    var stored: StoreMetadata
    /// When it is looked at again, in milliseconds of the clock that never goes back; `.max` while an attempt is under way.
    var lookAt: Int64 = 0
    /// When the attempt is given up; `.max` where there is none.
    private(set) var giveUpAt = Int64.max
    /// The process of the attempt, and where its reports come from; 0 and -1 where there is none.
    private var process: Int32 = 0
    private(set) var descriptor: Int32 = -1
    /// The process of the attempt before.
    private var ending = EndingProcess()

    init(
        _ settings: RenewalSettings, _ files: inout FileReader, warn: (Message) -> Void
    ) throws(ConfigurationError) {
        self.settings = settings
        (stored, renewal) = try settings.load(&files, warn: warn)
    }

    /// Whether an attempt is under way.
    var isRunning: Bool { process > 0 }

    /// When something is to be done; `.max` for never.
    var deadline: Int64 { Swift.min(lookAt, giveUpAt) }

    /// Starts an attempt.
    /// - Throws: the error number where no process could be started, or told what to do.
    mutating func start(_ task: borrowing RenewalTask, now: Int64) throws(SystemError) {
        reap()
        var storage = InlineArray<8192, UInt8>(repeating: 0)
        var writer = ByteWriter(storage.mutableSpan)
        task.write(to: &writer)
        let count = min(writer.count, RenewalTask.maximumBytes)
        let name: StaticString = "swiftletd"
        // Literals have a terminator and live as long as the program.
        let started = unsafe swl_helper_start(name.utf8Start, RenewalHelper.argument.utf8Start, &descriptor)
        guard started > 0 else {
            descriptor = -1
            throw SystemError(number: started)
        }
        process = started
        giveUpAt = now + settings.longestAttempt
        lookAt = .max
        let sent = storage.span.extracting(0..<count).send(to: descriptor)
        guard sent == count else { throw SystemError(number: Int32(truncatingIfNeeded: min(sent, -1))) }
    }

    /// What comes from the process.
    enum Arrival {
        /// Nothing more for now.
        case nothing
        case report(RenewalReport)
        /// It has ended, or says what nobody understands.
        case end
    }

    /// The next report.
    func arrival() -> Arrival {
        var storage = InlineArray<1024, UInt8>(repeating: 0)
        var room = storage.mutableSpan
        let got = room.receive(from: descriptor)
        if got == -Int(SWL_EAGAIN) { return .nothing }
        guard got > 0, let report = RenewalReport(storage.span.extracting(0..<min(got, 1024))) else { return .end }
        return .report(report)
    }

    /// Ends the attempt: it has said what it had to say, or is given up.
    mutating func stop(_ poller: Poller) {
        guard process > 0 else { return }
        poller.ignore(descriptor)
        swl_close(descriptor)
        descriptor = -1
        swl_helper_kill(process)
        ending.take(process)
        process = 0
        giveUpAt = .max
    }

    /// Takes note of the end of a process.
    mutating func reap() { ending.reap() }

    /// Whether there is a process whose end has not been taken note of.
    var awaitsEnd: Bool { ending.isAwaited }
}
