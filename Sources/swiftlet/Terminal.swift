// Writing to stdout and stderr, and making what others wrote harmless before it gets there.
import Bytes
import CLinux
import Glibc
import X509

/// Writes all of `text` to stdout. A reader that went away ends the command.
func writeOutput(_ text: String) {
    guard writeAll(text, to: STDOUT_FILENO) else { exit(ExitStatus.failed.rawValue) }
}

/// Writes all of `text` to stderr; where that fails there is nobody left to tell.
func writeError(_ text: String) {
    _ = writeAll(text, to: STDERR_FILENO)
}

private func writeAll(_ text: String, to descriptor: Int32) -> Bool {
    writeAll(Array(text.utf8).span, to: descriptor)
}

/// Writes all of `bytes`, however often that takes.
/// - Returns: false where the descriptor refuses them.
func writeAll(_ bytes: Span<UInt8>, to descriptor: Int32) -> Bool {
    guard !bytes.isEmpty else { return true }
    return unsafe bytes.withUnsafeBufferPointer { buffer in
        // Not empty, and the call reads no more than the count.
        unsafe swl_write_all(descriptor, buffer.baseAddress.unsafelyUnwrapped, buffer.count) >= 0
    }
}

/// Text from a file or a peer, made fit for a terminal, a log or JSON: printable ASCII, at most 128 bytes.
func escaped(_ bytes: Span<UInt8>) -> String { textBuilt { $0.appendEscaped(bytes) } }

/// As above, for a string such as an argument.
func escaped(_ text: String) -> String { escaped(Array(text.utf8).span) }

/// What a system call failed with, in words.
/// - Parameter code: the positive error number.
func systemError(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }

/// Bytes in hexadecimal, lower case, without separators.
func hexadecimal(_ bytes: Span<UInt8>) -> String {
    var text = ""
    for index in bytes.indices { text += (bytes[index] < 16 ? "0" : "") + String(bytes[index], radix: 16) }
    return text
}
