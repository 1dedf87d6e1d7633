// `--explain`: the tunnels as they will be, what is kept renewed, and the memory that they take.
import Bytes
import TLS
import Transport
import X509

/// Prints what a configuration comes to.
struct Explanation {
    let settings: DaemonSettings

    /// Writes it to standard output.
    func write() {
        var total = 0
        for tunnel in settings.tunnels {
            write(tunnel)
            total += tunnel.connections * tunnel.limits.connectionBytes + tunnel.resumptionBytes
        }
        for line in settings.lines {
            write(line)
            total += line.bytes
        }
        for renewal in settings.renewals { write(renewal) }
        let workspaces = settings.workspaces * settings.workspaceBytes
        Self.line(
            "handshakes: ", settings.workspaces, " at a time, ", settings.workspaceBytes, " bytes each", workspaces)
        var message = Message("memory of all connections, serial lines, handshakes and resumption: ")
        message.add(total + workspaces)
        message.add(" bytes")
        message.writeOutput()
    }

    private func write(_ tunnel: TunnelSettings) {
        var head = Message("tunnel ")
        head.add(escaped: tunnel.name.bytes)
        head.add(tunnel.role == .server ? ": accepts TLS at " : ": accepts plain streams at ")
        head.add(tunnel.accept)
        head.add(tunnel.role == .server ? ", leads plain streams to " : ", leads with TLS to ")
        head.add(tunnel.connect)
        head.writeOutput()
        if tunnel.startTLS == .smtp { Message("  begins with SMTP, and TLS by STARTTLS").writeOutput() }
        writeAuthentication(tunnel)
        var policy = Message("  policy ")
        policy.add(tunnel.policy.name)
        policy.add(": ")
        policy.add(tunnel.policy.source)
        policy.add(", ")
        policy.add(tunnel.policy.edition)
        policy.writeOutput()
        if tunnel.unsafeRSAKeyTransport {
            Message("  and RSA key transport in TLS 1.2, without forward secrecy").writeOutput()
        }
        if tunnel.unsafeNoExtendedMasterSecret {
            Message("  and TLS 1.2 with peers that do not bind the master secret to the handshake").writeOutput()
        }
        var timeouts = Message("  handshake within ")
        timeouts.add(tunnel.handshakeTimeout)
        timeouts.add(" s, idle for at most ")
        if tunnel.idleTimeout == 0 { timeouts.add("ever") } else { timeouts.add(tunnel.idleTimeout) }
        timeouts.add(tunnel.idleTimeout == 0 ? "" : " s")
        timeouts.writeOutput()
        let bytes = tunnel.limits.connectionBytes
        Self.line(
            "  connections: ", tunnel.connections, " at a time, ", bytes, " bytes each", tunnel.connections * bytes)
        var resumption = Message("  resumption: ")
        resumption.add(tunnel.role == .server ? "tickets for a day, keys of " : "the last session, ")
        resumption.add(tunnel.resumptionBytes)
        resumption.add(" bytes")
        resumption.writeOutput()
        guard tunnel.unsafeEarlyData else { return }
        Message("  early data: carried, though somebody may have recorded it and sent it again").writeOutput()
    }

    private func write(_ renewal: RenewalSettings) {
        var message = Message("renewal ")
        message.add(escaped: renewal.name.bytes)
        message.add(": keeps the identity in ")
        message.add(escaped: renewal.identity.bytes)
        message.add(" renewed by ")
        message.add(escaped: renewal.server.bytes)
        message.add(
            renewal.anchors.isEmpty && !renewal.pskFile.isEmpty
                ? ", which is verified by a key of " : ", which is verified by ")
        message.add(
            escaped: !renewal.anchors.isEmpty
                ? renewal.anchors.bytes : renewal.pskFile.isEmpty ? renewal.identity.bytes : renewal.pskFile.bytes)
        if !renewal.user.isEmpty {
            message.add(", as user ")
            message.add(escaped: renewal.user.bytes)
        }
        message.writeOutput()
        var factory = Message("  once it has expired: ")
        if renewal.hasFactoryIdentity {
            factory.add("enrols anew with ")
            factory.add(
                escaped: renewal.factoryIdentity.isEmpty
                    ? renewal.factoryCertificate.bytes : renewal.factoryIdentity.bytes)
        } else {
            factory.add("goes on asking with it")
        }
        factory.writeOutput()
    }

    private func write(_ line: LineSettings) {
        var channels = 0
        for channel in line.channels { channels += channel.memoryBytes }
        var message = Message("line ")
        message.add(escaped: line.serial.path.bytes)
        message.add(": ")
        message.add(line.channels.count)
        message.add(" channels of the link, ")
        message.add(channels)
        message.add(" bytes, and ")
        message.add(line.bytes - channels)
        message.add(" bytes for the line")
        message.writeOutput()
    }

    private func writeAuthentication(_ tunnel: TunnelSettings) {
        var message = Message("  shows ")
        if !tunnel.identity.isEmpty {
            message.add("the identity in ")
            message.add(escaped: tunnel.identity.bytes)
        } else if tunnel.certificate.isEmpty {
            message.add("no certificate")
        } else {
            message.add(escaped: tunnel.certificate.bytes)
        }
        if !tunnel.rawKey.isEmpty {
            message.add(", the raw public key of ")
            message.add(escaped: tunnel.rawKey.bytes)
        }
        if !tunnel.rawPublicKeys.isEmpty {
            message.add(", trusts the raw public keys of ")
            message.add(escaped: tunnel.rawPublicKeys.bytes)
        }
        if !tunnel.pskFile.isEmpty {
            message.add(tunnel.role == .server ? ", accepts pre-shared keys of " : ", offers a pre-shared key of ")
            message.add(escaped: tunnel.pskFile.bytes)
        }
        message.add(", ")
        if tunnel.verifiesPeer {
            message.add(tunnel.clientCertificates == .optional ? "verifies with " : "requires a certificate under ")
            message.add(escaped: tunnel.usesStoredAnchors ? tunnel.identity.bytes : tunnel.anchors.bytes)
            if !tunnel.crls.isEmpty {
                message.add(" that none of ")
                message.add(escaped: tunnel.crls.bytes)
                message.add(" has revoked")
            }
            message.add(tunnel.peerNames.acceptsAny ? ", any name" : ", one of the names of peer-name or server-name")
        } else {
            message.add("asks the peer for no certificate")
        }
        message.writeOutput()
    }

    private static func line(
        _ a: StaticString, _ first: Int, _ b: StaticString, _ second: Int, _ c: StaticString, _ product: Int
    ) {
        var message = Message(a)
        message.add(first)
        message.add(b)
        message.add(second)
        message.add(c)
        message.add(", ")
        message.add(product)
        message.add(" bytes in all")
        message.writeOutput()
    }
}
