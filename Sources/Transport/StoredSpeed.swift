// The speed of AEADs as `swiftlet-selftest --store` leaves it for the programs: README tells the two lines of the file.
import Bytes
import CLinux
import TLSCrypto

extension ProcessorSpeed {
    /// Where programs look for it.
    public static var usualPath: StaticString { "/var/lib/swiftlet/speed" }

    /// What is stored in a file; nil where there is none, or where it holds something else.
    public static func stored(at path: Span<UInt8>) -> ProcessorSpeed? {
        var memory = InlineArray<128, UInt8>(repeating: 0)
        var text = memory.mutableSpan
        // The call reads the path and writes at most the 128 bytes.
        let count = unsafe path.withUnsafeBufferPointer { path in
            unsafe text.withUnsafeMutableBufferPointer { text in
                guard let name = path.baseAddress, let base = text.baseAddress else { return -Int(SWL_EINVAL) }
                return unsafe swl_read_file(SWL_WORKING_DIRECTORY, name, path.count, 0, base, text.count)
            }
        }
        guard count >= 0 else { return nil }
        return ProcessorSpeed(memory.span.extracting(0..<count))
    }

    /// Stores it in a file: what was there before is replaced at once, when the new text is safe on the disk.
    /// - Parameter path: at most 4000 bytes; its directory is there. The name with `.new` behind is written to first.
    /// - Returns: 0, or a negative error number.
    public func store(at path: Span<UInt8>) -> Int32 {
        guard path.count <= 4000 else { return -SWL_ENAMETOOLONG }
        var nameMemory = InlineArray<4004, UInt8>(repeating: 0)
        var writer = ByteWriter(nameMemory.mutableSpan)
        writer.append(path)
        writer.append(".new")
        let nameCount = writer.count
        let name = nameMemory.span.extracting(0..<nameCount)
        let result = writeText(to: name)
        guard result >= 0 else { return result }
        // The call reads both names.
        return unsafe name.withUnsafeBufferPointer { from in
            unsafe path.withUnsafeBufferPointer { to in
                guard let from = from.baseAddress, let to = to.baseAddress else { return -SWL_EINVAL }
                return unsafe swl_rename(SWL_WORKING_DIRECTORY, from, nameCount, to, path.count)
            }
        }
    }

    /// Writes and syncs the text; every user may read it.
    private func writeText(to path: Span<UInt8>) -> Int32 {
        var memory = InlineArray<128, UInt8>(repeating: 0)
        var writer = ByteWriter(memory.mutableSpan)
        write(to: &writer)
        let count = writer.count
        // The call reads the name.
        let file = unsafe path.withUnsafeBufferPointer {
            guard let name = $0.baseAddress else { return -SWL_EINVAL }
            return unsafe swl_open(
                SWL_WORKING_DIRECTORY, name, $0.count, SWL_OPEN_REPLACE | SWL_OPEN_NO_FOLLOW, 0o644)
        }
        guard file >= 0 else { return file }
        // The first `count` bytes have been written.
        var result = unsafe memory.span.withUnsafeBufferPointer {
            guard let base = $0.baseAddress else { return -SWL_EINVAL }
            return unsafe swl_write_all(file, base, count)
        }
        if result >= 0 { result = swl_sync(file) }
        let closed = swl_close(file)
        return result < 0 ? result : closed
    }

    /// Whether ChaCha20-Poly1305 comes first on this board: where AES reads tables, because that is not constant in time, and
    /// where what is stored says that it is the faster one.
    public static var chaCha20First: Bool {
        guard hasAESInstructions else { return true }
        let path = usualPath
        // A literal lives as long as the program.
        let bytes = unsafe Span(_unsafeStart: path.utf8Start, count: path.utf8CodeUnitCount)
        return stored(at: bytes)?.isChaCha20Faster ?? false
    }
}
