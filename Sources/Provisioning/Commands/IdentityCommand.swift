// `identity install|status|history|rollback|wipe` and `needs-renewal` (contracts.md), for the workstation's program and the
// device's alike: both only read their arguments and print what comes out of here.
import Bytes
import X509

/// What can be asked of a store.
public enum IdentityAction: UInt8, Sendable, CaseIterable {
    case install, status, history, rollback, wipe, needsRenewal
}

/// A command about a store, and where its output goes.
public struct IdentityCommand: ~Escapable {
    private let store: Span<UInt8>
    private let json: Bool
    private let board: StoredHash
    /// Now, in seconds since 1970.
    private let time: Int64
    /// Whether that is what the system believes, which the floor in the store may correct.
    private let isSystemTime: Bool

    /// Bytes of output that a command has at most.
    public static var maximumOutput: Int { 16_384 }

    /// - Parameters:
    ///   - store: the store's path.
    ///   - isSystemTime: whether `time` is what the system believes, and no time that somebody asks about.
    @_lifetime(copy store)
    public init(store: Span<UInt8>, json: Bool, board: StoredHash, time: Int64, isSystemTime: Bool) {
        self.store = store
        self.json = json
        self.board = board
        self.time = time
        self.isSystemTime = isSystemTime
    }

    /// Does what was asked for.
    /// - Parameters:
    ///   - memory: for `install` the identity (see `IdentityMemory.set`); otherwise used on the way.
    ///   - warn: takes each line that belongs into the log.
    /// - Returns: the exit status.
    /// - Throws: `StoreError`.
    public func run(
        _ action: IdentityAction, _ memory: inout IdentityMemory, to writer: inout ByteWriter,
        warn: (Span<UInt8>) -> Void
    ) throws(StoreError) -> Int32 {
        // Before a directory is made for it.
        if action == .install { try memory.check() }
        let identities = try IdentityStore(path: store, create: action == .install, board: board)
        switch action {
        case .install: report("installed", try identities.install(&memory, at: time), to: &writer)
        case .rollback: report("current", try identities.rollBack(), to: &writer)
        case .wipe:
            try identities.wipe()
            writer.append(json ? "{\"wiped\":true}\n" : "wiped\n")
        case .status: try status(identities, &memory, to: &writer, warn)
        case .history: try history(identities, &memory, to: &writer)
        case .needsRenewal: return try needsRenewal(identities, &memory, to: &writer, warn)
        }
        return 0
    }

    private func report(_ what: StaticString, _ generation: UInt32, to writer: inout ByteWriter) {
        writer.append(json ? "{\"" : "")
        writer.append(what)
        if json {
            writer.append("\":")
            writer.append(decimal: UInt64(generation))
            writer.append("}\n")
        } else {
            writer.append(" generation ")
            writer.append(generation: generation)
            writer.append("\n")
        }
    }

    /// Loads the identity and warns of what is wrong with the store.
    private func load(
        _ identities: borrowing IdentityStore, _ memory: inout IdentityMemory, _ warn: (Span<UInt8>) -> Void
    ) throws(StoreError) -> LoadedIdentity {
        let loaded = try identities.load(into: &memory)
        loaded.warn(store: store, warn)
        return loaded
    }

    private func status(
        _ identities: borrowing IdentityStore, _ memory: inout IdentityMemory, to writer: inout ByteWriter,
        _ warn: (Span<UInt8>) -> Void
    ) throws(StoreError) {
        let loaded = try load(identities, &memory, warn)
        let report = IdentityReport(loaded, try memory.leafCertificate(), store: store)
        if json { report.writeJSON(to: &writer) } else { report.write(to: &writer) }
    }

    private func needsRenewal(
        _ identities: borrowing IdentityStore, _ memory: inout IdentityMemory, to writer: inout ByteWriter,
        _ warn: (Span<UInt8>) -> Void
    ) throws(StoreError) -> Int32 {
        _ = try load(identities, &memory, warn)
        let schedule = RenewalSchedule(try memory.leafCertificate())
        var now = time
        if isSystemTime { now = max(now, DeviceClock.programDate, identities.lastKnownGood() ?? .min) }
        let isDue = now >= schedule.renewAt
        if json {
            writer.append("{")
            writer.appendMember("renew_at", first: true) { $0.append(time: schedule.renewAt) }
            writer.appendMember("renew_now", isDue)
            writer.append("}\n")
        } else {
            writer.append(isDue ? "renew now: it was due at " : "not yet: it will be due at ")
            writer.append(time: schedule.renewAt)
            writer.append("\n")
        }
        return isDue ? 0 : 1
    }

