// What inputs look like, so that they can be changed in one place and still have all their lengths right: TLS vectors
// (RFC 8446 §3.4) and DER (X.690). Bytes that do not follow the layout are kept as they are.

/// How bytes are built.
indirect enum Layout: Sendable {
    /// So many bytes.
    case fixed(Int)
    /// A length in so many bytes, and what follows it.
    case vector(Int, Layout)
    /// The same again and again until the end.
    case list(Layout)
    /// One after the other.
    case sequence([Layout])
    /// All that is left.
    case rest
    /// One element in DER; what is constructed, and DER inside of strings, is looked into.
    case der

    /// A block of extensions (RFC 8446 §4.2) without its length.
    static let extensions = Layout.list(.sequence([.fixed(2), .vector(2, .rest)]))
}

/// A part of an input.
struct Node {
    /// What stands before the content and is written anew.
    enum Prefix: Equatable {
        case none
        case length(Int)
        case der([UInt8])
    }

    var prefix = Prefix.none
    /// The content of a part without parts.
    var bytes: [UInt8] = []
    var children: [Node] = []
    /// Whether parts may be left out, doubled and exchanged without breaking what stands around them.
    var isList = false

    /// The bytes with lengths that fit.
    var encoded: [UInt8] {
        let content = children.isEmpty ? bytes : children.flatMap(\.encoded)
        switch prefix {
        case .none: return content
        case .length(let count): return vector(content, count)
        case .der(let tag): return tag + Self.derLength(content.count) + content
        }
    }

    private static func derLength(_ count: Int) -> [UInt8] {
        guard count >= 128 else { return [UInt8(count)] }
        var bytes: [UInt8] = []
        var rest = count
        while rest > 0 {
            bytes.insert(UInt8(rest & 255), at: 0)
            rest >>= 8
        }
        return [0x80 | UInt8(bytes.count)] + bytes
    }
}

extension Node {
    /// Takes bytes apart.
    init(_ layout: Layout, _ bytes: [UInt8]) {
        var rest = bytes[...]
        self = Self.take(layout, &rest)
        if !rest.isEmpty { self = Node(children: [self, Node(bytes: Array(rest))]) }
    }

    private static func take(_ layout: Layout, _ rest: inout ArraySlice<UInt8>) -> Node {
        switch layout {
        case .fixed(let count): return Node(bytes: take(count, &rest))
        case .rest: return Node(bytes: take(rest.count, &rest))
        case .sequence(let parts): return Node(children: parts.map { take($0, &rest) })
        case .list(let element):
            var children: [Node] = []
            while !rest.isEmpty { children.append(take(element, &rest)) }
            return Node(children: children, isList: true)
        case .vector(let lengthBytes, let content):
            guard rest.count >= lengthBytes else { return Node(bytes: take(rest.count, &rest)) }
            let count = take(lengthBytes, &rest).reduce(0) { $0 << 8 | Int($1) }
            var inside = take(count, &rest)[...]
            var node = take(content, &inside)
            if !inside.isEmpty { node = Node(children: [node, Node(bytes: Array(inside))]) }
            return Node(prefix: .length(lengthBytes), children: [node])
        case .der: return takeDER(&rest, depth: 0) ?? Node(bytes: take(rest.count, &rest))
        }
    }

    private static func take(_ count: Int, _ rest: inout ArraySlice<UInt8>) -> [UInt8] {
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    /// One element, or nil, with nothing taken, where there is none.
    private static func takeDER(_ rest: inout ArraySlice<UInt8>, depth: Int) -> Node? {
        let start = rest.startIndex
        guard depth < 24, rest.count >= 2 else { return nil }
        var count = Int(rest[start + 1])
        var header = 2
        if count >= 128 {
            header += count & 127
            guard header <= 5, rest.count >= header else { return nil }
            count = rest[(start + 2)..<(start + header)].reduce(0) { $0 << 8 | Int($1) }
        }
        guard rest.count - header >= count else { return nil }
        let tag = rest[start]
        rest = rest.dropFirst(header)
        let content = take(count, &rest)
        if let children = childrenOfDER(tag, content, depth: depth) {
            return Node(prefix: .der([tag]), children: children, isList: tag & 0x20 != 0)
        }
        return Node(prefix: .der([tag]), bytes: content)
    }

    /// The elements inside of one: of everything constructed, of an OCTET STRING, of a BIT STRING behind its first byte.
    private static func childrenOfDER(_ tag: UInt8, _ content: [UInt8], depth: Int) -> [Node]? {
        let skipped = tag == 0x03 ? 1 : 0
        guard tag & 0x20 != 0 || tag == 0x04 || tag == 0x03, content.count > skipped else { return nil }
        var inside = content[skipped...]
        var children = skipped == 0 ? [] : [Node(bytes: [content[0]])]
        while !inside.isEmpty {
            guard let child = takeDER(&inside, depth: depth + 1) else { return nil }
            children.append(child)
        }
        return children
    }
}
