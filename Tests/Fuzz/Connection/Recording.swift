// A handshake that went well, message by message. Since both sides are deterministic, a new side that is given the same
// messages does the same again, under the same keys; so a run needs only the side under test, and the recorded server's
// key schedule seals what its peer is made to say.
import Bytes
import TestSupport

@testable import TLS

/// A recorded handshake.
final class Recording {
    let variant: Variant
    /// What each side sent, flight by flight.
    private(set) var clientFlights: [[FlightItem]] = []
    private(set) var serverFlights: [[FlightItem]] = []
    /// The server, whose key schedule is still there.
    let holder: Side

    /// The recordings of all variants, those of TLS 1.2 last, each made when it is first asked for.
    nonisolated(unsafe) private static var made: [Recording?] = Array(
        repeating: nil, count: Variant.all.count + Variant.of12.count)

    /// The recording that a number chooses.
    static func of(_ number: Int, is12: Bool = false) -> Recording {
        let variants = is12 ? Variant.of12 : Variant.all
        let place = number % variants.count
        let index = is12 ? Variant.all.count + place : place
        // One thread runs a fuzzer.
        if let recording = unsafe made[index] { return recording }
        let recording = withoutLeakDetection { Recording(variants[place]) }
        unsafe made[index] = recording
        return recording
    }

    private init(_ variant: Variant) {
        self.variant = variant
        let client = Side(.client, variant, in: SideMemory(variant.limits))
        holder = Side(.server, variant, in: SideMemory(variant.limits))
        var toServer = client.send()
        while !toServer.isEmpty {
            // With TLS 1.2 the server comes to the keys by this very flight.
            clientFlights.append(FlightSealer(variant.is12 ? client : holder, .client, fragment: 1).open(toServer))
            var toClient = holder.give(toServer)
            toClient += holder.send()
            // With TLS 1.3, what comes after the client's Finished is under other keys.
            if holder.wasEstablished {
                if variant.is12, !toClient.isEmpty {
                    serverFlights.append(FlightSealer(holder, .server, fragment: 1).open(toClient))
                }
                client.give(toClient)
                break
            }
            serverFlights.append(FlightSealer(holder, .server, fragment: 1).open(toClient))
            if client.wasEstablished { break }
            toServer = client.give(toClient)
            toServer += client.send()
        }
        require(
            client.wasEstablished && holder.wasEstablished, "the handshake to be recorded failed: \(client.lastStep)")
    }

    /// What a role sent.
    func flights(of role: Role) -> [[FlightItem]] { role == .client ? clientFlights : serverFlights }

    /// The first message of a type that a role sent, header included.
    func message(_ type: HandshakeType, of role: Role, skipping count: Int = 0) -> [UInt8]? {
        var left = count
        for case .message(let bytes, _) in flights(of: role).joined() where bytes.first == type.rawValue {
            if left == 0 { return bytes }
            left -= 1
        }
        return nil
    }
}
