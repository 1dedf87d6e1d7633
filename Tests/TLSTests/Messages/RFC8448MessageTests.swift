// The messages of RFC 8448 §3 parse to the values that the RFC prints, and come out of our writers as they are.
import Bytes
import TLSCrypto
import TestSupport
import Testing

@testable import TLS

@Suite struct RFC8448MessageTests {
    @Test func theSamplesAreTheOnesOfTheRFC() throws {
        // §3: hashes of the transcript up to ServerHello, and up to the server's Finished.
        let hellos = SampleMessages.clientHello + SampleMessages.serverHello
        let flight =
            hellos + SampleMessages.encryptedExtensions + SampleMessages.certificate
            + SampleMessages.certificateVerify + SampleMessages.finished
        let first = array(try digest(.sha256, hellos.span).bytes)
        let second = array(try digest(.sha256, flight.span).bytes)
        #expect(first == hex("860c06edc07858ee8e78f0e7428c58edd6b43f2ca3e6e95f02ed063cf0e1cad8"))
        #expect(second == hex("9608102a0f1ccc6db6250b7b7e417b1a000eaada3daae4777a7686c9ff83df13"))
    }

    @Test func clientHello() throws {
        let clientHelloBytes = SampleMessages.clientHello
        let hello = try ClientHello(HandshakeMessage(clientHelloBytes.span))
        let random = array(hello.random)
        #expect(random == hex("cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece7"))
        let version = hello.legacyVersion
        #expect(version == .tls12)
        let sessionIDCount = hello.legacySessionID.count
        #expect(sessionIDCount == 0)
        let suites = hello.cipherSuites.indices.map { hello.cipherSuites[$0] }
        #expect(suites == [.TLS_AES_128_GCM_SHA256, .TLS_CHACHA20_POLY1305_SHA256, .TLS_AES_256_GCM_SHA384])
        let isNull = hello.hasNullCompressionOnly
        #expect(isNull)
        let fixed = array(hello.fixedPart)
        #expect(fixed == Array(SampleMessages.clientHello[4..<49]))
    }

    @Test func extensionsOfTheClientHello() throws {
        let clientHelloBytes = SampleMessages.clientHello
        let hello = try ClientHello(HandshakeMessage(clientHelloBytes.span))
        let extensions = hello.extensions
        try extensions.validate(in: .clientHello, offered: .anything)
        let name = bytes(try ServerName.client(in: extensions))
        #expect(name == Array("server".utf8))
        let groups = codepoints(try SupportedGroups.read(in: extensions))
        #expect(groups?.prefix(4) == [.x25519, .secp256r1, .secp384r1, .secp521r1])
        #expect(groups?.count == 9)
        let share = bytes(try KeyShare.client(in: extensions)?.share(for: .x25519))
        #expect(share == hex("99381de560e4bd43d23d8e435a7dbafeb3c06e51c13cae4d5413691e529aaf2c"))
        let isTLS13 = try SupportedVersions.client(in: extensions)?.contains(.tls13)
        #expect(isTLS13 == true)
        let schemes = codepoints(try SignatureAlgorithms.read(in: extensions))
        #expect(schemes?.count == 15)
        #expect(schemes?[3].rawValue == 0x0203)
        #expect(schemes?[4] == .rsa_pss_rsae_sha256)
        let mode = try PSKKeyExchangeModes.client(in: extensions)?.contains(.psk_dhe_ke)
        #expect(mode == true)
        let limit = try RecordSizeLimit.read(in: extensions)
        #expect(limit == 0x4001)
    }

    @Test func serverHello() throws {
        let serverHelloBytes = SampleMessages.serverHello
        let hello = try ServerHello(HandshakeMessage(serverHelloBytes.span))
        let random = array(hello.random)
        #expect(random == hex("a6af06a4121860dc5e6e60249cd34c95930c8ac5cb1434dac155772ed3e26928"))
        let suite = hello.cipherSuite
        #expect(suite == .TLS_AES_128_GCM_SHA256)
        let isRetry = hello.isHelloRetryRequest || hello.hasDowngradeSentinel
        #expect(!isRetry)
        try hello.extensions.validate(in: .serverHello, offered: .serverHelloOf13)
        let version = try SupportedVersions.server(in: hello.extensions)
        #expect(version == .tls13)
        let share = bytes(try KeyShare.server(in: hello.extensions)?.keyExchange)
        #expect(share == hex("c9828876112095fe66762bdbf7c672e156d6cc253b833df1dd69b1b04e751f0f"))
    }

