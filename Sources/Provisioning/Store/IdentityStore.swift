// The identity store of a device (contracts.md "The identity store"): a directory of generations, each a directory with
// private key, chain, anchors and metadata, and `current`, a small file that names the one in use.
//
// Invariants:
// - a generation gets its number only when all of it is on the disk, and `current` names it only after that; both happen
//   by rename, and what a rename makes reachable was synced before, the directory of the rename after (StoreWriting);
// - the generation before is kept until another one has taken the place of the current one;
// - what is loaded has the hashes that were written down for it, and its private key is that of its first certificate;
//   where that is not so the generation before is loaded, and the caller is told;
// - reading takes no lock: a store on a file system that has become read-only still serves. Writers exclude each other.
//
// This file: opening and loading.
import Bytes
import CLinux
import TLSCrypto

/// An identity store, open.
public struct IdentityStore: ~Copyable {
    let directory: StoreDirectory
    /// Which board this is: see `boardIdentifier`.
    let board: StoredHash

    static var currentName: EntryName { EntryName("current") }
    static var metadataName: EntryName { EntryName("meta.json") }

    /// Opens a store.
    /// - Parameters:
    ///   - path: the store's directory; not a symbolic link.
    ///   - create: makes the directory where there is none; its parent must exist.
    ///   - board: which board this is; empty where that is not known.
    /// - Throws: `StoreError`.
    public init(path: Span<UInt8>, create: Bool, board: StoredHash) throws(StoreError) {
        let directory = try Self.open(path, create: create)
        self.directory = directory
        self.board = board
    }

    private static func open(_ path: Span<UInt8>, create: Bool) throws(StoreError) -> StoreDirectory {
        guard create else { return try StoreDirectory(path: path) }
        let made = unsafe path.passed { unsafe swl_make_directory(SWL_WORKING_DIRECTORY, $0, $1, 0o700) }
        if made != -SWL_EEXIST { try check(.write, EntryName(), made) }
        let directory = try StoreDirectory(path: path)
        if made >= 0 {
            // The directory's own name is to last as well.
            let parent = try directory.directory(EntryName(".."))
            try check(.sync, EntryName(), swl_sync(parent.descriptor))
        }
        return directory
    }

    /// Loads the current identity, or the newest one before it that is whole.
    /// - Throws: `empty`; otherwise why the current one cannot be used.
    public func load(into memory: inout IdentityMemory) throws(StoreError) -> LoadedIdentity {
        var current = readCurrent()
        for _ in 0..<3 {
            do throws(StoreError) { return try load(current, into: &memory) } catch {
                // Somebody may have installed another identity meanwhile, and removed what was being read.
                let now = readCurrent()
                if now == current { throw error }
                current = now
            }
        }
        return try load(current, into: &memory)
    }

    private func load(
        _ current: CurrentEntry, into memory: inout IdentityMemory
    ) throws(StoreError) -> LoadedIdentity {
        let failure: StoreError
        var bound = maximumGeneration + 1
        switch current {
        case .absent: throw StoreError(.read, EntryName(), .empty)
        case .damaged(let error): failure = error
        case .names(let generation):
            bound = generation.number
            do throws(StoreError) {
                let metadata = try load(generation.number, generation.metadataHash, into: &memory)
                return LoadedIdentity(metadata, failure: nil, on: board, isReadableByOthers(generation.number))
            } catch {
                failure = error
            }
        }
        while let number = try newestGeneration(below: bound) {
            do throws(StoreError) {
                let metadata = try load(number, nil, into: &memory)
                return LoadedIdentity(metadata, failure: failure, on: board, isReadableByOthers(number))
            } catch {
                bound = number
            }
        }
        memory.wipe()
        throw failure
    }

    /// Loads a generation.
    /// - Parameter metadataHash: what its metadata must hash to; nil where that is not known.
    func load(
        _ number: UInt32, _ metadataHash: StoredHash?, into memory: inout IdentityMemory
    ) throws(StoreError) -> StoreMetadata {
        do throws(StoreError) {
            let generation = try directory.directory(Self.name(number))
            let metadata = try Self.metadata(in: generation, number, metadataHash)
            try Self.read(.key, metadata.keyHash, in: generation, into: &memory)
            try Self.read(.chain, metadata.chainHash, in: generation, into: &memory)
            try Self.read(.anchors, metadata.anchorsHash, in: generation, into: &memory)
            try memory.check()
            return metadata
        } catch {
            throw error.about(number)
        }
    }

    private static func read(
        _ file: IdentityFile, _ hash: StoredHash, in generation: borrowing StoreDirectory,
        into memory: inout IdentityMemory
    ) throws(StoreError) {
        try memory.fill(file) { (room) throws(StoreError) in try generation.read(file, into: &room) }
        guard try storedHash(memory[file]) == hash else { throw StoreError(.read, memory.name(file), .changed) }
    }

    /// The metadata of a generation.
    static func metadata(
        in generation: borrowing StoreDirectory, _ number: UInt32, _ expected: StoredHash?
    ) throws(StoreError) -> StoreMetadata {
        var storage = InlineArray<512, UInt8>(repeating: 0)
        var room = storage.mutableSpan
        let count = try generation.read(metadataName, into: &room)
        let text = storage.span.extracting(0..<count)
        if let expected {
            guard try storedHash(text) == expected else { throw StoreError(.read, metadataName, .changed) }
        }
        guard let metadata = StoreMetadata(text), metadata.generation == number else {
            throw StoreError(.read, metadataName, .malformed)
        }
        return metadata
    }

    /// What `current` says.
    enum CurrentEntry: Equatable {
        case absent
        case damaged(StoreError)
        case names(CurrentGeneration)
    }

