// What there is to say about an identity that was loaded: which one it is, and what is wrong with its store.
import Bytes
import X509

/// An identity that came out of a store. Its files are in the `IdentityMemory`.
public struct LoadedIdentity: Sendable {
    public let metadata: StoreMetadata
    /// Why the current generation was passed over; nil where this is it.
    public let failure: StoreError?
    /// Whether the identity was stored on another board: then two devices may be using it.
    public let isFromAnotherBoard: Bool
    /// Whether others than its owner can read the private key.
    public let isReadableByOthers: Bool

    init(_ metadata: StoreMetadata, failure: StoreError?, on board: StoredHash, _ isReadableByOthers: Bool) {
        self.metadata = metadata
        self.failure = failure
        isFromAnotherBoard = !metadata.board.isEmpty && !board.isEmpty && metadata.board != board
        self.isReadableByOthers = isReadableByOthers
    }

    /// What must be said in the log, one line each.
    public enum Remark: UInt8, Sendable {
        case fellBack, anotherBoard, readableByOthers
    }

    /// Whether a remark must be made.
    public func needs(_ remark: Remark) -> Bool {
        switch remark {
        case .fellBack: failure != nil
        case .anotherBoard: isFromAnotherBoard
        case .readableByOthers: isReadableByOthers
        }
    }

    /// Appends a remark, without its end.
    public func describe(_ remark: Remark, store: Span<UInt8>, into writer: inout ByteWriter) {
        switch remark {
        case .fellBack:
            failure?.describe(store: store, into: &writer)
            writer.append(". FALLING BACK to generation ")
            writer.append(generation: metadata.generation)
        case .anotherBoard:
            writer.append("the identity store '")
            writer.appendEscaped(store)
            writer.append("' was copied from another board: two devices may be using one identity; ")
            writer.append("wipe it here and install one of its own")
        case .readableByOthers:
            writer.append("the private key in the identity store '")
            writer.appendEscaped(store)
            writer.append("' can be read by others; chmod the store to 0700")
        }
    }
}
