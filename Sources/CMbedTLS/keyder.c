// Keys as DER: SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7) of a key that was read, and PKCS#8 PEM (RFC 5958,
// RFC 7468) of a new one.
#include "key.h"

#include <string.h>

#include <mbedtls/asn1.h>

// 1.2.840.10045.2.1, 1.2.840.10045.3.1.7, 1.3.132.0.34 (RFC 5480), 1.2.840.113549.1.1.1 (RFC 3279).
static const uint8_t oid_ec_public_key[] = {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01};
static const uint8_t oid_secp256r1[] = {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
static const uint8_t oid_secp384r1[] = {0x2B, 0x81, 0x04, 0x00, 0x22};
static const uint8_t oid_rsa[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01};

enum { SEQUENCE = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE };
// An RSA-4096 private key has 2.4 KB.
enum { PRIVATE_DER_BYTES_MAX = 3072 };

// Puts tag and length in front of what was written since `end`; keeps an earlier failure.
static int wrap(uint8_t **p, uint8_t *start, const uint8_t *end, uint8_t tag) {
    int ret = swl_asn1_write_len(p, start, (size_t)(end - *p));
    return ret < 0 ? ret : swl_asn1_write_tag(p, start, tag);
}

int swl_write_key_algorithm(uint8_t **p, uint8_t *start, int type) {
    const uint8_t *end = *p;
    int ret;
    if (type == SWL_KEY_RSA) {
        ret = swl_asn1_write_null(p, start);
        if (ret >= 0) { ret = swl_asn1_write_oid(p, start, oid_rsa, sizeof oid_rsa); }
    } else {
        ret = type == SWL_KEY_P256 ? swl_asn1_write_oid(p, start, oid_secp256r1, sizeof oid_secp256r1)
                                   : swl_asn1_write_oid(p, start, oid_secp384r1, sizeof oid_secp384r1);
        if (ret >= 0) { ret = swl_asn1_write_oid(p, start, oid_ec_public_key, sizeof oid_ec_public_key); }
    }
    return ret < 0 ? ret : wrap(p, start, end, SEQUENCE);
}

int swl_key_public_info(struct swl_key *key, uint8_t *out, size_t capacity, size_t *count) {
    uint8_t der[SWL_RSA_BYTES_MAX + 64], value[SWL_RSA_BYTES_MAX], exponent[4];
    size_t value_count = 0, exponent_count = 0;
    uint8_t *p = der + sizeof der;
    const uint8_t *end = p;
    *count = 0;
    int ret = swl_key_public_value(key, value, sizeof value, &value_count);
    if (ret != SWL_OK) { return ret; }
    if (key->type == SWL_KEY_RSA) { // RSAPublicKey (RFC 3279 section 2.3.1) in a BIT STRING
        ret = swl_key_public_exponent(key, exponent, sizeof exponent, &exponent_count);
        if (ret != SWL_OK) { return ret; }
        ret = swl_asn1_write_unsigned(&p, der, exponent, exponent_count);
        if (ret >= 0) { ret = swl_asn1_write_unsigned(&p, der, value, value_count); }
        if (ret >= 0) { ret = wrap(&p, der, end, SEQUENCE); }
    } else {
        ret = swl_asn1_write_raw(&p, der, value, value_count);
    }
    static const uint8_t no_unused_bits = 0;
    if (ret >= 0) { ret = swl_asn1_write_raw(&p, der, &no_unused_bits, 1); }
    if (ret >= 0) { ret = wrap(&p, der, end, MBEDTLS_ASN1_BIT_STRING); }
    if (ret >= 0) { ret = swl_write_key_algorithm(&p, der, key->type); }
    if (ret >= 0) { ret = wrap(&p, der, end, SEQUENCE); }
    if (ret < 0) { return ret; }
    if ((size_t)(end - p) > capacity) { return SWL_E_SPACE; }
    *count = (size_t)(end - p);
    memcpy(out, p, *count);
    return SWL_OK;
}

// ECPrivateKey (RFC 5915) without parameters: they stand in the PrivateKeyInfo around it.
static int write_ec_key(uint8_t **p, uint8_t *start, int type, swl_fill_fn fill, void *fill_context) {
    const int curve = swl_key_type_curve(type);
    uint8_t scalar[SWL_SCALAR_BYTES_MAX], point[SWL_POINT_BYTES_MAX];
    const uint8_t *end = *p;
    int ret = swl_ecdh_scalar(curve, fill, fill_context, scalar);
    if (ret == SWL_OK) { ret = swl_ecdh_public(curve, scalar, point, swl_point_bytes(curve)); }
    if (ret != SWL_OK) { return ret; }
    ret = swl_asn1_write_bit_string(p, start, point, swl_point_bytes(curve) * 8);
    if (ret >= 0) {
        ret = wrap(p, start, end, MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_ASN1_CONSTRUCTED | 1);
    }
    if (ret >= 0) { ret = swl_asn1_write_octet_string(p, start, scalar, swl_scalar_bytes(curve)); }
    if (ret >= 0) { ret = swl_asn1_write_int(p, start, 1); }
    if (ret >= 0) { ret = wrap(p, start, end, SEQUENCE); }
    mbedtls_platform_zeroize(scalar, sizeof scalar);
    return ret < 0 ? ret : SWL_OK;
}

// RSAPrivateKey (RFC 8017 appendix A.1.2) with the exponent 65537.
static int write_rsa_key(uint8_t **p, uint8_t *start, size_t bits, swl_fill_fn fill, void *fill_context) {
    if (bits < SWL_RSA_BITS_MIN || bits > SWL_RSA_BITS_MAX || bits % 8 != 0) { return SWL_E_UNSUPPORTED; }
    struct swl_source source = {fill, fill_context};
    mbedtls_pk_context pk;
    mbedtls_pk_init(&pk);
    int ret = mbedtls_pk_setup(&pk, mbedtls_pk_info_from_type(MBEDTLS_PK_RSA));
    if (ret == 0) {
        ret = mbedtls_rsa_gen_key(mbedtls_pk_rsa(pk), swl_rng_of_source, &source, (unsigned)bits, 65537);
    }
    // Writes at the end of the room that it is given.
    if (ret == 0) { ret = mbedtls_pk_write_key_der(&pk, start, (size_t)(*p - start)); }
    mbedtls_pk_free(&pk);
    if (ret < 0) { return swl_error(ret, SWL_OK); }
    *p -= ret;
    return SWL_OK;
}

static int append(uint8_t *out, size_t capacity, size_t *count, const void *bytes, size_t length) {
    if (length > capacity - *count) { return SWL_E_SPACE; }
    memcpy(out + *count, bytes, length);
    *count += length;
    return SWL_OK;
}

// RFC 7468 section 2: 64 characters a line. Straight into the caller's memory, so that no copy stays behind.
static int write_pem(const uint8_t *der, size_t der_count, uint8_t *out, size_t capacity, size_t *count) {
    static const char begin[] = "-----BEGIN PRIVATE KEY-----\n", end[] = "-----END PRIVATE KEY-----\n";
    int ret = append(out, capacity, count, begin, sizeof begin - 1);
    while (ret == SWL_OK && der_count > 0) {
        const size_t line = der_count < 48 ? der_count : 48;
        size_t written = 0;
        ret = swl_base64_encode(der, line, out + *count, capacity - *count, &written);
        *count += written;
        if (ret == SWL_OK) { ret = append(out, capacity, count, "\n", 1); }
        der += line;
        der_count -= line;
    }
    return ret == SWL_OK ? append(out, capacity, count, end, sizeof end - 1) : ret;
}

int swl_key_generate_pem(int type, size_t bits, swl_fill_fn fill, void *fill_context, uint8_t *out, size_t capacity,
                         size_t *count) {
    uint8_t der[PRIVATE_DER_BYTES_MAX];
    uint8_t *p = der + sizeof der;
    const uint8_t *end = p;
    *count = 0;
    if (type < SWL_KEY_P256 || type > SWL_KEY_RSA) { return SWL_E_UNSUPPORTED; }
    int ret = type == SWL_KEY_RSA ? write_rsa_key(&p, der, bits, fill, fill_context)
                                  : write_ec_key(&p, der, type, fill, fill_context);
    if (ret == SWL_OK) { // PrivateKeyInfo (RFC 5958 section 2, version v1)
        ret = wrap(&p, der, end, MBEDTLS_ASN1_OCTET_STRING);
        if (ret >= 0) { ret = swl_write_key_algorithm(&p, der, type); }
        if (ret >= 0) { ret = swl_asn1_write_int(&p, der, 0); }
        if (ret >= 0) { ret = wrap(&p, der, end, SEQUENCE); }
        if (ret >= 0) { ret = write_pem(p, (size_t)(end - p), out, capacity, count); }
    }
    mbedtls_platform_zeroize(der, sizeof der);
    if (ret != SWL_OK) {
        mbedtls_platform_zeroize(out, *count);
        *count = 0;
    }
    return ret;
}
