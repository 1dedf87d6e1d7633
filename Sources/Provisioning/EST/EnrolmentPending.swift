// The part of an enrolment that outlives the program: a request that the server has not decided yet (202, RFC 7030 §4.2.3) is kept
// in the store with its key, and the next enrolment that asks for the same goes on with it.
import Bytes
import CLinux
import TLSCrypto
import X509

extension Enrolment {
    /// What tells one enrolment from another: everything that makes a request what it is, where it goes, and the board.
    mutating func askedHash(
        _ operation: ESTOperation, _ contents: borrowing RequestContents, _ type: KeyType?, _ location: ESTLocation,
        _ board: StoredHash
    ) throws(CommandFailure) -> StoredHash {
        let (host, path, uri) = (location.host, location.path(of: operation), keyURI)
        var writer = ByteWriter(scratch.mutableBytes)
        Self.append(host.bytes, to: &writer)
        Self.append(path.bytes, to: &writer)
        Self.append(contents.subject.bytes, to: &writer)
        Self.append(contents.subjectAltNames.bytes, to: &writer)
        Self.append(contents.extensions.bytes, to: &writer)
        Self.append(uri.bytes, to: &writer)
        Self.append(board.bytes, to: &writer)
        writer.append(contents.isBound ? 1 : 0 as UInt8)
        writer.append(type?.rawValue ?? 0xFF)
        let count = writer.count
        // As much fits as all of these can be.
        guard !writer.overflowed else { throw CommandFailure.memory }
        do throws(StoreError) { return try storedHash(scratch.bytes.extracting(0..<count)) } catch {
            throw CommandFailure(error, store: Span())
        }
    }

    /// Appends bytes with their number in front.
    private static func append(_ bytes: Span<UInt8>, to writer: inout ByteWriter) {
        writer.append(UInt8(truncatingIfNeeded: bytes.count >> 8))
        writer.append(UInt8(truncatingIfNeeded: bytes.count))
        writer.append(bytes)
    }

    /// Takes up the request that is kept, if it asks for the same and its key has not become an identity's: into `identity` and
    /// `request`. Any other is removed.
    /// - Returns: its key; nil where there is nothing to go on with.
    mutating func takePending(
        _ asked: StoredHash, _ options: borrowing EnrolmentOptions, _ board: StoredHash
    ) throws(CommandFailure) -> EnrolmentKey? {
        var count = 0
        do throws(StoreError) {
            let store = try IdentityStore(path: options.store, create: false, board: board)
            var room = scratch.mutableBytes(in: 0..<PendingRequest.maximumBytes)
            guard let found = try store.readPending(into: &room) else { return nil }
            count = found
        } catch {
            // There is no store yet.
            if error.operation == .open, error.reason == .system(SWL_ENOENT) { return nil }
            throw CommandFailure(error, store: options.store)
        }
        defer { scratch.wipe() }
        guard try copyPending(count, asked, options, board) else {
            try forgetPending(options, board)
            return nil
        }
        let key = try takePendingKey(options)
        // One that is made anew for each connection is not kept, and a key in a token may have been replaced there.
        if requestCount > 0, try !isPending(for: key) {
            try forgetPending(options, board)
            return nil
        }
        isKept = true
        return key
    }

    /// Copies the key into `identity` and the request into `request`.
    /// - Returns: false where it is none that we could go on with.
    private mutating func copyPending(
        _ count: Int, _ asked: StoredHash, _ options: borrowing EnrolmentOptions, _ board: StoredHash
    ) throws(CommandFailure) -> Bool {
        guard let pending = PendingRequest(scratch.bytes.extracting(0..<count)), pending.asked == asked else {
            return false
        }
        do throws(StoreError) {
            let store = try IdentityStore(path: options.store, create: false, board: board)
            guard try !store.isCurrentKey(pending.key) else { return false }
            identity.wipe()
            try identity.set(.key, pending.key)
        } catch { throw CommandFailure(error, store: options.store) }
        var room = request.mutableBytes
        room.copy(pending.request, at: 0)
        requestCount = pending.request.count
        return true
    }

    private func takePendingKey(_ options: borrowing EnrolmentOptions) throws(CommandFailure) -> EnrolmentKey {
        let uri = IdentityMemory.uri(in: identity[.key])
        guard !uri.isEmpty else { return .file(try KeyCommands.signingKey(identity[.key], password: Span())) }
        let pinFile = try KeyCommands.tokenText(path: options.pinFile)
        do throws(TokenFailure) { return .token(try TokenKey(uri: uri, pinFile: pinFile)) } catch {
            throw CommandFailure(error)
        }
    }

    /// Whether the request is for this key.
    private func isPending(for key: borrowing EnrolmentKey) throws(CommandFailure) -> Bool {
        do throws(ProvisioningError) {
            let kept = try CertificateRequest(request.bytes.extracting(0..<requestCount))
            return key.matches(publicKeyInfo: kept.publicKeyInfo)
        } catch { return false }
    }

    /// Whether a request is kept for the key in a token that has this URI, and that has not become the identity's.
    mutating func isKept(
        _ uri: TokenText, _ options: borrowing EnrolmentOptions, _ board: StoredHash
    ) throws(CommandFailure) -> Bool {
        do throws(StoreError) {
            let store = try IdentityStore(path: options.store, create: false, board: board)
            defer { scratch.wipe() }
            var room = scratch.mutableBytes(in: 0..<PendingRequest.maximumBytes)
            guard let count = try store.readPending(into: &room),
                let pending = PendingRequest(scratch.bytes.extracting(0..<count)),
                pending.key.hasSameBytes(as: uri.bytes)
            else { return false }
            return try !store.isCurrentKey(uri.bytes)
        } catch { throw CommandFailure(error, store: options.store) }
    }

    /// Keeps the request that was sent, with its key.
    mutating func keepPending(
        _ asked: StoredHash, _ options: borrowing EnrolmentOptions, _ board: StoredHash
    ) throws(CommandFailure) {
        guard !isKept else { return }
        defer { scratch.wipe() }
        do throws(StoreError) {
            var room = scratch.mutableBytes(in: 0..<PendingRequest.maximumBytes)
            let count = try PendingRequest(
                asked: asked, key: identity[.key], request: request.bytes.extracting(0..<requestCount)
            ).write(to: &room)
            let store = try IdentityStore(path: options.store, create: true, board: board)
            try store.keepPending(scratch.bytes.extracting(0..<count))
            isKept = true
        } catch { throw CommandFailure(error, store: options.store) }
    }

    /// Removes the request that is kept: there is nothing to go on with.
    mutating func forgetPending(
        _ options: borrowing EnrolmentOptions, _ board: StoredHash
    ) throws(CommandFailure) {
        requestCount = 0
        isKept = false
        do throws(StoreError) {
            try IdentityStore(path: options.store, create: false, board: board).removePending()
        } catch { throw CommandFailure(error, store: options.store) }
    }
}
