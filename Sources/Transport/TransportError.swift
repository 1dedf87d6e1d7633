// What can go wrong with a stream, with enough to say what failed, why, and what to do.
import Bytes
import CLinux

/// A failure of a transport, or of opening one.
public struct TransportError: Error, Equatable, Sendable {
    /// What was being done.
    public enum Operation: UInt8, Sendable {
        case resolve, connect, listen, accept, configure, read, write, finishWriting, wait, open
    }

    /// Why it failed.
    public enum Reason: Equatable, Sendable {
        /// The system refused, with this error number (`errno`, positive).
        case system(Int32)
        /// The host name has no address; the number is `getaddrinfo`'s, positive.
        case resolver(Int32)
        /// The time that was given has passed.
        case timedOut
        /// Writing after `finishWriting`.
        case finished
        /// The endpoint needs something that this version does not have.
        case notSupported(StaticReason)
        /// The endpoint cannot be used like this.
        case unusable(StaticReason)
    }

    /// Reasons that are not the system's.
    public enum StaticReason: UInt8, Sendable {
        /// A serial port where a socket is needed.
        case serialPorts
        /// Connecting to port 0.
        case portZero
        /// A host with no usable address.
        case noAddress
        /// A connection that waits for bytes and takes none.
        case noRoom
        /// Less memory than a serial line takes.
        case noMemory
        /// The link's peer has not answered for too long.
        case peerSilent
        /// The link's peer ended the channel while it was being opened.
        case peerLeft
        /// The link hears itself.
        case loopedBack
        /// One end of the link found the other's frames wrong.
        case linkFault
    }

    public let operation: Operation
    public let reason: Reason

    public init(_ operation: Operation, _ reason: Reason) {
        self.operation = operation
        self.reason = reason
    }

    /// The error that a C function answered as a negative number.
    init(_ operation: Operation, code: Int) {
        let positive = Int32(truncatingIfNeeded: code.magnitude)
        self.operation = operation
        reason = positive > SWL_RESOLVER_ERROR ? .resolver(positive - SWL_RESOLVER_ERROR) : .system(positive)
    }

    /// Whether the peer broke the stream off (reset, or our write met its closed end), rather than ending it.
    public var isBrokenOff: Bool {
        reason == .system(SWL_ECONNRESET) || reason == .system(SWL_EPIPE) || reason == .system(SWL_ENOTCONN)
            || isOfPeerLeft
    }

    /// Whether a write met a channel of the link that has ended: reading it comes to its end too.
    var isOfPeerLeft: Bool { reason == .unusable(.peerLeft) }

    /// Appends one line without its end: what failed and why, and what to do where there is an answer to that.
    /// The endpoint is not named; the caller knows it.
    public func describe(into writer: inout ByteWriter) {
        writer.append(operation.text)
        writer.append(": ")
        switch reason {
        case .system(let number): appendText(of: number, to: &writer)
        case .resolver(let number): appendText(of: SWL_RESOLVER_ERROR + number, to: &writer)
        case .timedOut: writer.append("the time for it has passed")
        case .finished: writer.append("this side has already said that it writes no more")
        case .notSupported(let what), .unusable(let what): writer.append(what.text)
        }
        guard let advice else { return }
        writer.append("; ")
        writer.append(advice)
    }

    private func appendText(of number: Int32, to writer: inout ByteWriter) {
        // A constant string of the C library, with its terminator, so all its bytes may be read.
        let text = unsafe swl_error_text(number)
        for index in 0..<(unsafe swl_string_length(text)) {
            writer.append(UInt8(bitPattern: unsafe text[index]))
        }
    }

    private var advice: StaticString? {
        switch (operation, reason) {
        case (.connect, .system(SWL_ECONNREFUSED)), (.connect, .system(SWL_ENOENT)):
            "check that the other program is running and listens there"
        case (.connect, .timedOut), (.connect, .system(SWL_EHOSTUNREACH)), (.connect, .system(SWL_ENETUNREACH)):
            "check the address, the cable and the route to it"
        case (.resolve, .resolver): "check the spelling of the host and the resolver's configuration"
        case (.listen, .system(SWL_EADDRINUSE)): "stop the program that listens there, or choose another port or path"
        case (.listen, .system(SWL_EADDRNOTAVAIL)): "choose an address of this machine"
        case (.listen, .system(SWL_EACCES)), (.connect, .system(SWL_EACCES)):
            "check the permissions of the path, or use a port above 1023"
        case (.open, .system(SWL_ENOENT)): "check the path, and that the adapter is plugged in"
        case (.open, .system(SWL_EACCES)): "give this user the right to use it, on Debian by the group dialout"
        case (.open, .system(SWL_EBUSY)): "another program has it; stop that program"
        case (.open, .system(SWL_ENOTTY)): "it is no serial port; check the path"
        case (.open, .system(SWL_ERANGE)): "the port does not take this speed; choose a standard one, such as 115200"
        case (_, .system(SWL_EMFILE)):
            "raise the limit of open files (ulimit -n, LimitNOFILE=) or lower the connections"
        default: nil
        }
    }
}

extension TransportError.Operation {
    /// "cannot …", to begin a message with.
    public var text: StaticString {
        switch self {
        case .resolve: "cannot find the address of the host"
        case .connect: "cannot connect"
        case .listen: "cannot listen"
        case .accept: "cannot accept a connection"
        case .configure: "cannot set up the stream"
        case .read: "cannot read"
        case .write: "cannot write"
        case .finishWriting: "cannot end the stream"
        case .wait: "cannot wait for the stream"
        case .open: "cannot open the serial port"
        }
    }
}

extension TransportError.StaticReason {
    /// What is not possible, and what is.
    public var text: StaticString {
        switch self {
        case .serialPorts: "a serial port has no address; use a tcp: or unix: endpoint"
        case .portZero: "port 0 is only for listening; name the port of the peer"
        case .noAddress: "the host has no address that a stream can be made to"
        case .noRoom: "the connection has no room for the bytes that it waits for, which is a fault of this program"
        case .noMemory: "the memory for the serial line is too small, which is a fault of this program"
        case .peerSilent:
            "the peer does not answer on the line; check the cable, the speed, and that it speaks link: on this channel"
        case .peerLeft: "the peer has ended the channel; check what it says"
        case .loopedBack: "the line leads back to itself; check the cable for a loop"
        case .linkFault: "the two ends of the link do not understand each other; check that both speak link:"
        }
    }
}
