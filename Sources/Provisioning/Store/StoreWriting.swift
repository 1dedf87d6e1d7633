// Changing an identity store. The order of the steps is what makes it safe: at each of them the machine may stop, and the
// store then still holds a whole identity (scripts/check-store stops it at each).
import Bytes
import CLinux
import TLSCrypto

extension IdentityStore {
    /// A generation on its way, and `current` on its way.
    private static var newGenerationName: EntryName { EntryName(".new") }
    private static var newCurrentName: EntryName { EntryName(".current") }

    /// Stores an identity as a new generation and makes it the current one.
    /// - Parameters:
    ///   - memory: the identity. It is checked first.
    ///   - time: now, in seconds since 1970.
    /// - Returns: the generation's number.
    /// - Throws: `StoreError`; what was current before then still is, unless the error is of `sync` of the store itself.
    public func install(_ memory: inout IdentityMemory, at time: Int64) throws(StoreError) -> UInt32 {
        try memory.check()
        try directory.lock()
        try removeLeftovers()
        let newest = try newestGeneration(below: .max) ?? 0
        let before = generationBefore()
        guard newest < maximumGeneration else { throw StoreError(.write, EntryName(), .noNumberLeft) }
        let number = newest + 1
        do throws(StoreError) {
            let hash = try writeGeneration(number, memory, time)
            try makeCurrent(number, hash)
        } catch {
            // As well as can be: what stays behind is removed before the next change.
            do throws(StoreError) { try removeLeftovers() } catch {}
            throw error
        }
        removeGenerations(but: number, and: before)
        return number
    }

    /// Makes the newest usable generation before the current one the current one.
    /// - Returns: the generation's number.
    /// - Throws: `empty`, `nothingBefore`.
    public func rollBack() throws(StoreError) -> UInt32 {
        try directory.lock()
        try removeLeftovers()
        var bound = maximumGeneration + 1
        switch readCurrent() {
        case .absent: throw StoreError(.read, EntryName(), .empty)
        case .damaged(let error):
            // Damage is mended by this; what cannot be read now may be readable later.
            if case .system = error.reason { throw error }
        case .names(let current): bound = current.number
        }
        while let number = try newestGeneration(below: bound) {
            if let hash = intactMetadataHash(number) {
                try makeCurrent(number, hash)
                return number
            }
            bound = number
        }
        throw StoreError(.use, EntryName(), .nothingBefore)
    }

    /// Removes all identities. What was on the disk may still be found there by other means: flash memory keeps old
    /// blocks, whatever is written over them.
    public func wipe() throws(StoreError) {
        try directory.lock()
        // First, so that from here on there is no identity.
        try directory.removeFile(Self.currentName)
        try directory.removeFile(Self.pendingName)
        try directory.sync()
        try removeLeftovers()
        while let number = try newestGeneration(below: .max) { try removeGeneration(Self.name(number)) }
        try directory.sync()
    }

    // The steps

    /// Writes a generation's files and syncs them, then gives it its number.
    /// - Returns: the hash of its metadata.
    private func writeGeneration(
        _ number: UInt32, _ memory: borrowing IdentityMemory, _ time: Int64
    ) throws(StoreError) -> StoredHash {
        let metadata = StoreMetadata(
            generation: number, created: time, board: board, key: try storedHash(memory[.key]),
            chain: try storedHash(memory[.chain]), anchors: try storedHash(memory[.anchors]))
        var storage = InlineArray<512, UInt8>(repeating: 0)
        var writer = ByteWriter(storage.mutableSpan)
        metadata.write(to: &writer)
        let count = writer.count
        let text = storage.span.extracting(0..<count)
        let generation = try directory.makeDirectory(Self.newGenerationName)
        try generation.write(memory.name(.key), memory[.key])
        try generation.write(IdentityFile.chain.name, memory[.chain])
        try generation.write(IdentityFile.anchors.name, memory[.anchors])
        try generation.write(Self.metadataName, text)
        try generation.sync(Self.newGenerationName)
        try directory.rename(Self.newGenerationName, to: Self.name(number))
        try directory.sync()
        return try storedHash(text)
    }

