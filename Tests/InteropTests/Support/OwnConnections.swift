// Connections that a test drives itself, as a client of a program that is not ours or as its server.
import Bytes
import Foundation
import TLS
import TestSupport
import Testing
import Transport
import X509

extension Party {
    /// Connects to a server at a port of 127.0.0.1, which is to be `localhost`, and says a line, whose answer is left to be read.
    mutating func greet(_ port: String, offering session: [UInt8]?) throws -> Pump<SocketTransport> {
        configuration.trust.names.append(try ReferenceIdentity(Array("localhost".utf8).span))
        var connection = try self.connection(.client)
        if let session {
            let isOffered = try connection.offerSession(session.span, configuration)
            #expect(isOffered)
        }
        let transport = try SocketTransport(
            connectingTo: Endpoint(Array("127.0.0.1:\(port)".utf8).span), milliseconds: 5000)
        var pump = Pump(connection, over: transport)
        try pump.handshake(configuration, &signer, milliseconds: 10_000)
        try pump.write(Array("abba\n".utf8).span, milliseconds: 5000)
        return pump
    }
}

/// The session that a client was given last.
func takeSession(_ pump: inout Pump<SocketTransport>) throws -> [UInt8] {
    var room = [UInt8](repeating: 0, count: Limits.session)
    var target = room.mutableSpan
    let length = try pump.connection.takeSession(into: &target)
    return array(target.span.extracting(first: length))
}

/// Sends back what comes, until the client ends it or so many bytes have come.
func sendBack(_ pump: inout Pump<SocketTransport>, _ configuration: borrowing Configuration, until most: Int) throws {
    var piece = [UInt8](repeating: 0, count: 3000)
    var span = piece.mutableSpan
    var echoed = 0
    while echoed < most {
        let count = try pump.read(into: &span, configuration, milliseconds: 10_000)
        if count == 0 { break }
        try pump.write(span.span.extracting(first: count), milliseconds: 10_000)
        echoed += count
    }
}
