// Which extensions our ClientHello holds, and so which a server may answer (RFC 8446 §4.2). Those that no server answers, cookie
// and psk_key_exchange_modes, are in ClientHelloContent.swift, and so is how each is written.
import Bytes

extension Configuration {
    /// Client: whether the server may show a certificate. It may not where external keys are all that is trusted.
    var acceptsServerCertificate: Bool { !externalKeys.has(for: .client) || !trust.isEmpty }
}

extension OfferedExtensions {
    /// What a ServerHello may answer: the pre-shared key only where one is offered.
    static func serverHello(offersKeys: Bool) -> OfferedExtensions {
        serverHelloOf13.with(.pre_shared_key, if: offersKeys)
    }

    /// What a client with this configuration offers.
    /// - Parameter offersEarlyData: whether it does so now, which depends on the session.
    static func clientHello(
        _ configuration: borrowing Configuration, offersEarlyData: Bool = false
    ) -> OfferedExtensions {
        let offers12 = configuration.offers(.tls12)
        // record_size_limit always: a server may tell its own limit only to a client that told one (RFC 8449 §4).
        return nothing.with(.supported_groups).with(.record_size_limit)
            // §4.2.3: a client that wants to see a certificate sends it.
            .with(.signature_algorithms, if: configuration.acceptsServerCertificate)
            .with(.early_data, if: offersEarlyData)
            .with(.supported_versions, if: configuration.offers(.tls13))
            .with(.key_share, if: configuration.offers(.tls13))
            .with(.max_fragment_length, if: configuration.maxFragmentLength != nil)
            .with(.ec_point_formats, if: offers12).with(.extended_master_secret, if: offers12)
            .with(.renegotiation_info, if: offers12)
            .with(.session_ticket, if: offers12 && configuration.takesTickets)
            .with(.status_request, if: configuration.requestsOCSPStaple)
            .with(.client_certificate_type, if: CertificateTypes.isSent(for: configuration.ownCertificateTypes))
            .with(.server_certificate_type, if: CertificateTypes.isSent(for: configuration.peerCertificateTypes))
            .with(.server_name, if: !configuration.serverName.isEmpty)
            .with(.application_layer_protocol_negotiation, if: !configuration.applicationProtocols.isEmpty)
    }
}
