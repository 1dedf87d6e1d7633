// The last known good time, beside the identities of a store: a device without a battery that was renewed once does not fall back
// to the year of its making when it starts. `clock` is one line, the time as RFC 3339 has it in UTC, replaced by rename:
//
//     2026-01-01T00:00:00Z
//
// Invariants:
// - what is written only grows, and only on signed evidence (see DeviceClock); it outlasts the identities (`wipe`);
// - a file that is not exactly as it is written counts for nothing: it is only a floor, and the certificates have one too.
import Bytes
import X509

extension IdentityStore {
    private static var clockName: EntryName { EntryName("clock") }
    /// The file on its way.
    static var newClockName: EntryName { EntryName(".clock") }
    private static var clockBytes: Int { 21 }

    /// The time that is known to have come, in seconds since 1970; nil where nothing is stored, or nothing that can be used.
    public func lastKnownGood() -> Int64? {
        var storage = InlineArray<21, UInt8>(repeating: 0)
        var room = storage.mutableSpan
        do throws(StoreError) {
            guard try directory.read(Self.clockName, into: &room) == Self.clockBytes else { return nil }
        } catch { return nil }
        guard let date = UTCDate(rfc3339: storage.span.extracting(0..<20)) else { return nil }
        // The one form that is written.
        guard Self.text(date).span.hasSameBytes(as: storage.span) else { return nil }
        return date.secondsSince1970
    }

    /// Stores a time that is known to have come, unless a later one is stored.
    public func raise(lastKnownGood time: Int64) throws(StoreError) {
        // As a rule there is nothing to do, and nobody to be kept waiting.
        if let earlier = lastKnownGood(), earlier >= time { return }
        try directory.lock()
        if let earlier = lastKnownGood(), earlier >= time { return }
        try directory.removeFile(Self.newClockName)
        try directory.write(Self.newClockName, Self.text(UTCDate(secondsSince1970: time)).span)
        try directory.rename(Self.newClockName, to: Self.clockName)
        try directory.sync()
    }

    private static func text(_ date: UTCDate) -> InlineArray<21, UInt8> {
        var storage = InlineArray<21, UInt8>(repeating: 0)
        var writer = ByteWriter(storage.mutableSpan)
        date.write(to: &writer)
        writer.append("\n")
        return storage
    }
}

extension IdentityMemory {
    /// The time that an identity which was loaded proves to have come: its certificate's notBefore.
    public var evidenceOfTime: Int64 {
        get throws(StoreError) { try leafCertificate().notBefore }
    }

    /// When the identity that was loaded is to be renewed.
    public func renewal(hasFactoryIdentity: Bool) throws(StoreError) -> Renewal {
        Renewal(try leafCertificate(), hasFactoryIdentity: hasFactoryIdentity)
    }
}
