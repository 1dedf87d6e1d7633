// How a run of the shim ends if not well.
import TLS

/// Why the shim ends with another code than 0.
enum ShimError: Error, Equatable {
    /// A flag, a version or a feature that Swiftlet does not have.
    case unimplemented(String)
    /// TLS failed; the name is BoringSSL's.
    case failed(String, detail: String)
    /// All went well in TLS, but not as a flag expected it.
    case unexpected(String)
    /// The runner handed us something unusable: a file, an address.
    case unusable(String)

    /// The exit code.
    var status: Int32 {
        if case .unimplemented = self { return 89 }
        return 1
    }

    /// What stderr says.
    var text: String {
        switch self {
        case .unimplemented(let what): "not implemented: \(what)"
        case .failed(let name, let detail): ":\(name): \(detail)"
        case .unexpected(let what): "not as expected: \(what)"
        case .unusable(let what): "cannot use \(what)"
        }
    }

    /// A failure of a connection.
    init(_ error: TLSError) { self = .failed(error.boringSSLName, detail: "\(error)") }
}
