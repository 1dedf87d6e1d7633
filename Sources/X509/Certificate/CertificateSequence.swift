// Several certificates one after the other in one span: a file's worth, or the certificate_list of a TLS message
// (RFC 8446 §4.4.2, RFC 5246 §7.4.2).

import Bytes

/// Certificates, each with its length in front, in the caller's memory.
public struct CertificateSequence: ~Escapable {
    /// What stands between two certificates.
    public enum Entry: Equatable, Sendable {
        /// Nothing: `opaque<1..2^24-1>` each, as in TLS 1.2 and as `PEM.decode` writes them.
        case plain
        /// The extensions of a CertificateEntry, `opaque<0..2^16-1>`, as in TLS 1.3.
        case withExtensions
    }

    /// The entries.
    public let bytes: Span<UInt8>
    /// What they look like.
    public let entry: Entry

    /// A sequence of the entries in `bytes`. They are looked at only when they are read.
    @_lifetime(copy bytes)
    public init(_ bytes: Span<UInt8>, _ entry: Entry) {
        self.bytes = bytes
        self.entry = entry
    }

    /// Reads the certificates one after the other, from the first.
    public var reader: Reader {
        @_lifetime(copy self)
        get { Reader(self) }
    }

    /// How many certificates there are.
    /// - Throws: `malformedSequence`
    public func count() throws(X509Error) -> Int {
        var reader = reader
        var count = 0
        while try reader.next() != nil { count += 1 }
        return count
    }

    /// The certificate at `index`, or nil where there are not as many.
    /// - Throws: `malformedSequence`
    @_lifetime(copy self)
    public func certificate(at index: Int) throws(X509Error) -> Span<UInt8>? {
        var reader = reader
        for _ in 0..<index {
            guard try reader.next() != nil else { return nil }
        }
        return try reader.next()
    }

    /// A cursor over the certificates.
    public struct Reader: ~Escapable {
        private var bytes: ByteReader
        private let entry: Entry

        @_lifetime(copy sequence)
        fileprivate init(_ sequence: CertificateSequence) {
            bytes = ByteReader(sequence.bytes)
            entry = sequence.entry
        }

        /// What has not been read, the next certificate first.
        var rest: CertificateSequence {
            @_lifetime(copy self)
            get { CertificateSequence(bytes.bytes.extracting(bytes.offset..<bytes.bytes.count), entry) }
        }

        /// The DER of the next certificate, or nil after the last.
        /// - Throws: `malformedSequence`
        @_lifetime(copy self)
        public mutating func next() throws(X509Error) -> Span<UInt8>? {
            guard !bytes.isAtEnd else { return nil }
            guard let der = bytes.readVector24(), !der.isEmpty else { throw X509Error(.malformedSequence) }
            if entry == .withExtensions {
                guard bytes.readVector16() != nil else { throw X509Error(.malformedSequence) }
            }
            return der
        }
    }
}
