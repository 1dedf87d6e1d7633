// `current` and `meta.json`: one form each, and nothing else is taken for them. And when to renew.
import Bytes
import Foundation
import Testing

@testable import Provisioning

@Suite struct StoreFormatTests {
    private let hash = [UInt8](0..<32)

    private func metadata(_ generation: UInt32, _ created: Int64, board: Bool = true) throws -> StoreMetadata {
        let bounded = StoredHash(hash.span)
        let hash = try #require(bounded)
        return StoreMetadata(
            generation: generation, created: created, board: board ? hash : StoredHash(), key: hash, chain: hash,
            anchors: hash)
    }

    private func text(_ write: (inout ByteWriter) -> Void) -> [UInt8] {
        var storage = [UInt8](repeating: 0, count: 1024)
        var writer = ByteWriter(storage.mutableSpan)
        write(&writer)
        let count = writer.count
        return Array(storage.prefix(count))
    }

    @Test(
        arguments: [
            (1, 0), (3, 1_767_225_600), (999_999_999, 253_402_300_799), (4, -62_167_219_200),
        ] as [(UInt32, Int64)]) func metadataReadsBack(generation: UInt32, created: Int64) throws
    {
        for board in [true, false] {
            let metadata = try metadata(generation, created, board: board)
            let text = text { metadata.write(to: &$0) }
            #expect(text.count <= StoreMetadata.maximumBytes)
            #expect(StoreMetadata(text.span) == metadata)
            // It is JSON to everybody else.
            let object = try JSONSerialization.jsonObject(with: Data(text)) as? [String: Any]
            #expect(object?["generation"] as? Int == Int(generation))
        }
    }

    @Test func anyChangeOfMetadataIsNoticedOrIsAnotherValue() throws {
        let metadata = try metadata(12, 1_767_225_600)
        let good = text { metadata.write(to: &$0) }
        for index in good.indices {
            for bit: UInt8 in 0..<8 {
                var changed = good
                changed[index] ^= 1 << bit
                guard let read = StoreMetadata(changed.span) else { continue }
                #expect(text { read.write(to: &$0) } == changed)
            }
            #expect(StoreMetadata(good.span.extracting(0..<index)) == nil)
        }
        #expect(StoreMetadata((good + [0x0A]).span) == nil)
    }

    @Test func currentHasOneForm() throws {
        let bounded = StoredHash(hash.span)
        let hash = try #require(bounded)
        for number: UInt32 in [1, 9999, 10_000, 999_999_999] {
            let current = CurrentGeneration(number: number, metadataHash: hash)
            let text = text { current.write(to: &$0) }
            #expect(text.count <= CurrentGeneration.maximumBytes)
            #expect(CurrentGeneration(text.span) == current)
        }
        let digits = String(repeating: "0", count: 64)
        for bad in [
            "", "1 \(digits)\n", "0000 \(digits)\n", "00001 \(digits)\n", "1234567890 \(digits)\n",
            "0001 \(digits)", "0001 \(digits) \n", "0001 \(digits.dropLast())A\n", "0001  \(digits)\n",
            "-001 \(digits)\n",
        ] {
            #expect(CurrentGeneration(Array(bad.utf8).span) == nil, "\(bad)")
        }
    }

    @Test func renewalIsAtTwoThirdsOfLifeGiveOrTakeATwentyFourth() {
        let life: Int64 = 86_400 * 90
        let earliest = RenewalSchedule(notBefore: 0, notAfter: life, spread: 0).renewAt
        let latest = RenewalSchedule(notBefore: 0, notAfter: life, spread: .max).renewAt
        #expect(earliest == life * 2 / 3 - life / 24)
        #expect(latest > life * 2 / 3 + life / 25 && latest <= life * 2 / 3 + life / 24)
        // The years 0 to 9999.
        let endless = RenewalSchedule(notBefore: -62_167_219_200, notAfter: 253_402_300_799, spread: .max).renewAt
        #expect(endless > 0 && endless < 253_402_300_799)
        #expect(RenewalSchedule(notBefore: 100, notAfter: 50, spread: .max).renewAt == 100)
    }
}
