// What the tests of the pump share: two parties that know each other, and a line between them.
import Bytes
import Foundation
import TLS
import TLSCrypto
import TestSupport
import Testing
import X509

@testable import Transport

/// Memory for arenas, freed when the object goes.
@safe final class ArenaMemory: @unchecked Sendable {
    private let buffer: UnsafeMutableRawBufferPointer

    init(_ count: Int) { unsafe buffer = .allocate(byteCount: count, alignment: 16) }

    deinit { unsafe buffer.deallocate() }

    /// An arena over it; the object must outlive what is cut from it.
    func arena() -> Arena { unsafe Arena(unsafe: buffer) }
}

/// An authority with one leaf for each side.
struct Cast: Sendable {
    let factory: CertificateFactory
    let authority: TestCertificate
    let server: TestCertificate
    let client: TestCertificate

    static let shared = Result { try Cast() }

    private init() throws {
        factory = try CertificateFactory()
        authority = try factory.authority("authority")
        server = try factory.leaf("server", issuer: authority)
        client = try factory.leaf("client", issuer: authority)
    }
}

/// One side of a connection: its configuration, its key, its memory.
struct Party: ~Copyable {
    var configuration: Configuration
    var signer: KeySigner
    private let memory: ArenaMemory
    private let configurationMemory: ArenaMemory

    /// - Parameters:
    ///   - own: whose certificate is shown, and whose key signs.
    ///   - authority: what is trusted; nil is nothing.
    init(_ own: TestCertificate, trusting authority: TestCertificate?, limits: Limits = Limits()) throws {
        let configurationMemory = ArenaMemory(16384)
        var arena = configurationMemory.arena()
        var configuration = Configuration(anchors: try arena.take(4096), chains: try arena.take(4096))
        configuration.limits = limits
        if let authority { try configuration.trust.addAnchor(authority.der.span) }
        let chain = [0, UInt8(own.der.count >> 8), UInt8(own.der.count & 255)] + own.der
        let key = try SigningKey(pemOrDER: own.keyPEM.span)
        try configuration.identities.add(chain.span, key: key.kind)
        self.configuration = configuration
        self.configurationMemory = configurationMemory
        signer = KeySigner(key)
        memory = ArenaMemory(limits.connectionBytes + limits.workspaceBytes + 256)
    }

    /// The party's one connection.
    func connection(_ role: Role) throws -> Connection {
        var arena = memory.arena()
        var workspace = memory.arena()
        _ = try workspace.take(configuration.limits.connectionBytes + 64)
        return try Connection(
            role, configuration.limits, memory: &arena, workspace: &workspace,
            time: .known(Int64(Date().timeIntervalSince1970)))
    }

    /// A client that trusts the server, and shows a certificate if asked.
    static func client(limits: Limits = Limits()) throws -> Party {
        let cast = try Cast.shared.get()
        var party = try Party(cast.client, trusting: cast.authority, limits: limits)
        party.configuration.trust.names.append(try ReferenceIdentity(Array("localhost".utf8).span))
        return party
    }

    /// A server that requires a certificate.
    static func server(limits: Limits = Limits()) throws -> Party {
        let cast = try Cast.shared.get()
        var party = try Party(cast.server, trusting: cast.authority, limits: limits)
        party.configuration.clientCertificates = .required
        party.configuration.trust.names.append(.any)
        return party
    }
}
