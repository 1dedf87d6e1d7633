// `enroll` and `renew` (contracts.md), for the workstation's program and the device's alike: both read arguments and files, and
// print what comes out of here.
import Bytes
import X509

/// Which of the two.
public enum EnrolmentAction: UInt8, Sendable {
    case enroll, renew
}

/// The commands about enrolment.
public enum EnrolmentCommand {
    /// Bytes of output that a command has at most.
    public static var maximumOutput: Int { 1024 }
    /// Bytes that a file with certificates, keys or a password may have.
    public static var maximumFile: Int { IdentityFile.anchors.maximumBytes }

    /// The number of seconds that an option has, 1 to a day.
    public static func seconds(_ word: Span<UInt8>, _ option: StaticString) throws(CommandFailure) -> Int {
        guard let number = word.decimalNumber, (1...86_400).contains(number) else {
            throw CommandFailure(status: 64, kind: "usage") {
                $0.append(option)
                $0.append(" must be a number of seconds, 1 to 86400")
            }
        }
        return number
    }

    /// Refuses options that do not go together.
    /// - Parameters:
    ///   - options: all that was given.
    ///   - hasPassword: whether a password's file was given, even an empty one.
    public static func check(
        _ options: borrowing EnrolmentOptions, _ action: EnrolmentAction, hasPassword: Bool
    ) throws(CommandFailure) {
        func require(_ holds: Bool, _ text: StaticString) throws(CommandFailure) {
            guard holds else { throw CommandFailure(status: 64, kind: "usage", text) }
        }
        try require(
            options.anchors.isEmpty || options.fingerprint.isEmpty,
            "--anchor and --anchor-sha256 exclude each other; give one of them")
        try require(
            options.user.isEmpty == !hasPassword, "--user and --password-file belong together; give both")
        try require(
            options.preSharedKeys.isEmpty == options.preSharedKeyIdentity.isEmpty,
            "--psk-identity and --psk-file belong together; give both")
        try require(
            options.certificate.isEmpty == options.key.isEmpty, "--cert and --key belong together; give both")
        try require(
            options.pinFile.isEmpty || action == .renew || !options.keyURI.isEmpty || PKCS11URI.isMeant(options.key),
            "--pkcs11-pin-file is for a key in a token; give --key-uri pkcs11:..., or --key pkcs11:...")
        if !options.fingerprint.isEmpty { _ = try options.fingerprintHash() }
        if action == .enroll { try checkNamed(options.name, options.names) }
        try require(
            action == .renew || !options.anchors.isEmpty || !options.fingerprint.isEmpty
                || !options.preSharedKeys.isEmpty,
            "nothing is trusted by default; give --anchor, --anchor-sha256, or --psk-file with --psk-identity")
    }

    /// Refuses a request that would be for nobody.
    static func checkNamed(_ name: Span<UInt8>, _ names: Span<UInt8>) throws(CommandFailure) {
        guard name.isEmpty, names.isEmpty else { return }
        throw CommandFailure(status: 64, kind: "usage", "--name is empty; give a name, or names with --san")
    }

    /// Enrols or renews over TCP.
    /// - Parameters:
    ///   - board: which board this is.
    ///   - warn: takes each line that belongs into the log.
    public static func run(
        _ action: EnrolmentAction, _ options: borrowing EnrolmentOptions, _ enrolment: inout Enrolment,
        board: StoredHash, json: Bool, to writer: inout ByteWriter, warn: (Span<UInt8>) -> Void
    ) throws(CommandFailure) {
        let connector = TCPConnector(try options.location().server)
        warnOfClock(options.time, warn)
        let generation =
            switch action {
            case .enroll: try enrolment.enroll(options, board: board, over: connector)
            case .renew: try enrolment.renew(options, board: board, over: connector, warn: warn)
            }
        do throws(StoreError) {
            report(generation, try enrolment.identity.leafCertificate(), json: json, to: &writer)
        } catch {
            throw CommandFailure(error, store: options.store)
        }
    }

    /// Says so where the clock cannot be right.
    private static func warnOfClock(_ time: Int64, _ warn: (Span<UInt8>) -> Void) {
        guard time < DeviceClock.programDate else { return }
        var storage = InlineArray<256, UInt8>(repeating: 0)
        var writer = ByteWriter(storage.mutableSpan)
        writer.append("the clock of this machine says ")
        writer.append(time: time)
        writer.append(", which cannot be: certificates that are not valid yet by it are taken; set the clock")
        let count = min(writer.count, 256)
        warn(storage.span.extracting(0..<count))
    }

    private static func report(
        _ generation: UInt32, _ certificate: borrowing Certificate, json: Bool, to writer: inout ByteWriter
    ) {
        let renewal = RenewalSchedule(certificate).renewAt
        let subject = certificate.subject
        let notAfter = certificate.notAfter
        if json {
            writer.append("{")
            writer.appendMember("installed", first: true)
            writer.append(decimal: UInt64(generation))
            writer.appendMember("subject") { subject.write(to: &$0) }
            writer.appendMember("not_after") { $0.append(time: notAfter) }
            writer.appendMember("renew_at") { $0.append(time: renewal) }
            writer.append("}\n")
        } else {
            writer.append("installed generation ")
            writer.append(generation: generation)
            writer.append(": ")
            subject.write(to: &writer)
            writer.append(", valid until ")
            writer.append(time: notAfter)
            writer.append(", to be renewed at ")
            writer.append(time: renewal)
            writer.append("\n")
        }
    }
}
