// Writing DER (X.690) backwards, by mbedTLS's asn1write functions.
#include "internal.h"

#include <mbedtls/asn1.h>
#include <mbedtls/asn1write.h>

int swl_asn1_write_len(uint8_t **p, uint8_t *start, size_t length) { return mbedtls_asn1_write_len(p, start, length); }

int swl_asn1_write_tag(uint8_t **p, uint8_t *start, uint8_t tag) { return mbedtls_asn1_write_tag(p, start, tag); }

int swl_asn1_write_raw(uint8_t **p, uint8_t *start, const uint8_t *bytes, size_t count) {
    return count == 0 ? 0 : mbedtls_asn1_write_raw_buffer(p, start, bytes, count);
}

int swl_asn1_write_null(uint8_t **p, uint8_t *start) { return mbedtls_asn1_write_null(p, start); }

int swl_asn1_write_bool(uint8_t **p, uint8_t *start, int value) { return mbedtls_asn1_write_bool(p, start, value); }

int swl_asn1_write_int(uint8_t **p, uint8_t *start, int value) {
    return value < 0 ? MBEDTLS_ERR_ASN1_INVALID_DATA : mbedtls_asn1_write_int(p, start, value);
}

// The length and tag in front of `count` bytes of contents.
static int write_head(uint8_t **p, uint8_t *start, size_t count, uint8_t tag) {
    int length = mbedtls_asn1_write_len(p, start, count);
    if (length < 0) { return length; }
    int one = mbedtls_asn1_write_tag(p, start, tag);
    return one < 0 ? one : (int)count + length + one;
}

int swl_asn1_write_unsigned(uint8_t **p, uint8_t *start, const uint8_t *bytes, size_t count) {
    while (count > 0 && bytes[0] == 0) { bytes++, count--; }
    int ret = swl_asn1_write_raw(p, start, bytes, count);
    if (ret < 0) { return ret; }
    // X.690 section 8.3: two's complement, so a first bit of one needs a zero byte in front; zero is one zero byte.
    if (count == 0 || (bytes[0] & 0x80) != 0) {
        static const uint8_t zero = 0;
        ret = mbedtls_asn1_write_raw_buffer(p, start, &zero, 1);
        if (ret < 0) { return ret; }
        count++;
    }
    return write_head(p, start, count, MBEDTLS_ASN1_INTEGER);
}

int swl_asn1_write_oid(uint8_t **p, uint8_t *start, const uint8_t *oid, size_t count) {
    return mbedtls_asn1_write_oid(p, start, (const char *)oid, count);
}

int swl_asn1_write_bit_string(uint8_t **p, uint8_t *start, const uint8_t *bytes, size_t bits) {
    static const uint8_t nothing[1];
    return mbedtls_asn1_write_bitstring(p, start, bytes == NULL ? nothing : bytes, bits);
}

int swl_asn1_write_named_bit_string(uint8_t **p, uint8_t *start, const uint8_t *bytes, size_t bits) {
    static const uint8_t nothing[1];
    return mbedtls_asn1_write_named_bitstring(p, start, bytes == NULL ? nothing : bytes, bits);
}

int swl_asn1_write_octet_string(uint8_t **p, uint8_t *start, const uint8_t *bytes, size_t count) {
    int ret = swl_asn1_write_raw(p, start, bytes, count);
    return ret < 0 ? ret : write_head(p, start, count, MBEDTLS_ASN1_OCTET_STRING);
}

int swl_asn1_write_tagged_string(uint8_t **p, uint8_t *start, int tag, const uint8_t *text, size_t count) {
    int ret = swl_asn1_write_raw(p, start, text, count);
    return ret < 0 ? ret : write_head(p, start, count, (uint8_t)tag);
}
