#define _GNU_SOURCE
#include "clinux_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "path.h"

_Static_assert(SWL_WORKING_DIRECTORY == AT_FDCWD, "the module says AT_FDCWD without fcntl.h");
_Static_assert(sizeof(off_t) == 8, "64-bit file sizes");

static int flags_for(int32_t how) {
    int flags = O_CLOEXEC | O_NOCTTY | (how & SWL_OPEN_NO_FOLLOW ? O_NOFOLLOW : 0);
    if (how & SWL_OPEN_NON_BLOCKING) flags |= O_NONBLOCK;
    switch (how & 0xff) {
    case SWL_OPEN_READ: return flags | O_RDONLY;
    case SWL_OPEN_DIRECTORY: return flags | O_RDONLY | O_DIRECTORY;
    case SWL_OPEN_CREATE_NEW: return flags | O_WRONLY | O_CREAT | O_EXCL;
    case SWL_OPEN_REPLACE: return flags | O_WRONLY | O_CREAT | O_TRUNC;
    case SWL_OPEN_APPEND: return flags | O_WRONLY | O_CREAT | O_APPEND;
    default: return -1;
    }
}

int32_t swl_open(int32_t directory, const uint8_t *path, size_t path_count, int32_t how, uint32_t mode) {
    struct swl_path terminated;
    int32_t bad = swl_path_set(&terminated, path, path_count);
    if (bad) return bad;
    int flags = flags_for(how);
    if (flags < 0) return -EINVAL;
    for (;;) {
        int fd = openat(directory, terminated.text, flags, (mode_t)mode);
        if (fd >= 0) return fd;
        if (errno != EINTR) return -errno;
    }
}

int32_t swl_close(int32_t descriptor) {
    // Linux frees the descriptor even when close answers EINTR; closing again could close somebody else's.
    return close(descriptor) == 0 || errno == EINTR ? 0 : -errno;
}

intptr_t swl_read(int32_t descriptor, uint8_t *bytes, size_t count) {
    for (;;) {
        ssize_t got = read(descriptor, bytes, count);
        if (got >= 0) return got;
        if (errno != EINTR) return -errno;
    }
}

intptr_t swl_write(int32_t descriptor, const uint8_t *bytes, size_t count) {
    for (;;) {
        ssize_t put = write(descriptor, bytes, count);
        if (put >= 0) return put;
        if (errno != EINTR) return -errno;
    }
}

int32_t swl_write_all(int32_t descriptor, const uint8_t *bytes, size_t count) {
    while (count > 0) {
        intptr_t put = swl_write(descriptor, bytes, count);
        if (put < 0) return (int32_t)put;
        bytes += put;
        count -= (size_t)put;
    }
    return 0;
}

intptr_t swl_read_file(
    int32_t directory, const uint8_t *path, size_t path_count, int32_t how, uint8_t *bytes, size_t capacity) {
    int32_t fd = swl_open(directory, path, path_count, SWL_OPEN_READ | (how & SWL_OPEN_NO_FOLLOW), 0);
    if (fd < 0) return fd;
    size_t done = 0;
    intptr_t got;
    for (;;) {
        uint8_t beyond;  // a file that just fits is told from a longer one by asking for one byte more
        got = done < capacity ? swl_read(fd, bytes + done, capacity - done) : swl_read(fd, &beyond, 1);
        if (got <= 0) break;
        if (done == capacity) {
            got = -EFBIG;
            break;
        }
        done += (size_t)got;
    }
    swl_close(fd);
    return got < 0 ? got : (intptr_t)done;
}

static int32_t kind_of(mode_t mode) {
    if (S_ISREG(mode)) return SWL_KIND_FILE;
    if (S_ISDIR(mode)) return SWL_KIND_DIRECTORY;
    if (S_ISLNK(mode)) return SWL_KIND_LINK;
    return S_ISSOCK(mode) ? SWL_KIND_SOCKET : SWL_KIND_OTHER;
}

static void fill_status(struct swl_file_status *status, const struct stat *from) {
    status->kind = kind_of(from->st_mode);
    status->permissions = from->st_mode & 07777;
    status->owner = from->st_uid;
    status->group = from->st_gid;
    status->size = from->st_size;
    status->modified = from->st_mtim.tv_sec;
    status->device = from->st_dev;
    status->inode = from->st_ino;
}

