// TLSCrypto: one handle type a primitive, computed by mbedTLS.
