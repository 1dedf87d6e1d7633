// A ClientHello that does not offer an extended master secret (RFC 7627), as peers say it that do not know it; ours always
// does.
import TestSupport

@testable import TLS

/// The hello of the recorded client, without the extension.
final class UnboundHello: @unchecked Sendable {
    static let shared = withoutLeakDetection { UnboundHello() }

    private let bytes: [UInt8]

    private init() { bytes = Self.make() }

    /// Has a client say it in place of its own. The object stays for ever.
    var hook: ReplayHook {
        unsafe ReplayHook(
            message: { context, type, out, capacity in
                guard let context = unsafe context, HandshakeType(rawValue: type) == .client_hello else { return 0 }
                let bytes = unsafe Unmanaged<UnboundHello>.fromOpaque(context).takeUnretainedValue().bytes
                guard bytes.count <= capacity else { return 0 }
                unsafe UnsafeMutableRawBufferPointer(start: out, count: bytes.count).copyBytes(from: bytes)
                return bytes.count
            }, context: Unmanaged.passUnretained(self).toOpaque())
    }

    /// The variant without it is the last of TLS 1.2, and the same with it says the same but for that.
    private static func make() -> [UInt8] {
        guard var variant = Variant.of12.first(where: { !$0.bindsMasterSecret }) else { return [] }
        variant.bindsMasterSecret = true
        var hello: [UInt8] = []
        withSide(.client, variant) { hello = $0.send() }
        var node = Node(layout(of: .client_hello), Array(hello.dropFirst(9)))
        guard node.removeFromLastList(where: { $0.encoded.starts(with: [0, 23]) }) else {
            fatalError("no extended master secret is offered")
        }
        return [HandshakeType.client_hello.rawValue] + vector(node.encoded, 3)
    }
}

extension Node {
    /// Takes parts out of the last list in it.
    /// - Returns: whether there was one.
    fileprivate mutating func removeFromLastList(where isUnwanted: (Node) -> Bool) -> Bool {
        if isList {
            let count = children.count
            children.removeAll(where: isUnwanted)
            return children.count < count
        }
        for index in children.indices.reversed() where children[index].removeFromLastList(where: isUnwanted) {
            return true
        }
        return false
    }
}
