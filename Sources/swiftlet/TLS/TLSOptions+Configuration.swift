// What the options of a connection come to in a configuration. A policy says what may be used; options narrow it down, and
// widen it by what is called unsafe alone.
import TLS
import TLSCrypto

extension TLSOptions {
    /// Has the configuration use what the options allow.
    func apply(to configuration: inout Configuration) throws {
        policy.apply(to: &configuration, chaCha20First: ProcessorSpeed.chaCha20First)
        if unsafeRsaKeyTransport { configuration.allowUnsafeRSAKeyTransport() }
        configuration.unsafeAllowsMissingExtendedMasterSecret = unsafeNoExtendedMasterSecret
        try applyCipherSuites(to: &configuration)
        try applyVersions(to: &configuration)
        try applyGroups(to: &configuration)
        for name in alpn {
            guard configuration.applicationProtocols.append(Array(name.utf8).span) else {
                throw usageError("the application protocols are longer than 255 bytes together; give fewer")
            }
        }
    }

    private func applyCipherSuites(to configuration: inout Configuration) throws {
        guard let suites = ciphers else { return }
        if let other = suites.first(where: \.transportsKey), !unsafeRsaKeyTransport {
            throw usageError("\(name(other)) takes --unsafe-rsa-key-transport; give that, or leave the suite out")
        }
        let allowed = configuration.cipherSuites
        try checkWithinPolicy(suites, "--ciphers") { allowed.contains($0) }
        configuration.cipherSuites.removeAll()
        for suite in suites { configuration.cipherSuites.append(suite) }
    }

    /// What versions may be used, once it is known which cipher suites.
    private func applyVersions(to configuration: inout Configuration) throws {
        if let versions {
            try checkWithinPolicy(versions, "--versions") { policy.versions.contains($0) }
            configuration.versions.removeAll()
            for version in versions { configuration.versions.append(version) }
        }
        guard configuration.supports(.tls13) || configuration.supports(.tls12) else {
            throw usageError("no cipher suite belongs to a version that may be used; change --ciphers or --versions")
        }
        guard !unsafeRsaKeyTransport || configuration.versions.contains(.tls12) else {
            throw usageError("--unsafe-rsa-key-transport is for TLS 1.2, which may not be used; leave it out")
        }
    }

    private func applyGroups(to configuration: inout Configuration) throws {
        guard let groups else { return }
        try checkWithinPolicy(groups, "--groups") { policy.groups.contains($0) }
        configuration.groups.removeAll()
        for group in groups { configuration.groups.append(group) }
    }

    private func checkWithinPolicy<Value: Codepoint>(
        _ values: [Value], _ option: String, _ contains: (Value) -> Bool
    ) throws {
        guard let other = values.first(where: { !contains($0) }) else { return }
        throw usageError(
            "\(option) has \(name(other)), which the policy \(policy.text) has not; leave one of the two out")
    }
}
