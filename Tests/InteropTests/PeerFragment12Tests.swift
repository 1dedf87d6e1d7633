// max_fragment_length (RFC 6066 §4) as we ask for it, of servers that do not know record_size_limit: with a buffer for 512
// bytes, anything longer ends the connection.
import Bytes
import Foundation
import TLS
import TestSupport
import Testing
import Transport
import X509

@Suite struct PeerFragment12Tests {
    let cast: Certificates

    init() throws { cast = try certificates() }

    @Test(arguments: Peer.installed) func serversKeepToWhatWeAskFor(_ peer: Peer) throws {
        let server = try peer.server(cast.server(), ["--tls12"])
        var party = try Party(cast.client(), trusting: cast.root, limits: Limits(inboundFragment: 512))
        party.configuration.versions.removeAll()
        party.configuration.versions.append(.tls12)
        party.configuration.maxFragmentLength = .bytes512
        party.configuration.unsafeAllowsMissingExtendedMasterSecret = peer == .bearssl
        party.configuration.trust.names.append(try ReferenceIdentity(Array("localhost".utf8).span))
        let transport = try SocketTransport(
            connectingTo: Endpoint(Array("127.0.0.1:\(server.port)".utf8).span), milliseconds: 5000)
        var pump = Pump(try party.connection(.client), over: transport)
        try pump.handshake(party.configuration, &party.signer, milliseconds: 10_000)
        let data = noise(4000)
        try pump.write(data.span, milliseconds: 10_000)
        var back: [UInt8] = []
        while back.count < data.count {
            var piece = [UInt8](repeating: 0, count: 4096)
            var span = piece.mutableSpan
            let count = try pump.read(into: &span, party.configuration, milliseconds: 10_000)
            if count == 0 { break }
            #expect(count <= 512)
            back += piece.prefix(count)
        }
        let isSame = back == data
        #expect(isSame)
        _ = try? pump.close(party.configuration, milliseconds: 2000)
    }
}
