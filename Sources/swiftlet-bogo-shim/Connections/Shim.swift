// One run: a connection, and as many resumptions after it as the runner asks for.
import Bytes
import Glibc
import TLS
import TLSCrypto
import Transport

/// A run of the shim.
struct Shim {
    private let settings: SettingsOfRun

    init(_ settings: SettingsOfRun) { self.settings = settings }

    /// Makes every connection in turn.
    func run() throws(ShimError) {
        var context: Context?
        var now = Int64(time(nil))
        var session: [UInt8]?
        for number in 0...max(settings.initial.resumeCount, 0) {
            let isFirst = number == 0
            let settings = isFirst ? settings.initial : settings.resumed
            if !isFirst, !settings.isServer, session == nil { throw .unexpected("no session to offer") }
            let next = try Context(settings, after: context, at: now)
            let connection = try ShimConnection(
                settings, retried: self.settings.retried, next, offering: session, at: now)
            session = try connection.run(isResumption: !isFirst)
            context = next
            now += settings.delayAfterwards
        }
    }
}
