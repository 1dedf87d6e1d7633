// A fixed number of places for values that cannot be copied, in memory taken once. The only file of the daemon that
// computes the addresses of Swift values.

/// Places for `Element`s, each empty or filled.
@safe struct Slots<Element: ~Copyable>: ~Copyable {
    private let base: UnsafeMutablePointer<Element>
    private var filled: [Bool]

    /// How many places there are.
    var capacity: Int { filled.count }

    init(capacity: Int) {
        unsafe base = .allocate(capacity: Swift.max(capacity, 1))
        filled = Array(repeating: false, count: capacity)
    }

    deinit {
        for index in filled.indices where filled[index] {
            // A filled place has been initialised and not been moved from.
            unsafe (base + index).deinitialize(count: 1)
        }
        unsafe base.deallocate()
    }

    /// Whether there is a value at `index`.
    func isFilled(_ index: Int) -> Bool { filled[index] }

    /// Puts a value into an empty place.
    mutating func fill(_ index: Int, _ element: consuming Element) {
        precondition(!filled[index])
        // The place is within the memory and empty.
        unsafe (base + index).initialize(to: element)
        filled[index] = true
    }

    /// Ends the value at `index`.
    mutating func empty(_ index: Int) {
        precondition(filled[index])
        filled[index] = false
        // The place was filled.
        unsafe (base + index).deinitialize(count: 1)
    }

    /// Takes the value at `index` away.
    mutating func take(_ index: Int) -> Element {
        precondition(filled[index])
        filled[index] = false
        // The place was filled.
        return unsafe (base + index).move()
    }

    /// The value at `index`, which must be filled.
    subscript(index: Int) -> Element {
        _read {
            precondition(filled[index])
            // The place is filled; `self` is borrowed for as long as the value is.
            yield unsafe base[index]
        }
        _modify {
            precondition(filled[index])
            // As above; the access is exclusive because `self`'s is.
            yield unsafe &base[index]
        }
    }
}
