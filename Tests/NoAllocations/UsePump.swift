// The pump and the relay, specialised over a transport in memory and one over descriptors.
import Bytes
import TLS
import TLSCrypto
import Transport
import X509

// Static memory for one connection, its workspace and its configuration; used for one after the other, by the only thread.
nonisolated(unsafe) private var memory = InlineArray<12288, UInt64>(repeating: 0)

/// Uses each generic function of the pump over descriptors.
func usePump() -> UInt8 { usePump(over: FileDescriptorTransport.standard, plain: FileDescriptorTransport.standard) }

/// Uses each generic function of the pump over `stream`, with `plain` at the other end of the relay.
func usePump<Stream: DescriptorTransport & ~Copyable>(over stream: consuming Stream, plain: consuming Stream) -> UInt8 {
    do throws(TLSError) {
        // The memory is static, so it stays where it is and outlives whatever is cut from it.
        let buffer = unsafe address(of: &memory)
        var arena = unsafe Arena(unsafe: .init(rebasing: buffer[..<(buffer.count / 2)]))
        let configuration = Configuration(anchors: try take(64, &arena), chains: try take(64, &arena))
        let limits = Limits(inboundFragment: 512, outboundFragment: 512, handshakeMessage: 2048)
        // Half for the configuration and the connection, half for the workspace.
        var workspace = unsafe Arena(unsafe: .init(rebasing: buffer[(buffer.count / 2)...]))
        let connection = try Connection(.client, limits, memory: &arena, workspace: &workspace, time: .unknown)
        return drive(Pump(connection, over: stream), plain, configuration)
    } catch {
        return 1
    }
}

/// Where static memory is.
func address<let count: Int>(of memory: inout InlineArray<count, UInt64>) -> UnsafeMutableRawBufferPointer {
    var span = memory.mutableSpan
    return unsafe span.withUnsafeMutableBytes { buffer in unsafe buffer }
}

private func take(_ count: Int, _ arena: inout Arena) throws(TLSError) -> Region {
    do throws(ArenaExhausted) {
        return try arena.take(count)
    } catch {
        throw .limitExceeded(.memory, capacity: error.capacity, needed: error.needed)
    }
}

private func drive<Stream: DescriptorTransport & ~Copyable>(
    _ pump: consuming Pump<Stream>, _ plain: consuming Stream, _ configuration: borrowing Configuration
) -> UInt8 {
    var pump = pump
    var plain = plain
    var signer = NoIdentity()
    do throws(PumpError) {
        try pump.handshake(configuration, &signer, milliseconds: 0)
        try useBlocking(&pump, configuration)
        return try relay(&pump, &plain, configuration)
    } catch {
        _ = pump.drain()
        pump.tellFailure(milliseconds: 0)
        return error == .timedOut(.handshake) ? 2 : 3
    }
}

private func useBlocking<Stream: DescriptorTransport & ~Copyable>(
    _ pump: inout Pump<Stream>, _ configuration: borrowing Configuration
) throws(PumpError) {
    var bytes = InlineArray<8, UInt8>(repeating: 0)
    var span = bytes.mutableSpan
    let count = try pump.read(into: &span, configuration, milliseconds: 0)
    try pump.write(span.span.extracting(first: count), milliseconds: 0)
    _ = try pump.close(configuration, milliseconds: 0)
}

private func relay<Stream: DescriptorTransport & ~Copyable>(
    _ pump: inout Pump<Stream>, _ plain: inout Stream, _ configuration: borrowing Configuration
) throws(PumpError) -> UInt8 {
    var scratch = InlineArray<64, UInt8>(repeating: 0)
    var span = scratch.mutableSpan
    var state = RelayState()
    var signer = NoIdentity()
    _ = try pump.answer(pump.turn(configuration), &signer)
    _ = pump.relay(&plain, &state, configuration, scratch: &span)
    do throws(RelayError) {
        return try pump.relayToEnd(&plain, &state, configuration, scratch: &span, linger: 0) ? 4 : 5
    } catch {
        return 6
    }
}

/// A key's signer, which only a key could make.
func useKeySigner(_ key: consuming SigningKey) -> KeySigner { KeySigner(key) }
