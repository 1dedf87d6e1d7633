// A private key in memory, and what reading, writing and generating keys and computing with RSA share. Not for others.
#ifndef SWIFTLET_CMBEDTLS_KEY_H
#define SWIFTLET_CMBEDTLS_KEY_H
#include "internal.h"

#include <mbedtls/pk.h>
#include <mbedtls/rsa.h>

struct swl_key {
    int type;             // SWL_KEY_...
    int curve;            // P-256 and P-384: the number of the shared group
    mbedtls_mpi d;        // P-256 and P-384: the scalar
    mbedtls_ecp_point q;  // P-256 and P-384: the public point
    mbedtls_pk_context pk; // RSA: holds the key
};

enum { SWL_RSA_BITS_MIN = 2048, SWL_RSA_BITS_MAX = 4096 };

// Writes the AlgorithmIdentifier of a key (RFC 5480 section 2.1.1, RFC 3279 section 2.3.1), backwards.
SWL_INTERNAL int swl_write_key_algorithm(uint8_t **p, uint8_t *start, int type);
// A public key that came from outside, of `minimum_bits` to 4096 bits, with an odd exponent in [3, 2^32). To be freed
// whatever it returns.
SWL_INTERNAL int swl_rsa_import(mbedtls_rsa_context *rsa, int padding, mbedtls_md_type_t md, const uint8_t *n,
                                size_t n_count, const uint8_t *e, size_t e_count, size_t minimum_bits);
// The curve of an EC key type.
SWL_INTERNAL int swl_key_type_curve(int type);

#endif
