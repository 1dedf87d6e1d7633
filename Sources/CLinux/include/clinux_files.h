// Files and descriptors. A path is relative to a directory's descriptor, or to the working directory with
// SWL_WORKING_DIRECTORY. All descriptors are opened close-on-exec.
#ifndef SWIFTLET_CLINUX_FILES_H
#define SWIFTLET_CLINUX_FILES_H
#include <stddef.h>
#include <stdint.h>

enum : int32_t { SWL_WORKING_DIRECTORY = -100 };  // AT_FDCWD, checked in files.c

enum : int32_t {
    SWL_OPEN_READ = 0,          // an existing file, for reading
    SWL_OPEN_DIRECTORY = 1,     // an existing directory, to be a base for other calls
    SWL_OPEN_CREATE_NEW = 2,    // a new file for writing; -EEXIST where there is one
    SWL_OPEN_REPLACE = 3,       // a file for writing, emptied where it exists
    SWL_OPEN_APPEND = 4,        // a file for appending, made where there is none
    // Added to one of the above:
    SWL_OPEN_NO_FOLLOW = 0x100,    // -ELOOP where the last name is a symbolic link
    SWL_OPEN_NON_BLOCKING = 0x200  // a pipe without a writer does not hold the caller up
};

// A descriptor. `mode` is the permission of a file that is made (less the process's umask).
int32_t swl_open(int32_t directory, const uint8_t *_Nonnull path, size_t path_count, int32_t how, uint32_t mode);

// Closes; an error at close is answered but the descriptor is gone all the same. Never repeated after EINTR.
int32_t swl_close(int32_t descriptor);

// read(2) and write(2): as many bytes as there are or fit; 0 from read is the end of the file.
intptr_t swl_read(int32_t descriptor, uint8_t *_Nonnull bytes, size_t count);
intptr_t swl_write(int32_t descriptor, const uint8_t *_Nonnull bytes, size_t count);

// Writes everything to a blocking descriptor. 0 or -errno.
int32_t swl_write_all(int32_t descriptor, const uint8_t *_Nonnull bytes, size_t count);

// A whole regular file (or pipe, or /dev/stdin) into `bytes`. Its size, or -EFBIG where it is larger than `capacity`,
// or -EISDIR. `how` is 0 or SWL_OPEN_NO_FOLLOW.
intptr_t swl_read_file(
    int32_t directory, const uint8_t *_Nonnull path, size_t path_count, int32_t how, uint8_t *_Nonnull bytes,
    size_t capacity);

// What is behind a descriptor or a path (not following a symbolic link).
enum : int32_t { SWL_KIND_OTHER = 0, SWL_KIND_FILE = 1, SWL_KIND_DIRECTORY = 2, SWL_KIND_LINK = 3, SWL_KIND_SOCKET = 4 };
struct swl_file_status {
    int32_t kind;
    uint32_t permissions;  // the low 12 bits of st_mode
    uint32_t owner;
    uint32_t group;
    int64_t size;
    int64_t modified;  // seconds since 1970
    uint64_t device;
    uint64_t inode;
};
int32_t swl_descriptor_status(int32_t descriptor, struct swl_file_status *_Nonnull status);
int32_t swl_path_status(
    int32_t directory, const uint8_t *_Nonnull path, size_t path_count, struct swl_file_status *_Nonnull status);

int32_t swl_sync(int32_t descriptor);
int32_t swl_set_permissions(int32_t descriptor, uint32_t permissions);
int32_t swl_set_owner(int32_t descriptor, uint32_t owner, uint32_t group);
int32_t swl_make_directory(int32_t directory, const uint8_t *_Nonnull path, size_t path_count, uint32_t mode);
// Replaces `to` in one step where it exists. Both are relative to `directory`.
int32_t swl_rename(
    int32_t directory, const uint8_t *_Nonnull from, size_t from_count, const uint8_t *_Nonnull to, size_t to_count);
int32_t swl_remove_file(int32_t directory, const uint8_t *_Nonnull path, size_t path_count);
int32_t swl_remove_directory(int32_t directory, const uint8_t *_Nonnull path, size_t path_count);
// The name of an entry of a directory, without terminator; anything but 0 ends the visit.
typedef int32_t (*swl_entry_visitor)(void *_Nonnull context, const uint8_t *_Nonnull name, size_t count);
// Calls `visit` for each entry but . and .., in no order. The directory must not be changed meanwhile.
int32_t swl_visit_directory(int32_t directory, swl_entry_visitor _Nonnull visit, void *_Nonnull context);
// An exclusive lock on an open file, until it is closed. -EWOULDBLOCK where another process holds it and !wait.
int32_t swl_lock(int32_t descriptor, int32_t wait);
// Gives the lock up, for every descriptor of the same open file, in whatever process. Nothing where there is none.
void swl_unlock(int32_t descriptor);

int32_t swl_set_non_blocking(int32_t descriptor, int32_t on);
int32_t swl_is_terminal(int32_t descriptor);
int32_t swl_pipe(int32_t *_Nonnull read_end, int32_t *_Nonnull write_end);
#endif
