// Every generic of Transport, specialised.
import Bytes
import Transport

/// Uses each generic type of Transport.
func useTransport() -> UInt8 {
    var memory = InlineArray<512, UInt64>(repeating: 0)
    var span = memory.mutableSpan
    // Both ends are gone before the closure is over, and the memory stays until the function is.
    return unsafe span.withUnsafeMutableBytes { buffer in
        do throws(TransportError) {
            return unsafe try talk(LoopbackEnd(unsafe: buffer, .first))
                &+ exchange(LoopbackEnd(unsafe: buffer, .first), LoopbackEnd(unsafe: buffer, .second))
        } catch {
            return error.operation.rawValue
        }
    }
}

private func exchange(_ one: consuming LoopbackEnd, _ other: consuming LoopbackEnd) throws(TransportError) -> UInt8 {
    var sender = Tracer(FaultInjector(one, schedule: FaultSchedule(pieces: 3)), observer: TransportCounter())
    var receiver = Tracer(FaultInjector(other, schedule: FaultSchedule(pieces: 2)), observer: TransportCounter())
    return try send(through: &sender) &+ receive(through: &receiver)
}

private func send<Stream: Transport & ~Copyable>(through stream: inout Stream) throws(TransportError) -> UInt8 {
    let bytes = InlineArray<8, UInt8>(repeating: 5)
    guard case .bytes(let count) = try stream.write(bytes.span) else { return 0 }
    try stream.finishWriting()
    return UInt8(truncatingIfNeeded: count)
}

private func receive<Stream: Transport & ~Copyable>(through stream: inout Stream) throws(TransportError) -> UInt8 {
    var bytes = InlineArray<8, UInt8>(repeating: 0)
    var span = bytes.mutableSpan
    guard try stream.wait(for: .readable, milliseconds: 0) else { return 0 }
    _ = try stream.read(into: &span)
    return bytes[0]
}

/// The words of SMTP before TLS.
private func talk(_ end: consuming LoopbackEnd) -> UInt8 {
    var dialogue = SMTPDialogue(.startTLS, name: .ofThisMachine)
    do throws(SMTPDialogueError) {
        try dialogue.run(over: &end, milliseconds: 0)
        return 0
    } catch {
        return error == .timedOut ? 1 : 2
    }
}
