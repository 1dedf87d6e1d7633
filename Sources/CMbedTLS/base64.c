// Base64 (RFC 4648 section 4) by mbedTLS, whose tables do not depend on the data: private keys pass through here.
#include "internal.h"

#include <mbedtls/base64.h>

static int base64_error(int ret) {
    if (ret == MBEDTLS_ERR_BASE64_BUFFER_TOO_SMALL) { return SWL_E_SPACE; }
    if (ret == MBEDTLS_ERR_BASE64_INVALID_CHARACTER) { return SWL_E_ENCODING; }
    return ret;
}

int swl_base64_encode(const uint8_t *bytes, size_t count, uint8_t *out, size_t capacity, size_t *written) {
    *written = 0;
    if (count == 0) { return SWL_OK; }
    // mbedTLS also writes a NUL behind the text; the last group goes through a buffer that has room for it.
    const size_t tail = count % 3 == 0 ? 3 : count % 3;
    const size_t head = count - tail;
    if (capacity / 4 < head / 3 + 1) { return SWL_E_SPACE; }
    uint8_t last[5];
    size_t length = 0;
    int ret = mbedtls_base64_encode(last, sizeof last, &length, bytes + head, tail);
    if (ret == 0 && head > 0) { ret = mbedtls_base64_encode(out, capacity, &length, bytes, head); }
    if (ret == 0) {
        for (size_t i = 0; i < 4; i++) { out[head / 3 * 4 + i] = last[i]; }
        *written = head / 3 * 4 + 4;
    }
    mbedtls_platform_zeroize(last, sizeof last);
    return base64_error(ret);
}

int swl_base64_decode(const uint8_t *text, size_t count, uint8_t *out, size_t capacity, size_t *written) {
    *written = 0;
    // mbedTLS drops what is left of a group at the end; RFC 4648 section 3.2 wants padding, so that is an error here.
    size_t characters = 0;
    for (size_t i = 0; i < count; i++) { characters += text[i] != '\r' && text[i] != '\n' && text[i] != ' '; }
    if (characters % 4 != 0) { return SWL_E_ENCODING; }
    if (characters == 0) { return SWL_OK; }
    return base64_error(mbedtls_base64_decode(out, capacity, written, text, count));
}
