// RSA key transport (RFC 5246 §7.4.7.1) as the server does it: the input is the block that its key has decrypted. Everything
// else comes from a recorded client, so the handshake ends well where the block holds that client's premaster secret, and in
// every other case in the same way at the same point (threats "ROBOT", "Marvin").
import Bytes
import TLSCrypto
import TestSupport

@testable import TLS

let keyTransportTargets: [FuzzTarget] = [
    FuzzTarget("decrypted-block", longest: 600, weight: 2) { fuzzBlock($0) },
    FuzzTarget("key-transport", longest: 300, weight: 2) { fuzzTransport($0) },
]

/// Any block: a premaster secret is taken out of it exactly where the padding says so, by rules that are written down
/// plainly here.
private func fuzzBlock(_ input: Span<UInt8>) {
    let drawn = [3, 3] + [UInt8](repeating: 0x5A, count: transportedSecretBytes - 2)
    var premaster = drawn
    var memory = premaster.mutableSpan
    unpadPremaster(input, into: &memory)
    let expected = secret(in: array(input)).map { drawn[0..<2] + $0.dropFirst(2) } ?? drawn[...]
    require(premaster == Array(expected), "another premaster secret than the block's")
}

/// The 48 bytes in a block with the padding of RSAES-PKCS1-v1_5 (RFC 8017 §7.2.2).
private func secret(in block: [UInt8]) -> [UInt8]? {
    guard block.starts(with: [0, 2]), let end = block.dropFirst(2).firstIndex(of: 0), end >= 10 else { return nil }
    let message = Array(block[(end + 1)...])
    return message.count == transportedSecretBytes ? message : nil
}

/// What a server does with a recorded client whose ciphertext has been decrypted.
private struct Conduct: Equatable {
    let outputBeforeFinished: [UInt8]
    let stepBeforeFinished: Step
    let outputAtEnd: [UInt8]
    let stepAtEnd: Step

    /// - Parameter block: what the decryption comes to; nil for the true one.
    init(_ recording: Recording, _ block: [UInt8]?) {
        var found: Conduct?
        withSide(.server, recording.variant) { server in
            let sealer = FlightSealer(recording.holder, .client, fragment: recording.variant.fragment)
            let flights = recording.flights(of: .client)
            server.give(sealer.seal(flights[0]))
            _ = server.send()
            server.answer = block
            let before = server.give(sealer.seal(flights[1].dropLast())) + server.send()
            server.answer = nil
            let step = server.lastStep
            let after = server.give(sealer.seal(flights[1].suffix(1))) + server.send()
            found = Conduct(
                outputBeforeFinished: before, stepBeforeFinished: step, outputAtEnd: after, stepAtEnd: server.lastStep)
        }
        guard let found else { fatalError("a server did nothing") }
        self = found
    }

    private init(
        outputBeforeFinished: [UInt8], stepBeforeFinished: Step, outputAtEnd: [UInt8], stepAtEnd: Step
    ) {
        self.outputBeforeFinished = outputBeforeFinished
        self.stepBeforeFinished = stepBeforeFinished
        self.outputAtEnd = outputAtEnd
        self.stepAtEnd = stepAtEnd
    }
}

/// The recorded client without a certificate, its block, and what follows from a good and from a bad one.
private final class Transport: @unchecked Sendable {
    static let shared = withoutLeakDetection { Transport() }

    let recording: Recording
    let block: [UInt8]
    let good: Conduct
    let bad: Conduct

    private init() {
        let index = Variant.of12.firstIndex { $0.transportsKey && !$0.isMutual }
        guard let index else { fatalError("no variant transports a key") }
        recording = Recording.of(index, is12: true)
        guard let message = recording.message(.client_key_exchange_RESERVED, of: .client) else {
            fatalError("no ClientKeyExchange was recorded")
        }
        block = Signer.transport.decrypt(Array(message.dropFirst(6)))
        good = Conduct(recording, block)
        bad = Conduct(recording, [UInt8](repeating: 0, count: block.count))
    }
}

/// The first byte says what follows: a block as it is, or edits of the good one.
private func fuzzTransport(_ input: Span<UInt8>) {
    var program = Program(input)
    let transport = Transport.shared
    let isEdited = program.byte() & 1 == 1
    var block = isEdited ? transport.block : program.all()
    while isEdited, !program.isAtEnd, !block.isEmpty {
        let place = program.byte() % block.count
        switch program.byte() % 4 {
        case 0: block.remove(at: place)
        case 1: block.insert(UInt8(program.byte()), at: place)
        case 2: block[place] = 0
        default: block[place] ^= UInt8(program.byte())
        }
    }
    // The version in the block is passed over: see MasterSecret.takePremaster.
    let isGood = secret(in: block).map { $0.dropFirst(2) == secret(in: transport.block)?.dropFirst(2) } ?? false
    let conduct = Conduct(transport.recording, block)
    require(
        conduct == (isGood ? transport.good : transport.bad), "a block of \(block.count) bytes shows: \(conduct)")
    require(transport.good != transport.bad, "a good block and a bad one cannot be told apart by their end")
}
