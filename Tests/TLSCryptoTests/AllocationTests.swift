// Sealing, opening and the running hash allocate nothing, mbedTLS included. Each test does its work once before it counts:
// Swift's run-time library (not there in the Embedded build) allocates when it first meets a generic type.
import Bytes
import CAllocationCount
import TestSupport
import Testing

@testable import TLSCrypto

@Suite struct AllocationTests {
    /// Whether the count counts; nothing is shown where it does not (with a sanitizer).
    static let counts: Bool = {
        let before = swl_allocation_count()
        withExtendedLifetime(Replay([1])) {}
        return swl_allocation_count() > before
    }()

    @Test(.enabled(if: counts), arguments: AEADAlgorithm.allCases)
    func aRecordAllocatesNothing(_ algorithm: AEADAlgorithm) throws {
        let memory = Memory()
        var key = try memory.aead(algorithm, [UInt8](repeating: 1, count: algorithm.keyBytes))
        let nonce = [UInt8](repeating: 2, count: 12)
        let data: [UInt8] = [23, 3, 3, 64, 17]
        var buffer = [UInt8](repeating: 3, count: 16384 + 16)
        var span = buffer.mutableSpan
        // A record that allocated would do so in every round; the run-time library does in a round now and then.
        var least = Int.max
        for _ in 0..<8 {
            let before = swl_allocation_count()
            try key.seal(nonce: nonce.span, additionalData: data.span, &span)
            try key.open(nonce: nonce.span, additionalData: data.span, &span)
            least = min(least, swl_allocation_count() - before)
        }
        #expect(least == 0)
        #expect(buffer.prefix(16384).allSatisfy { $0 == 3 })
    }

    @Test(.enabled(if: counts), arguments: HashAlgorithm.allCases)
    func aRunningHashAllocatesNothing(_ algorithm: HashAlgorithm) throws {
        let memory = Memory()
        let message = [UInt8](repeating: 7, count: 300)
        try hashTwice(memory.take(RunningHash.contextBytes), algorithm, message)
        let region = memory.take(RunningHash.contextBytes)
        let before = swl_allocation_count()
        try hashTwice(region, algorithm, message)
        let after = swl_allocation_count()
        #expect(after == before)
    }

    private func hashTwice(
        _ region: consuming Region, _ algorithm: HashAlgorithm, _ message: [UInt8]
    ) throws(CryptoError) {
        var running = try RunningHash(algorithm, in: region)
        try running.update(message.span)
        let middle = try running.current()
        try running.update(message.span)
        let end = try running.current()
        guard middle != end else { throw .backend(0) }
    }

    // What the two tests above would notice: setting a key does allocate (AES's schedule).
    @Test(.enabled(if: counts))
    func settingAKeyIsCounted() throws {
        let memory = Memory()
        let key = [UInt8](repeating: 1, count: 16)
        let before = swl_allocation_count()
        let aead = try memory.aead(.aes128GCM, key)
        #expect(swl_allocation_count() > before)
        withExtendedLifetime(aead.algorithm) {}
    }
}
