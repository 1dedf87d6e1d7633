// The curves, loaded once for the process. On mbedTLS 2.28 a fresh P-256 group computes its table of multiples of the
// generator anew (4.75 million instructions), so nothing here uses a call that loads or copies a group.
//
// Threads: a group is loaded under a lock, together with the table that 2.28 would otherwise write into it with the
// first multiplication of the generator. After that every call in ecdh.c, ecdsa.c and keys.c only reads the groups:
// `swl_curves_fingerprint` hashes the structures and tables, and a test compares it before and after every operation.
// That was checked with mbedTLS 2.28.3 and 3.6; it is not a promise that mbedTLS itself makes.
#include "internal.h"

#include <pthread.h>
#include <stdatomic.h>

#include <mbedtls/sha256.h>

enum { CURVES = 3 };
static mbedtls_ecp_group groups[CURVES];
static atomic_int loaded[CURVES];
static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;

static const mbedtls_ecp_group_id group_ids[CURVES] = {
    [SWL_X25519] = MBEDTLS_ECP_DP_CURVE25519,
    [SWL_SECP256R1] = MBEDTLS_ECP_DP_SECP256R1,
    [SWL_SECP384R1] = MBEDTLS_ECP_DP_SECP384R1,
};

// Loads a group and builds the table of its generator, which any multiple does; Curve25519 has none.
static int load(mbedtls_ecp_group *group, int curve) {
    mbedtls_mpi two;
    mbedtls_ecp_point point;
    mbedtls_ecp_group_init(group);
    mbedtls_mpi_init(&two);
    mbedtls_ecp_point_init(&point);
    int ret = mbedtls_ecp_group_load(group, group_ids[curve]);
    if (ret == 0 && curve != SWL_X25519) {
        ret = mbedtls_mpi_lset(&two, 2);
        if (ret == 0) { ret = mbedtls_ecp_mul(group, &point, &two, &group->G, swl_rng, NULL); }
    }
    mbedtls_ecp_point_free(&point);
    mbedtls_mpi_free(&two);
    if (ret != 0) { mbedtls_ecp_group_free(group); }
    return ret;
}

mbedtls_ecp_group *swl_group(int curve) {
    if (curve < 0 || curve >= CURVES) { return NULL; }
    if (!atomic_load_explicit(&loaded[curve], memory_order_acquire)) {
        pthread_mutex_lock(&loading);
        if (!atomic_load_explicit(&loaded[curve], memory_order_relaxed) && load(&groups[curve], curve) == 0) {
            atomic_store_explicit(&loaded[curve], 1, memory_order_release);
        }
        pthread_mutex_unlock(&loading);
        if (!atomic_load_explicit(&loaded[curve], memory_order_acquire)) { return NULL; }
    }
    return &groups[curve];
}

size_t swl_scalar_bytes(int curve) {
    switch (curve) {
    case SWL_X25519: return 32;
    case SWL_SECP256R1: return 32;
    case SWL_SECP384R1: return 48;
    default: return 0;
    }
}

size_t swl_point_bytes(int curve) {
    return curve == SWL_X25519 ? 32 : 1 + 2 * swl_scalar_bytes(curve);
}

int swl_curves_warm(void) {
    for (int curve = 0; curve < CURVES; curve++) {
        if (swl_group(curve) == NULL) { return SWL_E_MEMORY; }
    }
    return SWL_OK;
}

#if SWL_MBEDTLS_3
#define SHA(name) name
#else
#define SHA(name) name##_ret
#endif

static void hash_number(mbedtls_sha256_context *sha, const mbedtls_mpi *number) {
    (void)SHA(mbedtls_sha256_update)(sha, (const unsigned char *)number, sizeof *number);
    if (number->p != NULL) {
        (void)SHA(mbedtls_sha256_update)(sha, (const unsigned char *)number->p,
                                         number->n * sizeof(mbedtls_mpi_uint));
    }
}

int swl_curves_fingerprint(uint8_t *out) {
    mbedtls_sha256_context sha;
    mbedtls_sha256_init(&sha);
    (void)SHA(mbedtls_sha256_starts)(&sha, 0);
    (void)SHA(mbedtls_sha256_update)(&sha, (const unsigned char *)groups, sizeof groups);
    for (int curve = 0; curve < CURVES; curve++) {
        if (!loaded[curve]) { continue; }
        const mbedtls_ecp_group *group = &groups[curve];
        const mbedtls_mpi *numbers[] = {&group->P,   &group->A,   &group->B,  &group->G.X,
                                        &group->G.Y, &group->G.Z, &group->N};
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) { hash_number(&sha, numbers[i]); }
        for (size_t i = 0; group->T != NULL && i < group->T_size; i++) {
            hash_number(&sha, &group->T[i].X);
            hash_number(&sha, &group->T[i].Y);
            hash_number(&sha, &group->T[i].Z);
        }
    }
    int ret = SHA(mbedtls_sha256_finish)(&sha, out);
    mbedtls_sha256_free(&sha);
    return swl_error(ret, SWL_OK);
}
