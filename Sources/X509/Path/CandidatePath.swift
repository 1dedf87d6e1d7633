// A path while it is being looked for: which certificates of the chain it is made of, from the leaf upwards, and which
// anchor it ends at.

import Bytes

/// Certificates of a chain in the order of a path, and an anchor.
struct CandidatePath: ~Escapable {
    let chain: CertificateSequence
    private let anchors: CertificateSequence
    // The leaf and up to X509Limits.depth intermediates.
    private var indices = InlineArray<17, UInt8>(repeating: 0)
    /// How many certificates there are, the anchor not counted.
    private(set) var count = 1
    /// Which of the anchors stands above the last of them.
    var anchorIndex = 0

    /// The leaf alone: certificate 0 of the chain.
    @_lifetime(copy chain, copy anchors)
    init(_ chain: CertificateSequence, anchors: CertificateSequence) {
        self.chain = chain
        self.anchors = anchors
    }

    /// How many intermediates there are.
    var depth: Int { count - 1 }

    /// Adds an intermediate on top. There is room for `X509Limits.depth` of them.
    @_lifetime(self: copy self)
    mutating func push(_ index: Int) {
        indices[count] = UInt8(truncatingIfNeeded: index)
        count += 1
    }

    /// Takes the topmost intermediate away.
    @_lifetime(self: copy self)
    mutating func pop() { count -= 1 }

    /// Whether certificate `index` of the chain is on the path.
    func contains(_ index: Int) -> Bool {
        for level in 0..<count where Int(indices[level]) == index { return true }
        return false
    }

    /// Where in the chain the certificate at `level` is, the leaf being at level 0.
    func index(at level: Int) -> Int { Int(indices[level]) }

    /// The certificate at `level`; at level `count` stands the anchor.
    @_lifetime(copy self)
    func certificate(at level: Int) throws(X509Error) -> Certificate {
        let der = try level < count ? chain.certificate(at: index(at: level)) : anchors.certificate(at: anchorIndex)
        guard let der else { throw X509Error(.noCertificate) }
        return try Certificate(der)
    }
}
