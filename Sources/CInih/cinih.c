#include "cinih.h"

#include <ini.h>
#include <stdbool.h>
#include <string.h>

// Debian's inih has its options in variables; elsewhere they are fixed when inih is built and the variable is not there.
extern int swl_ini_max_line __asm__("ini_max_line") __attribute__((weak));

enum {
    LINE_MAXIMUM = 1024,
    SECTION_MAXIMUM = 49  // inih cuts a section's name here
};

struct state {
    const uint8_t *next;
    const uint8_t *end;
    swl_ini_visitor visitor;
    void *context;
    struct swl_ini_result result;
    int line;
};

static void fail(struct state *state, int32_t fault) {
    if (state->result.fault != SWL_INI_FINE) return;
    state->result.fault = fault;
    state->result.line = state->line;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

static bool is_comment(const char *text) {
    while (is_blank(*text)) text++;
    return *text == ';' || *text == '#' || *text == 0;
}

// A line that begins with '[': reports the section to the visitor.
static void visit_section(struct state *state, const char *line) {
    char name[SECTION_MAXIMUM + 1];
    const char *close = strchr(line, ']');
    size_t count = close ? (size_t)(close - line - 1) : 0;
    if (count == 0 || count > SECTION_MAXIMUM || !is_comment(close + 1)) {
        fail(state, SWL_INI_BAD_SECTION);
        return;
    }
    memcpy(name, line + 1, count);
    name[count] = 0;
    // inih would take a comment to begin there.
    if (strchr(name, ';')) {
        fail(state, SWL_INI_BAD_SECTION);
        return;
    }
    if (!state->visitor(state->context, state->line, name, NULL, NULL)) fail(state, SWL_INI_STOPPED);
}

// Checks a line, its end cut off, for what inih would misread.
static void check(struct state *state, char *line, size_t count) {
    for (size_t i = 0; i < count; i++) {
        unsigned char c = (unsigned char)line[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f) {
            fail(state, SWL_INI_CONTROL_CHARACTER);
            return;
        }
    }
    if (is_comment(line)) return;
    if (is_blank(line[0])) {
        fail(state, SWL_INI_CONTINUATION);
    } else if (line[0] == '[') {
        visit_section(state, line);
    }
}

// inih's reader, in fgets's manner: hands over exactly one whole line, or ends the file at the first fault.
static char *next_line(char *buffer, int size, void *stream) {
    struct state *state = stream;
    if (state->result.fault != SWL_INI_FINE || state->next == state->end) return NULL;
    state->line++;
    const uint8_t *newline = memchr(state->next, '\n', (size_t)(state->end - state->next));
    const uint8_t *end = newline ? newline : state->end;
    size_t count = (size_t)(end - state->next);
    if (newline && count > 0 && end[-1] == '\r') count--;
    state->result.limit = size - 3;
    if (size < 3 || count > (size_t)(size - 3)) {
        fail(state, SWL_INI_LINE_TOO_LONG);
        return NULL;
    }
    memcpy(buffer, state->next, count);
    buffer[count] = 0;
    state->next = newline ? newline + 1 : state->end;
    check(state, buffer, count);
    if (state->result.fault != SWL_INI_FINE) return NULL;
    buffer[count] = '\n';
    buffer[count + 1] = 0;
    return buffer;
}

static int take_setting(void *user, const char *section, const char *name, const char *value) {
    struct state *state = user;
    if (state->result.fault != SWL_INI_FINE) return 0;
    if (!*name || !value) {
        fail(state, SWL_INI_NO_VALUE);
    } else if (!state->visitor(state->context, state->line, section, name, value)) {
        fail(state, SWL_INI_STOPPED);
    }
    return state->result.fault == SWL_INI_FINE;
}

struct swl_ini_result swl_ini_parse(const uint8_t *text, size_t count, swl_ini_visitor visitor, void *context) {
    // A byte order mark would hide a section's header on the first line.
    size_t mark = count >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    struct state state = {text + mark, text + count, visitor, context, {SWL_INI_FINE, 0, 0}, 0};
    if (&swl_ini_max_line) swl_ini_max_line = LINE_MAXIMUM + 3;
    int line = ini_parse_stream(next_line, &state, take_setting, &state);
    // inih goes on after a line without `=`, so what was noticed here may lie behind it.
    if (line > 0 && (state.result.fault == SWL_INI_FINE || line < state.result.line)) {
        state.result.fault = SWL_INI_NO_VALUE;
        state.result.line = line;
    }
    return state.result;
}