    func readCurrent() -> CurrentEntry {
        var storage = InlineArray<80, UInt8>(repeating: 0)
        var room = storage.mutableSpan
        do throws(StoreError) {
            let count = try directory.read(Self.currentName, into: &room)
            guard let current = CurrentGeneration(storage.span.extracting(0..<count)) else {
                return .damaged(StoreError(.read, Self.currentName, .malformed))
            }
            return .names(current)
        } catch {
            return error.reason == .system(SWL_ENOENT) ? .absent : .damaged(error)
        }
    }

    private func isReadableByOthers(_ number: UInt32) -> Bool {
        guard directory.isReadableByOthers(EntryName(".")) else { return false }
        do throws(StoreError) {
            let generation = try directory.directory(Self.name(number))
            return generation.isReadableByOthers(EntryName(".")) && generation.isReadableByOthers(IdentityFile.key.name)
        } catch {
            return false
        }
    }

    /// The name of a generation's directory.
    static func name(_ number: UInt32) -> EntryName {
        var storage = InlineArray<24, UInt8>(repeating: 0)
        var writer = ByteWriter(storage.mutableSpan)
        writer.append(generation: number)
        let count = writer.count
        // At most ten digits.
        return EntryName(storage.span.extracting(0..<count)) ?? EntryName()
    }

    /// The numbers of the generations that there are, in no order; at most 64.
    func generations() throws(StoreError) -> FixedList<64, UInt32> {
        var list = FixedList<64, UInt32>(filler: 0)
        let descriptor = directory.descriptor
        let result = unsafe withUnsafeMutablePointer(to: &list) { list in
            // The visitor gets the pointer back during this call only.
            unsafe swl_visit_directory(descriptor, collectGeneration, list)
        }
        try check(.read, EntryName(), result)
        return list
    }

    /// Whether a generation has this key: its PEM, or its PKCS#11 URI.
    func hasKey(_ text: Span<UInt8>) throws(StoreError) -> Bool {
        let hash = try storedHash(text)
        let list = try generations()
        for index in list.elements.indices {
            let number = list.elements[index]
            // One that is damaged, or was removed just now, has none that could be used.
            do throws(StoreError) {
                let generation = try directory.directory(Self.name(number))
                if try Self.metadata(in: generation, number, nil).keyHash == hash { return true }
            } catch {}
        }
        return false
    }

    /// Whether the current generation has this key. One that was on its way to becoming that when the program ended does not count.
    func isCurrentKey(_ text: Span<UInt8>) throws(StoreError) -> Bool {
        guard case .names(let current) = readCurrent() else { return false }
        let hash = try storedHash(text)
        do throws(StoreError) {
            let generation = try directory.directory(Self.name(current.number))
            return try Self.metadata(in: generation, current.number, current.metadataHash).keyHash == hash
        } catch { return false }
    }

    /// The newest generation whose number is lower than `bound`.
    func newestGeneration(below bound: UInt32) throws(StoreError) -> UInt32? {
        let list = try generations()
        var newest: UInt32 = 0
        for index in list.elements.indices where list.elements[index] < bound {
            newest = max(newest, list.elements[index])
        }
        return newest > 0 ? newest : nil
    }
}

/// Takes down the entries whose names are generations' numbers.
private let collectGeneration: swl_entry_visitor = { context, name, count in
    // `generations` passed the address of its list.
    let list = unsafe context.assumingMemoryBound(to: FixedList<64, UInt32>.self)
    // The name is valid during this call.
    let text = unsafe Span(_unsafeStart: name, count: count)
    var reader = ByteReader(text)
    guard let number = reader.readGeneration(), reader.isAtEnd else { return 0 }
    return unsafe list.pointee.append(number) ? 0 : 1
}

/// The SHA-256 of a file's contents.
func storedHash(_ bytes: Span<UInt8>) throws(StoreError) -> StoredHash {
    do throws(CryptoError) {
        // A SHA-256 has 32 bytes.
        return StoredHash(try digest(.sha256, bytes).bytes) ?? StoredHash()
    } catch {
        throw StoreError(.use, EntryName(), .noHash)
    }
}

/// Which board this is: see `boardIdentifier`.
public func thisBoard() -> StoredHash {
    let path: StaticString = "/etc/machine-id"
    // A literal lives as long as the program.
    return path.withUTF8Buffer { boardIdentifier(path: unsafe Span(_unsafeElements: $0)) }
}

/// A board's identifier: an HMAC of a fixed text under the machine's identifier, which itself is to be told to nobody
/// (machine-id(5)). Empty where the board has none.
/// - Parameter path: the file with the identifier: /etc/machine-id.
public func boardIdentifier(path: Span<UInt8>) -> StoredHash {
    var storage = InlineArray<64, UInt8>(repeating: 0)
    var room = storage.mutableSpan
    let count = unsafe path.passed { path, pathCount in
        unsafe room.withUnsafeMutableBufferPointer { room in
            guard let base = room.baseAddress else { return 0 }
            // The call writes no more than the room's count.
            return unsafe swl_read_file(SWL_WORKING_DIRECTORY, path, pathCount, 0, base, room.count)
        }
    }
    // 32 hexadecimal digits. An image that has not been started yet has "uninitialized".
    guard count >= 32 else { return StoredHash() }
    let purpose: StaticString = "swiftlet identity store"
    var text = InlineArray<23, UInt8>(repeating: 0)
    var writer = ByteWriter(text.mutableSpan)
    writer.append(purpose)
    var hash = InlineArray<32, UInt8>(repeating: 0)
    var out = hash.mutableSpan
    do throws(CryptoError) {
        try hmac(.sha256, key: storage.span.extracting(0..<32), text.span, into: &out)
    } catch {
        return StoredHash()
    }
    return StoredHash(hash.span) ?? StoredHash()
}
