// Ephemeral key agreement: X25519 (RFC 7748) and ECDH on P-256 and P-384 (RFC 8446 section 7.4.2, SEC 1).
// Scalars come from the caller's source; the blinding of the multiplication always from getrandom(2).
#include "internal.h"

#include <string.h>

// After so many draws a source that works has failed with a probability below 2^-2048 (P-256: 2^-32 a draw).
enum { DRAWS_MAX = 64 };

static int read_scalar(int curve, const uint8_t *scalar, mbedtls_mpi *d) {
    const size_t count = swl_scalar_bytes(curve);
    return curve == SWL_X25519 ? mbedtls_mpi_read_binary_le(d, scalar, count)
                               : mbedtls_mpi_read_binary(d, scalar, count);
}

int swl_ecdh_scalar(int curve, swl_fill_fn fill, void *fill_context, uint8_t *scalar) {
    const mbedtls_ecp_group *group = swl_group(curve);
    if (group == NULL) { return swl_scalar_bytes(curve) == 0 ? SWL_E_UNSUPPORTED : SWL_E_MEMORY; }
    const size_t count = swl_scalar_bytes(curve);
    mbedtls_mpi d;
    mbedtls_mpi_init(&d);
    int result = SWL_E_RANDOM;
    for (int draw = 0; draw < DRAWS_MAX && result == SWL_E_RANDOM; draw++) {
        if (fill(fill_context, scalar, count) != 0) { break; }
        if (curve == SWL_X25519) { // RFC 7748 section 5, decodeScalar25519
            scalar[0] &= 248;
            scalar[31] = (uint8_t)((scalar[31] & 127) | 64);
            result = SWL_OK;
            break;
        }
        int ret = read_scalar(curve, scalar, &d);
        if (ret != 0) {
            result = swl_error(ret, SWL_OK);
        } else if (mbedtls_mpi_cmp_int(&d, 1) >= 0 && mbedtls_mpi_cmp_mpi(&d, &group->N) < 0) {
            result = SWL_OK;
        }
    }
    mbedtls_mpi_free(&d);
    if (result != SWL_OK) { mbedtls_platform_zeroize(scalar, count); }
    return result;
}

// scalar * point, written as a public value; `point` null is the generator.
static int multiply(int curve, const uint8_t *scalar, const mbedtls_ecp_point *point, mbedtls_ecp_point *product) {
    mbedtls_ecp_group *group = swl_group(curve);
    if (group == NULL) { return SWL_E_MEMORY; }
    mbedtls_mpi d;
    mbedtls_mpi_init(&d);
    int ret = read_scalar(curve, scalar, &d);
    if (ret == 0) {
        ret = mbedtls_ecp_mul(group, product, &d, point == NULL ? &group->G : point, swl_rng, NULL);
    }
    mbedtls_mpi_free(&d);
    return ret;
}

int swl_ecdh_public(int curve, const uint8_t *scalar, uint8_t *out, size_t out_count) {
    if (swl_scalar_bytes(curve) == 0) { return SWL_E_UNSUPPORTED; }
    if (out_count != swl_point_bytes(curve)) { return SWL_E_SPACE; }
    mbedtls_ecp_point product;
    mbedtls_ecp_point_init(&product);
    int ret = multiply(curve, scalar, NULL, &product);
    size_t written = 0;
    if (ret == 0) {
        ret = mbedtls_ecp_point_write_binary(swl_group(curve), &product, MBEDTLS_ECP_PF_UNCOMPRESSED, &written, out,
                                             out_count);
    }
    mbedtls_ecp_point_free(&product);
    return swl_error(ret, SWL_E_KEY);
}

// Whether all bytes are zero, looking at every one.
static int is_all_zero(const uint8_t *bytes, size_t count) {
    volatile uint8_t seen = 0;
    for (size_t i = 0; i < count; i++) { seen |= bytes[i]; }
    return seen == 0;
}

int swl_ecdh_shared(int curve, const uint8_t *scalar, const uint8_t *peer, size_t peer_count, uint8_t *out,
                    size_t out_count) {
    mbedtls_ecp_group *group = swl_group(curve);
    if (group == NULL) { return swl_scalar_bytes(curve) == 0 ? SWL_E_UNSUPPORTED : SWL_E_MEMORY; }
    if (out_count != swl_scalar_bytes(curve)) { return SWL_E_SPACE; }
    // RFC 8446 section 4.2.8.2: uncompressed points alone, which also leaves no encoding of the point at infinity.
    if (peer_count != swl_point_bytes(curve)) { return SWL_E_PUBLIC_VALUE; }
    if (curve != SWL_X25519 && peer[0] != 0x04) { return SWL_E_PUBLIC_VALUE; }
    mbedtls_ecp_point point, product;
    mbedtls_ecp_point_init(&point);
    mbedtls_ecp_point_init(&product);
    int ret = mbedtls_ecp_point_read_binary(group, &point, peer, peer_count);
    // Coordinates in range and, on P-256 and P-384, the curve's equation (RFC 8446 section 4.2.8.2).
    if (ret == 0) { ret = mbedtls_ecp_check_pubkey(group, &point); }
    if (ret == 0) { ret = multiply(curve, scalar, &point, &product); }
    if (ret == 0) {
        ret = curve == SWL_X25519 ? mbedtls_mpi_write_binary_le(&product.X, out, out_count)
                                  : mbedtls_mpi_write_binary(&product.X, out, out_count);
    }
    // RFC 7748 section 6.1, RFC 8446 section 7.4.2: a result of all zeros comes from a point of small order.
    const int zero = ret == 0 && curve == SWL_X25519 && is_all_zero(out, out_count);
    mbedtls_ecp_point_free(&point);
    mbedtls_ecp_point_free(&product);
    if (zero) { return SWL_E_PUBLIC_VALUE; }
    if (ret != 0) { mbedtls_platform_zeroize(out, out_count); }
    return swl_error(ret, SWL_E_PUBLIC_VALUE);
}
