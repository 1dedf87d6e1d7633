// Memory that is taken once at start and kept until the process ends, and the files that are read into it.
import Bytes
import CLinux

/// Takes `count` bytes for the rest of the process's life. Only before the loop starts.
func lastingMemory(_ count: Int) -> Arena {
    let size = Swift.max(count, 1) + Region.alignment
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: Region.alignment)
    // Never given back, so every region cut from it may live for as long as it likes.
    return unsafe Arena(unsafe: memory)
}

/// A region of its own, for the rest of the process's life.
func lastingRegion(_ count: Int) -> Region {
    var arena = lastingMemory(count)
    do throws(ArenaExhausted) {
        return try arena.take(count)
    } catch {
        // The arena was made for exactly this region.
        fatalError()
    }
}

/// Reads files, each as a whole, into one buffer that is wiped: keys pass through it.
struct FileReader: ~Copyable {
    private var buffer: Region
    private var count = 0

    /// - Parameter capacity: the largest file.
    init(capacity: Int) { buffer = lastingRegion(capacity) }

    /// The file read last.
    var contents: Span<UInt8> {
        @_lifetime(borrow self)
        get { buffer.bytes.extracting(0..<count) }
    }

    /// Reads a file.
    /// - Parameters:
    ///   - what: what the file is, for the message.
    ///   - line: where the configuration names it.
    mutating func read(_ path: Span<UInt8>, what: StaticString, line: Int) throws(ConfigurationError) {
        wipe()
        var memory = buffer.mutableBytes
        // The call reads the path and writes at most the buffer's size.
        let result = unsafe path.withUnsafeBufferPointer { path in
            unsafe memory.withUnsafeMutableBufferPointer { memory in
                guard let name = path.baseAddress, let base = memory.baseAddress else {
                    return -Int(SWL_EINVAL)
                }
                return unsafe swl_read_file(SWL_WORKING_DIRECTORY, name, path.count, 0, base, memory.count)
            }
        }
        guard result >= 0 else { throw failure(path, what, line, Int32(truncatingIfNeeded: result)) }
        count = result
    }

    private func failure(_ path: Span<UInt8>, _ what: StaticString, _ line: Int, _ number: Int32) -> ConfigurationError
    {
        var message = Message("cannot read ")
        message.add(what)
        message.add(" ")
        message.add(escaped: path)
        message.add(": ")
        if number == -SWL_EFBIG {
            message.add("it is larger than ")
            message.add(buffer.count)
            message.add(" bytes")
        } else {
            message.add(systemError: number)
        }
        message.add(number == -SWL_EACCES ? "; give this user the right to read it" : "; check the path")
        return ConfigurationError(line, message)
    }

    /// Wipes what was read.
    mutating func wipe() {
        buffer.wipe()
        count = 0
    }
}
