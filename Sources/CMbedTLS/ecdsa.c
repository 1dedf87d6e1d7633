// Verifying ECDSA (FIPS 186-4 section 6.4) with a point that came from outside, over the shared groups.
#include "internal.h"

#include <mbedtls/ecdsa.h>

int swl_ecdsa_verify(int curve, const uint8_t *point, size_t point_count, const uint8_t *hash, size_t hash_count,
                     const uint8_t *r, size_t r_count, const uint8_t *s, size_t s_count) {
    if (curve != SWL_SECP256R1 && curve != SWL_SECP384R1) { return SWL_E_UNSUPPORTED; }
    mbedtls_ecp_group *group = swl_group(curve);
    if (group == NULL) { return SWL_E_MEMORY; }
    // RFC 5480 section 2.2: uncompressed alone.
    if (point_count != swl_point_bytes(curve) || point[0] != 0x04) { return SWL_E_PUBLIC_VALUE; }
    if (r_count > swl_scalar_bytes(curve) || s_count > swl_scalar_bytes(curve)) { return SWL_E_SIGNATURE; }
    mbedtls_ecp_point q;
    mbedtls_mpi r_number, s_number;
    mbedtls_ecp_point_init(&q);
    mbedtls_mpi_init(&r_number);
    mbedtls_mpi_init(&s_number);
    int ret = mbedtls_ecp_point_read_binary(group, &q, point, point_count);
    if (ret == 0) { ret = mbedtls_ecp_check_pubkey(group, &q); }
    int result = swl_error(ret, SWL_E_PUBLIC_VALUE);
    if (ret == 0) {
        ret = mbedtls_mpi_read_binary(&r_number, r, r_count);
        if (ret == 0) { ret = mbedtls_mpi_read_binary(&s_number, s, s_count); }
        // mbedTLS refuses r and s outside [1, n-1].
        if (ret == 0) { ret = mbedtls_ecdsa_verify(group, hash, hash_count, &q, &r_number, &s_number); }
        result = swl_error(ret, SWL_E_SIGNATURE);
    }
    mbedtls_ecp_point_free(&q);
    mbedtls_mpi_free(&r_number);
    mbedtls_mpi_free(&s_number);
    return result;
}
