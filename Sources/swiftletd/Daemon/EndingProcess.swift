// A helper process that was killed. Its end is taken note of when it comes, so that it does not stay in the system's table and
// nothing waits for it: a process in the middle of a system call may take a while to die.
import CLinux

/// A process that is about to end.
struct EndingProcess {
    /// 0 for none.
    private var id: Int32 = 0

    /// Milliseconds until it is looked for again.
    static var lookTime: Int64 { 1000 }

    /// Whether there is one whose end has not been taken note of.
    var isAwaited: Bool { id > 0 }

    /// Takes a process that was killed in place of the one before; 0 for none.
    mutating func take(_ process: Int32) {
        reap()
        if process > 0 { id = process }
        reap()
    }

    /// Takes note of its end, where that has come.
    mutating func reap() { if id > 0, swl_helper_reap(id) != 0 { id = 0 } }
}
