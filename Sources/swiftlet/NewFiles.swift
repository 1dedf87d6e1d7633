// New files in one directory: all of them or none, with their exact permissions, synced before their names exist, and
// never in place of a file that is already there, but by `replaceFile`. Each is written under a temporary name first.
import Bytes
import CLinux
import Glibc

/// Files that are about to appear in a directory.
struct NewFiles: ~Copyable {
    private let path: String
    private let directory: Int32
    private let madeDirectory: Bool
    private var staged: [(temporary: String, name: String)] = []
    private var linked: [String] = []
    private var committed = false

    /// Opens the directory, which is made with permissions 0700 where it does not exist (its parent must).
    init(directory path: String) throws {
        let made = unsafe withPath(path) { unsafe swl_make_directory(directoryOfProcess, $0, $1, 0o700) }
        guard made >= 0 || made == -EEXIST else {
            throw fileError(
                "cannot make the directory '\(escaped(path))': \(systemError(-made)); its parent must exist")
        }
        let opened = unsafe withPath(path) {
            unsafe swl_open(directoryOfProcess, $0, $1, Int32(SWL_OPEN_DIRECTORY), 0)
        }
        guard opened >= 0 else {
            throw fileError("cannot open the directory '\(escaped(path))': \(systemError(-opened)); give a directory")
        }
        self.path = path
        directory = opened
        madeDirectory = made >= 0
    }

    /// Refuses names that are taken.
    func requireAbsent(_ names: [String], advice: String) throws {
        for name in names {
            var status = swl_file_status()
            let found = unsafe withPath(name) { unsafe swl_path_status(directory, $0, $1, &status) }
            guard found == -ENOENT else {
                throw fileError("'\(escaped(path))/\(name)' exists already and is never overwritten; \(advice)")
            }
        }
    }

    /// Writes and syncs a file under a temporary name.
    mutating func stage(_ name: String, permissions: UInt32, _ bytes: Span<UInt8>) throws {
        let temporary = ".\(name).\(getpid()).new"
        let descriptor = unsafe withPath(temporary) {
            unsafe swl_open(
                directory, $0, $1, Int32(SWL_OPEN_CREATE_NEW | SWL_OPEN_NO_FOLLOW), 0o600)
        }
        guard descriptor >= 0 else { throw writeFailure(name, -descriptor) }
        staged.append((temporary, name))
        defer { swl_close(descriptor) }
        guard writeAll(bytes, to: descriptor) else { throw writeFailure(name, EIO) }
        // The permissions are exact, whatever the umask.
        let result = min(swl_set_permissions(descriptor, permissions), swl_sync(descriptor))
        guard result >= 0 else { throw writeFailure(name, -result) }
    }

    /// Gives the files their names, in the order in which they were staged.
    mutating func commit() throws {
        for file in staged {
            // A link, unlike a rename, never replaces what has come to be there meanwhile.
            let result = unsafe linkat(directory, file.temporary, directory, file.name, 0)
            guard result == 0 else { throw writeFailure(file.name, errno) }
            linked.append(file.name)
        }
        let result = min(swl_sync(directory), madeDirectory ? syncParent() : 0)
        guard result >= 0 else { throw writeFailure("", -result) }
        committed = true
    }

    /// Gives a staged file its name, in place of what has that name now.
    mutating func commitReplacing() throws {
        for file in staged {
            let result = unsafe withPath(file.temporary) { from, fromCount in
                unsafe withPath(file.name) { unsafe swl_rename(directory, from, fromCount, $0, $1) }
            }
            guard result >= 0 else { throw writeFailure(file.name, -result) }
        }
        staged = []
        let result = swl_sync(directory)
        guard result >= 0 else { throw writeFailure("", -result) }
        committed = true
    }

    /// Makes the name of a directory that we made last as well.
    private func syncParent() -> Int32 {
        let parent = unsafe withPath("..") { unsafe swl_open(directory, $0, $1, Int32(SWL_OPEN_DIRECTORY), 0) }
        guard parent >= 0 else { return parent }
        defer { swl_close(parent) }
        return swl_sync(parent)
    }

    private func writeFailure(_ name: String, _ code: Int32) -> CommandError {
        fileError(
            "cannot write '\(escaped(path))/\(name)': \(systemError(code)); nothing was left behind, mend it and repeat"
        )
    }

    deinit {
        for file in staged { remove(file.temporary) }
        if !committed { for name in linked { remove(name) } }
        swl_sync(directory)
        swl_close(directory)
        if madeDirectory, !committed {
            _ = unsafe withPath(path) { unsafe swl_remove_directory(directoryOfProcess, $0, $1) }
        }
    }

    private func remove(_ name: String) {
        _ = unsafe withPath(name) { unsafe swl_remove_file(directory, $0, $1) }
    }
}

/// Writes a file that only its owner may read, in place of what is at `path`: at each moment there is the one or the other,
/// whole.
func replaceFile(_ path: String, _ bytes: Span<UInt8>) throws {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    let directory = parts.dropLast().joined(separator: "/")
    let name = String(parts.last ?? "")
    guard !name.isEmpty else { throw usageError("'\(escaped(path))' is a directory; give the name of a file") }
    var files = try NewFiles(directory: parts.count == 1 ? "." : directory.isEmpty ? "/" : directory)
    try files.stage(name, permissions: 0o600, bytes)
    try files.commitReplacing()
}
