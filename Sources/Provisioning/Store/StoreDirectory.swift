// A directory that is held open, and what is done with its entries: everything relative to the open directory, never
// through a symbolic link in the last name. Files are 0600 and directories 0700 whatever the umask.
import Bytes
import CLinux

/// The name of an entry of a store's directory.
typealias EntryName = BoundedBytes<24>

extension BoundedBytes where capacity == 24 {
    /// A name of ours.
    init(_ text: StaticString) {
        var storage = InlineArray<24, UInt8>(repeating: 0)
        var writer = ByteWriter(storage.mutableSpan)
        writer.append(text)
        let count = min(writer.count, 24)
        // No more than 24 bytes.
        self = Self(storage.span.extracting(0..<count)) ?? Self()
    }
}

extension Span where Element == UInt8 {
    /// Hands address and count to a call of CLinux that keeps neither. No path is empty.
    func passed<Result>(_ call: (UnsafePointer<UInt8>, Int) -> Result) -> Result {
        var none: UInt8 = 0
        // The addresses are only used within `call`.
        return unsafe withUnsafePointer(to: &none) { (nothing) -> Result in
            unsafe withUnsafeBufferPointer { unsafe call($0.baseAddress ?? nothing, $0.count) }
        }
    }
}

/// Throws the error of a number that CLinux answered, unless it is one of success.
@discardableResult
func check(_ operation: StoreError.Operation, _ entry: EntryName, _ result: Int32) throws(StoreError) -> Int32 {
    guard result >= 0 else { throw StoreError(operation, entry, .system(-result)) }
    return result
}

/// An open directory of a store.
///
/// Public, as what an `IdentityStore` holds and has a deinit, since other modules of an Embedded build must see that deinit.
public struct StoreDirectory: ~Copyable {
    let descriptor: Int32
    /// Who gets the files that root makes here; nil where they are the maker's.
    let owner: Owner?

    /// A user and its group.
    struct Owner: Equatable, Sendable {
        let user: UInt32
        let group: UInt32
    }

    /// A directory by its path. What root makes in somebody else's directory becomes that owner's, or a daemon that is not
    /// root could no longer read its own identity.
    /// - Throws: `StoreError` of the operation `open`.
    init(path: Span<UInt8>) throws(StoreError) {
        let opened = unsafe path.passed {
            unsafe swl_open(SWL_WORKING_DIRECTORY, $0, $1, SWL_OPEN_DIRECTORY | SWL_OPEN_NO_FOLLOW, 0)
        }
        try check(.open, EntryName(), opened)
        var status = swl_file_status()
        // The call writes the status. Where it fails nothing is handed over.
        let found = unsafe swl_descriptor_status(opened, &status)
        let isForeign = found >= 0 && swl_effective_user() == 0 && status.owner != 0
        descriptor = opened
        owner = isForeign ? Owner(user: status.owner, group: status.group) : nil
    }

    private init(descriptor: Int32, owner: Owner?) {
        self.descriptor = descriptor
        self.owner = owner
    }

    deinit {
        // Said, not left to the close: a process that another thread has just forked shares the lock until it executes.
        swl_unlock(descriptor)
        swl_close(descriptor)
    }

    /// A directory in this one.
    func directory(_ name: EntryName) throws(StoreError) -> StoreDirectory {
        let base = descriptor
        let opened = unsafe name.bytes.passed {
            unsafe swl_open(base, $0, $1, SWL_OPEN_DIRECTORY | SWL_OPEN_NO_FOLLOW, 0)
        }
        return StoreDirectory(descriptor: try check(.open, name, opened), owner: owner)
    }

    /// A new directory in this one.
    func makeDirectory(_ name: EntryName) throws(StoreError) -> StoreDirectory {
        let base = descriptor
        try check(.write, name, unsafe name.bytes.passed { unsafe swl_make_directory(base, $0, $1, 0o700) })
        let directory = try directory(name)
        try check(.write, name, swl_set_permissions(directory.descriptor, 0o700))
        try handOver(directory.descriptor, name)
        return directory
    }

    private func handOver(_ descriptor: Int32, _ name: EntryName) throws(StoreError) {
        guard let owner else { return }
        try check(.write, name, swl_set_owner(descriptor, owner.user, owner.group))
    }

