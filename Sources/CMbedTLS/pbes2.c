// What a private key under a password needs (RFC 8018): PBKDF2 and AES in CBC mode. mbedTLS 2.28 has both, but its own reader
// of PBES2 knows DES alone and takes no PRF but HMAC-SHA-1.
#include "internal.h"

#include <mbedtls/aes.h>
#include <mbedtls/pkcs5.h>

static mbedtls_md_type_t prf_type(int prf) {
    switch (prf) {
    case SWL_PRF_HMAC_SHA1: return MBEDTLS_MD_SHA1;
    case SWL_PRF_HMAC_SHA256: return MBEDTLS_MD_SHA256;
    case SWL_PRF_HMAC_SHA384: return MBEDTLS_MD_SHA384;
    case SWL_PRF_HMAC_SHA512: return MBEDTLS_MD_SHA512;
    default: return MBEDTLS_MD_NONE;
    }
}

int swl_pbkdf2(int prf, const uint8_t *password, size_t password_count, const uint8_t *salt, size_t salt_count,
               uint32_t iterations, uint8_t *out, size_t out_count) {
    const mbedtls_md_type_t type = prf_type(prf);
    if (type == MBEDTLS_MD_NONE || iterations == 0 || out_count > 64) { return SWL_E_UNSUPPORTED; }
#if SWL_MBEDTLS_3
    return swl_error(mbedtls_pkcs5_pbkdf2_hmac_ext(type, password, password_count, salt, salt_count, iterations,
                                                   (uint32_t)out_count, out),
                     SWL_E_UNSUPPORTED);
#else
    mbedtls_md_context_t md;
    mbedtls_md_init(&md);
    int ret = mbedtls_md_setup(&md, mbedtls_md_info_from_type(type), 1);
    if (ret == 0) {
        ret = mbedtls_pkcs5_pbkdf2_hmac(&md, password, password_count, salt, salt_count, iterations,
                                        (uint32_t)out_count, out);
    }
    mbedtls_md_free(&md); // wipes what it held of the password
    return swl_error(ret, SWL_E_UNSUPPORTED);
#endif
}

int swl_aes_cbc_decrypt(const uint8_t *key, size_t key_count, const uint8_t *iv, uint8_t *bytes, size_t count) {
    if ((key_count != 16 && key_count != 24 && key_count != 32) || count % 16 != 0) { return SWL_E_UNSUPPORTED; }
    uint8_t vector[16];
    for (size_t i = 0; i < sizeof vector; i++) { vector[i] = iv[i]; }
    mbedtls_aes_context aes;
    mbedtls_aes_init(&aes);
    int ret = mbedtls_aes_setkey_dec(&aes, key, (unsigned)key_count * 8);
    if (ret == 0) { ret = mbedtls_aes_crypt_cbc(&aes, MBEDTLS_AES_DECRYPT, count, vector, bytes, bytes); }
    mbedtls_aes_free(&aes);
    return swl_error(ret, SWL_OK);
}
