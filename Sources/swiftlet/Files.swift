// Reading files of bounded size.
import Bytes
import CLinux
import Glibc

/// Few files that we read need more; a limit keeps a mistaken device or huge file from filling the memory.
let usualLimit = 1 << 20
/// The revocation lists of large authorities do.
let revocationListLimit = 16 << 20

/// Memory for a secret: it does not move, and is wiped at the end.
@safe struct SecretBuffer: ~Copyable {
    private let memory: UnsafeMutableBufferPointer<UInt8>
    /// How many of the bytes are in use.
    var count = 0

    /// Room for `capacity` bytes.
    init(capacity: Int) {
        unsafe memory = .allocate(capacity: capacity)
        unsafe memory.initialize(repeating: 0)
    }

    deinit {
        // The memory was allocated with this size and is still there; glibc promises that the call is not left out.
        unsafe explicit_bzero(memory.baseAddress.unsafelyUnwrapped, memory.count)
        unsafe memory.deallocate()
    }

    /// The bytes in use.
    var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            // The memory is this value's own for as long as it lives.
            unsafe _overrideLifetime(memory.span.extracting(0..<count), borrowing: self)
        }
    }

    /// All the room there is.
    var room: MutableSpan<UInt8> {
        @_lifetime(&self)
        mutating get {
            // As above; `mutating` makes the access exclusive.
            unsafe _overrideLifetime(memory.mutableSpan, mutating: &self)
        }
    }
}

/// The contents of the file at `path`.
/// - Parameter purpose: what the file is, for the error: `the certificate`.
func readFile(_ path: String, _ purpose: String, limit: Int = usualLimit) throws -> [UInt8] {
    let secret = try readSecretFile(path, purpose, limit: limit)
    return array(secret.bytes)
}

/// The contents of the file at `path`, in memory that is wiped.
func readSecretFile(_ path: String, _ purpose: String, limit: Int = usualLimit) throws -> SecretBuffer {
    var buffer = SecretBuffer(capacity: usualLimit)
    var count = read(path, into: &buffer)
    if count == -Int(EFBIG), limit > usualLimit {
        buffer = SecretBuffer(capacity: limit)
        count = read(path, into: &buffer)
    }
    guard count >= 0 else {
        let reason = Int32(-count) == EFBIG ? "it is larger than \(limit >> 20) MiB" : systemError(Int32(-count))
        throw fileError("cannot read \(purpose) '\(escaped(path))': \(reason); give a readable file")
    }
    buffer.count = count
    return buffer
}

/// The contents of the regular file at `path`, in memory that is wiped; nil where there is nothing.
func readSecretFileIfPresent(_ path: String, _ purpose: String) throws -> SecretBuffer? {
    var status = swl_file_status()
    let found = unsafe withPath(path) { unsafe swl_path_status(directoryOfProcess, $0, $1, &status) }
    guard found != -ENOENT else { return nil }
    guard found < 0 || status.kind == SWL_KIND_FILE else {
        throw fileError("cannot use \(purpose) '\(escaped(path))': it is no regular file; give another name")
    }
    return try readSecretFile(path, purpose)
}

/// Reads a file that must fit.
/// - Returns: how many bytes there were, or the negative error number.
private func read(_ path: String, into buffer: inout SecretBuffer) -> Int {
    var room = buffer.room
    return unsafe room.withUnsafeMutableBufferPointer { room in
        unsafe withPath(path) { path, length in
            // The buffer is never empty, and the call writes no more than its count.
            Int(
                unsafe swl_read_file(
                    directoryOfProcess, path, length, 0, room.baseAddress.unsafelyUnwrapped, room.count))
        }
    }
}

/// A copy of a span's bytes.
func array(_ span: Span<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(span.count)
    for index in span.indices { bytes.append(span[index]) }
    return bytes
}

/// The base of paths that are relative to the working directory.
let directoryOfProcess = Int32(SWL_WORKING_DIRECTORY)

/// Calls `body` with the bytes of a path, which CLinux takes without a terminator.
func withPath<Result>(_ path: String, _ body: (UnsafePointer<UInt8>, Int) -> Result) -> Result {
    var path = path
    return path.withUTF8 { bytes in
        // An empty string may have no address; any will do for zero bytes.
        unsafe body(bytes.baseAddress ?? UnsafePointer(bitPattern: 1).unsafelyUnwrapped, bytes.count)
    }
}
