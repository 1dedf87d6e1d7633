// RSA key transport against a malicious client (RFC 5246 §7.4.7.1; Bleichenbacher, ROBOT, Marvin): whatever is wrong with what
// it encrypts, the server does the same at the same point.
import Foundation
import TLSCrypto
import TestSupport
import Testing
import X509

@testable import TLS

/// What a client may encrypt, or send without encrypting.
enum Encryption: CaseIterable {
    case good
    case firstByte, firstByteHigh, blockType, blockTypeOfSignatures, noZero, zeroTooEarly, zeroAtOnce, zeroTooLate
    case messageTooShort, messageTooLong, messageEmpty, version
    case allZeros, allOnes, ciphertextOfZeros, ciphertextOfModulus, ciphertextTooShort, ciphertextTooLong
    case ciphertextEmpty, ciphertextHuge

    /// The block to encrypt, as long as the modulus, or nil for what is no ciphertext of a block.
    func block(_ premaster: [UInt8], _ count: Int) -> [UInt8]? {
        let separator = count - premaster.count - 1
        var block = [0, 2] + [UInt8](repeating: 0xA5, count: separator - 2) + [0] + premaster
        switch self {
        case .good, .version: break
        case .firstByte: block[0] = 1
        case .firstByteHigh: block[0] = 0x40
        case .blockType: block[1] = 3
        case .blockTypeOfSignatures: block[1] = 1
        case .noZero: for index in 2..<count where block[index] == 0 { block[index] = 7 }
        case .zeroTooEarly: block[separator - 40] = 0
        case .zeroAtOnce: block[2] = 0
        case .zeroTooLate: block[separator] = 9
        case .messageTooShort: block.replaceSubrange(separator..<count, with: [0x17, 0] + premaster.dropFirst())
        case .messageTooLong:
            block[separator - 1] = 0
            block[separator] = 3
        case .messageEmpty:
            for index in 2..<count where block[index] == 0 { block[index] = 7 }
            block[count - 1] = 0
        case .allZeros: block = [UInt8](repeating: 0, count: count)
        case .allOnes: block = [0] + [UInt8](repeating: 0xFF, count: count - 1)
        default: return nil
        }
        return block
    }

    /// What is sent where nothing is encrypted.
    func ciphertext(_ count: Int, modulus: [UInt8]) -> [UInt8] {
        switch self {
        case .ciphertextOfZeros: [UInt8](repeating: 0, count: count)
        case .ciphertextOfModulus: modulus
        case .ciphertextTooShort: [UInt8](repeating: 3, count: count - 1)
        case .ciphertextTooLong: [UInt8](repeating: 3, count: count + 1)
        case .ciphertextHuge: [UInt8](repeating: 3, count: 800)
        default: []
        }
    }
}

@Suite struct KeyTransportAttackTests {
    let identities: TestIdentities

    init() throws { identities = try TestIdentities.get() }

    /// What can be seen of a server, and what it did.
    struct Conduct: Equatable {
        var beforeFinished: [UInt8] = []
        var stepsBeforeFinished: [Step] = []
        var output: [UInt8] = []
        var steps: [Step] = []
        var failure: TLSError?
        var isEstablished = false
    }

    /// RSA without padding, by a program that we did not write.
    private func encrypt(_ block: [UInt8]) throws -> [UInt8] {
        let file = try identities.factory.directory.write("block-\(UInt64.random(in: 0 ... .max))", block)
        return try runProgram([
            "openssl", "pkeyutl", "-encrypt", "-certin", "-inkey", identities.transportServer.certificatePath,
            "-pkeyopt", "rsa_padding_mode:none", "-in", file,
        ]).standardOutput
    }

    private func modulus() throws -> [UInt8] {
        let text = try runProgram([
            "openssl", "x509", "-in", identities.transportServer.certificatePath, "-noout", "-modulus",
        ]).standardOutput
        return hex(String(String(decoding: text, as: UTF8.self).dropFirst("Modulus=".count).filter(\.isHexDigit)))
    }

    /// Lets a client that is honest otherwise send what `kind` says, and go on with the premaster secret that it has put in.
    private func attack(_ kind: Encryption) throws -> Conduct {
        let client = try TestPeer(
            .client, PeerSetup(anchors: [identities.root]).only12.withKeyTransport)
        let server = try TestPeer(
            .server, PeerSetup(identities: [[identities.transportServer]]).withKeyTransport)
        try client.run()
        try server.give(client.takeOutput())
        try server.run()
        let flight = server.takeOutput()
        #expect(client.connection.receive(flight.span) == flight.count)
        while client.connection.copyContentToSign().isEmpty {
            #expect(client.connection.step(client.configuration) == .progressed)
        }
        let version: ProtocolVersion = kind == .version ? .tls11 : .tls12
        try client.connection.lie(kind, version, try modulus(), encrypt)
        try client.run()
        let messages = records(client.takeOutput())
        #expect(messages.map { $0[0] } == [22, 20, 22])
        var conduct = Conduct()
        server.steps = []
        for record in messages.dropLast() { try server.give(record) }
        try server.run()
        conduct.beforeFinished = server.takeOutput()
        conduct.stepsBeforeFinished = server.steps
        server.steps = []
        try server.give(messages[2])
        try server.run()
        conduct.output = server.takeOutput()
        conduct.steps = server.steps
        conduct.failure = server.failure
        try server.run()
        conduct.isEstablished = server.isEstablished
        return conduct
    }