int32_t swl_descriptor_status(int32_t descriptor, struct swl_file_status *status) {
    struct stat found;
    if (fstat(descriptor, &found) < 0) return -errno;
    fill_status(status, &found);
    return 0;
}

int32_t swl_path_status(int32_t directory, const uint8_t *path, size_t path_count, struct swl_file_status *status) {
    struct swl_path terminated;
    int32_t bad = swl_path_set(&terminated, path, path_count);
    if (bad) return bad;
    struct stat found;
    if (fstatat(directory, terminated.text, &found, AT_SYMLINK_NOFOLLOW) < 0) return -errno;
    fill_status(status, &found);
    return 0;
}

int32_t swl_sync(int32_t descriptor) {
    return fsync(descriptor) == 0 ? 0 : -errno;
}

int32_t swl_set_permissions(int32_t descriptor, uint32_t permissions) {
    return fchmod(descriptor, (mode_t)permissions) == 0 ? 0 : -errno;
}

int32_t swl_set_owner(int32_t descriptor, uint32_t owner, uint32_t group) {
    return fchown(descriptor, owner, group) == 0 ? 0 : -errno;
}

int32_t swl_make_directory(int32_t directory, const uint8_t *path, size_t path_count, uint32_t mode) {
    struct swl_path terminated;
    int32_t bad = swl_path_set(&terminated, path, path_count);
    if (bad) return bad;
    return mkdirat(directory, terminated.text, (mode_t)mode) == 0 ? 0 : -errno;
}

int32_t swl_rename(int32_t directory, const uint8_t *from, size_t from_count, const uint8_t *to, size_t to_count) {
    struct swl_path source, target;
    int32_t bad = swl_path_set(&source, from, from_count);
    if (!bad) bad = swl_path_set(&target, to, to_count);
    if (bad) return bad;
    return renameat(directory, source.text, directory, target.text) == 0 ? 0 : -errno;
}

static int32_t remove_at(int32_t directory, const uint8_t *path, size_t path_count, int flags) {
    struct swl_path terminated;
    int32_t bad = swl_path_set(&terminated, path, path_count);
    if (bad) return bad;
    return unlinkat(directory, terminated.text, flags) == 0 ? 0 : -errno;
}

int32_t swl_remove_file(int32_t directory, const uint8_t *path, size_t path_count) {
    return remove_at(directory, path, path_count, 0);
}

int32_t swl_remove_directory(int32_t directory, const uint8_t *path, size_t path_count) {
    return remove_at(directory, path, path_count, AT_REMOVEDIR);
}

static int is_dot_or_dot_dot(const char *name) {
    return name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0));
}

int32_t swl_visit_directory(int32_t directory, swl_entry_visitor visit, void *context) {
    // A descriptor of its own: the position in the directory belongs to the open file.
    int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return -errno;
    _Alignas(struct dirent64) char buffer[4096];
    ssize_t got;
    int32_t stop = 0;
    while (!stop && (got = getdents64(fd, buffer, sizeof buffer)) > 0) {
        for (ssize_t offset = 0; !stop && offset < got;) {
            const struct dirent64 *entry = (const struct dirent64 *)(const void *)(buffer + offset);
            offset += entry->d_reclen;
            if (is_dot_or_dot_dot(entry->d_name)) continue;
            stop = visit(context, (const uint8_t *)entry->d_name, strlen(entry->d_name));
        }
    }
    int32_t result = !stop && got < 0 ? -errno : 0;
    close(fd);
    return result;
}

int32_t swl_lock(int32_t descriptor, int32_t wait) {
    while (flock(descriptor, LOCK_EX | (wait ? 0 : LOCK_NB)) < 0) {
        if (errno != EINTR) return -errno;
    }
    return 0;
}

void swl_unlock(int32_t descriptor) { (void)flock(descriptor, LOCK_UN); }

int32_t swl_set_non_blocking(int32_t descriptor, int32_t on) {
    int flags = fcntl(descriptor, F_GETFL);
    if (flags < 0) return -errno;
    flags = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
    return fcntl(descriptor, F_SETFL, flags) == 0 ? 0 : -errno;
}

int32_t swl_is_terminal(int32_t descriptor) {
    return isatty(descriptor);
}

int32_t swl_pipe(int32_t *read_end, int32_t *write_end) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) return -errno;
    *read_end = ends[0];
    *write_end = ends[1];
    return 0;
}
