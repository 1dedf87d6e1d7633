// Private keys: reading, checking, signing, and the public half as DER. There is no call that gives a private key back.
//
// Invariants: a key that was read has parts that agree with each other; an EC key uses the shared group; nothing of the
// private part stays in memory after `swl_key_free` or a failure.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE // memmem
#endif
#include "key.h"

#include <string.h>

#include <mbedtls/asn1.h>
#include <mbedtls/ecdsa.h>
#include <mbedtls/pem.h>
#include <mbedtls/platform.h>

// A PEM file with an RSA-4096 key has 3.3 KB; text around it is allowed, but not without bound.
enum { KEY_FILE_BYTES_MAX = 65536 };

int swl_key_type_curve(int type) { return type == SWL_KEY_P384 ? SWL_SECP384R1 : SWL_SECP256R1; }

static int parse_error(int ret) {
    switch (ret) {
    case MBEDTLS_ERR_PK_PASSWORD_REQUIRED:
    case MBEDTLS_ERR_PK_PASSWORD_MISMATCH:
        return SWL_E_ENCRYPTED_KEY;
    case MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE:
        return SWL_E_UNSUPPORTED;
    default:
        break;
    }
    const int high = -(-ret & 0xFF80);
    if (high == MBEDTLS_ERR_PK_UNKNOWN_PK_ALG || high == MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE) {
        return SWL_E_UNSUPPORTED;
    }
    return swl_error(ret, SWL_E_KEY);
}

static int parse_bytes(mbedtls_pk_context *pk, const uint8_t *bytes, size_t count) {
#if SWL_MBEDTLS_3
    return mbedtls_pk_parse_key(pk, bytes, count, NULL, 0, swl_rng, NULL);
#else
    return mbedtls_pk_parse_key(pk, bytes, count, NULL, 0);
#endif
}

// Whether DER that could not be read is EncryptedPrivateKeyInfo (RFC 5958 section 3): a SEQUENCE of a SEQUENCE and an
// OCTET STRING. mbedTLS says so for some ciphers only.
static int is_encrypted(const uint8_t *bytes, size_t count) {
    unsigned char *p = (unsigned char *)(uintptr_t)bytes; // read, not written
    const unsigned char *end = bytes + count;
    const int sequence = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE;
    size_t length = 0;
    if (mbedtls_asn1_get_tag(&p, end, &length, sequence) != 0) { return 0; }
    if (mbedtls_asn1_get_tag(&p, end, &length, sequence) != 0) { return 0; }
    p += length;
    return mbedtls_asn1_get_tag(&p, end, &length, MBEDTLS_ASN1_OCTET_STRING) == 0;
}

// mbedTLS takes PEM only with a NUL behind it, so text is copied; the copy is wiped.
static int parse_text_or_bytes(mbedtls_pk_context *pk, const uint8_t *bytes, size_t count) {
    static const char begin[] = "-----BEGIN ";
    if (memmem(bytes, count, begin, sizeof begin - 1) == NULL) {
        const int ret = parse_bytes(pk, bytes, count);
        return ret != 0 && is_encrypted(bytes, count) ? SWL_E_ENCRYPTED_KEY : parse_error(ret);
    }
    static const char encrypted[] = "-----BEGIN ENCRYPTED PRIVATE KEY-----";
    if (memmem(bytes, count, encrypted, sizeof encrypted - 1) != NULL) { return SWL_E_ENCRYPTED_KEY; }
    uint8_t *text = mbedtls_calloc(1, count + 1);
    if (text == NULL) { return SWL_E_MEMORY; }
    memcpy(text, bytes, count);
    const int ret = parse_bytes(pk, text, count + 1);
    mbedtls_platform_zeroize(text, count);
    mbedtls_free(text);
    return parse_error(ret);
}

// Takes scalar and point over to the shared group and checks that one belongs to the other.
static int adopt_ec(struct swl_key *key) {
    mbedtls_ecp_keypair *pair = mbedtls_pk_ec(key->pk);
    switch (pair->grp.id) {
    case MBEDTLS_ECP_DP_SECP256R1: key->type = SWL_KEY_P256; break;
    case MBEDTLS_ECP_DP_SECP384R1: key->type = SWL_KEY_P384; break;
    default: return SWL_E_UNSUPPORTED;
    }
    key->curve = swl_key_type_curve(key->type);
    mbedtls_ecp_group *group = swl_group(key->curve);
    if (group == NULL) { return SWL_E_MEMORY; }
    int ret = mbedtls_ecp_check_privkey(group, &pair->d);
    if (ret == 0) { ret = mbedtls_mpi_copy(&key->d, &pair->d); }
    if (ret == 0) { ret = mbedtls_ecp_mul(group, &key->q, &key->d, &group->G, swl_rng, NULL); }
    if (ret == 0) { ret = mbedtls_ecp_point_cmp(&key->q, &pair->Q); }
    mbedtls_pk_free(&key->pk);
    mbedtls_pk_init(&key->pk);
    return swl_error(ret, SWL_E_KEY);
}

static int adopt_rsa(struct swl_key *key) {
    mbedtls_rsa_context *rsa = mbedtls_pk_rsa(key->pk);
    key->type = SWL_KEY_RSA;
    const size_t bits = mbedtls_mpi_bitlen(&rsa->N);
    if (bits < SWL_RSA_BITS_MIN || bits > SWL_RSA_BITS_MAX) { return SWL_E_UNSUPPORTED; }
    if (mbedtls_mpi_bitlen(&rsa->E) > 32) { return SWL_E_UNSUPPORTED; }
    int ret = mbedtls_rsa_check_pubkey(rsa);
    if (ret == 0) { ret = mbedtls_rsa_check_privkey(rsa); }
    return swl_error(ret, SWL_E_KEY);
}