    @Test func encryptedExtensions() throws {
        let encryptedExtensionsBytes = SampleMessages.encryptedExtensions
        let extensions = try EncryptedExtensions(HandshakeMessage(encryptedExtensionsBytes.span)).extensions
        let offered = OfferedExtensions.nothing.with(.server_name).with(.supported_groups).with(.record_size_limit)
        try extensions.validate(in: .encryptedExtensions, offered: offered)
        try ServerName.checkAcknowledgement(in: extensions)
        let limit = try RecordSizeLimit.read(in: extensions)
        #expect(limit == 0x4001)
    }

    @Test func certificateAndItsSignature() throws {
        let certificateBytes = SampleMessages.certificate
        let certificate = try CertificateMessage(HandshakeMessage(certificateBytes.span), in: .tls13, .X509)
        let contextCount = certificate.requestContext.count
        #expect(contextCount == 0)
        let entries = array(certificate.entries)
        #expect(entries.count == 0x1B5)
        #expect(Array(entries.prefix(7)) == hex("0001b0308201ac"))
        try certificate.checkExtensions(mayHaveStaple: false)
        let certificateVerifyBytes = SampleMessages.certificateVerify
        let verify = try CertificateVerify(HandshakeMessage(certificateVerifyBytes.span))
        let scheme = verify.scheme
        let signatureCount = verify.signature.count
        #expect(scheme == .rsa_pss_rsae_sha256)
        #expect(signatureCount == 128)
    }

    @Test func finishedAndTicket() throws {
        let finishedBytes = SampleMessages.finished
        let finished = try Finished(HandshakeMessage(finishedBytes.span), length: 32)
        let verifyData = array(finished.verifyData)
        #expect(verifyData == hex("9b9b141d906337fbd2cbdce71df4deda4ab42c309572cb7fffee5454b78f0718"))
        let newSessionTicketBytes = SampleMessages.newSessionTicket
        let ticket = try NewSessionTicket(HandshakeMessage(newSessionTicketBytes.span))
        let numbers = [ticket.lifetime, ticket.ageAdd]
        #expect(numbers == [30, 0xFAD6_AAC5])
        let counts = [ticket.nonce.count, ticket.ticket.count]
        #expect(counts == [2, 178])
        let early = try EarlyData.maximumSize(in: ticket.extensions)
        #expect(early == 1024)
    }

    /// §3: every field of the two hellos that we write comes out byte for byte.
    @Test func theHellosAreWrittenAsTheRFCHasThem() throws {
        let random = hex("a6af06a4121860dc5e6e60249cd34c95930c8ac5cb1434dac155772ed3e26928")
        let share = hex("c9828876112095fe66762bdbf7c672e156d6cc253b833df1dd69b1b04e751f0f")
        let server = written { writer in
            let message = writer.beginHandshakeMessage(.server_hello)
            ServerHello.appendBeforeExtensions(
                random: random.span, sessionID: Span(), cipherSuite: .TLS_AES_128_GCM_SHA256, to: &writer)
            let extensions = writer.beginVector(lengthBytes: 2)
            KeyShare.appendServer(.x25519, share.span, to: &writer)
            SupportedVersions.appendServer(to: &writer)
            writer.endVector(extensions)
            writer.endHandshakeMessage(message)
        }
        #expect(server == SampleMessages.serverHello)
        let suites: [CipherSuite] = [
            .TLS_AES_128_GCM_SHA256, .TLS_CHACHA20_POLY1305_SHA256, .TLS_AES_256_GCM_SHA384,
        ]
        let clientRandom = Array(SampleMessages.clientHello[6..<38])
        let client = written { writer in
            ClientHello.appendBeforeExtensions(
                random: clientRandom.span, sessionID: Span(), cipherSuites: suites.span, to: &writer)
        }
        #expect(client == Array(SampleMessages.clientHello[4..<49]))
        let verifyData = Array(SampleMessages.finished[4...])
        #expect(written { Finished.append(verifyData.span, to: &$0) } == SampleMessages.finished)
        let signature = Array(SampleMessages.certificateVerify[8...])
        let verify = written { CertificateVerify.append(.rsa_pss_rsae_sha256, signature.span, to: &$0) }
        #expect(verify == SampleMessages.certificateVerify)
        let entries = Array(SampleMessages.certificate[8...])
        let certificate = written { writer in
            CertificateMessage.appendBeforeEntries(entryBytes: entries.count, in: .tls13, .X509, to: &writer)
            writer.append(entries.span)
        }
        #expect(certificate == SampleMessages.certificate)
    }
}
