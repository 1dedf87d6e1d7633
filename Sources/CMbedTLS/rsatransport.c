// The two halves of RSA key transport that compute with a key: RSAES-PKCS1-v1_5 encryption (RFC 8017 section 7.2.1) and the
// decryption primitive (section 5.1.2) without any padding: that is taken off in premaster.c. mbedTLS's own function for
// both at once is not used: how it reports errors tells of the padding (CVE-2026-50587).
#include "key.h"

#include <string.h>

int swl_rsa_encrypt(const uint8_t *n, size_t n_count, const uint8_t *e, size_t e_count, size_t minimum_bits,
                    swl_fill_fn fill, void *fill_context, const uint8_t *message, size_t message_count, uint8_t *out,
                    size_t out_count) {
    mbedtls_rsa_context rsa;
    int result = swl_rsa_import(&rsa, MBEDTLS_RSA_PKCS_V15, MBEDTLS_MD_NONE, n, n_count, e, e_count, minimum_bits);
    if (result == SWL_OK) {
        struct swl_source source = {fill, fill_context};
        if (out_count != mbedtls_rsa_get_len(&rsa)) {
            result = SWL_E_SPACE;
        } else {
#if SWL_MBEDTLS_3
            const int ret = mbedtls_rsa_rsaes_pkcs1_v15_encrypt(&rsa, swl_rng_of_source, &source, message_count, message,
                                                                out);
#else
            const int ret = mbedtls_rsa_rsaes_pkcs1_v15_encrypt(&rsa, swl_rng_of_source, &source, MBEDTLS_RSA_PUBLIC,
                                                                message_count, message, out);
#endif
            result = swl_error(ret, SWL_E_UNSUPPORTED);
            // What could not be encrypted may stand there.
            if (result != SWL_OK) { mbedtls_platform_zeroize(out, out_count); }
        }
    }
    mbedtls_rsa_free(&rsa);
    return result;
}

// Whether a ciphertext is as long as the modulus and less than it (RFC 8017 section 7.2.2 step 1, section 5.1.2 step 1):
// 1, 0 or an error. Nothing of this is secret: whoever sent it knows.
static int is_representative(const mbedtls_rsa_context *rsa, const uint8_t *ciphertext, size_t count) {
    if (count != mbedtls_rsa_get_len(rsa)) { return 0; }
    mbedtls_mpi c;
    mbedtls_mpi_init(&c);
    int ret = mbedtls_mpi_read_binary(&c, ciphertext, count);
    if (ret == 0) { ret = mbedtls_mpi_cmp_mpi(&c, &rsa->N) < 0; }
    mbedtls_mpi_free(&c);
    return ret;
}

int swl_key_decrypt_rsa(struct swl_key *key, const uint8_t *ciphertext, size_t count, uint8_t *out, size_t out_count) {
    if (key->type != SWL_KEY_RSA) { return SWL_E_UNSUPPORTED; }
    mbedtls_rsa_context *rsa = mbedtls_pk_rsa(key->pk);
    if (out_count != mbedtls_rsa_get_len(rsa)) { return SWL_E_SPACE; }
    // What is no ciphertext becomes a block that no padding fits.
    memset(out, 0, out_count);
    int ret = is_representative(rsa, ciphertext, count);
    if (ret == 1) { ret = mbedtls_rsa_private(rsa, swl_rng, NULL, ciphertext, out); }
    return swl_error(ret, SWL_OK);
}