    // History

    private func history(
        _ identities: borrowing IdentityStore, _ memory: inout IdentityMemory, to writer: inout ByteWriter
    ) throws(StoreError) {
        guard try identities.newestGeneration(below: .max) != nil else { throw StoreError(.read, EntryName(), .empty) }
        var current: CurrentGeneration?
        if case .names(let named) = identities.readCurrent() { current = named }
        if json {
            writer.append("{")
            writer.appendMember("store", first: true) { $0.appendEscaped(store) }
            writer.appendMember("generations")
            writer.append("[")
        }
        var isFirst = true
        var bound: UInt32 = .max
        // A store has two generations; more than 64 are not ours.
        for _ in 0..<64 {
            guard let number = try identities.newestGeneration(below: bound) else { break }
            if json, !isFirst { writer.append(",") }
            let expected = current?.number == number ? current?.metadataHash : nil
            entry(identities, number, expected, &memory, to: &writer)
            isFirst = false
            bound = number
        }
        if json { writer.append("]}\n") }
    }

    /// - Parameter expected: the hash of the metadata, for the current generation.
    private func entry(
        _ identities: borrowing IdentityStore, _ number: UInt32, _ expected: StoredHash?,
        _ memory: inout IdentityMemory, to writer: inout ByteWriter
    ) {
        do throws(StoreError) {
            let metadata = try identities.load(number, expected, into: &memory)
            begin(number, expected == nil ? .kept : .current, to: &writer)
            let certificate = try memory.leafCertificate()
            if json {
                writer.appendMember("stored") { $0.append(time: metadata.created) }
                writer.appendMember("subject") { certificate.subject.write(to: &$0) }
                writer.appendMember("not_after") { $0.append(time: certificate.notAfter) }
                writer.appendMember("sha256") { $0.append(sha256Of: certificate.der) }
                writer.append("}")
            } else {
                writer.append("  stored ")
                writer.append(time: metadata.created)
                writer.append("  valid until ")
                writer.append(time: certificate.notAfter)
                writer.append("  ")
                certificate.subject.write(to: &writer)
                writer.append("\n")
            }
        } catch {
            begin(number, .damaged, to: &writer)
            if json {
                writer.appendMember("error") { error.appendReason(to: &$0) }
                writer.append("}")
            } else {
                writer.append("  ")
                error.appendReason(to: &writer)
                writer.append("\n")
            }
        }
    }

    private func begin(_ number: UInt32, _ state: GenerationState, to writer: inout ByteWriter) {
        if json {
            writer.append("{")
            writer.appendMember("generation", first: true)
            writer.append(decimal: UInt64(number))
            writer.appendMember("state") { $0.append(state.text) }
        } else {
            writer.append(generation: number)
            writer.append("  ")
            writer.append(state.text)
        }
    }
}

extension LoadedIdentity {
    /// Hands every remark that must be made to `warn`, a line each.
    public func warn(store: Span<UInt8>, _ warn: (Span<UInt8>) -> Void) {
        for number: UInt8 in 0..<3 {
            guard let remark = Remark(rawValue: number), needs(remark) else { continue }
            var storage = InlineArray<768, UInt8>(repeating: 0)
            var writer = ByteWriter(storage.mutableSpan)
            describe(remark, store: store, into: &writer)
            let count = min(writer.count, 768)
            warn(storage.span.extracting(0..<count))
        }
    }
}

extension IdentityMemory {
    /// The first certificate of the chain, which was found good.
    @_lifetime(borrow self)
    borrowing func leafCertificate() throws(StoreError) -> Certificate {
        do throws(X509Error) { return try Certificate(leaf) } catch {
            throw StoreError(.use, IdentityFile.chain.name, .badChain)
        }
    }
}
