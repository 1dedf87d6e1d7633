// One side of a TLS connection that a test drives itself, over whatever transport: its configuration, its key, its memory.
import Bytes
import Foundation
import TLS
import TLSCrypto
import Transport
import X509

/// Memory for arenas, freed when the object goes.
@safe public final class ArenaMemory: @unchecked Sendable {
    private let buffer: UnsafeMutableRawBufferPointer

    /// - Parameter count: in bytes.
    public init(_ count: Int) { unsafe buffer = .allocate(byteCount: count, alignment: 16) }

    deinit { unsafe buffer.deallocate() }

    /// An arena over it; the object must outlive what is cut from it.
    public func arena() -> Arena { unsafe Arena(unsafe: buffer) }
}

/// An authority with one leaf for each side.
public struct Cast: Sendable {
    public let factory: CertificateFactory
    public let authority: TestCertificate
    public let server: TestCertificate
    public let client: TestCertificate

    /// The one cast of a test process.
    public static let shared = Result { try Cast() }

    private init() throws {
        factory = try CertificateFactory()
        authority = try factory.authority("authority")
        server = try factory.leaf("server", issuer: authority)
        client = try factory.leaf("client", issuer: authority)
    }
}

/// One side of a connection.
public struct Party: ~Copyable {
    public var configuration: Configuration
    public var signer: KeySigner
    private let memory: ArenaMemory
    private let configurationMemory: ArenaMemory

    /// - Parameters:
    ///   - own: whose certificate is shown, and whose key signs.
    ///   - intermediates: what is shown behind it.
    ///   - authority: what is trusted; nil is nothing.
    public init(
        _ own: TestCertificate, intermediates: [TestCertificate] = [], trusting authority: TestCertificate?,
        limits: Limits = Limits()
    ) throws {
        let chain = ([own] + intermediates).flatMap { certificate in
            let count = certificate.der.count
            return [UInt8(count >> 16), UInt8(count >> 8 & 255), UInt8(count & 255)] + certificate.der
        }
        let chainBytes = max(4096, 2 * chain.count)
        let configurationMemory = ArenaMemory(chainBytes + 8192)
        var arena = configurationMemory.arena()
        var configuration = Configuration(anchors: try arena.take(4096), chains: try arena.take(chainBytes))
        configuration.limits = limits
        if let authority { try configuration.trust.addAnchor(authority.der.span) }
        let key = try SigningKey(pemOrDER: own.keyPEM.span)
        try configuration.identities.add(chain.span, key: key.kind)
        self.configuration = configuration
        self.configurationMemory = configurationMemory
        signer = KeySigner(key)
        memory = ArenaMemory(limits.connectionBytes + limits.workspaceBytes + 256)
    }

    /// The party's one connection.
    public func connection(_ role: Role) throws -> Connection {
        var arena = memory.arena()
        var workspace = memory.arena()
        _ = try workspace.take(configuration.limits.connectionBytes + 64)
        return try Connection(
            role, configuration.limits, memory: &arena, workspace: &workspace,
            time: .known(Int64(Date().timeIntervalSince1970)))
    }

    /// A client that trusts the server, and shows a certificate if asked.
    public static func client(limits: Limits = Limits()) throws -> Party {
        let cast = try Cast.shared.get()
        var party = try Party(cast.client, trusting: cast.authority, limits: limits)
        party.configuration.trust.names.append(try ReferenceIdentity(Array("localhost".utf8).span))
        return party
    }

    /// A server that requires a certificate.
    public static func server(limits: Limits = Limits()) throws -> Party {
        let cast = try Cast.shared.get()
        var party = try Party(cast.server, trusting: cast.authority, limits: limits)
        party.configuration.clientCertificates = .required
        party.configuration.trust.names.append(.any)
        return party
    }
}
