// What the daemon and the process that makes an attempt at a renewal tell each other over their socket, each in one message:
//
//     task      whether to enrol anew, the floor of the time, and the settings of the renewal
//     reports   a certificate was issued; it was stored as a generation; or why it was not
//
// Invariants:
// - no secret is in a message: passwords and keys go by the paths of their files;
// - a message that is not as it is written here is none.
import Bytes
import Provisioning

/// What an attempt is to do.
@_addressableForDependencies  // see BoundedBytes
struct RenewalTask {
    let settings: RenewalSettings
    /// Whether the identity has expired, and the factory's is to be shown.
    let isAnew: Bool
    /// It is at least this late, in seconds since 1970.
    let floor: Int64

    /// Bytes that a task has at most.
    static var maximumBytes: Int { 8192 }

    init(_ settings: RenewalSettings, isAnew: Bool, floor: Int64) {
        self.settings = settings
        self.isAnew = isAnew
        self.floor = floor
    }

    /// - Returns: nil where `bytes` is no task.
    init?(_ bytes: Span<UInt8>) {
        var reader = ByteReader(bytes)
        guard let isAnew = reader.readUInt8(), isAnew < 2, let floor = reader.readUInt64(),
            let timeout = reader.readUInt32(), let wait = reader.readUInt32(),
            let word = reader.readVector16(), let name = TunnelSettings.Name(word)
        else { return nil }
        var settings = RenewalSettings(line: 0, name: name)
        settings.timeout = Int(clamping: timeout)
        settings.wait = Int(clamping: wait)
        guard let identity = reader.readPath(), let server = reader.readPath(), let anchors = reader.readPath(),
            let user = reader.readWord(), let passwordFile = reader.readPath(), let pskFile = reader.readPath(),
            let pskIdentity = reader.readWord(), let factoryIdentity = reader.readPath(),
            let factoryCertificate = reader.readPath(), let factoryKey = reader.readPath(),
            let pinFile = reader.readPath(), reader.isAtEnd
        else { return nil }
        settings.identity = identity
        settings.server = server
        settings.anchors = anchors
        settings.user = user
        settings.passwordFile = passwordFile
        settings.pskFile = pskFile
        settings.pskIdentity = pskIdentity
        settings.factoryIdentity = factoryIdentity
        settings.factoryCertificate = factoryCertificate
        settings.factoryKey = factoryKey
        settings.pinFile = pinFile
        self.init(settings, isAnew: isAnew == 1, floor: Int64(bitPattern: floor))
    }

    func write(to writer: inout ByteWriter) {
        writer.append(isAnew ? 1 : 0 as UInt8)
        writer.append(UInt64(bitPattern: floor))
        writer.append(UInt32(truncatingIfNeeded: settings.timeout))
        writer.append(UInt32(truncatingIfNeeded: settings.wait))
        writer.append(text: settings.name.bytes)
        writer.append(text: settings.identity.bytes)
        writer.append(text: settings.server.bytes)
        writer.append(text: settings.anchors.bytes)
        writer.append(text: settings.user.bytes)
        writer.append(text: settings.passwordFile.bytes)
        writer.append(text: settings.pskFile.bytes)
        writer.append(text: settings.pskIdentity.bytes)
        writer.append(text: settings.factoryIdentity.bytes)
        writer.append(text: settings.factoryCertificate.bytes)
        writer.append(text: settings.factoryKey.bytes)
        writer.append(text: settings.pinFile.bytes)
    }
}

extension ByteWriter {
    @_lifetime(self: copy self)
    fileprivate mutating func append(text: Span<UInt8>) {
        let vector = beginVector(lengthBytes: 2)
        append(text)
        endVector(vector)
    }
}

extension ByteReader {
    @_lifetime(self: copy self)
    fileprivate mutating func readPath() -> RenewalSettings.Path? {
        guard let bytes = readVector16() else { return nil }
        return RenewalSettings.Path(bytes)
    }

    @_lifetime(self: copy self)
    fileprivate mutating func readWord() -> RenewalSettings.Word? {
        guard let bytes = readVector16() else { return nil }
        return RenewalSettings.Word(bytes)
    }
}

/// What an attempt has come to.
enum RenewalReport {
    /// There is a certificate, which is being tried.
    case issued
    /// The new identity is the store's current one.
    case installed(generation: UInt32)
    /// It has failed, and the server wants to be left alone for so many seconds; 0 where it does not say.
    case failed(Message, retryAfter: UInt32)

    /// Bytes that a report has at most.
    static var maximumBytes: Int { 1024 }

    /// - Returns: nil where `bytes` is no report.
    init?(_ bytes: Span<UInt8>) {
        var reader = ByteReader(bytes)
        switch reader.readUInt8() {
        case 1:
            guard reader.isAtEnd else { return nil }
            self = .issued
        case 2:
            guard let generation = reader.readUInt32(), reader.isAtEnd else { return nil }
            self = .installed(generation: generation)
        case 3:
            guard let retryAfter = reader.readUInt32() else { return nil }
            var message = Message()
            // Made safe by the one who wrote it, which is this program.
            message.add(line: reader.readRest())
            self = .failed(message, retryAfter: retryAfter)
        default: return nil
        }
    }

    func write(to writer: inout ByteWriter) {
        switch self {
        case .issued: writer.append(1 as UInt8)
        case .installed(let generation):
            writer.append(2 as UInt8)
            writer.append(generation)
        case .failed(let message, let retryAfter):
            writer.append(3 as UInt8)
            writer.append(retryAfter)
            writer.append(message.bytes)
        }
    }

    /// Tells the daemon. Where that fails it is gone, or has given this process up.
    func send(to descriptor: Int32) {
        var storage = InlineArray<1024, UInt8>(repeating: 0)
        var writer = ByteWriter(storage.mutableSpan)
        write(to: &writer)
        let count = min(writer.count, Self.maximumBytes)
        _ = storage.span.extracting(0..<count).send(to: descriptor)
    }
}
