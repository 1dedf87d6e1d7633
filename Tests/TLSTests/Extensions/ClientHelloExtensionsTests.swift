// What holds for the extensions of a ClientHello as a whole (RFC 8446 §4.2.9, §4.2.11).
import Bytes
import TestSupport
import Testing

@testable import TLS

@Suite struct ClientHelloExtensionsTests {
    private static let key = hex("0007 0001 aa 00000000 0021 20" + ExtensionSamples.binder)
    private static let modes: [UInt8] = [1, 1]

    private func error(_ extensions: [(type: ExtensionType, body: [UInt8])]) -> TLSError? {
        let bytes = ExtensionSamples.block(extensions)
        do throws(TLSError) {
            try ExtensionBlock(bytes.span, of: .client_hello).validate(in: .clientHello, offered: .anything)
            return nil
        } catch {
            return error
        }
    }

    @Test func aPreSharedKeyIsLast() {
        #expect(error([(.psk_key_exchange_modes, Self.modes), (.pre_shared_key, Self.key)]) == nil)
        let notLast = error([(.pre_shared_key, Self.key), (.psk_key_exchange_modes, Self.modes)])
        #expect(notLast == .illegalParameter(.preSharedKeyNotLast))
    }

    /// §4.2.9. A hello that leads to TLS 1.2 is not held to it: see Negotiation12Tests.
    @Test func aPreSharedKeyNeedsAMode() throws {
        #expect(error([(.pre_shared_key, Self.key)]) == nil)
        let bytes = ExtensionSamples.block([(.pre_shared_key, Self.key)])
        #expect(throws: TLSError.missingExtension(.psk_key_exchange_modes)) {
            try ExtensionBlock(bytes.span, of: .client_hello).checkOfferOfKeys()
        }
    }

    @Test func whatIsNotUsedMustParse() {
        let broken: [(ExtensionType, [UInt8])] = [
            (.psk_key_exchange_modes, [0]), (.early_data, [0]), (.certificate_authorities, [0]), (.cookie, [0, 0]),
            (.signature_algorithms_cert, [0, 1, 4]), (.application_layer_protocol_negotiation, [0, 2, 0, 0]),
            (.post_handshake_auth, [1]), (.pre_shared_key, [0]),
        ]
        for (type, body) in broken {
            #expect(error([(type, body)]) == .malformed(.client_hello), "\(type)")
        }
    }

    @Test func anOfferOfKeysIsReadByPlace() throws {
        let identities = "0010 0001 aa 01020304 0003 bbcccc 00000001"
        let binders = "0052 20" + ExtensionSamples.binder + "30" + String(repeating: "cc", count: 48)
        let bytes = ExtensionSamples.block([(.pre_shared_key, hex(identities + binders))])
        let block = try ExtensionBlock(bytes.span, of: .client_hello)
        let offer = try PreSharedKey.client(in: block)
        #expect(offer?.count == 2)
        #expect(offer?.binderListBytes == 2 + 0x52)
        let first = offer?.identity(at: 0)
        #expect(TLSTests.bytes(first?.identity) == [0xAA])
        #expect(first?.obfuscatedTicketAge == 0x0102_0304)
        let second = offer?.identity(at: 1)
        #expect(TLSTests.bytes(second?.identity) == [0xBB, 0xCC, 0xCC])
        #expect(TLSTests.bytes(second?.binder) == [UInt8](repeating: 0xCC, count: 48))
        let isPastTheEnd = offer?.identity(at: 2) == nil
        #expect(isPastTheEnd)
    }
}
