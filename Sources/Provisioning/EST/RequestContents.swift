// What a request asks for, put together from what the device is to be called and what the server wants (CSR attributes, RFC 9908):
//
//     subject       the template's; the device's name where that has a common name without a value
//     names         the server's, else the device's
//     extensions    the server's; keyUsage and extendedKeyUsage without a value are filled in for TLS
//
// What a template leaves to the client and the client does not have is an error: a request without it would not be what was asked for.
// A renewal keeps subject and names, whatever the server says (RFC 7030 §4.2.2).
import Bytes
import TLSCrypto
import X509

/// The names of a device, as a request has them.
struct RequestedNames: ~Escapable {
    /// DER of the subject's Name.
    let subject: Span<UInt8>
    /// DER of GeneralNames; empty for none.
    let subjectAltNames: Span<UInt8>
    /// Whether they are those of the certificate that is renewed.
    let areKept: Bool

    @_lifetime(copy subject, copy subjectAltNames)
    init(subject: Span<UInt8>, subjectAltNames: Span<UInt8>, areKept: Bool) {
        self.subject = subject
        self.subjectAltNames = subjectAltNames
        self.areKept = areKept
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

    init(_ names: RequestedNames, _ wanted: borrowing CSRAttributes, _ location: ESTLocation) throws(CommandFailure) {
        isBound = wanted.wantsChannelBinding
        guard let subject = BoundedBytes<2048>(names.subject), let own = BoundedBytes<4096>(names.subjectAltNames)
        else {
            throw CommandFailure(.tooLarge, .csrattrs, location)
        }
        self.subject = subject
        subjectAltNames = own
        if wanted.hasSubject, !names.areKept { try fillSubject(wanted.subject, names.subject, location) }
        try addExtensions(wanted, names, location)
    }

    /// Takes a template's subject, with the device's common name where that is wanted.
    private mutating func fillSubject(
        _ template: Span<UInt8>, _ own: Span<UInt8>, _ location: ESTLocation
    ) throws(CommandFailure) {
        var storage = InlineArray<2048, UInt8>(repeating: 0)
        var writer = ByteWriter(storage.mutableSpan)
        do throws(X509Error) {
            var reader = SubjectTemplateReader(template)
            var names = DERReader(own)
            let name = try names.read(.sequence)
            while let one = try reader.next() {
                if one.open.isEmpty {
                    writer.append(one.encoding)
                } else if one.isOpenCommonName, !name.isEmpty {
                    writer.append(name)
                } else {
                    throw X509Error(.unexpectedElement)
                }
            }
        } catch { throw Self.cannotFill(template, location) }
        let count = writer.count
        guard !writer.overflowed else { throw CommandFailure(.tooLarge, .csrattrs, location) }
        var whole = InlineArray<2048, UInt8>(repeating: 0)
        var outer = DERWriter(whole.mutableSpan)
        let all = outer.mark
        outer.prepend(storage.span.extracting(0..<count))
        outer.wrap(.sequence, since: all)
        do throws(ProvisioningError) {
            let length = try outer.moveToFront()
            // No more than its array.
            subject = BoundedBytes(whole.span.extracting(0..<length)) ?? BoundedBytes()
        } catch { throw CommandFailure(.tooLarge, .csrattrs, location) }
    }

    /// A template's subject leaves something to us that we do not have.
    private static func cannotFill(_ template: Span<UInt8>, _ location: ESTLocation) -> CommandFailure {
        CommandFailure(kind: "est", location) {
            $0.append("the answer to csrattrs wants ")
            do throws(X509Error) {
                var reader = SubjectTemplateReader(template)
                while let one = try reader.next() {
                    if one.open.isEmpty || one.isOpenCommonName { continue }
                    $0.append(objectIdentifier: one.open)
                    break
                }
            } catch {}
            $0.append(" in the subject, and leaves a value to the client that has a common name alone; ")
            $0.append("have the server give the value")
        }
    }

    private mutating func addExtensions(
        _ wanted: borrowing CSRAttributes, _ names: RequestedNames, _ location: ESTLocation
    ) throws(CommandFailure) {
        var storage = InlineArray<2048, UInt8>(repeating: 0)
        var writer = ByteWriter(storage.mutableSpan)
        var reader = RequestedExtensionReader(wanted.extensions)
        while true {
            var one: RequestedExtension?
            do throws(X509Error) { one = try reader.next() } catch {
                throw CommandFailure(.notAttributes, .csrattrs, location)
            }
            guard let one else { break }
            if one.isSubjectAltName {
                try takeNames(one, names, isTemplate: wanted.isTemplate, location)
            } else if !one.value.isEmpty {
                writer.append(one.encoding)
            } else if one.isKeyUsage || one.isExtendedKeyUsage {
                Self.appendUsage(isExtended: one.isExtendedKeyUsage, isCritical: one.isCritical, to: &writer)
            } else if wanted.isTemplate {
                throw Self.cannotFill(one, location)
            }
        }
        let count = writer.count
        guard !writer.overflowed, let extensions = BoundedBytes<2048>(storage.span.extracting(0..<count)) else {
            throw CommandFailure(.tooLarge, .csrattrs, location)
        }
        self.extensions = extensions
    }

    private mutating func takeNames(
        _ wanted: borrowing RequestedExtension, _ names: RequestedNames, isTemplate: Bool, _ location: ESTLocation
    ) throws(CommandFailure) {
        if names.areKept { return }
        guard wanted.value.isEmpty else {
            guard let value = BoundedBytes<4096>(wanted.value) else {
                throw CommandFailure(.tooLarge, .csrattrs, location)
            }
            subjectAltNames = value
            return
        }
        guard !isTemplate || !names.subjectAltNames.isEmpty else {
            throw CommandFailure(.csrattrs, location, "wants alternative names, of which there are none; give --san")
        }
    }

    private static func cannotFill(_ wanted: borrowing RequestedExtension, _ location: ESTLocation) -> CommandFailure {
        let identifier = wanted.identifier
        return CommandFailure(kind: "est", location) {
            $0.append("the answer to csrattrs wants the extension ")
            $0.append(objectIdentifier: identifier)
            $0.append(" and leaves its value to the client, which has none for it; have the server give the value")
        }
    }

    /// Appends what a TLS peer's key is for: keyUsage with digitalSignature (RFC 8446 §4.4.2.2), or extendedKeyUsage with serverAuth and
    /// clientAuth.
    private static func appendUsage(isExtended: Bool, isCritical: Bool, to writer: inout ByteWriter) {
        var storage = InlineArray<64, UInt8>(repeating: 0)
        var der = DERWriter(storage.mutableSpan)
        let value = der.mark
        if isExtended {
            der.prependObjectIdentifier("1.3.6.1.5.5.7.3.2")
            der.prependObjectIdentifier("1.3.6.1.5.5.7.3.1")
            der.wrap(.sequence, since: value)
            der.wrapExtension("2.5.29.37", critical: isCritical, since: value)
        } else {
            der.prepend(0b1000_0000 as UInt8)
            der.prepend(7 as UInt8)  // unused bits
            der.wrap(.bitString, since: value)
            der.wrapExtension("2.5.29.15", critical: isCritical, since: value)
        }
        // At most 36 bytes.
        do throws(ProvisioningError) {
            let count = try der.moveToFront()
            writer.append(storage.span.extracting(0..<count))
        } catch {}
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

extension ByteWriter {
    /// Appends an object identifier in its dotted form (X.690 §8.19); what cannot be read so in hexadecimal.
    /// - Parameter content: its contents octets.
    @_lifetime(self: copy self)
    fileprivate mutating func append(objectIdentifier content: Span<UInt8>) {
        guard content.count > 0, content.count <= 32, content[content.count - 1] < 0x80 else {
            return append(hexadecimal: content.extracting(0..<min(content.count, 32)))
        }
        var value: UInt64 = 0
        var isFirst = true
        for index in content.indices {
            // What is larger than 64 bits is cut: this is for people to read.
            value = value << 7 | UInt64(content[index] & 0x7F)
            if content[index] >= 0x80 { continue }
            if isFirst {
                let root = min(value / 40, 2)
                append(decimal: root)
                value -= root * 40
                isFirst = false
            }
            append(UInt8(ascii: "."))
            append(decimal: value)
            value = 0
        }
    }
}
