// A list with room for a fixed number of elements, held by value: preferences, offers, identities' schemes.

/// Up to `capacity` elements in order. Addressable for the reason told in BoundedBytes.
@_addressableForDependencies
public struct FixedList<let capacity: Int, Element: BitwiseCopyable & Sendable>: Sendable {
    private var storage: InlineArray<capacity, Element>
    /// How many elements there are.
    public private(set) var count: Int

    /// An empty list; `filler` stands in the unused places and is never seen.
    public init(filler: Element) {
        storage = InlineArray(repeating: filler)
        count = 0
    }

    /// Appends an element.
    /// - Returns: false, and nothing is appended, where the list is full.
    @discardableResult
    public mutating func append(_ element: Element) -> Bool {
        guard count < capacity else { return false }
        storage[count] = element
        count += 1
        return true
    }

    /// Changes the element at `index`, which must be one.
    public mutating func change(_ index: Int, _ body: (inout Element) -> Void) {
        precondition(index >= 0 && index < count)
        body(&storage[index])
    }

    /// Removes all elements.
    public mutating func removeAll() { count = 0 }

    /// The elements, to be read by index.
    public var elements: Span<Element> {
        @_addressableSelf @_lifetime(borrow self)
        get { storage.span.extracting(0..<count) }
    }

    /// Whether there are none.
    public var isEmpty: Bool { count == 0 }
}

extension FixedList {
    /// The first element that `condition` holds for, or nil.
    public func first<Failure: Error>(where condition: (Element) throws(Failure) -> Bool) throws(Failure) -> Element? {
        for index in 0..<count {
            let element = storage[index]
            if try condition(element) { return element }
        }
        return nil
    }
}

extension FixedList where Element: Equatable {
    /// Whether `element` is in the list.
    public func contains(_ element: Element) -> Bool {
        for index in 0..<count where storage[index] == element { return true }
        return false
    }
}
