import Bytes
import Testing

@Suite struct ByteReaderTests {
    @Test func numbersAreBigEndianAndAShortReadConsumesNothing() {
        let data: [UInt8] = [0x01, 0x02, 0x03, 0x04, 0x05, 0x06]
        var reader = ByteReader(data.span)
        #expect(reader.readUInt8() == 0x01)
        #expect(reader.readUInt16() == 0x0203)
        #expect(reader.readUInt32() == nil)
        #expect(reader.readUInt24() == 0x040506)
        let isAtEnd = reader.isAtEnd
        #expect(isAtEnd)
    }

    @Test func aVectorLongerThanTheInputIsRefusedWhole() {
        let data: [UInt8] = [0x00, 0x03, 0xAA, 0xBB]
        var reader = ByteReader(data.span)
        let isRefused = reader.readVector16() == nil
        #expect(isRefused)
        let offset = reader.offset
        #expect(offset == 0)
    }
}
