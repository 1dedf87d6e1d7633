// Text that the code under test writes into memory.
import Bytes

/// The text that `write` appends.
public func text(_ write: (inout ByteWriter) -> Void) -> String {
    var memory = [UInt8](repeating: 0, count: 512)
    var count = 0
    do {
        var span = memory.mutableSpan
        var writer = ByteWriter(span._mutatingExtracting(0..<512))
        write(&writer)
        count = writer.count
    }
    return String(decoding: memory.prefix(count), as: UTF8.self)
}
