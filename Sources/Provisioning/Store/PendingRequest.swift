// A request for a certificate that the server has not decided yet (RFC 7030 §4.2.3): STORE/pending keeps its key and what was
// sent, so that it is asked for again after a restart, by the same key. One line, then the key's file, then the request's DER:
//
//     pending 1 <SHA-256 of what was asked for> <SHA-256 of all that follows the line> <bytes of the key> <bytes of the request>
//
// Written and synced under another name and then renamed, like everything in a store; only its owner can read it.
import Bytes
import CLinux

/// A request that is kept, over the bytes of its file.
struct PendingRequest: ~Escapable {
    /// What was asked for: whoever asks for something else has no use for this.
    let asked: StoredHash
    /// The key, as in a generation: PEM, or a PKCS#11 URI.
    let key: Span<UInt8>
    /// The DER; empty where it is made anew for each connection.
    let request: Span<UInt8>

    /// Bytes that the file may have.
    static var maximumBytes: Int { 256 + IdentityFile.key.maximumBytes + maximumRequest }
    static var maximumRequest: Int { 8_192 }

    @_lifetime(copy key, copy request)
    init(asked: StoredHash, key: Span<UInt8>, request: Span<UInt8>) {
        self.asked = asked
        self.key = key
        self.request = request
    }

    /// - Returns: nil where it is not as `write` makes it.
    @_lifetime(copy file)
    init?(_ file: Span<UInt8>) {
        var reader = ByteReader(file)
        guard reader.read(literal: "pending 1 "), let asked = reader.readHash(), reader.read(literal: " "),
            let contents = reader.readHash(), reader.read(literal: " "), let keyCount = reader.readNumber(),
            reader.read(literal: " "), let requestCount = reader.readNumber(), reader.read(literal: "\n")
        else { return nil }
        let rest = reader.readRest()
        guard keyCount <= IdentityFile.key.maximumBytes, requestCount <= Self.maximumRequest,
            rest.count == Int(keyCount) + Int(requestCount), Self.hash(rest) == contents
        else { return nil }
        self.asked = asked
        key = rest.extracting(0..<Int(keyCount))
        request = rest.extracting(Int(keyCount)..<rest.count)
    }

    /// The SHA-256; none where there is no memory for it.
    private static func hash(_ bytes: Span<UInt8>) -> StoredHash? {
        do throws(StoreError) { return try storedHash(bytes) } catch { return nil }
    }

    /// Writes the file's contents.
    /// - Parameter output: `maximumBytes` are enough.
    /// - Returns: how many bytes there are.
    func write(to output: inout MutableSpan<UInt8>) throws(StoreError) -> Int {
        let room = output.count
        // What follows the line is written first, for its hash.
        let start = 256
        guard start + key.count + request.count <= room else {
            throw StoreError(.write, IdentityStore.pendingName, .tooLarge)
        }
        output.copy(key, at: start)
        output.copy(request, at: start + key.count)
        let end = start + key.count + request.count
        let contents = try storedHash(output.span.extracting(start..<end))
        var line = InlineArray<256, UInt8>(repeating: 0)
        var writer = ByteWriter(line.mutableSpan)
        writer.append("pending 1 ")
        writer.append(hexadecimal: asked.bytes)
        writer.append(" ")
        writer.append(hexadecimal: contents.bytes)
        writer.append(" ")
        writer.append(decimal: UInt64(key.count))
        writer.append(" ")
        writer.append(decimal: UInt64(request.count))
        writer.append("\n")
        let count = writer.count
        output.copy(line.span.extracting(0..<count), at: 0)
        output.copy(key, at: count)
        output.copy(request, at: count + key.count)
        return count + key.count + request.count
    }
}

extension IdentityStore {
    static var pendingName: EntryName { EntryName("pending") }
    /// One on its way.
    static var newPendingName: EntryName { EntryName(".pending") }

    /// Keeps a request, in place of one that is kept already.
    /// - Parameter file: what `PendingRequest.write` wrote.
    func keepPending(_ file: Span<UInt8>) throws(StoreError) {
        try directory.lock()
        try removeLeftovers()
        do throws(StoreError) {
            try directory.write(Self.newPendingName, file)
            try directory.rename(Self.newPendingName, to: Self.pendingName)
            try directory.sync()
        } catch {
            // As well as can be: what stays behind is removed before the next change.
            do throws(StoreError) { try removeLeftovers() } catch {}
            throw error
        }
    }

    /// Reads the file of the request that is kept.
    /// - Returns: how many bytes of `output` it has; nil where none is kept.
    func readPending(into output: inout MutableSpan<UInt8>) throws(StoreError) -> Int? {
        do throws(StoreError) { return try directory.read(Self.pendingName, into: &output) } catch {
            switch error.reason {
            case .system(SWL_ENOENT): return nil
            // Nothing that we wrote.
            case .tooLarge, .notAFile: return 0
            default: throw error
            }
        }
    }

    /// Removes the request that is kept, if there is one.
    func removePending() throws(StoreError) {
        try directory.lock()
        try directory.removeFile(Self.pendingName)
        try directory.sync()
    }
}
