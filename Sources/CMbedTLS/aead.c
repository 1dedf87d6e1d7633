// AEADs in place over mbedTLS's own contexts: AES-GCM (NIST SP 800-38D), AES-CCM with a tag of 16 bytes (RFC 3610,
// SP 800-38C) and ChaCha20-Poly1305 (RFC 8439). Only setting a key allocates (AES's schedule); a record never does.
#include "internal.h"

#include <mbedtls/ccm.h>
#include <mbedtls/chachapoly.h>
#include <mbedtls/gcm.h>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#elif defined(__aarch64__) || defined(__arm__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

struct aead_context {
    int aead;
    int ready; // a key is set
    union {
        mbedtls_gcm_context gcm;
        mbedtls_ccm_context ccm;
        mbedtls_chachapoly_context chachapoly;
    } of;
};
_Static_assert(sizeof(struct aead_context) <= SWL_AEAD_CONTEXT_BYTES, "SWL_AEAD_CONTEXT_BYTES is too small");

static size_t key_bytes(int aead) {
    switch (aead) {
    case SWL_AES128_GCM: return 16;
    case SWL_AES256_GCM: return 32;
    case SWL_CHACHA20_POLY1305: return 32;
    case SWL_AES128_CCM: return 16;
    default: return 0;
    }
}

void swl_aead_end(void *context) {
    struct aead_context *c = context;
    if (c->ready) {
        switch (c->aead) {
        case SWL_CHACHA20_POLY1305: mbedtls_chachapoly_free(&c->of.chachapoly); break;
        case SWL_AES128_CCM: mbedtls_ccm_free(&c->of.ccm); break;
        default: mbedtls_gcm_free(&c->of.gcm); break;
        }
    }
    mbedtls_platform_zeroize(c, sizeof *c);
}

int swl_aead_set_key(void *context, int aead, const uint8_t *key, size_t key_count) {
    struct aead_context *c = context;
    if (key_bytes(aead) == 0) { return SWL_E_UNSUPPORTED; }
    if (key_count != key_bytes(aead)) { return SWL_E_KEY; }
    swl_aead_end(c);
    c->aead = aead;
    c->ready = 1;
    int ret;
    switch (aead) {
    case SWL_CHACHA20_POLY1305:
        mbedtls_chachapoly_init(&c->of.chachapoly);
        ret = mbedtls_chachapoly_setkey(&c->of.chachapoly, key);
        break;
    case SWL_AES128_CCM:
        mbedtls_ccm_init(&c->of.ccm);
        ret = mbedtls_ccm_setkey(&c->of.ccm, MBEDTLS_CIPHER_ID_AES, key, (unsigned)key_count * 8);
        break;
    default:
        mbedtls_gcm_init(&c->of.gcm);
        ret = mbedtls_gcm_setkey(&c->of.gcm, MBEDTLS_CIPHER_ID_AES, key, (unsigned)key_count * 8);
        break;
    }
    if (ret != 0) { swl_aead_end(c); }
    return swl_error(ret, SWL_OK);
}

int swl_aead_seal(void *context, const uint8_t *nonce, const uint8_t *aad, size_t aad_count, uint8_t *buffer,
                  size_t count) {
    struct aead_context *c = context;
    if (!c->ready) { return SWL_E_KEY; }
    uint8_t *tag = buffer + count;
    switch (c->aead) {
    case SWL_CHACHA20_POLY1305:
        return swl_error(mbedtls_chachapoly_encrypt_and_tag(&c->of.chachapoly, count, nonce, aad, aad_count, buffer,
                                                            buffer, tag),
                         SWL_OK);
    case SWL_AES128_CCM:
        return swl_error(mbedtls_ccm_encrypt_and_tag(&c->of.ccm, count, nonce, SWL_AEAD_NONCE_BYTES, aad, aad_count,
                                                     buffer, buffer, tag, SWL_AEAD_TAG_BYTES),
                         SWL_OK);
    default:
        return swl_error(mbedtls_gcm_crypt_and_tag(&c->of.gcm, MBEDTLS_GCM_ENCRYPT, count, nonce,
                                                   SWL_AEAD_NONCE_BYTES, aad, aad_count, buffer, buffer,
                                                   SWL_AEAD_TAG_BYTES, tag),
                         SWL_OK);
    }
}

int swl_aead_open(void *context, const uint8_t *nonce, const uint8_t *aad, size_t aad_count, uint8_t *buffer,
                  size_t count) {
    struct aead_context *c = context;
    if (!c->ready) { return SWL_E_KEY; }
    const uint8_t *tag = buffer + count;
    int ret;
    switch (c->aead) {
    case SWL_CHACHA20_POLY1305:
        ret = mbedtls_chachapoly_auth_decrypt(&c->of.chachapoly, count, nonce, aad, aad_count, tag, buffer, buffer);
        break;
    case SWL_AES128_CCM:
        ret = mbedtls_ccm_auth_decrypt(&c->of.ccm, count, nonce, SWL_AEAD_NONCE_BYTES, aad, aad_count, buffer, buffer,
                                       tag, SWL_AEAD_TAG_BYTES);
        break;
    default:
        ret = mbedtls_gcm_auth_decrypt(&c->of.gcm, count, nonce, SWL_AEAD_NONCE_BYTES, aad, aad_count, tag,
                                       SWL_AEAD_TAG_BYTES, buffer, buffer);
        break;
    }
    // mbedTLS zeroes the output itself; whatever else went wrong, what cannot be believed is not left behind.
    if (ret != 0) { mbedtls_platform_zeroize(buffer, count); }
    if (ret == MBEDTLS_ERR_GCM_AUTH_FAILED || ret == MBEDTLS_ERR_CCM_AUTH_FAILED
        || ret == MBEDTLS_ERR_CHACHAPOLY_AUTH_FAILED) {
        return SWL_E_AUTHENTICATION;
    }
    return swl_error(ret, SWL_OK);
}

// mbedTLS 2.28 knows AES instructions on x86 alone; 3.5 and later those of ARMv8 as well, with AES_CE.
int32_t swl_uses_aes_instructions(void) {
#if defined(__x86_64__) || defined(__i386__)
    unsigned a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_AES) ? 1 : 0;
#elif defined(__aarch64__) && MBEDTLS_VERSION_NUMBER >= 0x03050000
    return getauxval(AT_HWCAP) & HWCAP_AES ? 1 : 0;
#elif defined(__arm__) && MBEDTLS_VERSION_NUMBER >= 0x03050000
    return getauxval(AT_HWCAP2) & HWCAP2_AES ? 1 : 0;
#else
    return 0;
#endif
}
