// What one connection costs in memory, and the bounds that Swiftlet promises.
import Bytes
import TLS

/// The bounds, in bytes.
private let mostWithFullRecords: Int64 = 40_000
private let mostWith2KiBRecords: Int64 = 8_000
private let mostOfAHandshake: Int64 = 24_700

/// Adds up what a connection keeps, for records of 16 KiB and of 2 KiB.
func checkMemory(_ context: inout CheckContext) -> Outcome {
    let full = Limits()
    let small = Limits(inboundFragment: 2048, outboundFragment: 2048)
    let handle = MemoryLayout<Connection>.size
    // Broken: one bit of the sum, worth 64 KiB.
    let error = context.options.isBroken ? 1 << 16 : 0
    let fullBytes = Int64((full.connectionBytes + handle) ^ error)
    let smallBytes = Int64((small.connectionBytes + handle) ^ error)
    let workspaceBytes = Int64(full.workspaceBytes)
    context.add("connection_16384_byte_records", fullBytes, "B")
    context.add("connection_2048_byte_records", smallBytes, "B")
    context.add("of_which_handle", Int64(handle), "B")
    context.add("handshake_workspace", workspaceBytes, "B")
    guard fullBytes <= mostWithFullRecords else { return .failed("a connection with full records takes over 40000 B") }
    guard workspaceBytes <= mostOfAHandshake else { return .failed("a handshake borrows over 24700 B") }
    return smallBytes <= mostWith2KiBRecords
        ? .passed : .failed("a connection with records of 2 KiB takes over 8000 B")
}
