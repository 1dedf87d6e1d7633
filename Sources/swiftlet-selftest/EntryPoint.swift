// swiftlet-selftest: runs the checks of SelfTest on this board and gives a verdict. What it looks like from outside, and
// its exit codes, are a contract with scripts and units: see `help`.
import Bytes
import CLinux
import SelfTest
import TLSCrypto
import Transport

/// What the program says of itself.
let help: StaticString = """
    usage: swiftlet-selftest [OPTION]...
    Shows that this build of Swiftlet works on this board.

      --list             print the checks, one a line, and run none
      --only NAME,...    run these checks alone
      --skip NAME,...    leave these checks out
      --quick            one handshake instead of one for every suite and group; shorter measurements
      --json             print one JSON object
      --store FILE       store how fast AES and ChaCha20 are for the policy `default`, which reads
                         /var/lib/swiftlet/speed
      --break NAME,...   make one bit of a check's input wrong: the check must fail
      --help, --version

    Exit code: 0 healthy, 1 failed, 2 degraded (the clock has not been set), 64 wrong usage.

    """

/// Memory for one check at a time; static, so nothing is allocated. Only `main` uses it, in one thread.
/// In pieces, because the compiler's time for a static array grows with the square of its elements (minutes for 160,000).
nonisolated(unsafe) private var checkMemory = InlineArray<400, InlineArray<400, UInt8>>(
    repeating: InlineArray(repeating: 0))

/// Where the program starts.
@main enum EntryPoint {
    static func main() {
        let request: Request
        do throws(UsageError) { request = try Request() } catch {
            error.report()
            swl_exit(64)
        }
        var output = Output()
        switch request.kind {
        case .help: output.append(help)
        case .version: output.append("swiftlet-selftest 0.1.0\n")
        case .list: list(&output)
        case .run:
            let status = run(request, &output)
            output.flush()
            swl_exit(status)
        }
        output.flush()
    }

    private static func list(_ output: inout Output) {
        for index in 0..<Check.count {
            guard let check = Check(rawValue: UInt8(truncatingIfNeeded: index)) else { continue }
            output.append(check.name, width: 20)
            output.append(check.summary)
            output.append("\n")
        }
    }

    /// Stores what the check of speed has measured; where that fails, says so.
    private static func store(_ result: CheckResult, _ file: BoundedBytes<4000>) -> Bool {
        var problem: Int32 = 0
        if let speed = ProcessorSpeed(result) { problem = speed.store(at: file.bytes) } else { return false }
        guard problem < 0 else { return true }
        var output = Output(isError: true)
        output.append("swiftlet-selftest: cannot store the speed in '")
        output.append(escaping: file.bytes.extracting(first: 128))
        output.append("': ")
        // A text of the C library, which ends with a zero byte and stays.
        output.append(escaping: unsafe word(swl_error_text(-problem)))
        output.append("; make its directory, or name another file\n")
        output.flush()
        return false
    }

    /// Runs the checks.
    /// - Returns: the exit code.
    private static func run(_ request: Request, _ output: inout Output) -> Int32 {
        var report = Report(isJSON: request.isJSON)
        report.begin(&output)
        for index in 0..<Check.count {
            guard request.checks.contains(index), let check = Check(rawValue: UInt8(truncatingIfNeeded: index)) else {
                continue
            }
            var options = CheckOptions()
            options.isQuick = request.isQuick
            options.isBroken = request.broken.contains(index)
            options.repetitions = request.repetitions
            // Check.memoryBytes is the size of the memory, which belongs to this call alone.
            let result = unsafe withUnsafeMutableBytes(of: &checkMemory) {
                unsafe check.run(options, unsafe: $0)
            }
            report.add(check, result, &output)
            if check == .speed, let file = request.speedFile, !store(result, file) { report.failedToStore() }
        }
        return report.end(&output)
    }
}

extension ProcessorSpeed {
    /// What the check of speed has measured; nil where it came to no figures.
    fileprivate init?(_ result: CheckResult) {
        guard let aes = result.figure(Self.nameOfAES), let chaCha = result.figure(Self.nameOfChaCha20) else {
            return nil
        }
        self.init(aes128GCM: UInt64(clamping: aes), chaCha20Poly1305: UInt64(clamping: chaCha))
    }
}
