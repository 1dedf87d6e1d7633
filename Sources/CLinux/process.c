#define _GNU_SOURCE
#include "clinux_process.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "clinux_files.h"
#include "clinux_sockets.h"

void swl_exit(int32_t status) {
    exit(status);
}

int32_t swl_write_error(const uint8_t *bytes, size_t count) {
    return swl_write_all(STDERR_FILENO, bytes, count);
}

int32_t swl_write_output(const uint8_t *bytes, size_t count) {
    return swl_write_all(STDOUT_FILENO, bytes, count);
}

const char *swl_error_text(int32_t error) {
    if (error < 0) error = -error;
    // gai_strerror's codes are negative in glibc.
    if (error >= SWL_RESOLVER_ERROR) return gai_strerror(-(error - SWL_RESOLVER_ERROR));
    const char *text = strerrordesc_np(error);  // unlike strerror: no locale, no buffer, no allocation
    return text ? text : "unknown error";
}

int32_t swl_process_id(void) {
    return getpid();
}

int32_t swl_host_name(uint8_t *name, size_t capacity) {
    struct utsname system;
    if (uname(&system) < 0) return -errno;
    size_t length = strlen(system.nodename);
    if (length > capacity) return -ENAMETOOLONG;
    memcpy(name, system.nodename, length);
    return (int32_t)length;
}

uint32_t swl_effective_user(void) {
    return geteuid();
}

int32_t swl_notify(const uint8_t *state, size_t count) {
    const char *where = getenv("NOTIFY_SOCKET");
    if (!where || !*where) return 0;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(where);
    if ((where[0] != '/' && where[0] != '@') || length >= sizeof address.sun_path) return -EINVAL;
    memcpy(address.sun_path, where, length);
    if (where[0] == '@') address.sun_path[0] = 0;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -errno;
    socklen_t address_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    ssize_t sent = sendto(fd, state, count, MSG_NOSIGNAL, (struct sockaddr *)&address, address_length);
    int32_t result = sent < 0 ? -errno : 1;
    close(fd);
    return result;
}

int32_t swl_forbid_dumps(void) {
    struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) < 0) return -errno;
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ? -errno : 0;
}

int64_t swl_raise_descriptor_limit(uint64_t count) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return -errno;
    if (limit.rlim_cur < count) {
        limit.rlim_cur = count < limit.rlim_max ? count : limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) < 0) return -errno;
    }
    return (int64_t)limit.rlim_cur;
}
