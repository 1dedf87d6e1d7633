// Copies a counted path into a terminated buffer. Not part of the module.
#ifndef SWIFTLET_CLINUX_PATH_H
#define SWIFTLET_CLINUX_PATH_H
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>

struct swl_path {
    char text[PATH_MAX];
};

// 0, or -errno: empty, too long, or holding NUL (which would silently name another file).
static inline int32_t swl_path_set(struct swl_path *path, const uint8_t *bytes, size_t count) {
    if (count == 0) return -ENOENT;
    if (count >= sizeof path->text) return -ENAMETOOLONG;
    if (memchr(bytes, 0, count)) return -EINVAL;
    memcpy(path->text, bytes, count);
    path->text[count] = 0;
    return 0;
}
#endif
