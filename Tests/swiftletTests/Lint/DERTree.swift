// DER as a tree that a test changes and writes again: a certificate that openssl has made, with one thing wrong. Signatures are
// not made anew.

/// One element and what is within.
struct DERTree {
    var tag: UInt8
    /// The contents of a primitive element.
    var content: [UInt8] = []
    /// The contents of a constructed one.
    var children: [DERTree] = []

    init(_ tag: UInt8, _ content: [UInt8]) {
        self.tag = tag
        self.content = content
    }

    init(_ tag: UInt8, _ children: [DERTree]) {
        self.tag = tag
        self.children = children
    }

    /// The tree of one element that is known to be good.
    init(_ bytes: [UInt8]) {
        var rest = bytes[...]
        self = Self.read(&rest)
    }

    private static func read(_ rest: inout ArraySlice<UInt8>) -> DERTree {
        let tag = rest.removeFirst()
        var length = Int(rest.removeFirst())
        if length >= 0x80 {
            let octets = rest.prefix(length & 0x7F)
            rest = rest.dropFirst(octets.count)
            length = octets.reduce(0) { $0 << 8 | Int($1) }
        }
        var content = rest.prefix(length)
        rest = rest.dropFirst(length)
        guard tag & 0x20 != 0 else { return DERTree(tag, Array(content)) }
        var tree = DERTree(tag, [DERTree]())
        while !content.isEmpty { tree.children.append(read(&content)) }
        return tree
    }

    /// The encoding.
    var bytes: [UInt8] {
        let inner = tag & 0x20 != 0 ? children.flatMap(\.bytes) : content
        switch inner.count {
        case 0..<0x80: return [tag, UInt8(inner.count)] + inner
        case 0..<0x100: return [tag, 0x81, UInt8(inner.count)] + inner
        default: return [tag, 0x82, UInt8(inner.count >> 8), UInt8(inner.count & 0xFF)] + inner
        }
    }

    /// The child at `index`.
    subscript(_ index: Int) -> DERTree {
        get { children[index] }
        set { children[index] = newValue }
    }

    static func octets(_ content: [UInt8]) -> DERTree { DERTree(0x04, content) }
    static func identifier(_ content: [UInt8]) -> DERTree { DERTree(0x06, content) }
    static func sequence(_ children: DERTree...) -> DERTree { DERTree(0x30, children) }
    static let yes = DERTree(0x01, [0xFF])

    /// An Extension of RFC 5280's arc 2.5.29.
    static func `extension`(_ number: UInt8, critical: Bool, _ value: DERTree) -> DERTree {
        DERTree(0x30, [identifier([0x55, 0x1D, number])] + (critical ? [yes] : []) + [octets(value.bytes)])
    }
}

/// The parts of a certificate (RFC 5280 §4.1).
extension DERTree {
    var version: DERTree {
        get { self[0][0] }
        set { self[0][0] = newValue }
    }
    var serial: DERTree {
        get { self[0][1] }
        set { self[0][1] = newValue }
    }
    var issuer: DERTree {
        get { self[0][3] }
        set { self[0][3] = newValue }
    }
    var validity: DERTree {
        get { self[0][4] }
        set { self[0][4] = newValue }
    }
    var subject: DERTree {
        get { self[0][5] }
        set { self[0][5] = newValue }
    }
    var publicKey: DERTree {
        get { self[0][6] }
        set { self[0][6] = newValue }
    }
    /// The extensions: the last of what is signed, in certificates and in revocation lists.
    var extensions: [DERTree] {
        get { self[0].children.last?.children[0].children ?? [] }
        set { self[0][self[0].children.count - 1][0].children = newValue }
    }

    private func place(_ number: UInt8) -> Int? {
        extensions.firstIndex { $0[0].content == [0x55, 0x1D, number] }
    }

    /// Takes out the extension 2.5.29.`number`.
    mutating func removeExtension(_ number: UInt8) {
        if let place = place(number) { extensions.remove(at: place) }
    }

    /// Puts an extension in the place of the one of the same number, or at the end.
    mutating func setExtension(_ number: UInt8, critical: Bool, _ value: DERTree) {
        removeExtension(number)
        extensions.append(.extension(number, critical: critical, value))
    }

    /// Makes an extension critical, or not.
    mutating func setCritical(_ number: UInt8, _ critical: Bool) {
        guard let place = place(number), let value = extensions[place].children.last else { return }
        extensions[place] = DERTree(
            0x30, [.identifier([0x55, 0x1D, number])] + (critical ? [DERTree.yes] : []) + [value])
    }

    /// Sets both algorithms of the signature, or one of them.
    mutating func setAlgorithm(_ identifier: [UInt8], insideOnly: Bool = false) {
        let inside = self[0].children.firstIndex { $0.tag == 0x30 } ?? 0
        self[0][inside] = .sequence(.identifier(identifier))
        if !insideOnly { self[1] = self[0][inside] }
    }

    /// A Name of one attribute 2.5.4.`type`.
    static func name(_ type: UInt8, _ tag: UInt8, _ text: String) -> DERTree {
        .sequence(DERTree(0x31, [.sequence(.identifier([0x55, 0x04, type]), DERTree(tag, Array(text.utf8)))]))
    }
}