    /// Has `current` name a generation.
    private func makeCurrent(_ number: UInt32, _ metadataHash: StoredHash) throws(StoreError) {
        var storage = InlineArray<80, UInt8>(repeating: 0)
        var writer = ByteWriter(storage.mutableSpan)
        CurrentGeneration(number: number, metadataHash: metadataHash).write(to: &writer)
        let count = writer.count
        try directory.write(Self.newCurrentName, storage.span.extracting(0..<count))
        try directory.rename(Self.newCurrentName, to: Self.currentName)
        try directory.sync()
    }

    /// The generation to be kept beside a new one: the current one if it is intact, or the one that stands in for it.
    private func generationBefore() -> UInt32 {
        guard case .names(let current) = readCurrent() else { return newestIntact(below: maximumGeneration + 1) }
        if intactMetadataHash(current.number) == current.metadataHash { return current.number }
        return newestIntact(below: current.number)
    }

    private func newestIntact(below bound: UInt32) -> UInt32 {
        var bound = bound
        do throws(StoreError) {
            while let number = try newestGeneration(below: bound) {
                if intactMetadataHash(number) != nil { return number }
                bound = number
            }
        } catch {}
        return 0
    }

    /// The hash of a generation's metadata, or nil where that or a file is not what was written.
    private func intactMetadataHash(_ number: UInt32) -> StoredHash? {
        do throws(StoreError) {
            let generation = try directory.directory(Self.name(number))
            let metadata = try Self.metadata(in: generation, number, nil)
            guard try generation.hash(of: .key) == metadata.keyHash,
                try generation.hash(of: .chain) == metadata.chainHash,
                try generation.hash(of: .anchors) == metadata.anchorsHash
            else { return nil }
            var storage = InlineArray<512, UInt8>(repeating: 0)
            var writer = ByteWriter(storage.mutableSpan)
            // Metadata has one form only, so that this is what was read.
            metadata.write(to: &writer)
            let count = writer.count
            return try storedHash(storage.span.extracting(0..<count))
        } catch {
            return nil
        }
    }

    /// Removes what a change that did not come to its end has left.
    func removeLeftovers() throws(StoreError) {
        try directory.removeFile(Self.newCurrentName)
        try directory.removeFile(Self.newClockName)
        try directory.removeFile(Self.newPendingName)
        try removeGeneration(Self.newGenerationName)
    }

    /// Removes all generations but two. Where that fails they are removed after the next change.
    private func removeGenerations(but kept: UInt32, and alsoKept: UInt32) {
        do throws(StoreError) {
            let list = try generations()
            for index in list.elements.indices {
                let number = list.elements[index]
                if number != kept, number != alsoKept { try removeGeneration(Self.name(number)) }
            }
        } catch {}
    }

    private func removeGeneration(_ name: EntryName) throws(StoreError) {
        let generation: StoreDirectory
        do throws(StoreError) { generation = try directory.directory(name) } catch {
            guard error.reason == .system(SWL_ENOENT) else { throw error }
            return
        }
        // Without metadata it is none any more.
        try generation.removeFile(Self.metadataName)
        try generation.removeFile(IdentityFile.key.name)
        try generation.removeFile(IdentityFile.uriName)
        try generation.removeFile(IdentityFile.chain.name)
        try generation.removeFile(IdentityFile.anchors.name)
        try directory.removeDirectory(name)
    }
}

extension StoreDirectory {
    /// The SHA-256 of a file.
    fileprivate func hash(of file: IdentityFile) throws(StoreError) -> StoredHash {
        // As large as the largest file.
        var storage = InlineArray<65_536, UInt8>(repeating: 0)
        var room = storage.mutableSpan
        var text = room._mutatingExtracting(0..<file.maximumBytes)
        defer { room.wipe() }
        let count = try read(file, into: &text)
        return try storedHash(text.span.extracting(0..<count))
    }
}
