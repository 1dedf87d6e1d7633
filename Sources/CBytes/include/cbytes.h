// What Swift cannot promise by itself: stores that are not optimised away, and a value that is not reasoned about.
#ifndef SWIFTLET_CBYTES_H
#define SWIFTLET_CBYTES_H
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// Zeroes `count` bytes; the barrier keeps the store even if nothing reads the memory again.
static inline void swl_wipe(void *_Nonnull memory, size_t count) {
    memset(memory, 0, count);
    __asm__ __volatile__("" : : "r"(memory) : "memory");
}

// The same byte; the compiler no longer knows anything about it, so it cannot leave a loop early because of it.
static inline uint8_t swl_opaque_byte(uint8_t value) {
    __asm__ __volatile__("" : "+r"(value));
    return value;
}
#endif
