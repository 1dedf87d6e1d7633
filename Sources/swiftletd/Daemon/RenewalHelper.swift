// The process that makes one attempt at a renewal: this program once more, started by the daemon with `renewal-helper` as its only
// argument. It takes its task from the socket that it was started with, asks the EST server, tries the new identity there, makes it
// the store's current one, and reports. It may block, hang or crash, which the daemon takes for a failed attempt.
//
// Invariants:
// - the store has no new generation before the new identity has done for a connection with the server (Enrolment);
// - it is killed with the daemon, and at whatever point that is the store holds a whole identity.
import Bytes
import CLinux
import Provisioning
import Transport

/// One attempt.
enum RenewalHelper {
    /// The argument that makes this program a helper.
    static var argument: StaticString { "renewal-helper" }

    /// Is the helper, to the end.
    /// - Returns: the exit status; 64 where nobody started it as a helper.
    static func run() -> Int32 {
        guard swl_helper_check() >= 0 else {
            Log.write("renewal-helper is for this program's own use; see --help")
            return 64
        }
        // Memory holds keys. A refusal is no reason not to renew.
        _ = swl_forbid_dumps()
        var storage = InlineArray<8192, UInt8>(repeating: 0)
        var room = storage.mutableSpan
        // It is sent before this process begins; who sends nothing for so long is gone.
        guard swl_wait(SWL_HELPER_DESCRIPTOR, SWL_READABLE, 10_000) > 0 else { return 1 }
        let count = room.receive(from: SWL_HELPER_DESCRIPTOR)
        guard count > 0, let task = RenewalTask(storage.span.extracting(0..<min(count, RenewalTask.maximumBytes)))
        else { return 1 }
        var files = EnrolmentFiles()
        defer { files.wipe() }
        do throws(ConfigurationError) { try files.read(task) } catch {
            RenewalReport.failed(error.message, retryAfter: 0).send(to: SWL_HELPER_DESCRIPTOR)
            return 1
        }
        do throws(CommandFailure) {
            let generation = try renew(task, files)
            RenewalReport.installed(generation: generation).send(to: SWL_HELPER_DESCRIPTOR)
            return 0
        } catch {
            let seconds = UInt32(clamping: error.retryAfter ?? 0)
            RenewalReport.failed(Message(error).withNamesOfSettings, retryAfter: seconds)
                .send(to: SWL_HELPER_DESCRIPTOR)
            return error.status
        }
    }

    private static func renew(
        _ task: borrowing RenewalTask, _ files: borrowing EnrolmentFiles
    ) throws(CommandFailure) -> UInt32 {
        let settings = task.settings
        var options = EnrolmentOptions(
            server: settings.server.bytes, store: settings.identity.bytes, name: Span(), names: Span(),
            anchors: files.anchors.contents, fingerprint: Span(), user: settings.user.bytes,
            password: files.password.contents, preSharedKeys: files.keys.contents,
            preSharedKeyIdentity: settings.pskIdentity.bytes, certificate: files.certificate.contents,
            key: files.key.contents, pinFile: settings.pinFile.bytes)
        options.time = swl_realtime_seconds()
        options.floor = task.floor
        options.timeout = Int32(clamping: settings.timeout * 1000)
        options.wait = settings.wait
        let location = try options.location()
        var enrolment = Enrolment(lastingRegion)
        defer { enrolment.wipe() }
        return try enrolment.renew(
            options, board: thisBoard(), over: TCPConnector(location.server), showing: task.isAnew ? .given : .stored,
            issued: { RenewalReport.issued.send(to: SWL_HELPER_DESCRIPTOR) },
            warn: { line in
                var message = Message()
                message.add(line: line)
                Log.warn(message)
            })
    }
}

extension Message {
    /// The same with options called as the settings of a renewal are, without the dashes in front: what it says is about both.
    fileprivate var withNamesOfSettings: Message {
        var message = Message()
        let (dash, space) = (UInt8(ascii: "-"), UInt8(ascii: " "))
        let text = bytes
        var index = 0
        while index < text.count {
            let isOption =
                index > 0 && index + 2 < text.count && text[index - 1] == space && text[index] == dash
                && text[index + 1] == dash && text[index + 2] != space
            if isOption { index += 2 }
            message.add(line: text.extracting(index..<(index + 1)))
            index += 1
        }
        return message
    }
}

extension EnrolmentFiles {
    /// Reads what an attempt needs.
    fileprivate mutating func read(_ task: borrowing RenewalTask) throws(ConfigurationError) {
        let settings = task.settings
        try read(
            anchors: settings.anchors.bytes, password: settings.passwordFile.bytes,
            preSharedKeys: settings.pskFile.bytes)
        guard task.isAnew else { return }
        if settings.factoryIdentity.isEmpty {
            try read(certificate: settings.factoryCertificate.bytes, key: settings.factoryKey.bytes)
        } else {
            try readIdentity(of: settings.factoryIdentity.bytes, warn: Log.warn)
        }
    }
}
