// The pump and the relay, specialised over a transport in memory and one over descriptors.
import Bytes
import TLS
import TLSCrypto
import Transport
import X509

// Static memory for one connection, its workspace and its configuration; used once, by the only thread.
nonisolated(unsafe) private var memory = InlineArray<12288, UInt64>(repeating: 0)

/// Uses each generic function of the pump.
func usePump() -> UInt8 {
    var span = unsafe memory.mutableSpan
    // The memory is static, so it outlives whatever is cut from it.
    return unsafe span.withUnsafeMutableBytes { buffer in
        do throws(TLSError) {
            var arena = unsafe Arena(unsafe: .init(rebasing: buffer[..<(buffer.count / 2)]))
            let configuration = Configuration(anchors: try take(64, &arena), chains: try take(64, &arena))
            let limits = Limits(inboundFragment: 512, outboundFragment: 512, handshakeMessage: 2048)
            // Half for the configuration and the connection, half for the workspace.
            var workspace = unsafe Arena(unsafe: .init(rebasing: buffer[(buffer.count / 2)...]))
            let connection = try Connection(.client, limits, memory: &arena, workspace: &workspace, time: .unknown)
            return drive(connection, configuration)
        } catch {
            return 1
        }
    }
}

private func take(_ count: Int, _ arena: inout Arena) throws(TLSError) -> Region {
    do throws(ArenaExhausted) {
        return try arena.take(count)
    } catch {
        throw .limitExceeded(.memory, capacity: error.capacity, needed: error.needed)
    }
}

private func drive(_ connection: consuming Connection, _ configuration: borrowing Configuration) -> UInt8 {
    var pump = Pump(connection, over: FileDescriptorTransport.standard)
    var plain = FileDescriptorTransport.standard
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

private func useBlocking<Stream: Transport & ~Copyable>(
    _ pump: inout Pump<Stream>, _ configuration: borrowing Configuration
) throws(PumpError) {
    var bytes = InlineArray<8, UInt8>(repeating: 0)
    var span = bytes.mutableSpan
    let count = try pump.read(into: &span, configuration, milliseconds: 0)
    try pump.write(span.span.extracting(first: count), milliseconds: 0)
    _ = try pump.close(configuration, milliseconds: 0)
}

private func relay(
    _ pump: inout Pump<FileDescriptorTransport>, _ plain: inout FileDescriptorTransport,
    _ configuration: borrowing Configuration
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
