// TLS: the protocol.