struct swl_key *swl_key_parse(const uint8_t *bytes, size_t count, int *error) {
    *error = SWL_E_KEY;
    if (count == 0 || count > KEY_FILE_BYTES_MAX) { return NULL; }
    *error = SWL_E_MEMORY;
    struct swl_key *key = mbedtls_calloc(1, sizeof *key);
    if (key == NULL) { return NULL; }
    mbedtls_mpi_init(&key->d);
    mbedtls_ecp_point_init(&key->q);
    mbedtls_pk_init(&key->pk);
    *error = parse_text_or_bytes(&key->pk, bytes, count);
    if (*error == SWL_OK) {
        switch (mbedtls_pk_get_type(&key->pk)) {
        case MBEDTLS_PK_ECKEY: *error = adopt_ec(key); break;
        case MBEDTLS_PK_RSA: *error = adopt_rsa(key); break;
        default: *error = SWL_E_UNSUPPORTED; break;
        }
    }
    if (*error == SWL_OK) { return key; }
    swl_key_free(key);
    return NULL;
}

void swl_key_free(struct swl_key *key) {
    if (key == NULL) { return; }
    mbedtls_mpi_free(&key->d);
    mbedtls_ecp_point_free(&key->q);
    mbedtls_pk_free(&key->pk);
    mbedtls_platform_zeroize(key, sizeof *key);
    mbedtls_free(key);
}

int swl_key_type(const struct swl_key *key) { return key->type; }

size_t swl_key_bits(const struct swl_key *key) {
    switch (key->type) {
    case SWL_KEY_P256: return 256;
    case SWL_KEY_P384: return 384;
    default: return mbedtls_mpi_bitlen(&mbedtls_pk_rsa(key->pk)->N);
    }
}

static int write_number(const mbedtls_mpi *number, uint8_t *out, size_t capacity, size_t *count) {
    *count = mbedtls_mpi_size(number);
    if (*count > capacity) { return SWL_E_SPACE; }
    return swl_error(mbedtls_mpi_write_binary(number, out, *count), SWL_OK);
}

int swl_key_public_value(struct swl_key *key, uint8_t *out, size_t capacity, size_t *count) {
    *count = 0;
    if (key->type == SWL_KEY_RSA) { return write_number(&mbedtls_pk_rsa(key->pk)->N, out, capacity, count); }
    if (capacity < swl_point_bytes(key->curve)) { return SWL_E_SPACE; }
    return swl_error(mbedtls_ecp_point_write_binary(swl_group(key->curve), &key->q, MBEDTLS_ECP_PF_UNCOMPRESSED,
                                                    count, out, capacity),
                     SWL_OK);
}

int swl_key_public_exponent(struct swl_key *key, uint8_t *out, size_t capacity, size_t *count) {
    *count = 0;
    if (key->type != SWL_KEY_RSA) { return SWL_E_UNSUPPORTED; }
    return write_number(&mbedtls_pk_rsa(key->pk)->E, out, capacity, count);
}

int swl_key_sign_ecdsa(struct swl_key *key, int hash, const uint8_t *digest, uint8_t *out, size_t out_count) {
    if (key->type == SWL_KEY_RSA || swl_hash_bytes(hash) == 0) { return SWL_E_UNSUPPORTED; }
    const size_t half = swl_scalar_bytes(key->curve);
    if (out_count != 2 * half) { return SWL_E_SPACE; }
    mbedtls_mpi r, s;
    mbedtls_mpi_init(&r);
    mbedtls_mpi_init(&s);
    // The nonce is RFC 6979's; getrandom(2) only blinds the computation.
    int ret = mbedtls_ecdsa_sign_det_ext(swl_group(key->curve), &r, &s, &key->d, digest, swl_hash_bytes(hash),
                                         swl_hash_type(hash), swl_rng, NULL);
    if (ret == 0) { ret = mbedtls_mpi_write_binary(&r, out, half); }
    if (ret == 0) { ret = mbedtls_mpi_write_binary(&s, out + half, half); }
    mbedtls_mpi_free(&r);
    mbedtls_mpi_free(&s);
    return swl_error(ret, SWL_OK);
}

int swl_key_sign_rsa(struct swl_key *key, int pss, int hash, const uint8_t *digest, uint8_t *out, size_t out_count) {
    if (key->type != SWL_KEY_RSA || swl_hash_bytes(hash) == 0) { return SWL_E_UNSUPPORTED; }
    mbedtls_rsa_context *rsa = mbedtls_pk_rsa(key->pk);
    if (out_count != mbedtls_rsa_get_len(rsa)) { return SWL_E_SPACE; }
    const mbedtls_md_type_t md = swl_hash_type(hash);
    const unsigned length = (unsigned)swl_hash_bytes(hash);
    mbedtls_rsa_set_padding(rsa, pss ? MBEDTLS_RSA_PKCS_V21 : MBEDTLS_RSA_PKCS_V15, pss ? md : MBEDTLS_MD_NONE);
    int ret;
    if (pss) {
        ret = mbedtls_rsa_rsassa_pss_sign_ext(rsa, swl_rng, NULL, md, length, digest, (int)length, out);
    } else {
#if SWL_MBEDTLS_3
        ret = mbedtls_rsa_rsassa_pkcs1_v15_sign(rsa, swl_rng, NULL, md, length, digest, out);
#else
        ret = mbedtls_rsa_rsassa_pkcs1_v15_sign(rsa, swl_rng, NULL, MBEDTLS_RSA_PRIVATE, md, length, digest, out);
#endif
    }
    return swl_error(ret, SWL_OK);
}
