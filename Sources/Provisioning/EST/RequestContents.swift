// What a request asks for, put together from what the device is to be called and what the server wants (CSR attributes).
import Bytes
import TLSCrypto
import X509

/// The names of a device, as a request has them.
struct RequestedNames: ~Escapable {
    /// DER of the subject's Name.
    let subject: Span<UInt8>
    /// DER of GeneralNames; empty for none.
    let subjectAltNames: Span<UInt8>

    @_lifetime(copy subject, copy subjectAltNames)
    init(subject: Span<UInt8>, subjectAltNames: Span<UInt8>) {
        self.subject = subject
        self.subjectAltNames = subjectAltNames
    }
}

/// What a certificate is asked for.
@_addressableForDependencies  // see BoundedBytes
struct RequestContents {
    /// DER of the subject's Name.
    private(set) var subject = BoundedBytes<2048>()
    /// DER of GeneralNames; empty for none.
    private(set) var subjectAltNames = BoundedBytes<4096>()
    /// Further extensions, each in DER.
    private(set) var extensions = BoundedBytes<2048>()
    /// Whether the request is to be bound to the connection.
    let isBound: Bool

    /// - Parameter wanted: what the server wants; names among it take the place of the device's.
    init(_ names: RequestedNames, _ wanted: borrowing CSRAttributes, _ location: ESTLocation) throws(CommandFailure) {
        isBound = wanted.wantsChannelBinding
        var alternatives = names.subjectAltNames
        var storage = InlineArray<2048, UInt8>(repeating: 0)
        var writer = ByteWriter(storage.mutableSpan)
        do throws(X509Error) {
            var reader = RequestedExtensionReader(wanted.extensions)
            while let one = try reader.next() {
                if one.value.isEmpty { continue }
                if one.isSubjectAltName { alternatives = one.value } else { writer.append(one.encoding) }
            }
        } catch { throw CommandFailure(.notAttributes, .csrattrs, location) }
        let count = writer.count
        guard !writer.overflowed, let subject = BoundedBytes<2048>(names.subject),
            let subjectAltNames = BoundedBytes<4096>(alternatives),
            let extensions = BoundedBytes<2048>(storage.span.extracting(0..<count))
        else { throw CommandFailure(.tooLarge, .csrattrs, location) }
        self.subject = subject
        self.subjectAltNames = subjectAltNames
        self.extensions = extensions
    }

    /// Writes the request and signs it.
    /// - Parameter binding: what binds it to a connection (RFC 7030 §3.5); empty for nothing.
    /// - Returns: how many bytes of `output` it has.
    func write(
        binding: Span<UInt8>, signedBy key: borrowing EnrolmentKey, into output: inout MutableSpan<UInt8>
    ) throws(CommandFailure) -> Int {
        do throws(ProvisioningError) {
            let attributes = RequestAttributes(
                subjectAltNames: subjectAltNames.bytes, extensions: extensions.bytes, challengePassword: binding)
            return try writeCertificateRequest(subject: subject.bytes, attributes, signedBy: key, into: &output)
        } catch { throw CommandFailure(error) }
    }
}
