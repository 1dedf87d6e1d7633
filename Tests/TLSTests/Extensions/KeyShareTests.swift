// key_share (RFC 8446 §4.2.8).
import Bytes
import TestSupport
import Testing

@testable import TLS

@Suite struct KeyShareTests {
    /// KeyShareEntries of one byte each, with their length in front.
    private func shares(_ groups: [UInt16]) -> [UInt8] {
        let entries = groups.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF), 0, 1, 7] }
        return [UInt8(entries.count >> 8), UInt8(entries.count & 0xFF)] + entries
    }

    /// The error of reading shares and checking them against groups.
    private func error(_ shared: [UInt16], groups: [UInt16]) -> TLSError? {
        let list = groups.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
        let supported = [UInt8(list.count >> 8), UInt8(list.count & 0xFF)] + list
        let bytes = ExtensionSamples.block([(.supported_groups, supported), (.key_share, shares(shared))])
        do throws(TLSError) {
            let block = try ExtensionBlock(bytes.span, of: .client_hello)
            guard let groups = try SupportedGroups.read(in: block), let shares = try KeyShare.client(in: block) else {
                return .missingExtension(.key_share)
            }
            try shares.check(against: groups)
            return nil
        } catch {
            return error
        }
    }

    @Test func sharesAreOfSupportedGroupsAndOfEachOnce() {
        #expect(error([29], groups: [29, 23]) == nil)
        #expect(error([0x2A2A, 29], groups: [0x2A2A, 29]) == nil)
        #expect(error([], groups: [29]) == nil)
        #expect(error([29, 23, 29], groups: [29, 23]) == .illegalParameter(.keyShareDuplicate))
        #expect(error([29, 24], groups: [29, 23]) == .illegalParameter(.keyShareWithoutGroup))
        // Any order will do: our preference decides.
        #expect(error([23, 29], groups: [29, 23]) == nil)
    }

    @Test func thereIsAnEndToHowManyThereAre() {
        let groups = (1...33).map { UInt16($0) }
        #expect(error(Array(groups[..<32]), groups: groups) == nil)
        #expect(error(groups, groups: groups) == .malformed(.client_hello))
    }

    @Test func sharesComeOutAsTheyWentIn() throws {
        let value = [UInt8](1...32)
        let client = written { KeyShare.appendClient(.x25519, value.span, to: &$0) }
        #expect(client == hex("0033 0026 0024 001d 0020") + value)
        let block = try ExtensionBlock(client.span, of: .client_hello)
        let read = bytes(try KeyShare.client(in: block)?.share(for: .x25519))
        #expect(read == value)
        let other = bytes(try KeyShare.client(in: block)?.share(for: .secp256r1))
        #expect(other == nil)
        let server = written { KeyShare.appendServer(.secp256r1, value.span, to: &$0) }
        let entry = try KeyShare.server(in: ExtensionBlock(server.span, of: .server_hello))
        #expect(entry?.group == .secp256r1)
        #expect(bytes(entry?.keyExchange) == value)
        let retry = written { KeyShare.appendHelloRetryRequest(.secp384r1, to: &$0) }
        let group = try KeyShare.helloRetryRequest(in: ExtensionBlock(retry.span, of: .server_hello))
        #expect(group == .secp384r1)
    }
}
