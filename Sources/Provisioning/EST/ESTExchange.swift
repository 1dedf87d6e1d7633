// One request to an EST server, which redirections may repeat (RFC 7030 §3.2.1), what it asks for and what came of it.
import Bytes

/// What came of a request, its body in the session's reader.
enum ESTOutcome: Equatable {
    case done
    /// 204, or 404 where that is allowed: there is nothing.
    case nothing
    /// Ask again in so many seconds (RFC 7030 §4.2.3).
    case later(Int)
}

/// A request on its way, which may be repeated.
struct ESTExchange {
    let operation: ESTOperation
    let method: HTTPMethod
    let host: BoundedBytes<264>
    /// Whether 404 says that there is nothing.
    let allowsNone: Bool
    private(set) var target: BoundedBytes<512>
    private var redirections = 0

    private static var maximumRedirections: Int { 3 }

    init(_ operation: ESTOperation, _ method: HTTPMethod, _ location: ESTLocation, allowsNone: Bool) {
        self.operation = operation
        self.method = method
        self.allowsNone = allowsNone
        host = location.host
        target = location.path(of: operation)
    }

    /// Follows a redirection: on the same server, a few times, and a POST only where it stays one (RFC 9110 §15.4).
    mutating func redirect(_ head: borrowing HTTPHead, _ location: ESTLocation) throws(CommandFailure) {
        var to = Span<UInt8>()
        if let value = head.value(of: "Location") { to = value }
        redirections += 1
        guard redirections <= Self.maximumRedirections, method == .get || head.status >= 307,
            let path = location.pathOfRedirection(to: to)
        else { throw CommandFailure(redirectedTo: to, operation, location) }
        target = path
    }
}
