// The speed of AEADs as a board has it stored, where the programs look for it: README tells the two lines of the file.
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

    /// Whether ChaCha20-Poly1305 comes first on this board: by what is stored, or else by what the processor is.
    public static var chaCha20First: Bool {
        let path = usualPath
        // A literal lives as long as the program.
        let bytes = unsafe Span(_unsafeStart: path.utf8Start, count: path.utf8CodeUnitCount)
        return stored(at: bytes)?.isChaCha20Faster ?? !hasAESInstructions
    }
}
