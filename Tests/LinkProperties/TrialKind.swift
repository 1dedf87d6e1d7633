// What happens in a trial, and what came of it.
import Transport

/// What happens in a trial.
enum TrialKind {
    /// Noise alone: everything arrives, and no failure is told.
    case noise
    /// The cable is out for up to five seconds: the same.
    case unplugged
    /// The cable is out for longer than the patience: both sides are told, and can begin anew.
    case cut
    /// One side or the other comes back without memory: the other is told of a truncation, never of an end.
    case restart
    /// A channel is not read for some time: the others do not stop, and it goes on when it is read.
    case stalled
    /// A side ends when it has written everything: its end is told when everything has arrived.
    case finish

    static var all: [TrialKind] { [.noise, .unplugged, .cut, .restart, .stalled, .finish] }

    var name: StaticString {
        switch self {
        case .noise: "noise"
        case .unplugged: "unplugged for up to 5 s"
        case .cut: "unplugged for longer than the patience"
        case .restart: "restarts"
        case .stalled: "a channel that is not read"
        case .finish: "ends"
        }
    }
}

/// What came of a trial, or of several.
struct TrialResult {
    var trials = 0
    var frames = 0
    var repeated = 0
    var bytes = 0
    var failuresTold = 0
    /// Virtual microseconds.
    var duration: Int64 = 0
    /// What did not hold.
    var broken: String?

    mutating func add(_ other: TrialResult) {
        trials += 1
        frames += other.frames
        repeated += other.repeated
        bytes += other.bytes
        failuresTold += other.failuresTold
        duration += other.duration
    }

    var summary: String {
        "\(trials) trials, \(frames) I frames, \(repeated) of them repeated, \(bytes) bytes in order, "
            + "\(failuresTold) failures told, \(duration / 1_000_000) virtual seconds"
    }
}

extension LinkEvent {
    var name: StaticString {
        switch self {
        case .established: "established"
        case .peerRestarted: "a restart of the peer"
        case .failed(.noAnswer): "no answer"
        case .failed(.disconnected): "a disconnection"
        case .failed(.rejected): "a rejection by the peer"
        case .failed(.protocolError): "a wrong frame of the peer"
        case .failed(.loopedBack): "a loop"
        case .closed: "an end"
        }
    }
}
