// swiftlet-bogo-shim: drives our TLS stack as BoringSSL's public protocol test runner asks for it, so that anybody can
// point that runner at us. The contract is the runner's: ssl/test/PORTING.md and the flags of ssl/test/test_config.cc in
// BoringSSL's sources.
//
// - The shim is always the TCP client; `-server` says which role it has in TLS.
// - It exits with 0 where all went as the flags expected, with 89 where a flag, a version or a feature is not
//   implemented, with 1 otherwise; stderr then carries the error's name in BoringSSL's words: see ErrorNames.swift.
// - It never pretends: an expectation that it cannot check is "not implemented". What is accepted without having an
//   effect is listed, with the reason, in Flags/FlagsWithoutEffect.swift.
import Glibc

@main
struct EntryPoint {
    static func main() {
        // A runner that has seen enough closes its end; that is for `write` to report.
        signal(SIGPIPE, SIG_IGN)
        exit(run(Array(CommandLine.arguments.dropFirst())))
    }

    private static func run(_ arguments: [String]) -> Int32 {
        do throws(ShimError) {
            let settings = try SettingsOfRun(arguments)
            if settings.initial.asksForHandshaker {
                print("No")
                return 0
            }
            try Shim(settings).run()
            return 0
        } catch {
            report(error)
            return error.status
        }
    }

    private static func report(_ error: ShimError) {
        var line = Array((error.text + "\n").utf8)
        // The array stays as long as the call.
        unsafe line.withUnsafeMutableBytes { _ = unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
