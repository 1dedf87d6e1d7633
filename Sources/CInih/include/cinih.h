// CInih: configuration files, read by inih (ini_parse_stream) but checked line by line before inih sees them.
//
// inih alone would take a line that begins with a blank as more of the value before it, cut a line that is too long in
// two, cut a section's name at 49 bytes, pass over what follows `]`, and say nothing of a section without settings.
// Here all of these are errors with their line, and every section's header is reported.
#ifndef SWIFTLET_CINIH_H
#define SWIFTLET_CINIH_H
#include <stddef.h>
#include <stdint.h>

// What is wrong with a line.
enum : int32_t {
    SWL_INI_FINE = 0,
    SWL_INI_STOPPED = 1,            // the visitor answered 0
    SWL_INI_LINE_TOO_LONG = 2,      // see `swl_ini_result.limit`
    SWL_INI_CONTINUATION = 3,       // the line begins with a blank
    SWL_INI_CONTROL_CHARACTER = 4,  // NUL, or any other control character but a tab
    SWL_INI_BAD_SECTION = 5,        // no `]`, nothing before it, something after it, or more than 49 bytes
    SWL_INI_NO_VALUE = 6            // neither a section, a comment, nor a name with a value
};

struct swl_ini_result {
    int32_t fault;
    int32_t line;   // where; the first is 1
    int32_t limit;  // bytes that a line may have, its end not counted
};

// Told of each section's header (`name` and `value` null) and of each setting. All text is terminated and valid during
// the call only. Answers 1 to go on and 0 to stop.
typedef int32_t (*swl_ini_visitor)(
    void *_Nullable context, int32_t line, const char *_Nonnull section, const char *_Nullable name,
    const char *_Nullable value);

// Reads the `count` bytes at `text`, up to the first fault.
struct swl_ini_result swl_ini_parse(
    const uint8_t *_Nonnull text, size_t count, swl_ini_visitor _Nonnull visitor, void *_Nullable context);
#endif
