// A tunnel's revocation lists: loaded at the start, with room for longer ones, and read anew when the daemon is told to. A file
// is taken as a whole or, where anything in it cannot be used, not at all.
import Bytes
import TLS
import X509

extension TunnelMaterial {
    /// The memory for lists of which there are `count` bytes at the start: they grow with what is revoked.
    static func listCapacity(_ count: Int) -> Int {
        count == 0 ? 0 : Swift.max(count, Swift.min(Swift.max(4 * count, 16_384), maximumFile))
    }

    /// Gives a configuration its revocation lists: without any, revocation is not looked at.
    /// - Returns: how many there are.
    @discardableResult
    static func trust(
        lists: Span<UInt8>, in configuration: inout Configuration, _ settings: TunnelSettings
    ) throws(ConfigurationError) -> Int {
        var reader = ByteReader(lists)
        var count = 0
        while let der = reader.readVector24() {
            count += 1
            do throws(X509Error) { try RevocationList(der).checkUsable() } catch {
                throw unusable(count, error, settings)
            }
        }
        do throws(TLSError) { try configuration.trust.replaceRevocationLists(lists) } catch { throw tooLarge(settings) }
        return count
    }

    /// Reads the file of revocation lists anew. Where that fails the lists stay as they are.
    /// - Parameter decoded: memory for the lists, as large as that of the tunnel.
    /// - Returns: how many there are now.
    mutating func readRevocationLists(
        _ settings: TunnelSettings, _ files: inout FileReader, decoded: inout Region
    ) throws(ConfigurationError) -> Int {
        try files.read(settings.crls.bytes, what: MaterialLoader.Kind.lists.name, line: settings.crlsLine)
        var memory = decoded.mutableBytes
        let count: Int
        do throws(PEMError) {
            count = try PEM.decode(files.contents, label: MaterialLoader.Kind.lists.label, into: &memory)
        } catch {
            if error.reason == .outputTooSmall { throw Self.tooLarge(settings) }
            throw MaterialLoader.error(.lists, settings.crls, error, settings.crlsLine)
        }
        return try Self.trust(lists: decoded.bytes.extracting(0..<count), in: &configuration, settings)
    }

    /// The time that the lists prove to have come, by the tunnel's anchors; nil for none.
    var evidenceOfTime: Int64? {
        configuration.trust.revocationLists.evidenceOfTime(
            anchors: configuration.trust.anchors, chain: CertificateSequence(chain.bytes, .plain))
    }

    private static func unusable(_ index: Int, _ error: X509Error, _ settings: TunnelSettings) -> ConfigurationError {
        var message = Message("revocation list ")
        message.add(index)
        message.add(" in ")
        message.add(escaped: settings.crls.bytes)
        message.add(": the list ")
        message.add(error.reason.description)
        message.add("; replace it")
        return ConfigurationError(settings.crlsLine, message)
    }

    private static func tooLarge(_ settings: TunnelSettings) -> ConfigurationError {
        ConfigurationError(
            settings.crlsLine, "the revocation lists in ", settings.crls.bytes,
            " need more memory than was taken at the start: restart needed")
    }
}
