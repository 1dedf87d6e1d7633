// A chain of certificates that openssl made for the certificate check, in base64. Valid from 2026 to 2046. The private
// keys have been thrown away.

/// What `certificate` verifies.
enum StoredChain {
    /// 2030-01-01T00:00:00Z: a time at which the chain is valid, whatever this board's clock says.
    static var time: Int64 { 1_893_456_000 }

    /// The authority: P-256, self-signed.
    static var root: StaticString {
        """
        MIIBdjCCARygAwIBAgIUHLorxQqqr8dfRt1fN3PoKx2mK18wCgYIKoZIzj0EAwIwGTEXMBUGA1UEAwwOc2VsZi10ZXN0IHJv
        b3QwHhcNMjYwMTAxMDAwMDAwWhcNNDYwMTAxMDAwMDAwWjAZMRcwFQYDVQQDDA5zZWxmLXRlc3Qgcm9vdDBZMBMGByqGSM49
        AgEGCCqGSM49AwEHA0IABAXQbrPCB1ZOxldwREcH7qZzfTGTlHCwvmkqRzQveeP7rUYEBycXUkU7CmNyw08ZEzAWCk6W+dsX
        r6g8mNIzom+jQjBAMA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0PAQH/BAQDAgEGMB0GA1UdDgQWBBSL/jmr6pr7gzvQDdDwGeUN
        PFGY6TAKBggqhkjOPQQDAgNIADBFAiAEbzVAYIncA2AiQ8nZBvrM1GNDS5eipQLq5TthfPkqrgIhAKCstQhfbfQ8S75wzaxu
        ruhqZtLV2Nhc34ucFAadUI9Y
        """
    }

    /// The intermediate: P-384, pathLenConstraint 0.
    static var intermediate: StaticString {
        """
        MIIBtzCCAVygAwIBAgIUZytvoPRfkOcKm2AsmKcrvpHBrnEwCgYIKoZIzj0EAwIwGTEXMBUGA1UEAwwOc2VsZi10ZXN0IHJv
        b3QwHhcNMjYwMTAxMDAwMDAwWhcNNDYwMTAxMDAwMDAwWjAYMRYwFAYDVQQDDA1zZWxmLXRlc3QgaW50MHYwEAYHKoZIzj0C
        AQYFK4EEACIDYgAEjoeZDVg0hO0PzVO7E3j9+LqnS8KZOCa7VlZCGje5Adlsgu1qUo+Ss1Iw30la0Gm9RtMqPFNtZiQzqa0v
        w3ei0na+3O/qy8HK7IGIv3FNiO4c1GiplUcTqPAqm7ldy7rno2YwZDASBgNVHRMBAf8ECDAGAQH/AgEAMA4GA1UdDwEB/wQE
        AwIBBjAdBgNVHQ4EFgQUpr2OYKTgesFcYfjBNJcj/MDaI34wHwYDVR0jBBgwFoAUi/45q+qa+4M70A3Q8BnlDTxRmOkwCgYI
        KoZIzj0EAwIDSQAwRgIhAK40I6L1FE4RgObFAmWA5WgxGgb7XeHOjXUiKUoFywTQAiEAt2mOYUw67D0YW/0qVIdHtsXhuaOX
        d8eWJ17Vhv4lEsw=
        """
    }

    /// The leaf: P-256, for the server `device.example`.
    static var leaf: StaticString {
        """
        MIIB5TCCAWugAwIBAgIUWeZcUcySawmJGf+pxD4YviNWCf8wCgYIKoZIzj0EAwIwGDEWMBQGA1UEAwwNc2VsZi10ZXN0IGlu
        dDAeFw0yNjAxMDEwMDAwMDBaFw00NjAxMDEwMDAwMDBaMBkxFzAVBgNVBAMMDnNlbGYtdGVzdCBsZWFmMFkwEwYHKoZIzj0C
        AQYIKoZIzj0DAQcDQgAE1HK6L1FQx1fhtsCD0dx3juc1ZQNhly5aPkbnM6WOOVC2EICJ49s4mxjXIP5oUHbd6lZ2ea/7lYyl
        ANRwKzH3jKOBkTCBjjAMBgNVHRMBAf8EAjAAMA4GA1UdDwEB/wQEAwIHgDATBgNVHSUEDDAKBggrBgEFBQcDATAZBgNVHREE
        EjAQgg5kZXZpY2UuZXhhbXBsZTAdBgNVHQ4EFgQUjpe9sK0d86Cr0GzipAEdPhte9l4wHwYDVR0jBBgwFoAUpr2OYKTgesFc
        YfjBNJcj/MDaI34wCgYIKoZIzj0EAwIDaAAwZQIxAJhBubjHSnY9hBuFRY+UOfqgBa69UPMfD/QX4y7ctTiF/GmpKhwtW7Xr
        imcH+423yQIwANrJAt690bmXIukHc2JExSRNs7s3hYXEhvHs59uU1bG/XjDUJNbpCGbnzoyWTZsd
        """
    }
}
