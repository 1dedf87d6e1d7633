// The extensions that are a list or a number: round trips and limits.
import Bytes
import TestSupport
import Testing

@testable import TLS

@Suite struct SmallExtensionTests {
    @Test func listsComeOutAsTheyWentIn() throws {
        let groups: [NamedGroup] = [.x25519, .secp256r1, NamedGroup(rawValue: 0xEAEA)]
        let groupBytes = written { SupportedGroups.append(groups.span, to: &$0) }
        let readGroups = codepoints(try SupportedGroups.read(in: ExtensionBlock(groupBytes.span, of: .client_hello)))
        #expect(readGroups == groups)
        let schemes: [SignatureScheme] = [.ecdsa_secp256r1_sha256, .ed25519]
        let schemeBytes = written { SignatureAlgorithms.append(schemes.span, to: &$0) }
        let schemeBlock = try ExtensionBlock(schemeBytes.span, of: .client_hello)
        #expect(codepoints(try SignatureAlgorithms.read(in: schemeBlock)) == schemes)
        let certBytes = written { SignatureAlgorithms.append(schemes.span, as: .signature_algorithms_cert, to: &$0) }
        let certBlock = try ExtensionBlock(certBytes.span, of: .client_hello)
        #expect(codepoints(try SignatureAlgorithms.read(.signature_algorithms_cert, in: certBlock)) == schemes)
        #expect(codepoints(try SignatureAlgorithms.read(in: certBlock)) == nil)
    }

    @Test func versions() throws {
        let one: [ProtocolVersion] = [.tls13]
        let client = written { SupportedVersions.appendClient(one.span, to: &$0) }
        #expect(client == hex("002b 0003 02 0304"))
        let server = written { SupportedVersions.appendServer(to: &$0) }
        #expect(server == hex("002b 0002 0304"))
        let both: [ProtocolVersion] = [.tls13, .tls12]
        let bytes = written { SupportedVersions.appendClient(both.span, to: &$0) }
        #expect(codepoints(try SupportedVersions.client(in: ExtensionBlock(bytes.span, of: .client_hello))) == both)
    }

    @Test func applicationProtocols() throws {
        let names = hex("02 6832 08 687474702f312e31")
        let client = written { ApplicationLayerProtocolNegotiation.append(names.span, to: &$0) }
        let offer = try ApplicationLayerProtocolNegotiation.client(
            in: ExtensionBlock(client.span, of: .client_hello))
        let first = Array("h2".utf8)
        let absent = Array("http".utf8)
        #expect(offer?.contains(first.span) == true)
        #expect(offer?.contains(absent.span) == false)
        let server = written { ApplicationLayerProtocolNegotiation.appendServer(first.span, to: &$0) }
        let chosen = try ApplicationLayerProtocolNegotiation.server(
            in: ExtensionBlock(server.span, of: .encrypted_extensions))
        #expect(bytes(chosen) == first)
        // RFC 7301 §3.1: a server answers with exactly one.
        let block = try ExtensionBlock(client.span, of: .encrypted_extensions)
        #expect(throws: TLSError.illegalParameter(.alpnNotSingle)) {
            _ = try ApplicationLayerProtocolNegotiation.server(in: block)
        }
    }

    @Test func cookies() throws {
        let cookie: [UInt8] = [1, 2, 3]
        let written = written { Cookie.append(cookie.span, to: &$0) }
        #expect(bytes(try Cookie.read(in: ExtensionBlock(written.span, of: .client_hello))) == cookie)
    }

    @Test(arguments: [
        (UInt16(63), HandshakeType.client_hello, false), (64, .client_hello, true), (16385, .client_hello, true),
        (16386, .client_hello, true), (65535, .client_hello, true), (63, .encrypted_extensions, false),
        (64, .encrypted_extensions, true), (16385, .encrypted_extensions, true), (16386, .encrypted_extensions, false),
    ])
    func recordSizeLimits(_ limit: UInt16, _ message: HandshakeType, _ isAllowed: Bool) throws {
        let bytes = written { RecordSizeLimit.append(limit, to: &$0) }
        let block = try ExtensionBlock(bytes.span, of: message)
        if isAllowed {
            let read = try RecordSizeLimit.read(in: block)
            #expect(read == limit)
        } else {
            #expect(throws: TLSError.illegalParameter(.recordSizeLimit)) { _ = try RecordSizeLimit.read(in: block) }
        }
    }

    @Test func pskModes() throws {
        let bytes = written { PSKKeyExchangeModes.append([PSKKeyExchangeMode.psk_dhe_ke].span, to: &$0) }
        let modes = try PSKKeyExchangeModes.client(in: ExtensionBlock(bytes.span, of: .client_hello))
        #expect(modes?.contains(.psk_dhe_ke) == true)
        #expect(modes?.contains(.psk_ke) == false)
    }

    @Test func certificateAuthorities() throws {
        let bytes = ExtensionSamples.block([(.certificate_authorities, hex("0004 0002 3000"))])
        let names = try CertificateAuthorities.read(in: ExtensionBlock(bytes.span, of: .certificate_request))
        #expect(TLSTests.bytes(names) == hex("0002 3000"))
    }
}
