// swiftletd enroll, and swiftletd renew.
import Bytes
import CLinux
import Provisioning
import TLSCrypto

/// The verbs about enrolment.
struct EnrolmentVerb {
    private let action: EnrolmentAction
    private let arguments: VerbArguments

    init(_ action: EnrolmentAction, _ arguments: VerbArguments) throws(UsageError) {
        switch action {
        case .enroll:
            try arguments.requireOnly(
                .server, .store, .name, .san, .type, .anchor, .anchorHash, .user, .passwordFile, .pskIdentity,
                .pskFile, .cert, .key, .keyURI, .pkcs11PinFile, .timeout, .wait, .json)
        case .renew:
            try arguments.requireOnly(
                .server, .store, .type, .anchor, .user, .passwordFile, .pskIdentity, .pskFile, .keyURI, .pkcs11PinFile,
                .timeout, .wait, .json)
        }
        self.action = action
        self.arguments = arguments
    }

    /// - Returns: the exit status.
    func run() throws(UsageError) -> Int32 {
        for option in [VerbOption.anchor, .passwordFile, .pskFile, .cert, .key] { _ = try arguments.value(option) }
        var files = EnrolmentFiles()
        defer { files.wipe() }
        do throws(ConfigurationError) { try files.read(arguments) } catch {
            reportFailure(error.message, kind: "file", json: arguments.has(.json))
            return 1
        }
        let ownURI = try arguments.valueOrNone(.key)
        var key = files.key.contents
        if PKCS11URI.isMeant(ownURI) { key = ownURI }
        let name = try action == .enroll ? arguments.required(.name) : Span<UInt8>()
        var options = EnrolmentOptions(
            server: try arguments.required(.server), store: try arguments.required(.store), name: name,
            names: try arguments.valueOrNone(.san), anchors: files.anchors.contents,
            fingerprint: try arguments.valueOrNone(.anchorHash), user: try arguments.valueOrNone(.user),
            password: files.password.contents, preSharedKeys: files.keys.contents,
            preSharedKeyIdentity: try arguments.valueOrNone(.pskIdentity), certificate: files.certificate.contents,
            key: key, keyURI: try arguments.valueOrNone(.keyURI),
            pinFile: try arguments.valueOrNone(.pkcs11PinFile))
        options.time = swl_realtime_seconds()
        let (type, timeout, wait) = (
            try arguments.valueOrNone(.type), try arguments.valueOrNone(.timeout), try arguments.valueOrNone(.wait)
        )
        do throws(CommandFailure) {
            if !type.isEmpty { options.keyType = try KeyCommands.type(type) }
            if !timeout.isEmpty {
                options.timeout = Int32(try EnrolmentCommand.seconds(timeout, "--timeout")) * 1000
            }
            if !wait.isEmpty { options.wait = try EnrolmentCommand.seconds(wait, "--wait") }
            try EnrolmentCommand.check(options, action, hasPassword: arguments.has(.passwordFile))
            try run(options)
            return 0
        } catch {
            reportFailure(Message(error), kind: error.kind, json: arguments.has(.json))
            return error.status
        }
    }

    private func run(_ options: borrowing EnrolmentOptions) throws(CommandFailure) {
        var enrolment = Enrolment(lastingRegion)
        defer { enrolment.wipe() }
        var output = lastingRegion(EnrolmentCommand.maximumOutput)
        var writer = ByteWriter(output.mutableBytes)
        try EnrolmentCommand.run(
            action, options, &enrolment, board: thisBoard(), json: arguments.has(.json), to: &writer
        ) { line in
            var message = Message("swiftletd: warning: ")
            message.add(line: line)
            message.writeError()
        }
        let count = min(writer.count, writer.capacity)
        writeOutput(output.bytes.extracting(0..<count))
    }
}

extension EnrolmentFiles {
    /// Reads what the options name, which was found to have values.
    fileprivate mutating func read(_ arguments: borrowing VerbArguments) throws(ConfigurationError) {
        try read(
            anchors: arguments.text(.anchor), password: arguments.text(.passwordFile),
            preSharedKeys: arguments.text(.pskFile))
        let key = arguments.text(.key)
        try read(certificate: arguments.text(.cert), key: PKCS11URI.isMeant(key) ? Span() : key)
    }
}
