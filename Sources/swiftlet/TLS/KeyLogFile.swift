// The file of `--unsafe-keylog`: the secrets of every connection, as Wireshark reads them (RFC 9850).
//
// Invariant: only its owner may read it, also where it was there before.
import CLinux

/// Opens the file for appending, for as long as the process lives.
/// - Returns: what writes a line.
func keyLog(_ path: String) throws -> (String) -> Void {
    let descriptor = unsafe withPath(path) {
        unsafe swl_open(directoryOfProcess, $0, $1, Int32(SWL_OPEN_APPEND | SWL_OPEN_NO_FOLLOW), 0o600)
    }
    guard descriptor >= 0 else { throw keyLogError(path, systemError(-descriptor)) }
    var status = swl_file_status()
    let looked = unsafe swl_descriptor_status(descriptor, &status)
    // The permissions of a device are not ours to change.
    guard looked >= 0, status.kind == SWL_KIND_FILE else { throw keyLogError(path, "it is no regular file") }
    let result = swl_set_permissions(descriptor, 0o600)
    guard result >= 0 else { throw keyLogError(path, systemError(-result)) }
    return { line in
        // One write for each line, so that several processes can share the file.
        if !writeAll(Array((line + "\n").utf8).span, to: descriptor) {
            writeError("swiftlet: cannot write the key log '\(escaped(path))'; the secrets are not all in it\n")
        }
    }
}

private func keyLogError(_ path: String, _ reason: String) -> CommandError {
    fileError("cannot use the key log '\(escaped(path))': \(reason); give a file of your own")
}
