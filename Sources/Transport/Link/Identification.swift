// The information field of XID (ISO/IEC 13239 §5.5.3.8, ISO/IEC 8885): what a station can receive, and its session.
import Bytes

/// What a station tells of itself.
struct Identification: Equatable {
    /// Bytes of information that it takes in a frame, and frames in flight.
    var frame: Int
    var window: Int
    /// Drawn anew whenever a channel is opened; and that of the peer as far as known, so that an answer can be told from
    /// one to an earlier question. Nil where the peer knows nothing of sessions.
    var session: UInt64?
    var echo: UInt64 = 0

    /// Format identifier, group identifiers and parameters of ISO/IEC 8885.
    private static let format: UInt8 = 0x82
    private static let parameters: UInt8 = 0x80
    private static let userData: UInt8 = 0xff
    private enum Parameter {
        static let classes: UInt8 = 2
        static let functions: UInt8 = 3
        static let frameReceive: UInt8 = 6
        static let windowReceive: UInt8 = 8
    }
    /// Of the user data: this layout.
    private static let version: UInt8 = 1

    init(frame: Int, window: Int, session: UInt64?, echo: UInt64 = 0) {
        (self.frame, self.window, self.session, self.echo) = (frame, window, session, echo)
    }

    /// Appends the field.
    func write(to writer: inout ByteWriter) {
        writer.append(Self.format)
        writer.append(Self.parameters)
        let group = writer.beginVector(lengthBytes: 2)
        // Balanced class, two ways at once; then REJ, SREJ, extended address; modulo 8 and 128; SREJ of several frames
        // and FCS-32.
        writer.append(Parameter.classes)
        writer.append(0x0241 as UInt16)
        writer.append(0x00 as UInt8)
        writer.append(Parameter.functions)
        writer.append(0x0386 as UInt16)
        writer.append(0x0c21 as UInt16)
        writer.append(Parameter.frameReceive)
        writer.append(2 as UInt8)
        writer.append(UInt16(truncatingIfNeeded: frame * 8))
        writer.append(Parameter.windowReceive)
        writer.append(1 as UInt8)
        writer.append(UInt8(truncatingIfNeeded: window))
        writer.endVector(group)
        guard let session else { return }
        writer.append(Self.userData)
        writer.append(Self.version)
        writer.append(session)
        writer.append(echo)
    }

    /// Reads the field, or answers nil where it is not one. Parameters that are not known are skipped; those not given are
    /// what `own` has.
    init?(_ bytes: Span<UInt8>, own: Identification) {
        self.init(frame: own.frame, window: own.window, session: nil)
        var reader = ByteReader(bytes)
        guard reader.readUInt8() == Self.format else { return nil }
        while let group = reader.readUInt8() {
            if group == Self.userData {
                readUserData(&reader)
                break
            }
            guard let length = reader.readUInt16(), let contents = reader.readBytes(Int(length)) else { return nil }
            guard group != Self.parameters || readParameters(contents) else { return nil }
        }
        guard frame >= LinkChannel.leastFrame, window >= 1 else { return nil }
    }

    private mutating func readParameters(_ bytes: Span<UInt8>) -> Bool {
        var reader = ByteReader(bytes)
        while let parameter = reader.readUInt8() {
            guard let length = reader.readUInt8(), let value = reader.readBytes(Int(length)) else { return false }
            var number = 0
            for index in value.indices where index < 3 { number = number << 8 | Int(value[index]) }
            if parameter == Parameter.frameReceive { frame = number / 8 }
            if parameter == Parameter.windowReceive { window = number }
        }
        return true
    }

    private mutating func readUserData(_ reader: inout ByteReader) {
        guard reader.readUInt8() == Self.version, let session = reader.readUInt64(), let echo = reader.readUInt64()
        else { return }
        (self.session, self.echo) = (session, echo)
    }
}
