// The premaster secret out of a block that RSA has decrypted (RFC 8017 section 7.2.2 step 3, RFC 5246 section 7.4.7.1).
// By whether a block is well formed, an attacker who sends many decrypts or signs with the key (Bleichenbacher 1998, ROBOT
// 2017): so nothing that is done here depends on the block's bytes, neither a branch nor an address nor a time. The
// positions do not, either: only a message of exactly 48 bytes counts, so that its place is known beforehand.
//
// scripts/check-constant-time runs this file under valgrind with every byte of the block marked as undefined.
#include "cmbedtls.h"

// The same number; the compiler no longer knows anything about it, so it cannot turn arithmetic into a branch.
static inline uint32_t opaque(uint32_t value) {
    __asm__ __volatile__("" : "+r"(value));
    return value;
}

// 1 for 0, otherwise 0; of a number below 2^31.
static inline uint32_t is_zero(uint32_t value) { return opaque(value - 1) >> 31; }

void swl_premaster_unpad(const uint8_t *block, size_t count, uint8_t *premaster) {
    enum { MESSAGE = SWL_PREMASTER_BYTES, VERSION = 2, LEAST_BLOCK = 3 + 8 + MESSAGE };
    if (count < LEAST_BLOCK) { return; } // the size of the modulus, which everybody knows
    // EM = 0x00 || 0x02 || PS || 0x00 || M, with no zero in PS, which here is longer than the 8 bytes that it must have.
    const size_t separator = count - MESSAGE - 1;
    uint32_t wrong = block[0] | (block[1] ^ 0x02u) | block[separator];
    for (size_t i = 2; i < separator; i++) { wrong |= is_zero(block[i]); }
    // All ones where the padding is right, otherwise all zeros.
    const uint32_t right = opaque(0 - is_zero(opaque(wrong)));
    // The version is not taken from the message: it stays the one of the ClientHello.
    for (size_t i = VERSION; i < MESSAGE; i++) {
        premaster[i] = (uint8_t)((block[separator + 1 + i] & right) | (premaster[i] & ~right));
    }
}
