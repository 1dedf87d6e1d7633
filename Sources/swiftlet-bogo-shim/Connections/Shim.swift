// One run: a connection, and as many resumptions after it as the runner asks for.
import Bytes
import TLS
import TLSCrypto
import Transport

/// A run of the shim.
struct Shim {
    private let settings: SettingsOfRun

    init(_ settings: SettingsOfRun) { self.settings = settings }

    /// Makes every connection in turn.
    func run() throws(ShimError) {
        let context = try Context(settings.initial)
        try ShimConnection(settings.initial, context).run()
    }
}
