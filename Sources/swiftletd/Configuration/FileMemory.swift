// Memory that is taken once at start and kept until the process ends, and the files that are read into it.
import Bytes
import CLinux
import Provisioning

/// Takes `count` bytes for the rest of the process's life. Only before the loop starts.
func lastingMemory(_ count: Int) -> Arena {
    // Never given back, so every region cut from it may live for as long as it likes.
    unsafe Arena(unsafe: allocated(Swift.max(count, 1) + Region.alignment))
}

/// A region of its own, for the rest of the process's life.
func lastingRegion(_ count: Int) -> Region {
    // As above.
    unsafe Region(unsafe: allocated(count))
}

private func allocated(_ count: Int) -> UnsafeMutableRawBufferPointer {
    .allocate(byteCount: Swift.max(count, 0), alignment: Region.alignment)
}

/// Reads files, each as a whole, into one buffer that is wiped: keys pass through it.
struct FileReader: ~Copyable {
    private var buffer: Region
    private var count = 0
    /// Takes no memory until a store is loaded.
    private var identity = IdentityMemory()
    /// The time that the identities loaded so far prove to have come: see `DeviceClock`.
    private(set) var evidence = Int64.min

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

    /// Loads the identity of a store, for `take`.
    /// - Parameter warn: takes what is wrong with the store, where an identity could be loaded all the same.
    @discardableResult
    mutating func loadIdentity(
        _ store: Span<UInt8>, line: Int, _ warn: (Message) -> Void
    ) throws(ConfigurationError) -> LoadedIdentity {
        if !identity.hasRoom { identity = lastingIdentityMemory() }
        do throws(StoreError) {
            let identities = try IdentityStore(path: store, create: false, board: thisBoard())
            let loaded = try identities.load(into: &identity)
            loaded.warn(store: store) { remark in
                var message = Message()
                message.add(line: remark)
                warn(message)
            }
            evidence = max(evidence, try identity.evidenceOfTime, identities.lastKnownGood() ?? .min)
            return loaded
        } catch {
            throw ConfigurationError(line, Message(error, store: store))
        }
    }

    /// When the identity loaded last is to be renewed.
    func renewal(of store: Span<UInt8>, hasFactoryIdentity: Bool, line: Int) throws(ConfigurationError) -> Renewal {
        do throws(StoreError) { return try identity.renewal(hasFactoryIdentity: hasFactoryIdentity) } catch {
            throw ConfigurationError(line, Message(error, store: store))
        }
    }

    /// Wipes the identity loaded last.
    mutating func forgetIdentity() { identity.wipe() }

    /// Makes a file of the identity loaded last the contents. The key is asked for last.
    mutating func take(_ file: IdentityFile, of store: Span<UInt8>, line: Int) throws(ConfigurationError) {
        wipe()
        count = copy(file)
        if file == .key { identity.wipe() }
        guard count > 0 else {
            throw ConfigurationError(
                line, "the identity store ", store,
                " has no anchors; add anchors = FILE, or install an identity with some")
        }
    }

    /// - Returns: how many bytes there are; none where the buffer is too small, which is larger than any file of a store.
    private mutating func copy(_ file: IdentityFile) -> Int {
        let text = identity[file]
        guard text.count <= buffer.count else { return 0 }
        var memory = buffer.mutableBytes
        memory.copy(text, at: 0)
        return text.count
    }

    /// Wipes what was read.
    mutating func wipe() {
        buffer.wipe()
        count = 0
    }
}