    /// The way in which the blocks are made leads to a handshake where nothing is wrong.
    @Test func anHonestClientGetsThrough() throws {
        let conduct = try attack(.good)
        #expect(conduct.failure == nil)
        #expect(conduct.isEstablished)
        #expect(conduct.stepsBeforeFinished.contains(.wantsSignature))
    }

    /// Threats "ROBOT" and "Marvin", "uniform failure": the same alert at the same point of the flow, after the same steps.
    @Test func robotSeesTheSameForEverythingThatIsWrong() throws {
        let good = try attack(.good)
        let alert: [UInt8] = recordHeader(21, 2) + [2, AlertDescription.bad_record_mac.rawValue]
        let expected = Conduct(
            beforeFinished: [], stepsBeforeFinished: good.stepsBeforeFinished, output: alert,
            steps: [.failed(.peerMisbehaved(.badRecordMAC))], failure: .peerMisbehaved(.badRecordMAC))
        for kind in Encryption.allCases where kind != .good {
            let conduct = try attack(kind)
            var seen = conduct
            // Once failed, always failed: how often it was asked is the test's.
            seen.steps = Array(conduct.steps.prefix(1))
            #expect(seen == expected, "\(kind)")
        }
    }

    /// RFC 5246 §7.4.7.1: what stands in for a premaster secret that cannot be used is random, and known to nobody.
    @Test func whatStandsInIsRandom() throws {
        var seen: Set<[UInt8]> = []
        for _ in 0..<4 {
            let memory = TestMemory(MasterSecret.memoryBytes)
            var master = MasterSecret(memory: try memory.takeAll())
            try master.drawPremaster(.tls12, .system)
            let drawn = array(master.premasterSecret)
            #expect(Array(drawn[0..<2]) == [3, 3])
            let wrong = try #require(Encryption.blockType.block([UInt8](repeating: 1, count: 48), 256))
            master.takePremaster(from: wrong.span)
            #expect(array(master.premasterSecret) == drawn)
            seen.insert(drawn)
            let right = try #require(Encryption.good.block([2, 9] + [UInt8](repeating: 1, count: 46), 256))
            master.takePremaster(from: right.span)
            #expect(array(master.premasterSecret) == [3, 3] + [UInt8](repeating: 1, count: 46))
        }
        #expect(seen.count == 4)
    }

    /// Structure is not secret: a message that does not parse is told at once.
    @Test func aMessageThatDoesNotParseIsADecodeError() throws {
        let client = try TestPeer(.client, PeerSetup(anchors: [identities.root]).only12.withKeyTransport)
        let server = try TestPeer(
            .server, PeerSetup(identities: [[identities.transportServer]]).withKeyTransport)
        try client.run()
        try server.give(client.takeOutput())
        try server.run()
        _ = server.takeOutput()
        try server.give(recordHeader(22, 7) + [16, 0, 0, 3, 0, 2, 1])
        #expect(server.failure == .malformed(.client_key_exchange_RESERVED))
    }

    /// The answer may come later, and a key that fails for reasons of its own ends the connection like any other.
    @Test func whoHasTheKeyMayAnswerLaterOrNotAtAll() throws {
        let client = try TestPeer(.client, PeerSetup(anchors: [identities.root]).only12.withKeyTransport)
        let server = try TestPeer(
            .server, PeerSetup(identities: [[identities.transportServer]]).withKeyTransport)
        try client.run()
        try server.give(client.takeOutput())
        try server.run()
        try client.give(server.takeOutput())
        try client.run()
        let flight = client.takeOutput()
        #expect(server.connection.receive(flight.span) == flight.count)
        while server.connection.step(server.configuration) != .wantsSignature {}
        for _ in 0..<3 { #expect(server.connection.step(server.configuration) == .wantsSignature) }
        #expect(server.connection.signatureRequest?.operation == .decrypt)
        #expect(server.connection.signatureRequest?.identity == 0)
        server.connection.refuseSignature(.outOfMemory)
        #expect(server.connection.step(server.configuration) == .failed(.cryptoFailed(.outOfMemory)))
    }
}

extension Connection {
    /// Client: puts another ciphertext in the place of the one that is about to be sent.
    fileprivate mutating func lie(
        _ kind: Encryption, _ version: ProtocolVersion, _ modulus: [UInt8],
        _ encrypt: ([UInt8]) throws -> [UInt8]
    ) throws {
        let random = core.random
        try handshake?.context.master.drawPremaster(version, random)
        let premaster = handshake?.copyPremaster() ?? []
        #expect(premaster.count == 48)
        let count = modulus.count
        let ciphertext = try kind.block(premaster, count).map(encrypt) ?? kind.ciphertext(count, modulus: modulus)
        try core.writeDown(ciphertext.span)
    }
}

extension Handshake {
    fileprivate func copyPremaster() -> [UInt8] { array(context.master.premasterSecret) }
}
