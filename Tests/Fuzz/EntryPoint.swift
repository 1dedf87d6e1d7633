// The entry points that libFuzzer calls. All targets are in this one program, because building it is what takes long;
// SWIFTLET_FUZZ_TARGET names the one to run. Use scripts/fuzz, which knows the options.
//
// Each input has one second of processor time. It is measured here and not by libFuzzer's -timeout, which looks at the
// clock on the wall and so finds fault with a busy machine.
import Foundation

/// The target of this run. Set once, before the first input.
nonisolated(unsafe) private var selected: FuzzTarget?

/// Processor time that one input may take.
private let longestRun: UInt64 = 1_000_000_000

private typealias Arguments = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

/// libFuzzer's own main function, as a library has it.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<Arguments?>,
    _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// Where SwiftPM lets the program begin.
@_cdecl("Fuzz_main")
public func main(
    _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> CInt {
    var count = count
    var arguments = unsafe arguments
    // Both live for as long as the call.
    return unsafe runDriver(&count, &arguments, testOneInput)
}

@_cdecl("LLVMFuzzerInitialize")
public func initialize(
    _ count: UnsafeMutablePointer<CInt>?, _ arguments: UnsafeMutableRawPointer?
) -> CInt {
    // The targets stay until the end; the leak detector does not find them through the runtime's tagged pointers.
    withoutLeakDetection { _ = allTargets.count }
    let environment = ProcessInfo.processInfo.environment
    if let directory = environment["SWIFTLET_FUZZ_SEEDS"] {
        writeSeeds(to: directory)
        exit(0)
    }
    guard let name = environment["SWIFTLET_FUZZ_TARGET"], !name.isEmpty else {
        for target in allTargets { print(target.name, target.weight, target.longest) }
        exit(0)
    }
    guard let target = (allTargets + [plantedFaults]).first(where: { $0.name == name }) else {
        fatalError("no target is called \(name)")
    }
    // Only here is it written, and nothing else runs yet.
    unsafe selected = target
    return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    // Never written after the start.
    guard let target = unsafe selected else { return 0 }
    let began = nanoseconds(of: CLOCK_PROCESS_CPUTIME_ID)
    // libFuzzer gives `count` bytes that live until this function returns.
    target.run(unsafe Span(_unsafeElements: UnsafeBufferPointer(start: bytes, count: bytes == nil ? 0 : count)))
    let took = nanoseconds(of: CLOCK_PROCESS_CPUTIME_ID) - began
    require(took <= longestRun, "\(target.name) took \(took / 1_000_000) ms of processor time")
    return 0
}

/// The layout of the inputs of this run's target.
func selectedLayout() -> Layout? { unsafe selected?.layout }

/// Runs `body`, whose allocations are meant to stay.
func withoutLeakDetection<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    // Looked up by name, since a build without the sanitizer has no such functions.
    func call(_ name: String) {
        guard let address = unsafe dlsym(nil, name) else { return }
        // Both take nothing and answer nothing (sanitizer/lsan_interface.h).
        unsafe unsafeBitCast(address, to: (@convention(c) () -> Void).self)()
    }
    call("__lsan_disable")
    defer { call("__lsan_enable") }
    return try body()
}

/// The layout of the inputs of this run's target.

private func nanoseconds(of clock: clockid_t) -> UInt64 {
    var time = timespec()
    unsafe clock_gettime(clock, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// Stops the run with a finding: something held that must not.
func require(_ condition: Bool, _ message: @autoclosure () -> String) {
    guard condition else { fatalError(message()) }
}
