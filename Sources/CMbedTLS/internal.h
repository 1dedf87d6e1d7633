// What the files of CMbedTLS share: the two versions made one, errors made small, the loaded curves. Not for others.
#ifndef SWIFTLET_CMBEDTLS_INTERNAL_H
#define SWIFTLET_CMBEDTLS_INTERNAL_H

// mbedTLS 3 marks the members of its structures private; a shared group and keys of our own need a few of them.
#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#include <mbedtls/version.h>
#if MBEDTLS_VERSION_NUMBER < 0x021C0300 || MBEDTLS_VERSION_NUMBER >= 0x04000000
#error "CMbedTLS is written for mbedTLS 2.28.3 and later, and 3.6"
#endif
#include <mbedtls/bignum.h>
#include <mbedtls/ecp.h>
#include <mbedtls/md.h>
#include <mbedtls/platform_util.h>

#include "cmbedtls.h"

#if MBEDTLS_VERSION_NUMBER >= 0x03000000
#define SWL_MBEDTLS_3 1
#else
#define SWL_MBEDTLS_3 0
#endif

#define SWL_INTERNAL __attribute__((visibility("hidden")))

// One of SWL_E_..., or mbedTLS's number, for an error of mbedTLS; `otherwise` where it says only that input was bad.
SWL_INTERNAL int swl_error(int ret, int otherwise);

// The length of a hash and mbedTLS's number for it; 0 and MBEDTLS_MD_NONE for an unknown one.
SWL_INTERNAL size_t swl_hash_bytes(int hash);
SWL_INTERNAL mbedtls_md_type_t swl_hash_type(int hash);

// mbedTLS's f_rng over getrandom(2), for blinding.
SWL_INTERNAL int swl_rng(void *context, unsigned char *out, size_t count);

// A source given by the caller, as the context of `swl_rng_of_source`.
struct swl_source {
    swl_fill_fn fill;
    void *context;
};
SWL_INTERNAL int swl_rng_of_source(void *source, unsigned char *out, size_t count);

// The one group of a curve, loaded when first asked for; null where that failed or there is no such curve.
SWL_INTERNAL mbedtls_ecp_group *swl_group(int curve);
// The length of a coordinate and of a scalar.
SWL_INTERNAL size_t swl_scalar_bytes(int curve);
SWL_INTERNAL size_t swl_point_bytes(int curve);

#endif
