// An RSA key of 2048 bits that openssl made for these checks, and its signatures of `sample` with SHA-256. The private key
// has been thrown away.

/// What `rsa-pss` and `rsa-pkcs1` verify, in hexadecimal.
enum StoredRSA {
    /// The modulus; the exponent is 65537.
    static var modulus: StaticString {
        """
        cc62ce03945e4788bbe3c8b68b60a9696a8fcc66077953545db58f31f2c26cca3af117f57ee9a841112ca63ac5b9e569
        ae0fc766a4ee8920a2df538c5b64df646454ea4581da9d5b4eacbd82cc53390379ae39a2e7b8af014dd8aa28712cf420
        e480b937f27d6a23dc7e707ec33ca4c6503f08dd2029dfcf3c756f5be332692b683f3cd6d25d3dd4ad73e152b79047e4
        b91d0b0fc5d1dcd772fae00f5f9373519e1ba389c9d48eb07e2ffc6c57668df01b8c97b000d99fd42e3fe6d93e03cc9b
        5354b02d97e517f1027ae7ffb73e789e896307a9616eb1edaeaa826cbf1a4922779f4c423309be4771ca1fcd285f7b8d
        9aaaa1db7be532960e1383212381da99
        """
    }

    /// RSASSA-PSS with a salt of 32 bytes (RFC 8017 §8.1).
    static var pssSignature: StaticString {
        """
        91c1af98c7554f5be5191a3db4f07590edc592d2427721867fa26f2a6956f86d82a395fccbe231833d745bcae892d67b
        b8a594594dac2c4fe0d2f1f7ac692aecee4955b80abc4a66eeb3ea5f4d773e261713154d5a25062acc06765ae0f18c8c
        9b77beb91bb6d64668ae2ff9e1f6d6b499b1986e15da71fc90845126c0d6c7bfe9658b65ba41e3871f1f708a3ac711bf
        a1f8f39b68113b49453aefa1043fbf1b433e62a7027bd2315adae3089c7b0c9981e814a53e486d5173583532d8c6f376
        308afa05f2bf475256f51eb608ce4016057a0c88a635ef3f60db66746f358613106429f0b16b1ebff0e7cf80c1c01357
        248c5ed621fda8b94ecd39d4ee3d8b60
        """
    }

    /// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2).
    static var pkcs1Signature: StaticString {
        """
        253e43d4c527c57516cba800281734c19105a8d801a3da56733835406fb7b51476048c7035e3a472205c65f2dc3e3f5b
        5daefdfef45166aa4247c23f033a676c7d188a1aacd57ac5c9ad8923df9f43234a7ff26a0be39338af21bf004a41327c
        489434e37a9b50e96610c8b228fb2cc4cdb3e2ba6b8f978c95cc2b51ff9ae3eed2962a0037e4e8396cb628bb153a6e99
        bd2b533aa8331ce812fdcb7bb856dff44c25e51a9cdf67b67eae7f5c801e6949ce8c6bfe0c840e1d41f95b6a154b0680
        15cd5f49db32aab1160ef7a1f1672dbd36964c90f7ebaf2c53d8dedff67a591768dd1406283d5d40758fd9ea1611da1a
        9429ebe25e61e15c2c505e23884e63fc
        """
    }
}
