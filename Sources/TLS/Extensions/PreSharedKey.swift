// pre_shared_key (RFC 8446 §4.2.11): the keys that a client offers, with a binder for each, and the server's choice. It
// stands last in a ClientHello, since the binders are a MAC over all that comes before them.
import Bytes
import TLSCrypto

/// The extension pre_shared_key.
enum PreSharedKey {
    /// The offer of a ClientHello, or nil without the extension.
    /// - Throws: `.malformed`, `.illegalParameter(.binderCount)` where there are not as many binders as identities.
    @_lifetime(copy extensions)
    static func client(in extensions: ExtensionBlock) throws(TLSError) -> Offer? {
        guard var reader = extensions.messageReader(.pre_shared_key) else { return nil }
        let offer = try Offer(&reader)
        try reader.finish()
        return offer
    }

    /// The place of the identity that a ServerHello selected, or nil without the extension.
    /// - Throws: `.malformed`.
    static func server(in extensions: ExtensionBlock) throws(TLSError) -> Int? {
        try extensions.readUInt16(.pre_shared_key).map { Int($0) }
    }

    /// Appends the offer of keys (§4.2.11), with zeros in the places of their binders, the list of which begins
    /// `binderListBytes` from the end.
    /// - Parameter identity: appends the identity of a key and answers its obfuscated_ticket_age.
    static func appendClient(
        _ offers: KeyOffers, to writer: inout ByteWriter, identity: (KeyOffer, inout ByteWriter) -> UInt32
    ) {
        let mark = writer.beginExtension(.pre_shared_key)
        let identities = writer.beginVector(lengthBytes: 2)
        for index in 0..<offers.count {
            let name = writer.beginVector(lengthBytes: 2)
            let age = identity(offers.elements[index], &writer)
            writer.endVector(name)
            writer.append(age)
        }
        writer.endVector(identities)
        let binders = writer.beginVector(lengthBytes: 2)
        for index in 0..<offers.count {
            let binder = writer.beginVector(lengthBytes: 1)
            for _ in 0..<offers.elements[index].hash.byteCount { writer.append(0 as UInt8) }
            writer.endVector(binder)
        }
        writer.endVector(binders)
        writer.endExtension(mark)
    }

    /// Bytes of the list of binders: what the transcript for them leaves out at the end (§4.2.11.2).
    static func binderListBytes(_ offers: KeyOffers) -> Int {
        var count = 2
        for index in 0..<offers.count { count += 1 + offers.elements[index].hash.byteCount }
        return count
    }

    /// Appends the server's choice.
    static func appendServer(selected index: Int, to writer: inout ByteWriter) {
        let mark = writer.beginExtension(.pre_shared_key)
        writer.append(UInt16(truncatingIfNeeded: index))
        writer.endExtension(mark)
    }

    /// OfferedPsks: identities and their binders, each whole, as many of one as of the other.
    struct Offer: ~Escapable {
        /// PskIdentity after PskIdentity.
        private let identities: Span<UInt8>
        /// PskBinderEntry after PskBinderEntry.
        private let binders: Span<UInt8>
        /// How many identities there are.
        let count: Int
        /// Bytes of the binders with their length: what the transcript for a binder leaves out at the end (§4.2.11.2).
        var binderListBytes: Int { 2 + binders.count }

        @_lifetime(copy reader)
        fileprivate init(_ reader: inout MessageReader) throws(TLSError) {
            identities = try reader.readVector16(minimum: 7)
            binders = try reader.readVector16(minimum: 2)
            var identity = MessageReader(identities, of: reader.message)
            var binder = MessageReader(binders, of: reader.message)
            var count = 0
            while !identity.isAtEnd {
                _ = try identity.readVector16(minimum: 1)
                _ = try identity.readUInt32()
                guard !binder.isAtEnd else { throw .illegalParameter(.binderCount) }
                // At least 32 bytes by the RFC; one that is shorter is as wrong as one that is not correct.
                _ = try binder.readVector8(minimum: 1)
                count += 1
            }
            guard binder.isAtEnd else { throw .illegalParameter(.binderCount) }
            self.count = count
        }

        /// The identity at `index` with its age and binder, or nil where there are not as many.
        @_lifetime(copy self)
        func identity(at index: Int) -> Identity? {
            var names = ByteReader(identities)
            var macs = ByteReader(binders)
            var left = index
            while let name = names.readVector16(), let age = names.readUInt32(), let mac = macs.readVector8() {
                if left == 0 { return Identity(name, age, mac) }
                left -= 1
            }
            return nil
        }
    }

    /// PskIdentity with its binder.
    struct Identity: ~Escapable {
        /// The label of the key; for a ticket, the ticket.
        let identity: Span<UInt8>
        /// The age of the ticket in milliseconds with its `ageAdd`; 0 for an external key.
        let obfuscatedTicketAge: UInt32
        /// The MAC that shows that the client has the key.
        let binder: Span<UInt8>

        @_lifetime(copy identity, copy binder)
        fileprivate init(_ identity: Span<UInt8>, _ age: UInt32, _ binder: Span<UInt8>) {
            self.identity = identity
            obfuscatedTicketAge = age
            self.binder = binder
        }
    }
}

/// obfuscated_ticket_age (§4.2.11.1): milliseconds since a ticket came, plus its ticket_age_add, modulo 2^32. Our clock counts
/// seconds.
enum ObfuscatedTicketAge {
    /// What a client writes.
    static func of(seconds: Int64, adding ageAdd: UInt32) -> UInt32 {
        UInt32(truncatingIfNeeded: seconds) &* 1000 &+ ageAdd
    }

    /// What a server reads.
    static func seconds(of age: UInt32, adding ageAdd: UInt32) -> Int64 { Int64(age &- ageAdd) / 1000 }
}
