// Revocation lists as we write them, read by our own reader; swiftletTests has what others make of them.
import Bytes
import Provisioning
import TLSCrypto
import Testing
import X509

@Suite struct RevocationListWriterTests {
    private func entry(_ number: UInt16, _ reason: RevocationReason = .unspecified) throws -> RevokedEntry {
        let serial = [0x40, UInt8(number >> 8), UInt8(number & 0xFF)] as [UInt8]
        let bounded = BoundedBytes<20>(serial.span)
        return RevokedEntry(serialNumber: try #require(bounded), date: 1_750_000_000 + Int64(number), reason: reason)
    }

    private func list(
        _ entries: [RevokedEntry], _ type: KeyType = .p256, until: Int64 = 2_000_000_000, number: UInt64 = 7
    ) throws -> [UInt8] {
        let issuer = try name("Test")
        let key = try makeKey(type)
        var contents = RevocationListContents(issuer: issuer.span, entries: entries.span)
        contents.number = number
        contents.thisUpdate = 1_760_000_000
        contents.nextUpdate = until
        return try built { out throws(ProvisioningError) in
            try writeRevocationList(contents, signedBy: key, into: &out)
        }
    }

    @Test(arguments: [KeyType.p256, .p384, .rsa2048]) func entriesReadBackInOrder(type: KeyType) throws {
        let reasons: [RevocationReason] = [.unspecified, .keyCompromise, .superseded, .privilegeWithdrawn]
        let written = try reasons.enumerated().map { try entry(UInt16($0), $1) }
        let der = try list(written, type)
        let list = try RevocationList(der.span)
        try list.checkUsable()
        #expect(list.thisUpdate == 1_760_000_000 && list.nextUpdate == 2_000_000_000)
        var reader = list.entries
        var count = 0
        while let read = try reader.next() {
            let isSame = read.serialNumber.hasSameBytes(as: written[count].serialNumber.bytes)
            #expect(isSame)
            #expect(read.revocationDate == written[count].date && read.reason == written[count].reason)
            count += 1
        }
        #expect(count == written.count)
    }

    @Test func manyFitAndTooManyAreAnError() throws {
        let der = try list(try (0..<1500).map { try entry($0) })
        let list = try RevocationList(der.span)
        let last = try entry(1499)
        let isFound = try list.entry(serialNumber: last.serialNumber.bytes) != nil
        #expect(isFound)
        let many = try (0..<3000).map { try entry($0) }
        #expect(throws: ProvisioningError.outputTooSmall) { try self.list(many) }
    }

    @Test func aTimeBeyondTheCalendarOrBackwardsIsRefused() throws {
        _ = try list([], until: 253_402_300_799)
        #expect(throws: ProvisioningError.invalidValidity) { try self.list([], until: 253_402_300_800) }
        #expect(throws: ProvisioningError.invalidValidity) { try self.list([], until: 1_759_999_999) }
    }
}
