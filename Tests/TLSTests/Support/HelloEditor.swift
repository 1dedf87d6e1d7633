// A ClientHello or ServerHello in parts that a test can change, and put together again.
import TestSupport

@testable import TLS

/// A hello in parts. The parts are written as they are, valid or not.
struct EditableHello {
    var isClient: Bool
    var legacyVersion: [UInt8]
    var random: [UInt8]
    var sessionID: [UInt8]
    /// cipher_suites of a client without their length; cipher_suite of a server.
    var suites: [UInt8]
    /// Compression methods of a client; the one method of a server.
    var compression: [UInt8]
    var extensions: [(type: ExtensionType, body: [UInt8])]

    /// Takes a hello apart: the first handshake message in `record`.
    init(record: [UInt8]) {
        var rest = record[9...]
        func take(_ count: Int) -> [UInt8] {
            let taken = Array(rest.prefix(count))
            rest = rest.dropFirst(count)
            return taken
        }
        func number(_ count: Int) -> Int { take(count).reduce(0) { $0 << 8 | Int($1) } }
        isClient = record[5] == HandshakeType.client_hello.rawValue
        legacyVersion = take(2)
        random = take(32)
        sessionID = take(number(1))
        suites = isClient ? take(number(2)) : take(2)
        compression = isClient ? take(number(1)) : take(1)
        extensions = []
        let end = number(2)
        rest = rest.prefix(end)
        while !rest.isEmpty {
            let type = ExtensionType(rawValue: UInt16(number(2)))
            extensions.append((type, take(number(2))))
        }
    }

    /// Replaces the body of an extension, or appends one.
    mutating func set(_ type: ExtensionType, _ body: [UInt8]) {
        if let index = extensions.firstIndex(where: { $0.type == type }) {
            extensions[index].body = body
        } else {
            extensions.append((type, body))
        }
    }

    mutating func remove(_ type: ExtensionType) { extensions.removeAll { $0.type == type } }

    /// The body of an extension; empty if there is none.
    func body(_ type: ExtensionType) -> [UInt8] { extensions.first { $0.type == type }?.body ?? [] }

    /// The hello as one record.
    var record: [UInt8] {
        func vector(_ bytes: [UInt8], _ lengthBytes: Int) -> [UInt8] {
            (0..<lengthBytes).map { UInt8(bytes.count >> (8 * (lengthBytes - 1 - $0)) & 255) } + bytes
        }
        let block = extensions.flatMap {
            [UInt8($0.type.rawValue >> 8), UInt8($0.type.rawValue & 255)] + vector($0.body, 2)
        }
        let body =
            legacyVersion + random + vector(sessionID, 1) + (isClient ? vector(suites, 2) : suites)
            + (isClient ? vector(compression, 1) : compression) + vector(block, 2)
        let type = isClient ? HandshakeType.client_hello : .server_hello
        let message = [type.rawValue] + vector(body, 3)
        return recordHeader(22, message.count) + message
    }
}
