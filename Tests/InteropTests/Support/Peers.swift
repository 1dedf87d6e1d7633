// The programs of Tests/Peers as servers, and what the tests expect of them as clients.
import Foundation
import TestSupport
import Testing

extension Peer {
    /// A server that is ready.
    func server(_ certificate: TestCertificate, _ options: [String] = []) throws -> Theirs {
        try Theirs.peer(
            [program(), "server", "--cert", certificate.certificatePath, "--key", certificate.keyPath] + options)
    }
}

/// Expects that a client of Tests/Peers had `connections`, of which it says `words`, and that all that it sent came back.
func expectEchoed(
    _ result: ProgramResult, _ words: String..., bytes: Int = 1000, connections: Int = 1,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(result.status == 0, "\(result.output)\(result.errors)", sourceLocation: sourceLocation)
    let output = result.output
    for number in 1...connections {
        #expect(output.contains("ended \(number): echoed=\(bytes)\n"), "\(output)", sourceLocation: sourceLocation)
    }
    for word in words { #expect(output.contains(word), "\(output)", sourceLocation: sourceLocation) }
}
