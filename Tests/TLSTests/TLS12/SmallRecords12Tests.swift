// Records of TLS 1.2 that are kept small (RFC 6066 §4): peers that ask for them may not be able to put a message together again,
// so one that fits into a record stands in one.
import TestSupport
import Testing

@testable import TLS

@Suite struct SmallRecords12Tests {
    let identities: TestIdentities

    init() throws { identities = try TestIdentities.get() }

    /// The content of each record in the clear.
    private func contents(_ flight: [UInt8]) -> [[UInt8]] {
        records(flight).prefix { $0[0] == ContentType.handshake.rawValue }.map { Array($0.dropFirst(5)) }
    }

    /// Expects that messages of at most 512 bytes begin and end in one record, and that records hold as many of them as fit.
    private func expectWhole(
        _ contents: [[UInt8]], sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(contents.count > 1, sourceLocation: sourceLocation)
        #expect(contents.allSatisfy { $0.count <= 512 }, sourceLocation: sourceLocation)
        let stream = contents.flatMap { $0 }
        var ends: [Int] = []
        for content in contents { ends.append((ends.last ?? 0) + content.count) }
        var start = 0
        while start + 4 <= stream.count {
            let count = 4 + (Int(stream[start + 1]) << 16 | Int(stream[start + 2]) << 8 | Int(stream[start + 3]))
            let isCut = ends.contains { start < $0 && $0 < start + count }
            #expect(isCut == (count > 512), "\(stream[start]), \(count) bytes", sourceLocation: sourceLocation)
            start += count
        }
        #expect(start == stream.count, sourceLocation: sourceLocation)
    }

    /// All that a side has to say now, however small its buffer is.
    private func everything(_ side: TestPeer) throws -> [UInt8] {
        var all: [UInt8] = []
        while true {
            let output = side.takeOutput()
            if output.isEmpty { return all }
            all += output
            try side.run()
        }
    }

    /// A certificate that fits and one that does not, and memory for many records or for one.
    @Test(arguments: [false, true], [16384, 512]) func messagesThatFitAreWhole(_ isLong: Bool, _ memory: Int) throws {
        let limits = Limits(inboundFragment: 16384, outboundFragment: memory)
        var client = identities.clientSetup.only12.configured { $0.maxFragmentLength = .bytes512 }
        client.limits = limits
        var server = PeerSetup(
            identities: [[isLong ? identities.rsaServer : identities.server]], anchors: [identities.root]
        ).configured { $0.clientCertificates = .required }
        server.limits = limits
        let one = try TestPeer(.client, client)
        let other = try TestPeer(.server, server)
        try one.run()
        // record_size_limit would win (RFC 8449 §5).
        var hello = EditableHello(record: records(one.takeOutput())[0])
        hello.remove(.record_size_limit)
        try other.give(hello.record)
        let flight = try everything(other)
        expectWhole(contents(flight))
        try one.give(flight)
        #expect(one.failure == nil)
        expectWhole(contents(try everything(one)))
    }
}
