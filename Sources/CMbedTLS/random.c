// Random bytes from getrandom(2), errors of mbedTLS made small, and the version.
#include "internal.h"

#include <errno.h>
#include <sys/random.h>

#include <mbedtls/error.h>

int swl_fill_getrandom(void *context, void *out, size_t count) {
    (void)context;
    uint8_t *next = out;
    while (count > 0) {
        // No flags: the urandom source, and it waits until the kernel's pool has been seeded once (getrandom(2)).
        ssize_t got = getrandom(next, count, 0);
        if (got < 0 && errno == EINTR) { continue; }
        if (got <= 0) { return SWL_E_RANDOM; }
        next += got;
        count -= (size_t)got;
    }
    return SWL_OK;
}

int swl_rng(void *context, unsigned char *out, size_t count) {
    (void)context;
    return swl_fill_getrandom(NULL, out, count) == SWL_OK ? 0 : MBEDTLS_ERR_ECP_RANDOM_FAILED;
}

int swl_rng_of_source(void *source, unsigned char *out, size_t count) {
    struct swl_source *from = source;
    return from->fill(from->context, out, count) == 0 ? 0 : MBEDTLS_ERR_ECP_RANDOM_FAILED;
}

int swl_error(int ret, int otherwise) {
    if (ret == 0) { return SWL_OK; }
    if (ret > 0) { return ret; }
    // An error is a code of a module (a multiple of 0x80), a code of a layer below it (less than 0x80), or the sum.
    const int low = -(-ret & 0x7F);
    const int high = -(-ret & 0xFF80);
    if (low == MBEDTLS_ERR_MPI_ALLOC_FAILED || low == -0x6A /* ASN1_ALLOC_FAILED */) { return SWL_E_MEMORY; }
    switch (high) {
    case MBEDTLS_ERR_ECP_ALLOC_FAILED:
    case MBEDTLS_ERR_MD_ALLOC_FAILED:
    case -0x6180: // CIPHER_ALLOC_FAILED
    case -0x3F80: // PK_ALLOC_FAILED
    case -0x1180: // PEM_ALLOC_FAILED
        return SWL_E_MEMORY;
    case MBEDTLS_ERR_ECP_RANDOM_FAILED:
    case -0x4480: // RSA_RNG_FAILED
        return SWL_E_RANDOM;
    default:
        return otherwise == SWL_OK ? ret : otherwise;
    }
}

uint32_t swl_mbedtls_version(void) { return mbedtls_version_get_number(); }

const char *swl_mbedtls_version_text(void) {
    static char text[18];
    mbedtls_version_get_string(text);
    return text;
}
