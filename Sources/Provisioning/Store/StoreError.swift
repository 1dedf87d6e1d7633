// What can go wrong with an identity store, and how that is said in one line (contracts.md): what failed, what was
// expected, what to do.
import Bytes
import CLinux
import X509

/// A failure of an identity store.
public struct StoreError: Error, Equatable, Sendable {
    /// What was being done.
    public enum Operation: UInt8, Sendable {
        case open, lock, read, write, sync, remove, use
    }

    /// Why it failed.
    public enum Reason: Equatable, Sendable {
        /// The system refused, with this error number (`errno`, positive).
        case system(Int32)
        /// Something else than a regular file.
        case notAFile
        /// A file is larger than any of its kind may be.
        case tooLarge
        /// `current` or `meta.json` is not as we write them.
        case malformed
        /// A file's SHA-256 is not the one that was written down for it.
        case changed
        /// There is no usable private key.
        case badKey
        /// There is no usable PKCS#11 URI.
        case badURI
        /// There is no certificate, or one that cannot be read.
        case badChain
        /// An anchor cannot be read.
        case badAnchors
        /// The private key is not that of the first certificate.
        case otherKey
        /// A hash could not be computed.
        case noHash
        /// Another process is changing the store.
        case locked
        /// No identity has been stored yet.
        case empty
        /// There is no generation before the current one that could be used.
        case nothingBefore
        /// The last generation's number has been used.
        case noNumberLeft
    }

    public let operation: Operation
    /// The entry that it is about, relative to its directory; empty for the store itself.
    public let entry: BoundedBytes<24>
    public let reason: Reason
    /// The generation that it is about; 0 for none.
    public internal(set) var generation: UInt32 = 0

    init(_ operation: Operation, _ entry: EntryName, _ reason: Reason) {
        self.operation = operation
        self.entry = entry
        self.reason = reason
    }

    /// The same error, about a file of a generation.
    func about(_ generation: UInt32) -> StoreError {
        var copy = self
        copy.generation = generation
        return copy
    }

    /// Appends one line without its end.
    /// - Parameter store: the store's path; escaped here.
    public func describe(store: Span<UInt8>, into writer: inout ByteWriter) {
        writer.append("cannot ")
        writer.append(operation.text)
        writer.append(" ")
        if operation == .use, generation == 0, !entry.isEmpty { return appendInput(to: &writer) }
        if generation > 0 {
            writer.append(generation: generation)
            writer.append(entry.isEmpty ? " in " : "/")
        }
        if !entry.isEmpty {
            writer.appendEscaped(entry.bytes)
            writer.append(" in ")
        }
        writer.append("the identity store '")
        writer.appendEscaped(store)
        writer.append("': ")
        appendReason(to: &writer)
        writer.append("; ")
        writer.append(advice)
    }

    /// About a file that is not in the store yet.
    private func appendInput(to writer: inout ByteWriter) {
        if entry == IdentityFile.key.name || entry == IdentityFile.uriName { writer.append("the key: ") }
        if entry == IdentityFile.chain.name { writer.append("the certificates: ") }
        if entry == IdentityFile.anchors.name { writer.append("the anchors: ") }
        appendReason(to: &writer)
        writer.append("; ")
        writer.append(advice)
    }

    /// Appends the reason alone.
    func appendReason(to writer: inout ByteWriter) {
        switch reason {
        case .system(let number): writer.append(systemError: number)
        case .notAFile: writer.append("it is no regular file")
        case .tooLarge: writer.append("it is larger than such a file may be")
        case .malformed: writer.append("its contents are not what we write there")
        case .changed: writer.append("its contents have changed since they were stored")
        case .badKey: writer.append("it is no unencrypted private key on P-256 or P-384 or of RSA of 2048 to 4096 bits")
        case .badURI: writer.append("it is no PKCS#11 URI of a private key with module-path")
        case .badChain: writer.append("it holds no usable certificate")
        case .badAnchors: writer.append("a certificate in it cannot be read")
        case .otherKey: writer.append("the private key is not that of the first certificate")
        case .noHash: writer.append("a hash cannot be computed")
        case .locked: writer.append("another process is changing it")
        case .empty: writer.append("there is no identity in it")
        case .nothingBefore: writer.append("there is no usable generation before the current one")
        case .noNumberLeft: writer.append("the last generation's number has been used")
        }
    }

    private var advice: StaticString {
        switch (operation, reason) {
        case (_, .locked): "wait until it is done and repeat"
        case (_, .empty): "put one there with 'enroll' or 'identity install'"
        case (_, .nothingBefore): "install another identity instead"
        case (.use, .badURI): "write it as in pkcs11:token=T;object=KEY?module-path=/PATH&pin-source=file:/PATH"
        case (_, .noNumberLeft): "wipe the store and install the identity anew"
        case (.open, .system(SWL_ENOENT)): "give the directory of a store"
        case (.open, .system(SWL_ELOOP)), (.open, .system(SWL_ENOTDIR)): "give a directory, not a link to one"
        case (_, .system(SWL_EACCES)), (_, .system(SWL_EPERM)): "run this as the store's owner or as root"
        case (.write, .system(SWL_ENOSPC)), (.sync, .system(SWL_ENOSPC)):
            "the identity before is still there: make room and repeat"
        case (.write, .system(SWL_EROFS)):
            "the identity before is still there: make the file system writable and repeat"
        case (.write, .system), (.sync, .system): "the identity before is still there: mend what fails and repeat"
        case (.remove, .system): "mend what fails and repeat"
        case (.use, _): "give a private key, and certificates in PEM, the key's own first"
        default: "restore it, or install an identity anew"
        }
    }
}

extension StoreError.Operation {
    fileprivate var text: StaticString {
        switch self {
        case .open: "open"
        case .lock: "lock"
        case .read: "read"
        case .write: "write"
        case .sync: "sync"
        case .remove: "remove"
        case .use: "use"
        }
    }
}

extension ByteWriter {
    /// Appends the C library's description of an error number.
    @_lifetime(self: copy self)
    mutating func append(systemError number: Int32) {
        // A constant string of the C library, with its terminator, so all its bytes may be read.
        let text = unsafe swl_error_text(number)
        for index in 0..<(unsafe swl_string_length(text)) { append(UInt8(bitPattern: unsafe text[index])) }
    }
}
