// Runs the unpadding of a premaster secret (Sources/CMbedTLS/premaster.c) with the whole block, and the premaster secret that
// may be replaced, marked as undefined: then valgrind's memcheck reports every branch and every address that depends on
// them. For scripts/check-constant-time.
//
//   premaster COUNT KIND [plant]
//
// COUNT is the length of the block, KIND what stands in it: good, type, early, none. With `plant` a function takes the place of
// ours that looks at the padding as one would without thinking: shows that valgrind would notice. Prints whether the secret
// was taken, when it is no secret any more.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <valgrind/memcheck.h>

#include "cmbedtls.h"

enum { MESSAGE = SWL_PREMASTER_BYTES, LONGEST = 512 };

static void unpad_carelessly(const uint8_t *block, size_t count, uint8_t *premaster) {
    if (block[0] != 0 || block[1] != 2) { return; }
    size_t i = 2;
    while (i < count && block[i] != 0) { i++; }
    if (count - i != MESSAGE + 1) { return; }
    memcpy(premaster + 2, block + i + 3, MESSAGE - 2);
}

int main(int argc, char **argv) {
    if (argc < 3) { return 64; }
    const size_t count = strtoul(argv[1], NULL, 10);
    if (count > LONGEST || count < MESSAGE + 11) { return 64; }
    uint8_t block[LONGEST];
    uint8_t premaster[MESSAGE];
    memset(block, 0xA5, sizeof block);
    memset(premaster, 0x11, sizeof premaster);
    block[0] = 0;
    block[1] = strcmp(argv[2], "type") == 0 ? 1 : 2;
    if (strcmp(argv[2], "none") != 0) { block[count - MESSAGE - 1] = 0; }
    if (strcmp(argv[2], "early") == 0) { block[20] = 0; }
    VALGRIND_MAKE_MEM_UNDEFINED(block, sizeof block);
    VALGRIND_MAKE_MEM_UNDEFINED(premaster, sizeof premaster);
    if (argc > 3) {
        unpad_carelessly(block, count, premaster);
    } else {
        swl_premaster_unpad(block, count, premaster);
    }
    VALGRIND_MAKE_MEM_DEFINED(premaster, sizeof premaster);
    puts(premaster[2] == 0xA5 && premaster[MESSAGE - 1] == 0xA5 ? "taken" : "left");
    return premaster[0] != 0x11 || premaster[1] != 0x11;
}
