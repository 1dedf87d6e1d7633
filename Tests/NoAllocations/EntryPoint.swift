// A program that instantiates every generic of the core, built (in the Embedded build only) to show that none of it
// allocates. `-no-allocations` sees generics only where somebody specialises them, so each target's generics are
// specialised here, one file a target; scripts/check-no-allocations then looks at what was linked.
//
// The results are folded into the exit code, so that nothing is optimised away as unused.

@main enum EntryPoint {
    static func main() {
        var seen: UInt8 = 0
        seen &+= useBytes()
        seen &+= useTransport()
        seen &+= usePump()
        seen &+= useLink()
        seen &+= useSerial()
        #if PLANT_ALLOCATION
            seen &+= plantedAllocation(seen)
        #endif
        exitCode(seen)
    }
}

/// Keeps `value` alive: the compiler cannot know what becomes of it.
private func exitCode(_ value: UInt8) {
    unsafe observed = value
}

// Written once at the end of `main`, by the only thread.
nonisolated(unsafe) private var observed: UInt8 = 0

#if PLANT_ALLOCATION
    /// An allocation in generic code that only this program specialises: what the check must find.
    private final class Box<Value> {
        let value: Value
        init(_ value: Value) { self.value = value }
    }

    @inline(never)
    private func makeBox<Value>(_ value: Value) -> Box<Value> { Box(value) }

    // Kept by a global, so that the object cannot be put on the stack.
    nonisolated(unsafe) private var planted: Box<UInt8>?

    private func plantedAllocation(_ value: UInt8) -> UInt8 {
        unsafe planted = makeBox(value)
        return unsafe planted?.value ?? 0
    }
#endif
