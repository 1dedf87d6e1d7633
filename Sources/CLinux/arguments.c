#define _GNU_SOURCE
#include "clinux_arguments.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static int saved_count;
static char **saved_arguments;

// glibc calls constructors with the three arguments of main.
__attribute__((constructor)) static void save_arguments(int count, char **arguments, char **environment) {
    (void)environment;
    saved_count = count;
    saved_arguments = arguments;
}

int32_t swl_argument_count(void) {
    return saved_count;
}

const char *swl_argument(int32_t index) {
    return index >= 0 && index < saved_count ? saved_arguments[index] : NULL;
}

const char *swl_environment(const uint8_t *name, size_t count) {
    char terminated[128];
    if (count == 0 || count >= sizeof terminated) return NULL;
    memcpy(terminated, name, count);
    terminated[count] = 0;
    return getenv(terminated);
}

size_t swl_string_length(const char *text) {
    return strlen(text);
}

// Where getopt's view of the arguments begins, so that a verb can be skipped: getopt never looks at index 0.
static int skipped;

int32_t swl_next_option(const struct swl_option *options, size_t count, const uint8_t *short_options) {
    struct option table[SWL_OPTIONS_MAXIMUM + 1];
    if (count > SWL_OPTIONS_MAXIMUM) count = SWL_OPTIONS_MAXIMUM;
    for (size_t i = 0; i < count; i++) {
        table[i].name = (const char *)options[i].name;
        table[i].has_arg = options[i].takes_argument ? required_argument : no_argument;
        table[i].flag = NULL;
        table[i].val = options[i].value;
    }
    memset(&table[count], 0, sizeof table[count]);
    // A leading ':' keeps getopt silent and tells a missing argument from an unknown option.
    char letters[64] = ":";
    if (short_options) strncat(letters, (const char *)short_options, sizeof letters - 2);
    if (skipped >= saved_count) return SWL_OPTION_END;
    return getopt_long(saved_count - skipped, saved_arguments + skipped, letters, table, NULL);
}

const char *swl_option_argument(void) {
    return optarg;
}

const char *swl_option_text(void) {
    return swl_argument(swl_option_index() - 1);
}

int32_t swl_option_index(void) {
    return optind == 0 ? skipped + 1 : optind + skipped;
}

void swl_option_restart(int32_t index) {
    skipped = index < 0 ? 0 : index;
    optind = 0;  // glibc: 0 begins anew, and forgets the operands moved so far
}