    /// A whole regular file.
    /// - Returns: how many bytes of `memory` it fills.
    func read(_ name: EntryName, into memory: inout MutableSpan<UInt8>) throws(StoreError) -> Int {
        let base = descriptor
        // Without waiting: what stands there might be a pipe.
        let how = SWL_OPEN_READ | SWL_OPEN_NO_FOLLOW | SWL_OPEN_NON_BLOCKING
        let file = try check(.read, name, unsafe name.bytes.passed { unsafe swl_open(base, $0, $1, how, 0) })
        defer { swl_close(file) }
        var status = swl_file_status()
        // The call writes the status.
        try check(.read, name, unsafe swl_descriptor_status(file, &status))
        guard status.kind == SWL_KIND_FILE else { throw StoreError(.read, name, .notAFile) }
        guard status.size <= Int64(memory.count) else { throw StoreError(.read, name, .tooLarge) }
        var count = 0
        while count < memory.count {
            var room = memory._mutatingExtracting(count..<memory.count)
            let got = unsafe room.withUnsafeMutableBufferPointer { room in
                guard let base = room.baseAddress else { return 0 }
                // The call writes no more than the room's count.
                return unsafe swl_read(file, base, room.count)
            }
            guard got >= 0 else { throw StoreError(.read, name, .system(Int32(truncatingIfNeeded: -got))) }
            guard got > 0 else { break }
            count += got
        }
        return count
    }

    /// A file of a generation, of which the key's has one of two names.
    func read(_ file: IdentityFile, into memory: inout MutableSpan<UInt8>) throws(StoreError) -> Int {
        do throws(StoreError) { return try read(file.name, into: &memory) } catch {
            guard file == .key, error.reason == .system(SWL_ENOENT) else { throw error }
            do throws(StoreError) { return try read(IdentityFile.uriName, into: &memory) } catch let second {
                throw second.reason == .system(SWL_ENOENT) ? error : second
            }
        }
    }

    /// Whether a file or directory of ours can be read by others than its owner.
    func isReadableByOthers(_ name: EntryName) -> Bool {
        let base = descriptor
        var status = swl_file_status()
        // The call reads the name and writes the status.
        let found = unsafe name.bytes.passed { unsafe swl_path_status(base, $0, $1, &status) }
        return found >= 0 && status.permissions & 0o077 != 0
    }

    /// Writes and syncs a new file.
    func write(_ name: EntryName, _ bytes: Span<UInt8>) throws(StoreError) {
        let base = descriptor
        let how = SWL_OPEN_CREATE_NEW | SWL_OPEN_NO_FOLLOW
        let file = try check(.write, name, unsafe name.bytes.passed { unsafe swl_open(base, $0, $1, how, 0o600) })
        var result = swl_set_permissions(file, 0o600)
        if result >= 0, let owner { result = swl_set_owner(file, owner.user, owner.group) }
        if result >= 0 { result = unsafe bytes.passed { unsafe swl_write_all(file, $0, $1) } }
        if result >= 0 { result = swl_sync(file) }
        // What close has to say counts as well: some file systems tell of a failed write only there.
        let closed = swl_close(file)
        try check(.write, name, result < 0 ? result : closed)
    }

    /// Makes what was done to the entries last.
    func sync(_ name: EntryName = EntryName()) throws(StoreError) { try check(.sync, name, swl_sync(descriptor)) }

    /// Gives an entry another name, in place of what has that name now.
    func rename(_ from: EntryName, to: EntryName) throws(StoreError) {
        let base = descriptor
        let result = unsafe from.bytes.passed { from, fromCount in
            unsafe to.bytes.passed { unsafe swl_rename(base, from, fromCount, $0, $1) }
        }
        try check(.write, to, result)
    }

    /// Removes a file. One that is not there is no error.
    func removeFile(_ name: EntryName) throws(StoreError) {
        let base = descriptor
        let result = unsafe name.bytes.passed { unsafe swl_remove_file(base, $0, $1) }
        try check(.remove, name, result == -SWL_ENOENT ? 0 : result)
    }

    /// Removes an empty directory. One that is not there is no error.
    func removeDirectory(_ name: EntryName) throws(StoreError) {
        let base = descriptor
        let result = unsafe name.bytes.passed { unsafe swl_remove_directory(base, $0, $1) }
        try check(.remove, name, result == -SWL_ENOENT ? 0 : result)
    }

    /// Takes the lock, which goes with the descriptor.
    /// - Throws: `locked` where somebody else has it.
    func lock() throws(StoreError) {
        let result = swl_lock(descriptor, 0)
        guard result != -SWL_EAGAIN else { throw StoreError(.lock, EntryName(), .locked) }
        try check(.lock, EntryName(), result)
    }
}
