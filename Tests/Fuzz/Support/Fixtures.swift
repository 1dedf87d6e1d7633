// An authority and two leaves with their keys, made by openssl for the fuzzers alone: P-256, valid from 2026 to 2046.
// Whoever runs a fuzzer may know these keys; nothing else trusts this authority.
import Foundation
import TestSupport

/// What the two sides of a connection show and trust.
enum Fixtures {
    /// 2030-01-01T00:00:00Z
    static let time: Int64 = 1_893_456_000

    static let authority = base64(
        """
        MIIBWTCB/6ADAgECAgEBMAoGCCqGSM49BAMCMBQxEjAQBgNVBAMMCWZ1enogcm9vdDAeFw0yNjAxMDEwMDAwMDBaFw00
        NjAxMDEwMDAwMDBaMBQxEjAQBgNVBAMMCWZ1enogcm9vdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABDOsIH9K3pnc
        a2dadspalWuL5LkYD8uJUijsqNEeE4Tbeply+Lsh5zEdJkvltuXlU20+E5ud68tk9dVsfzgKcFqjQjBAMA8GA1UdEwEB
        /wQFMAMBAf8wDgYDVR0PAQH/BAQDAgEGMB0GA1UdDgQWBBSNb4/wzvEMQm9bEccUZQSTgQWrITAKBggqhkjOPQQDAgNJ
        ADBGAiEA3te2UIjdaBnPOQegFOJIguSirzxpR6repk/p78dK6jECIQDl2gvA7T9d5YZbVj8isN0DfjOnO+dzBnfHdQM1
        62bNlA==
        """)

    static let server = base64(
        """
        MIIBpTCCAUygAwIBAgIBAjAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlmdXp6IHJvb3QwHhcNMjYwMTAxMDAwMDAwWhcN
        NDYwMTAxMDAwMDAwWjAWMRQwEgYDVQQDDAtmdXp6IHNlcnZlcjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABMaffQ6g
        HeS6uo7uAEGmeoI7WiK06WaYGB+5DdB4WQzTqh3uUSO7OQuxCOkuoD+dyyNSRlKnpuHKEMBcrLveIoajgYwwgYkwDAYD
        VR0TAQH/BAIwADAOBgNVHQ8BAf8EBAMCB4AwEwYDVR0lBAwwCgYIKwYBBQUHAwEwFAYDVR0RBA0wC4IJbG9jYWxob3N0
        MB0GA1UdDgQWBBR7G0GocvwpLI1Y2XtSE3Eb58xERjAfBgNVHSMEGDAWgBSNb4/wzvEMQm9bEccUZQSTgQWrITAKBggq
        hkjOPQQDAgNHADBEAiArHtNyAPLuFU10TQsHIt00hKCr9Neeq2ZmXaR//qllUAIgUTL1gliFX+dzOhGTwpBwNYyxyJt5
        6E7p6pelv8AaRU8=
        """)

    static let client = base64(
        """
        MIIBqzCCAVGgAwIBAgIBAzAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlmdXp6IHJvb3QwHhcNMjYwMTAxMDAwMDAwWhcN
        NDYwMTAxMDAwMDAwWjAWMRQwEgYDVQQDDAtmdXp6IGNsaWVudDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABLTz02jZ
        S7w1/DUkVTTvv0IBmgkykpa8gpWBcejs8hmJ5KxDTaMoRH411o5QMvYLbAWpwx6uMbJ9XuAUD5Me3VGjgZEwgY4wDAYD
        VR0TAQH/BAIwADAOBgNVHQ8BAf8EBAMCB4AwEwYDVR0lBAwwCgYIKwYBBQUHAwIwGQYDVR0RBBIwEIIOY2xpZW50LmV4
        YW1wbGUwHQYDVR0OBBYEFBPA757kK7Yu109pcY+28/7+SBJtMB8GA1UdIwQYMBaAFI1vj/DO8QxCb1sRxxRlBJOBBash
        MAoGCCqGSM49BAMCA0gAMEUCIEGvo3tygDZ+JaaL7ZlXyTXmkOuwBwCWg5NwEq4wSGIKAiEAh3k8120Gu9rX/lB8Na+p
        FId4p9OSD/9oA0HcU1qr7fs=
        """)

    static let serverKey = base64(
        """
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgj1/OJryqWqdbCCCav0cKZIpY/W1yjNyycoYGI3MUCySh
        RANCAATGn30OoB3kurqO7gBBpnqCO1oitOlmmBgfuQ3QeFkM06od7lEjuzkLsQjpLqA/ncsjUkZSp6bhyhDAXKy73iKG
        """)

    static let clientKey = base64(
        """
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgFPqssUNQXnb5eKfAGJNjoCee+w0aNl+l2h2n0MM37qah
        RANCAAS089No2Uu8Nfw1JFU0779CAZoJMpKWvIKVgXHo7PIZieSsQ02jKER+NdaOUDL2C2wFqcMerjGyfV7gFA+THt1R
        """)

    private static func base64(_ text: String) -> [UInt8] {
        guard let data = Data(base64Encoded: text, options: .ignoreUnknownCharacters) else { fatalError("not base64") }
        return Array(data)
    }
}
