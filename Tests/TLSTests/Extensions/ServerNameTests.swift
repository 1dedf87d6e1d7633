// server_name (RFC 6066 §3): what is a host name, and what is not.
import Bytes
import TestSupport
import Testing

@testable import TLS

@Suite struct ServerNameTests {
    /// Reads the extension with this name in it.
    private func read(_ body: [UInt8]) throws(TLSError) -> [UInt8]? {
        let bytes = ExtensionSamples.block([(.server_name, body)])
        return TLSTests.bytes(try ServerName.client(in: try ExtensionBlock(bytes.span, of: .client_hello)))
    }

    /// A ServerNameList with one host name.
    private func list(_ name: [UInt8], type: UInt8 = 0) -> [UInt8] {
        [UInt8((name.count + 3) >> 8), UInt8((name.count + 3) & 0xFF), type]
            + [UInt8(name.count >> 8), UInt8(name.count & 0xFF)] + name
    }

    private static let label63 = String(repeating: "a", count: 63)

    @Test(arguments: [
        "server", "device.example", "a-b.c_d.example", "xn--bcher-kva.example", "1.2.3.example", "A.B",
        "\(label63).example",
        Array(repeating: label63, count: 3).joined(separator: ".") + "." + String(label63.prefix(61)),
    ])
    func hostNamesAreRead(_ name: String) throws {
        #expect(try read(list(Array(name.utf8))) == Array(name.utf8))
    }

    /// RFC 6066 §3 does not permit them, and mosquitto's clients send them.
    @Test(arguments: ["192.0.2.1", "2001:db8::1", "[::1]"])
    func addressesArePassedOver(_ name: String) throws {
        #expect(try read(list(Array(name.utf8))) == nil)
        // Not in place of a name, nor beside one.
        let one: [UInt8] = [0, 0, 7] + Array("1.2.3.4".utf8)
        let host: [UInt8] = [0, 0, 1, 97]
        #expect(try read([0, 14] + one + host) == [97])
        #expect(throws: TLSError.illegalParameter(.serverName)) { try read([0, 18] + host + one + host) }
    }

    @Test(arguments: [
        "device.example.", ".example", "a..b", "192.0.2.1.", "1.2.3", "[::1", "a b", "a\u{0}b",
        "b\u{FC}cher.example",
        "a/b", "*.example", ".", "\(label63)a.example",
        Array(repeating: label63, count: 3).joined(separator: ".") + "." + String(label63.prefix(62)),
    ])
    func whatIsNoHostNameIsRefused(_ name: String) {
        #expect(throws: TLSError.illegalParameter(.serverName)) { try read(list(Array(name.utf8))) }
    }

    @Test func aNameComesOnceAndOtherKindsArePassedOver() throws {
        let host: [UInt8] = [0, 0, 1, 0x61]
        let other: [UInt8] = [7, 0, 2, 0, 1]
        #expect(throws: TLSError.illegalParameter(.serverName)) { try read([0, 8] + host + host) }
        #expect(try read([0, 9] + other + host) == [0x61])
        #expect(try read([0, 5] + other) == nil)
    }

    @Test func theExtensionIsWrittenAsRead() throws {
        let name = Array("device.example".utf8)
        let bytes = written { ServerName.appendHostName(name.span, to: &$0) }
        #expect(bytes == ExtensionSamples.block([(.server_name, list(name))]))
        let acknowledgement = written { ServerName.appendAcknowledgement(to: &$0) }
        #expect(acknowledgement == [0, 0, 0, 0])
    }
}
