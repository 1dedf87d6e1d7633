// The small language in which an input says how a flight or a message differs from the honest one. Every byte string is
// a program: what is missing is zero, and numbers are taken modulo what there is to choose from.
import Bytes
import TestSupport

@testable import TLS

/// Changes one message, header included; as a rule its header then says the new length.
func edit(_ message: [UInt8], _ program: inout Program, is12: Bool = false) -> [UInt8] {
    var type = message.first ?? 0
    var body = Array(message.dropFirst(4))
    let kind = program.byte() % 12
    let place = body.isEmpty ? 0 : program.number() % body.count
    switch kind {
    case 0, 1: if !body.isEmpty { body[place] ^= UInt8(program.byte() | (kind == 0 ? 1 : 0)) }
    case 2: body.removeSubrange(place..<min(body.count, place + 1 + program.byte() % 32))
    case 3: body.insert(contentsOf: program.bytes(most: 64), at: place)
    case 4: body.removeSubrange(place...)
    case 5: body += program.bytes(most: 64)
    case 6: type = UInt8(program.byte())
    case 7: return [type] + bigEndian(body.count + program.byte() - 128, 3) + body
    case 8: body = editExtensions(Node(layout(of: type, is12), body), &program)
    default: body = editPart(Node(layout(of: type, is12), body), kind, &program)
    }
    return [type] + vector(body, 3)
}

private func layout(of type: UInt8, _ is12: Bool) -> Layout {
    is12 ? layout12(of: HandshakeType(rawValue: type)) : layout(of: HandshakeType(rawValue: type))
}

/// Changes a part of a message and writes the lengths around it anew.
private func editPart(_ message: Node, _ kind: Int, _ program: inout Program) -> [UInt8] {
    var node = message
    let donor = node.part(program.byte() % node.size)
    node.change(program.byte() % node.size) { part in
        switch kind {
        case 9: part = Node(prefix: part.prefix, bytes: program.bytes(most: 600))
        case 10: part = donor
        default:
            guard !part.children.isEmpty else { return }
            let index = program.byte() % part.children.count
            switch program.byte() % 3 {
            case 0: part.children.remove(at: index)
            case 1: part.children.insert(donor, at: index)
            default: part.children.swapAt(index, program.byte() % part.children.count)
            }
        }
    }
    return node.encoded
}

/// Appends an extension of any type to the last block of a message that ends with one.
private func editExtensions(_ message: Node, _ program: inout Program) -> [UInt8] {
    let added = bigEndian(program.byte() % 64, 2) + vector(program.bytes(most: 300), 2)
    var node = message
    guard node.appendToLastList(Node(bytes: added)) else { return message.encoded + added }
    return node.encoded
}

extension Node {
    /// Appends a part to the last list in it, if there is one.
    fileprivate mutating func appendToLastList(_ part: Node) -> Bool {
        if isList {
            children.append(part)
            return true
        }
        for index in children.indices.reversed() where children[index].appendToLastList(part) { return true }
        return false
    }
}

/// Changes one thing in the flights of a side.
func edit(_ flights: inout [[FlightItem]], _ program: inout Program, is12: Bool) {
    let kind = program.byte() % 14
    let flight = program.byte() % flights.count
    let count = flights[flight].count
    let index = count == 0 ? 0 : program.byte() % count
    switch kind {
    case 0..<5: editMessage(&flights[flight], index, &program, is12)
    case 5: if count > 0 { flights[flight].remove(at: index) }
    case 6: if count > 0 { flights[flight].insert(flights[flight][index], at: program.byte() % count) }
    case 7: if count > 0 { flights[flight].swapAt(index, program.byte() % count) }
    case 8: if count > 0 { flights[flight][index].toggleProtection() }
    case 9: splitMessage(&flights[flight], index, &program)
    default: flights[flight].insert(newRecord(kind, &program), at: min(count, program.byte() % (count + 1)))
    }
}

private func editMessage(_ flight: inout [FlightItem], _ index: Int, _ program: inout Program, _ is12: Bool) {
    guard index < flight.count, case .message(let bytes, let isProtected) = flight[index] else { return }
    flight[index] = .message(edit(bytes, &program, is12: is12), isProtected: isProtected)
}

/// A message in two records, with something between them perhaps, and padding.
private func splitMessage(_ flight: inout [FlightItem], _ index: Int, _ program: inout Program) {
    guard index < flight.count, case .message(let bytes, let isProtected) = flight[index], !bytes.isEmpty else {
        return
    }
    let place = program.number() % bytes.count
    func half(_ content: ArraySlice<UInt8>) -> FlightItem {
        .record(type: 22, content: Array(content), isProtected: isProtected, padding: program.byte())
    }
    flight.replaceSubrange(index...index, with: [half(bytes[..<place]), half(bytes[place...])])
}

private func newRecord(_ kind: Int, _ program: inout Program) -> FlightItem {
    switch kind {
    case 10: .record(type: 20, content: [1], isProtected: false, padding: 0)
    case 11: .record(type: 21, content: program.bytes(most: 4), isProtected: program.byte() & 1 == 1, padding: 0)
    case 12:
        .record(
            type: UInt8(20 + program.byte() % 6), content: program.bytes(most: 64),
            isProtected: program.byte() & 1 == 1, padding: program.byte())
    default: rawRecord(program.bytes(most: 64))
    }
}

/// Bytes that are no handshake record.
private func rawRecord(_ bytes: [UInt8]) -> FlightItem {
    bytes.first == 22 ? .raw([23] + bytes.dropFirst()) : .raw(bytes)
}

extension FlightItem {
    fileprivate mutating func toggleProtection() {
        switch self {
        case .message(let bytes, let isProtected): self = .message(bytes, isProtected: !isProtected)
        case .record(let type, let content, let isProtected, let padding):
            self = .record(type: type, content: content, isProtected: !isProtected, padding: padding)
        case .raw: break
        }
    }
}
