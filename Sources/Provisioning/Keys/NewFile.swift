// One new file of the user's: never in place of another one, synced, or not there at all.
import Bytes
import CLinux

/// A system call about a file failed, with this error number (`errno`, positive).
struct FileError: Error, Equatable {
    let number: Int32
}

/// Writes a file that is not there yet, with exactly these permissions.
/// - Throws: `FileError`; then there is no file.
func writeNewFile(_ path: Span<UInt8>, permissions: UInt32, _ bytes: Span<UInt8>) throws(FileError) {
    let how = SWL_OPEN_CREATE_NEW | SWL_OPEN_NO_FOLLOW
    let file = unsafe path.passed { unsafe swl_open(SWL_WORKING_DIRECTORY, $0, $1, how, 0o600) }
    guard file >= 0 else { throw FileError(number: -file) }
    var result = swl_set_permissions(file, permissions)
    if result >= 0 { result = unsafe bytes.passed { unsafe swl_write_all(file, $0, $1) } }
    if result >= 0 { result = swl_sync(file) }
    let closed = swl_close(file)
    if result >= 0 { result = closed }
    if result >= 0 { result = syncDirectory(of: path) }
    guard result < 0 else { return }
    _ = unsafe path.passed { unsafe swl_remove_file(SWL_WORKING_DIRECTORY, $0, $1) }
    throw FileError(number: -result)
}

/// Makes a file's name last.
private func syncDirectory(of path: Span<UInt8>) -> Int32 {
    var end = path.count
    while end > 0, path[end - 1] != UInt8(ascii: "/") { end -= 1 }
    let here = InlineArray<1, UInt8>(repeating: UInt8(ascii: "."))
    let directory =
        end == 0
        ? unsafe here.span.passed { unsafe swl_open(SWL_WORKING_DIRECTORY, $0, $1, SWL_OPEN_DIRECTORY, 0) }
        : unsafe path.extracting(0..<end).passed {
            unsafe swl_open(SWL_WORKING_DIRECTORY, $0, $1, SWL_OPEN_DIRECTORY, 0)
        }
    guard directory >= 0 else { return directory }
    defer { swl_close(directory) }
    return swl_sync(directory)
}
