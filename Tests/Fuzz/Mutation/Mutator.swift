// Mutations that keep lengths right: half of the time a part of the input is changed, left out, doubled, exchanged or
// replaced by another part, and everything around it is written anew; the other half libFuzzer does what it likes.

/// libFuzzer's own mutation, which answers the new count.
@_silgen_name("LLVMFuzzerMutate")
private func mutate(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ most: Int) -> Int

/// The target whose inputs are mutated has to be known here as well; see EntryPoint.
@_cdecl("LLVMFuzzerCustomMutator")
public func customMutator(
    _ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ most: Int, _ seed: CUnsignedInt
) -> Int {
    var random = SmallRandom(state: UInt64(seed) | 1)
    guard let layout = selectedLayout(), count > 0, random.below(2) == 0 else {
        // The memory has room for `most` bytes.
        return unsafe mutate(bytes, count, most)
    }
    // libFuzzer gives `count` bytes.
    let input = unsafe Array(UnsafeBufferPointer(start: bytes, count: count))
    var node = Node(layout, input)
    for _ in 0...random.below(3) { node.mutate(&random) }
    let output = node.encoded
    // Where it does not fit, libFuzzer's own.
    guard output.count <= most else { return unsafe mutate(bytes, count, most) }
    for (index, byte) in output.enumerated() { unsafe bytes[index] = byte }
    return output.count
}

/// A generator that depends on nothing but its seed (xorshift).
struct SmallRandom {
    var state: UInt64

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }

    /// A number from 0 up to, not including, `bound`.
    mutating func below(_ bound: Int) -> Int { bound <= 1 ? 0 : Int(next() % UInt64(bound)) }
}

extension Node {
    /// The number of parts, this one included.
    var size: Int { children.reduce(1) { $0 + $1.size } }

    /// The part with this number, counted in depth first.
    func part(_ number: Int) -> Node {
        var left = number - 1
        guard left >= 0 else { return self }
        for child in children {
            if left < child.size { return child.part(left) }
            left -= child.size
        }
        return self
    }

    /// Changes the part with this number.
    mutating func change(_ number: Int, _ body: (inout Node) -> Void) {
        var left = number - 1
        guard left >= 0 else { return body(&self) }
        for index in children.indices {
            if left < children[index].size { return children[index].change(left, body) }
            left -= children[index].size
        }
    }

    /// One mutation somewhere.
    mutating func mutate(_ random: inout SmallRandom) {
        let donor = part(random.below(size))
        var generator = random
        change(random.below(size)) { $0.mutateHere(donor, &generator) }
        random = generator
    }

    private mutating func mutateHere(_ donor: Node, _ random: inout SmallRandom) {
        guard !children.isEmpty else {
            if random.below(8) == 0 { self = donor } else { mutateBytes(&random) }
            return
        }
        let index = random.below(children.count)
        switch random.below(isList ? 5 : 2) {
        case 0: children[index].mutateHere(donor, &random)
        case 1: if case .der(let tag) = prefix { prefix = .der([tag[0] ^ UInt8(1 << random.below(8))]) }
        case 2: if children.count > 1 { children.remove(at: index) } else { self = Node(prefix: prefix) }
        case 3: children.insert(random.below(2) == 0 ? donor : children[index], at: index)
        default: children.swapAt(index, random.below(children.count))
        }
    }

    private mutating func mutateBytes(_ random: inout SmallRandom) {
        let count = bytes.count
        var memory = bytes + [UInt8](repeating: 0, count: count / 4 + 8)
        let most = memory.count
        // The array has room for `most` bytes.
        let result = unsafe memory.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return 0 }
            return unsafe Fuzz.mutate(base, count, most)
        }
        bytes = Array(memory[0..<result])
    }
}
