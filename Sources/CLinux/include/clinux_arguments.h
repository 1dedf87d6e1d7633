// The program's arguments and environment. Embedded Swift has no CommandLine, and a program starts at Swift's
// `@main`, so a constructor saves what the C runtime hands to every constructor (glibc, static and shared alike).
#ifndef SWIFTLET_CLINUX_ARGUMENTS_H
#define SWIFTLET_CLINUX_ARGUMENTS_H
#include <stddef.h>
#include <stdint.h>

// How many arguments there are, the program's name included.
int32_t swl_argument_count(void);

// Argument `index` (0 is the program's name) with its terminator, or null past the end. Lives as long as the program.
const char *_Nullable swl_argument(int32_t index);

// The environment variable whose name is the `count` bytes at `name`, with its terminator, or null.
const char *_Nullable swl_environment(const uint8_t *_Nonnull name, size_t count);

// strlen(3), for the strings above.
size_t swl_string_length(const char *_Nonnull text);

// One long option of getopt_long(3).
struct swl_option {
    const uint8_t *_Nonnull name;  // with a terminator: a Swift StaticString's utf8Start will do
    int32_t takes_argument;        // 0 no, 1 yes
    int32_t value;                 // what swl_next_option answers for it; > 0
};

enum : int32_t {
    SWL_OPTION_END = -1,       // no more options; operands begin at swl_option_index()
    SWL_OPTION_UNKNOWN = '?',  // swl_option_text() is the word that was not understood
    SWL_OPTION_MISSING = ':',  // swl_option_text() is the option whose argument is missing
    SWL_OPTIONS_MAXIMUM = 63   // long options taken into account
};

// The next option of the program's arguments. It prints nothing. `short_options` is getopt's string (terminated) or
// null. Options and operands may be mixed: getopt moves the operands to the end.
int32_t swl_next_option(const struct swl_option *_Nonnull options, size_t count, const uint8_t *_Nullable short_options);

// The argument of the option just answered, or null.
const char *_Nullable swl_option_argument(void);

// The word of the command line that the last answer was about, or null.
const char *_Nullable swl_option_text(void);

// The index of the first argument that has not been looked at.
int32_t swl_option_index(void);

// Begins again, skipping the first `index` arguments (a verb, say).
void swl_option_restart(int32_t index);
#endif
