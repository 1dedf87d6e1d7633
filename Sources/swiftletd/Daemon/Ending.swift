// How a session came to its end, and the line that says so.
import Provisioning
import TLS
import TLSCrypto
import Transport

/// Why a session ends.
enum Ending: Equatable {
    /// Both sides have ended their streams.
    case finished
    /// TLS failed; the peer has been told where there is an alert for it.
    case failed(TLSError)
    /// The key that is to sign for us is in a token that does not.
    case signerFailed(TokenFailure)
    /// The peer before TLS, or the plain side after it, did not say what its protocol wants.
    case dialogueFailed(SMTPError)
    /// The socket that speaks TLS, or the plain one, failed.
    case tlsBroken(TransportError)
    case plainBroken(TransportError)
    /// The other end of the tunnel could not be reached.
    case unreachable(TransportError)
    case handshakeTimeout
    case idleTimeout
    /// The peer has not answered our close_notify.
    case closeTimeout
    /// The daemon was told to end.
    case stopped
    /// Something of ours failed: memory, epoll.
    case ownFault(SystemError)

    /// Whether both streams came to their end as they should.
    var isClean: Bool { self == .finished }

    /// Whether something was said to the TLS peer about it, which has to get there.
    var isToldToPeer: Bool {
        switch self {
        case .failed(let error): error.alert != nil
        case .dialogueFailed, .signerFailed: true
        default: false
        }
    }
}

extension Message {
    /// Appends how a session ended.
    mutating func add(_ ending: Ending) {
        switch ending {
        case .finished: add("closed")
        case .failed(let error): add(error)
        case .signerFailed(let failure):
            add("our key cannot sign: ")
            add(failure)
        case .dialogueFailed(let error): add(error)
        case .tlsBroken(let error):
            add("TLS side broken off: ")
            add(error)
        case .plainBroken(let error):
            add("plain side broken off: ")
            add(error)
        case .unreachable(let error): add(error)
        case .handshakeTimeout: add("the handshake took longer than handshake-timeout allows; closed")
        case .idleTimeout: add("no bytes for as long as idle-timeout allows; closed")
        case .closeTimeout: add("the peer did not close within 10 s; closed")
        case .stopped: add("closed because the daemon ends")
        case .ownFault(let error):
            add("cannot serve: ")
            add(systemError: error.number)
        }
    }
}
