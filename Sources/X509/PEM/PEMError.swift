// What can be wrong with a PEM file.

/// Why a PEM file could not be read, or not be written.
public struct PEMError: Error, Equatable, Sendable {
    /// What was wrong.
    public let reason: Reason
    /// Which block of the label that was looked for, the first being 0; -1 where there is none.
    public let block: Int
    /// The line at which it was noticed, the first being 1; 0 where it is about no line.
    public let line: Int

    init(_ reason: Reason, block: Int, line: Int) {
        self.reason = reason
        self.block = block
        self.line = line
    }

    /// What was wrong.
    public enum Reason: UInt8, Sendable {
        /// There is no block of the label that was looked for.
        case noBlock
        /// A block has no END line, or one of another label.
        case unterminated
        /// What stands between BEGIN and END is not base64 (RFC 7468 §3), or has headers (RFC 1421), as encrypted keys
        /// of old programs do.
        case badBase64
        /// Nothing stands between BEGIN and END.
        case emptyBlock
        /// The output does not fit into the memory for it.
        case outputTooSmall
    }
}

#if !hasFeature(Embedded)
    // An array of all cases allocates, so it exists only where the tests are.
    extension PEMError.Reason: CaseIterable {}
#endif

extension PEMError.Reason {
    /// The reason in words.
    public var description: StaticString {
        switch self {
        case .noBlock: "there is no BEGIN line of the label expected"
        case .unterminated: "a block has no END line of its own label"
        case .badBase64: "a block is not plain base64"
        case .emptyBlock: "a block is empty"
        case .outputTooSmall: "the contents are larger than the memory for them"
        }
    }
}
