// What happens after the handshake: the shim writes what it was told to, then returns every byte inverted until the
// runner closes, and closes too.
import Bytes
import TLS
import Transport

extension ShimConnection {
    /// Runs to the end of the connection.
    mutating func exchange() throws(PumpError) {
        try writeExportedKeys()
        if settings.sendsTLSUnique { try writeTLSUnique() }
        if settings.sendsAlert { return sendAlert() }
        try writeFirst()
        if !settings.shutsDown { try echo() }
        try close()
    }

    private mutating func writeExportedKeys() throws(PumpError) {
        guard settings.exportedBytes > 0 else { return }
        let label = Array(settings.exportLabel.utf8)
        let context = Array(settings.exportContext.utf8)
        var keys = [UInt8](repeating: 0, count: settings.exportedBytes)
        do throws(TLSError) {
            var room = keys.mutableSpan
            try pump.connection.exportKeyingMaterial(
                label: label.span, context: settings.exportsWithContext ? context.span : nil, into: &room)
        } catch { throw .tls(error) }
        try pump.write(keys.span, milliseconds: nil)
    }

    private mutating func writeTLSUnique() throws(PumpError) {
        let binding = array(pump.connection.tlsUnique.bytes)
        try pump.write(binding.span, milliseconds: nil)
    }

    /// BoringSSL's shim sends this one.
    private mutating func sendAlert() {
        pump.connection.abort(.decompression_failure_RESERVED)
        pump.tellFailure(milliseconds: 5000)
    }

    private mutating func writeFirst() throws(PumpError) {
        if settings.writesDifferentSizes {
            let bytes = [UInt8](repeating: 0x42, count: 32769)
            for count in [0, 1, 255, 256, 257, 16383, 16384, 16385, 32767, 32768, 32769] {
                try pump.write(bytes.span.extracting(first: count), milliseconds: nil)
            }
        } else if settings.writesFirst {
            // What the server has taken early does not come again.
            var left = pump.connection.negotiated.earlyData == .accepted ? sentEarly : 0
            let bytes = Array(settings.initialWrite.utf8)
            for _ in 0..<settings.initialWrites {
                let skipped = min(left, bytes.count)
                left -= skipped
                try pump.write(bytes.span.extracting(skipped..<bytes.count), milliseconds: nil)
            }
        }
    }

    /// Returns what comes, until close_notify or, where that is not insisted on, the end of the stream.
    private mutating func echo() throws(PumpError) {
        var buffer = [UInt8](repeating: 0, count: settings.readSize)
        while true {
            if settings.updatesKeysBeforeReading { try updateKeys() }
            var count = 0
            do throws(PumpError) {
                count = try read(into: &buffer)
            } catch .tls(.truncated) where !settings.checksCloseNotify {
                return
            }
            guard count > 0 else { return }
            if settings.updatesKeys { try updateKeys() }
            for index in 0..<count { buffer[index] ^= 0xFF }
            try pump.write(buffer.span.extracting(first: count), milliseconds: nil)
        }
    }

    /// Waits for application data, and keeps what a ticket before them brings.
    /// - Returns: how many bytes there are; 0 at the peer's close_notify.
    private mutating func read(into buffer: inout [UInt8]) throws(PumpError) -> Int {
        while true {
            switch pump.turn(context.configuration) {
            case .applicationData:
                let data = array(pump.connection.applicationData.extracting(first: buffer.count))
                buffer.replaceSubrange(0..<data.count, with: data)
                pump.connection.consumeApplicationData(data.count)
                return data.count
            case .earlyData:
                let data = array(pump.connection.earlyData.extracting(first: buffer.count))
                buffer.replaceSubrange(0..<data.count, with: data)
                pump.connection.consumeEarlyData(data.count)
                return data.count
            case .ticket: try takeSession()
            case .blocked(let readiness): try wait(for: readiness)
            case .peerClosed, .closed: return 0
            case .failed(let error): throw error
            case .progressed, .established: continue
            case .wantsSignature, .wantsVerdict: throw .tls(.misuse(.notEstablished))
            }
        }
    }

    private mutating func takeSession() throws(PumpError) {
        var memory = [UInt8](repeating: 0, count: Limits.session)
        var room = memory.mutableSpan
        do throws(TLSError) {
            let count = try pump.connection.takeSession(into: &room)
            session = Array(memory[..<count])
        } catch { throw .tls(error) }
    }

    /// Takes new keys into use, once what was written has left.
    private mutating func updateKeys() throws(PumpError) {
        try pump.write(Span(), milliseconds: nil)
        do throws(TLSError) { try pump.connection.updateKeys() } catch { throw .tls(error) }
        try pump.write(Span(), milliseconds: nil)
    }

    /// Says that nothing follows. Only where the flags insist on it does it matter what the runner does then.
    private mutating func close() throws(PumpError) {
        do throws(PumpError) {
            let peerHasClosed = try pump.close(context.configuration, milliseconds: 2000)
            if settings.checksCloseNotify, !peerHasClosed { throw .tls(.truncated) }
        } catch  where !settings.checksCloseNotify { return }
    }
}
