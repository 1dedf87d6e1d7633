// The block itself (RFC 8446 §4.2): duplicates, too many, unknown ones, and iteration.
import Bytes
import TestSupport
import Testing

@testable import TLS

@Suite struct ExtensionBlockTests {
    private func blockError(_ bytes: [UInt8], of message: HandshakeType = .client_hello) -> TLSError? {
        do throws(TLSError) {
            _ = try ExtensionBlock(bytes.span, of: message)
            return nil
        } catch {
            return error
        }
    }

    @Test func duplicatesAreRefusedWhereverTheyStand() {
        let others = (100..<110).map { (type: ExtensionType(rawValue: $0), body: [UInt8]()) }
        for first in 0..<10 {
            var extensions = others
            extensions.append(others[first])
            #expect(blockError(ExtensionSamples.block(extensions)) == .peerMisbehaved(.duplicateOffer))
            let answer = blockError(ExtensionSamples.block(extensions), of: .server_hello)
            #expect(answer == .peerMisbehaved(.duplicateExtension))
        }
        // GREASE values may not come twice either (RFC 8701 §3.1: distinct values).
        let grease = [(type: ExtensionType(rawValue: 0x1A1A), body: [UInt8(0)])]
        #expect(blockError(ExtensionSamples.block(grease)) == nil)
        #expect(blockError(ExtensionSamples.block(grease + grease)) == .peerMisbehaved(.duplicateOffer))
    }

    @Test func thereIsAnEndToHowManyThereAre() {
        let many = (0..<97).map { (type: ExtensionType(rawValue: 1000 + $0), body: [UInt8]()) }
        #expect(blockError(ExtensionSamples.block(Array(many[..<96]))) == nil)
        #expect(blockError(ExtensionSamples.block(many)) == .peerMisbehaved(.tooManyExtensions))
    }

    @Test func everyCutIsMalformed() {
        let bytes = ExtensionSamples.block([(.cookie, [0, 1, 7]), (.padding, [0, 0])])
        for count in bytes.indices {
            // Between two extensions the block is whole.
            let isWhole = count == 0 || count == 7
            #expect(blockError(Array(bytes[..<count])) == (isWhole ? nil : .malformed(.client_hello)))
        }
    }

    @Test func extensionsAreFoundAndIterated() throws {
        let bytes = ExtensionSamples.block([(.cookie, [0, 1, 7]), (.padding, []), (.server_name, [1])])
        let block = try ExtensionBlock(bytes.span, of: .client_hello)
        var types: [ExtensionType] = []
        var reader = block.reader
        while let next = reader.next() { types.append(next.type) }
        #expect(types == [.cookie, .padding, .server_name])
        #expect(TLSTests.bytes(block.body(of: .cookie)) == [0, 1, 7])
        #expect(TLSTests.bytes(block.body(of: .padding)) == [])
        #expect(TLSTests.bytes(block.body(of: .key_share)) == nil)
    }
}
