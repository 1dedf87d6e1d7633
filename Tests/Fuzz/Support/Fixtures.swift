// An authority and two leaves with their keys, P-256, and a leaf of RSA for key transport: made for the fuzzers alone, valid
// from 2026 to 2046. Whoever runs a fuzzer may know these keys; nothing else trusts this authority.
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

    /// Its RSA key is for key transport alone, and it is its own issuer.
    static let transport = base64(
        """
        MIIC+DCCAeCgAwIBAgIBBDANBgkqhkiG9w0BAQsFADAZMRcwFQYDVQQDDA5mdXp6IHRyYW5zcG9ydDAeFw0yNjAxMDEwMDAw
        MDBaFw00NjAxMDEwMDAwMDBaMBkxFzAVBgNVBAMMDmZ1enogdHJhbnNwb3J0MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIB
        CgKCAQEAusy1mB2X9RKGqTBTmlIem52yBTdtZP51C0X8fBsmimn1MrFnR6Ep+CkFKrxOZNtQctLjG6zpo6gdQNsssWphbjDz
        buEH0nIf4fIlRd+o8srjDbPYB/pNCFQXx7fv7xIr6pRu3fLchdOBFsiPgikLYSxf2dNEV7ceC4zA/0P6PmSbWJSbqpXL463X
        R+gzEs/iScVIowgZmWrOlpKn6nXSUrtE79KrbValAPVas/MIo6N9q4iDlW2ralqB0s1BtMFbI/PEaPwEPkU3gXMH4+1LpCpA
        SuP86pR0je5iHESOtLX5OLEmnD7dJEhrNA0U4oRY5oMPFFN2clywB/GWp1fFIwIDAQABo0swSTAMBgNVHRMBAf8EAjAAMA4G
        A1UdDwEB/wQEAwIFIDATBgNVHSUEDDAKBggrBgEFBQcDATAUBgNVHREEDTALgglsb2NhbGhvc3QwDQYJKoZIhvcNAQELBQAD
        ggEBAES2g0Frb+G2seCg/7+0pAgEopH5Wqku3OUT3TZh9rCCjC6q/w81FoSDtHFUst+ZCdDEGfTSAfR9YDTuXCnwuCN2E5VR
        KarYUHs5npmiGSu7VQigMxgJIbgo5/jkJS04siRqiyQ/0kKnBN41uoyeD9Xyz1GxjNuSTV74T6T20tatHCTFPTEb8szNjIYf
        yIRN4I6MzKEirs56ws5SSPtHpCfu3kvIBIGx79wMDl0Hlidwxlv1zMakV+PZcU/eNRHpvc0mHfoTOg5Qsmh6dbGoetNbkpuu
        2IqiP6cx1qM1GowRPVP+MTF+jZLN+pZTrv0zOevZ9RIZZ039RPmp41r2ICU=
        """)

    static let transportKey = base64(
        """
        MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQC6zLWYHZf1EoapMFOaUh6bnbIFN21k/nULRfx8GyaKafUy
        sWdHoSn4KQUqvE5k21By0uMbrOmjqB1A2yyxamFuMPNu4QfSch/h8iVF36jyyuMNs9gH+k0IVBfHt+/vEivqlG7d8tyF04EW
        yI+CKQthLF/Z00RXtx4LjMD/Q/o+ZJtYlJuqlcvjrddH6DMSz+JJxUijCBmZas6WkqfqddJSu0Tv0qttVqUA9Vqz8wijo32r
        iIOVbatqWoHSzUG0wVsj88Ro/AQ+RTeBcwfj7UukKkBK4/zqlHSN7mIcRI60tfk4sSacPt0kSGs0DRTihFjmgw8UU3ZyXLAH
        8ZanV8UjAgMBAAECggEAGQmWL3uL92u9GTv31gqQErCaK1Z+DFg04kbGVvDMA30R7J0C/a1YMux18P/zYVOqCUdDQd2KerFD
        q9fqD3pK8S+Qzrmicu5xX+IKZT6wu6DpD62df5g+L1HCLDahwMFb7zcSUx/EYhBIJasf3RouQx86VmJvBHNwDKvtib7CnGO5
        fvEiVnXpADs2SIKC8l4Q0zjZvJgO5VDtO87bPFcgd4Rv5Q+VLYnZaGnWqjNXWhJJu6LBtF3RtqlhfYTeZCyucc7TvapANZ7b
        1lheLBQp7RrvQlAbX+yI4Jqzg+Pvs87eDjNtabzkc9EedAIxsRRpFoEGrAUeNXEg5dMkrpPboQKBgQD9LAiU15BnI97IjtAC
        ENUy2PCj2gpI6ZQdX5zkbECK77tD4Te+DPvsTDr7llBeR4m9LV0BLrmonKZfiUBhB8tX31wKAfJhFQJWVrHq+7waSKCvz/fS
        1UNj3lXGM4uXvOJ2txOQoaZ7EkYQ4CgZ7lrsUxra3cE39N8rsis3V2V24QKBgQC84uDnQmFaBTeanoMUrdeP3YGDdNsSXrLz
        iv9A3eZB51BIM2xxByVT3gCcDajqScol0RfBPYhbU7Yy3PJmrinYeKO/k16pb4OfayU7/+jvxHoVYFaFvPniQG0yT3MJlCTr
        vG/iwc9sqaeNwdQdclb9XgcWneP6yxbVxI1qkxnwgwKBgB+Bx1+epB3x3Nvgygo3xhCZ5vi9PeJtDz3IlGHpBu9Dfm6oLKO+
        QevaYMzGnCHfjUi5yIVJJ1nQhPQGxLhOnAPHjFDChUOHtc7A40t3IKW0vCqlGxZl7AkVtl8AMzMjEpvrlMe/FlTipU2cV+FC
        RJZ8kS8DwfQQyWVKuw4cFkiBAoGAROQ/ATntxeaHPEa6Km2pZJh2p1qUmGOfw0IcDS2h0MGsP1k6IRNpIuiiskgtJp6ZMyfL
        ETj/JcgneO+rHZZCPujpWHNIoGXCzP9ISlTxQZoYqPlFNWwSe9nhuerOW10EBlLpP/xOSiSqrwJV+hN89NY5oZ8eypcOEhOp
        PIjAej8CgYBbRkLTiU0QgEQSXqgQYDJ/Y8Az4FdDInpV8OEdHxjQmyQx1xj4Nx+KyisSJaQ0X1omk1BcHJn9HpEcuSGDHKE1
        JoBUZhgGz7u51xa3v11SkxXO1r2OD5cglnGdbQjHnFkHbmMCOJWT4JEzmLmU+32L4CMnK2p0wYfuBeRbq7x6yQ==
        """)

    private static func base64(_ text: String) -> [UInt8] {
        guard let data = Data(base64Encoded: text, options: .ignoreUnknownCharacters) else { fatalError("not base64") }
        return Array(data)
    }
}
