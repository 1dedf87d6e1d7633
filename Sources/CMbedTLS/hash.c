// SHA-256, SHA-384 and SHA-512 (FIPS 180-4) over mbedTLS's own contexts, so that a running hash needs no heap; HMAC
// (RFC 2104) and HKDF (RFC 5869) by mbedTLS's one-call functions, which allocate for as long as they run.
#include "internal.h"

#include <string.h>

#include <mbedtls/hkdf.h>
#include <mbedtls/sha256.h>
#include <mbedtls/sha512.h>

// 2.28 keeps the functions that cannot fail under the plain names.
#if SWL_MBEDTLS_3
#define SHA(name) name
#else
#define SHA(name) name##_ret
#endif

struct hash_context {
    int hash;
    union {
        mbedtls_sha256_context sha256;
        mbedtls_sha512_context sha512;
    } of;
};
_Static_assert(sizeof(struct hash_context) <= SWL_HASH_CONTEXT_BYTES, "SWL_HASH_CONTEXT_BYTES is too small");

size_t swl_hash_bytes(int hash) {
    switch (hash) {
    case SWL_SHA256: return 32;
    case SWL_SHA384: return 48;
    case SWL_SHA512: return 64;
    default: return 0;
    }
}

mbedtls_md_type_t swl_hash_type(int hash) {
    switch (hash) {
    case SWL_SHA256: return MBEDTLS_MD_SHA256;
    case SWL_SHA384: return MBEDTLS_MD_SHA384;
    case SWL_SHA512: return MBEDTLS_MD_SHA512;
    default: return MBEDTLS_MD_NONE;
    }
}

int swl_hash_start(void *context, int hash) {
    struct hash_context *c = context;
    if (swl_hash_bytes(hash) == 0) { return SWL_E_UNSUPPORTED; }
    c->hash = hash;
    if (hash == SWL_SHA256) {
        mbedtls_sha256_init(&c->of.sha256);
        return swl_error(SHA(mbedtls_sha256_starts)(&c->of.sha256, 0), SWL_OK);
    }
    mbedtls_sha512_init(&c->of.sha512);
    return swl_error(SHA(mbedtls_sha512_starts)(&c->of.sha512, hash == SWL_SHA384), SWL_OK);
}

int swl_hash_update(void *context, const uint8_t *bytes, size_t count) {
    struct hash_context *c = context;
    if (count == 0) { return SWL_OK; }
    if (c->hash == SWL_SHA256) { return swl_error(SHA(mbedtls_sha256_update)(&c->of.sha256, bytes, count), SWL_OK); }
    return swl_error(SHA(mbedtls_sha512_update)(&c->of.sha512, bytes, count), SWL_OK);
}

static int finish(struct hash_context *c, uint8_t *out) {
    if (c->hash == SWL_SHA256) { return swl_error(SHA(mbedtls_sha256_finish)(&c->of.sha256, out), SWL_OK); }
    // Always 64 bytes of room: 2.28 declares so, although it writes 48 for SHA-384.
    uint8_t whole[64];
    int ret = SHA(mbedtls_sha512_finish)(&c->of.sha512, whole);
    if (ret == 0) { memcpy(out, whole, swl_hash_bytes(c->hash)); }
    mbedtls_platform_zeroize(whole, sizeof whole);
    return swl_error(ret, SWL_OK);
}

int swl_hash_current(const void *context, uint8_t *out) {
    const struct hash_context *from = context;
    struct hash_context copy;
    copy.hash = from->hash;
    if (from->hash == SWL_SHA256) {
        mbedtls_sha256_init(&copy.of.sha256);
        mbedtls_sha256_clone(&copy.of.sha256, &from->of.sha256);
    } else {
        mbedtls_sha512_init(&copy.of.sha512);
        mbedtls_sha512_clone(&copy.of.sha512, &from->of.sha512);
    }
    int ret = finish(&copy, out);
    swl_hash_end(&copy);
    return ret;
}

void swl_hash_end(void *context) {
    struct hash_context *c = context;
    if (c->hash == SWL_SHA256) {
        mbedtls_sha256_free(&c->of.sha256);
    } else {
        mbedtls_sha512_free(&c->of.sha512);
    }
    mbedtls_platform_zeroize(c, sizeof *c);
}

int swl_hash_once(int hash, const uint8_t *bytes, size_t count, uint8_t *out) {
    struct hash_context c;
    int ret = swl_hash_start(&c, hash);
    if (ret != SWL_OK) { return ret; }
    ret = swl_hash_update(&c, bytes, count);
    if (ret == SWL_OK) { ret = finish(&c, out); }
    swl_hash_end(&c);
    return ret;
}

// mbedTLS wants an address even for no bytes.
static const uint8_t nothing[1];
#define ADDRESS(p) ((p) == NULL ? nothing : (p))

int swl_hmac(int hash, const uint8_t *key, size_t key_count, const uint8_t *message, size_t message_count,
             uint8_t *out) {
    const mbedtls_md_info_t *md = mbedtls_md_info_from_type(swl_hash_type(hash));
    if (md == NULL) { return SWL_E_UNSUPPORTED; }
    return swl_error(mbedtls_md_hmac(md, ADDRESS(key), key_count, ADDRESS(message), message_count, out), SWL_OK);
}

int swl_hmac_pieces(int hash, const uint8_t *key, size_t key_count, const uint8_t *a, size_t a_count, const uint8_t *b,
                    size_t b_count, const uint8_t *c, size_t c_count, uint8_t *out) {
    const mbedtls_md_info_t *md = mbedtls_md_info_from_type(swl_hash_type(hash));
    if (md == NULL) { return SWL_E_UNSUPPORTED; }
    mbedtls_md_context_t context;
    mbedtls_md_init(&context);
    int ret = mbedtls_md_setup(&context, md, 1);
    if (ret == 0) { ret = mbedtls_md_hmac_starts(&context, ADDRESS(key), key_count); }
    if (ret == 0) { ret = mbedtls_md_hmac_update(&context, ADDRESS(a), a_count); }
    if (ret == 0) { ret = mbedtls_md_hmac_update(&context, ADDRESS(b), b_count); }
    if (ret == 0) { ret = mbedtls_md_hmac_update(&context, ADDRESS(c), c_count); }
    if (ret == 0) { ret = mbedtls_md_hmac_finish(&context, out); }
    mbedtls_md_free(&context);
    return swl_error(ret, SWL_OK);
}

int swl_hkdf_extract(int hash, const uint8_t *salt, size_t salt_count, const uint8_t *ikm, size_t ikm_count,
                     uint8_t *out) {
    // Extract is one HMAC keyed with the salt (RFC 5869 section 2.2); no salt and a salt of zeros are the same key.
    return swl_hmac(hash, salt, salt_count, ikm, ikm_count, out);
}

int swl_hkdf_expand(int hash, const uint8_t *prk, size_t prk_count, const uint8_t *info, size_t info_count,
                    uint8_t *out, size_t out_count) {
    const mbedtls_md_info_t *md = mbedtls_md_info_from_type(swl_hash_type(hash));
    if (md == NULL) { return SWL_E_UNSUPPORTED; }
    // RFC 5869 section 2.3: at most 255 blocks, and a key no shorter than a hash.
    if (out_count > 255 * swl_hash_bytes(hash)) { return SWL_E_UNSUPPORTED; }
    if (prk_count < swl_hash_bytes(hash)) { return SWL_E_KEY; }
    return swl_error(mbedtls_hkdf_expand(md, ADDRESS(prk), prk_count, ADDRESS(info), info_count, out, out_count),
                     SWL_OK);
}
