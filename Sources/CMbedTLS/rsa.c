// Verifying RSA signatures (RFC 8017: RSASSA-PSS section 8.1.2, RSASSA-PKCS1-v1_5 section 8.2.2) with a public key
// that came from outside. The work is bounded by the size of the modulus (4096 bits) and of the exponent (32 bits).
#include "key.h"

static int verify(mbedtls_rsa_context *rsa, int pss, int hash, const uint8_t *digest, const uint8_t *signature) {
    const mbedtls_md_type_t md = swl_hash_type(hash);
    const unsigned length = (unsigned)swl_hash_bytes(hash);
#if SWL_MBEDTLS_3
    return pss ? mbedtls_rsa_rsassa_pss_verify_ext(rsa, md, length, digest, md, (int)length, signature)
               : mbedtls_rsa_rsassa_pkcs1_v15_verify(rsa, md, length, digest, signature);
#else
    return pss ? mbedtls_rsa_rsassa_pss_verify_ext(rsa, NULL, NULL, MBEDTLS_RSA_PUBLIC, md, length, digest, md,
                                                   (int)length, signature)
               : mbedtls_rsa_rsassa_pkcs1_v15_verify(rsa, NULL, NULL, MBEDTLS_RSA_PUBLIC, md, length, digest,
                                                     signature);
#endif
}

int swl_rsa_import(mbedtls_rsa_context *rsa, int padding, mbedtls_md_type_t md, const uint8_t *n, size_t n_count,
                   const uint8_t *e, size_t e_count, size_t minimum_bits) {
#if SWL_MBEDTLS_3
    mbedtls_rsa_init(rsa);
    mbedtls_rsa_set_padding(rsa, padding, md);
#else
    mbedtls_rsa_init(rsa, padding, md);
#endif
    while (n_count > 0 && n[0] == 0) { n++, n_count--; }
    while (e_count > 0 && e[0] == 0) { e++, e_count--; }
    if (n_count == 0 || n_count > SWL_RSA_BYTES_MAX) { return SWL_E_UNSUPPORTED; }
    // An exponent of 1 verifies anything; a long one costs the verifier time of the signer's choosing.
    if (e_count == 0 || (e_count == 1 && e[0] < 3) || (e[e_count - 1] & 1) == 0) { return SWL_E_KEY; }
    if (e_count > 4) { return SWL_E_UNSUPPORTED; }
    int ret = mbedtls_rsa_import_raw(rsa, n, n_count, NULL, 0, NULL, 0, NULL, 0, e, e_count);
    if (ret == 0) { ret = mbedtls_rsa_complete(rsa); }
    if (ret == 0) { ret = mbedtls_rsa_check_pubkey(rsa); }
    if (ret == 0 && mbedtls_mpi_bitlen(&rsa->N) < minimum_bits) { return SWL_E_UNSUPPORTED; }
    return swl_error(ret, SWL_E_KEY);
}

int swl_rsa_verify(int pss, int hash, const uint8_t *n, size_t n_count, const uint8_t *e, size_t e_count,
                   size_t minimum_bits, const uint8_t *digest, const uint8_t *signature, size_t signature_count) {
    if (swl_hash_bytes(hash) == 0) { return SWL_E_UNSUPPORTED; }
    mbedtls_rsa_context rsa;
    int result = swl_rsa_import(&rsa, pss ? MBEDTLS_RSA_PKCS_V21 : MBEDTLS_RSA_PKCS_V15,
                                pss ? swl_hash_type(hash) : MBEDTLS_MD_NONE, n, n_count, e, e_count, minimum_bits);
    if (result == SWL_OK) {
        if (signature_count != mbedtls_rsa_get_len(&rsa)) { // RFC 8017 sections 8.1.2 and 8.2.2, step 1
            result = SWL_E_SIGNATURE;
        } else {
            result = swl_error(verify(&rsa, pss, hash, digest, signature), SWL_E_SIGNATURE);
        }
    }
    mbedtls_rsa_free(&rsa);
    return result;
}
