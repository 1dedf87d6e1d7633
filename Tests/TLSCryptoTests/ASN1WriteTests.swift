// The writers of DER, against X.690 and what openssl's asn1parse makes of their output.
import CMbedTLS
import TestSupport
import Testing

@Suite struct ASN1WriteTests {
    /// What `write` writes backwards into `capacity` bytes, or nil where it reports an error.
    private func written(
        _ capacity: Int = 64,
        _ write: (_ p: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>>, _ start: UnsafeMutablePointer<UInt8>) -> Int32
    ) -> [UInt8]? {
        // One byte more, so that there is an address where nothing fits.
        let memory = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: capacity + 1)
        defer { unsafe memory.deallocate() }
        let start = memory.baseAddress!
        var p = unsafe start + capacity
        let count = unsafe write(&p, start)
        guard count >= 0 else { return nil }
        // The writers return how many bytes they wrote, and never go below `start`.
        let used = unsafe start + capacity - p
        #expect(used == Int(count))
        return (0..<used).map { unsafe p[$0] }
    }

    static let numbers: [([UInt8], [UInt8])] = [
        ([], [2, 1, 0]), ([0], [2, 1, 0]), ([0, 0], [2, 1, 0]), ([1], [2, 1, 1]), ([0x7F], [2, 1, 0x7F]),
        ([0x80], [2, 2, 0, 0x80]), ([0, 0, 0xFF, 1], [2, 3, 0, 0xFF, 1]), ([0x12, 0x34], [2, 2, 0x12, 0x34]),
    ]

    @Test(arguments: numbers)
    func writesMinimalIntegers(_ bytes: [UInt8], _ expected: [UInt8]) {
        // The array outlives the call.
        let result = unsafe written { p, start in
            unsafe bytes.withUnsafeBufferPointer {
                unsafe swl_asn1_write_unsigned(p, start, $0.baseAddress, $0.count)
            }
        }
        #expect(result == expected)
    }

    @Test func writesTheSimpleTypes() {
        unsafe #expect(written { unsafe swl_asn1_write_null($0, $1) } == [5, 0])
        unsafe #expect(written { unsafe swl_asn1_write_bool($0, $1, 1) } == [1, 1, 0xFF])
        unsafe #expect(written { unsafe swl_asn1_write_bool($0, $1, 0) } == [1, 1, 0])
        unsafe #expect(written { unsafe swl_asn1_write_int($0, $1, 127) } == [2, 1, 127])
        unsafe #expect(written { unsafe swl_asn1_write_int($0, $1, 128) } == [2, 2, 0, 128])
        unsafe #expect(written { unsafe swl_asn1_write_int($0, $1, -1) } == nil)
        unsafe #expect(written { unsafe swl_asn1_write_oid($0, $1, [0x55, 4, 3], 3) } == [6, 3, 0x55, 4, 3])
        unsafe #expect(written { unsafe swl_asn1_write_octet_string($0, $1, [1, 2], 2) } == [4, 2, 1, 2])
        unsafe #expect(written { unsafe swl_asn1_write_octet_string($0, $1, nil, 0) } == [4, 0])
        unsafe #expect(written { unsafe swl_asn1_write_bit_string($0, $1, [0xA0], 8) } == [3, 2, 0, 0xA0])
        // X.690 §11.2.2: bits that are zero at the end of named bits are left out.
        unsafe #expect(written { unsafe swl_asn1_write_named_bit_string($0, $1, [0xA0], 8) } == [3, 2, 5, 0xA0])
        unsafe #expect(
            written { unsafe swl_asn1_write_tagged_string($0, $1, Int32(SWL_ASN1_UTF8_STRING), [0x61], 1) }
                == [12, 1, 0x61])
        unsafe #expect(written { unsafe swl_asn1_write_raw($0, $1, [9, 8], 2) } == [9, 8])
        unsafe #expect(written { unsafe swl_asn1_write_raw($0, $1, nil, 0) } == [])
        unsafe #expect(written { unsafe swl_asn1_write_len($0, $1, 0x80) } == [0x81, 0x80])
        unsafe #expect(written { unsafe swl_asn1_write_len($0, $1, 0x100) } == [0x82, 1, 0])
        unsafe #expect(written { unsafe swl_asn1_write_tag($0, $1, 0x30) } == [0x30])
    }

    @Test func reportsWhatDoesNotFit() {
        for room in 0..<4 {
            unsafe #expect(written(room) { unsafe swl_asn1_write_octet_string($0, $1, [1, 2], 2) } == nil)
            unsafe #expect(written(room) { unsafe swl_asn1_write_unsigned($0, $1, [0x80, 1], 2) } == nil)
            unsafe #expect(written(room) { unsafe swl_asn1_write_bit_string($0, $1, [1, 2], 16) } == nil)
            unsafe #expect(
                written(room) { unsafe swl_asn1_write_tagged_string($0, $1, Int32(SWL_ASN1_IA5_STRING), [1, 2], 2) }
                    == nil)
        }
        unsafe #expect(written(0) { unsafe swl_asn1_write_tag($0, $1, 1) } == nil)
        unsafe #expect(written(1) { unsafe swl_asn1_write_null($0, $1) } == nil)
    }
}
