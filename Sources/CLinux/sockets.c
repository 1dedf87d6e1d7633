#define _GNU_SOURCE
#include "clinux_sockets.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

_Static_assert(sizeof(struct swl_address) >= sizeof(struct sockaddr_storage) + 4, "room for any address");

static const struct sockaddr *socket_address(const struct swl_address *address) {
    return (const struct sockaddr *)address->storage;
}

static int open_socket(int family) {
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return fd < 0 ? -errno : fd;
}

static void set_no_delay(int fd, int family) {
    int one = 1;
    if (family != AF_UNIX) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

int32_t swl_connect(const struct swl_address *address, int32_t *pending) {
    const struct sockaddr *to = socket_address(address);
    int fd = open_socket(to->sa_family);
    if (fd < 0) return fd;
    set_no_delay(fd, to->sa_family);
    *pending = 0;
    if (connect(fd, to, address->length) == 0) return fd;
    // An interrupted connect goes on by itself, like one in progress (POSIX).
    if (errno == EINPROGRESS || errno == EINTR) {
        *pending = 1;
        return fd;
    }
    int error = errno;
    close(fd);
    return -error;
}

int32_t swl_connect_result(int32_t descriptor) {
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length) < 0) return -errno;
    return -error;
}

// Whether a socket file has no listener behind it any more. It is removed then.
static int remove_if_stale(const struct swl_address *address) {
    const struct sockaddr_un *name = (const struct sockaddr_un *)address->storage;
    if (name->sun_family != AF_UNIX || name->sun_path[0] == 0) return 0;
    struct stat found;
    if (lstat(name->sun_path, &found) < 0 || !S_ISSOCK(found.st_mode)) return 0;
    int32_t pending;
    int fd = swl_connect(address, &pending);
    if (fd >= 0) {
        close(fd);
        return 0;
    }
    return fd == -ECONNREFUSED && unlink(name->sun_path) == 0;
}

int32_t swl_listen(const struct swl_address *address, int32_t backlog, uint32_t mode) {
    const struct sockaddr *at = socket_address(address);
    int fd = open_socket(at->sa_family);
    if (fd < 0) return fd;
    int one = 1;
    // Linux gives a Unix socket's file the mode of the unbound socket, so it is never open to others meanwhile.
    if (at->sa_family == AF_UNIX) fchmod(fd, (mode_t)mode);
    else setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    int failed = bind(fd, at, address->length) < 0;
    if (failed && errno == EADDRINUSE) {
        failed = !remove_if_stale(address) || bind(fd, at, address->length) < 0;
        if (failed) errno = EADDRINUSE;
    }
    if (failed || listen(fd, backlog) < 0) {
        int error = errno;
        close(fd);
        return -error;
    }
    return fd;
}

int32_t swl_accept(int32_t listener, struct swl_address *peer) {
    for (int attempt = 0; attempt < 16; attempt++) {
        struct swl_address unused;
        struct swl_address *from = peer ? peer : &unused;
        socklen_t length = sizeof from->storage;
        memset(from, 0, sizeof *from);
        int fd = accept4(listener, (struct sockaddr *)from->storage, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0) {
            from->length = length;
            set_no_delay(fd, socket_address(from)->sa_family);
            return fd;
        }
        // accept(2): errors of the new connection itself, to be treated like "none yet".
        if (errno != EINTR && errno != ECONNABORTED && errno != EPROTO && errno != ENETDOWN && errno != EHOSTUNREACH)
            return -errno;
    }
    return -EAGAIN;
}

int32_t swl_local_address(int32_t descriptor, struct swl_address *address) {
    socklen_t length = sizeof address->storage;
    memset(address, 0, sizeof *address);
    if (getsockname(descriptor, (struct sockaddr *)address->storage, &length) < 0) return -errno;
    address->length = length;
    return 0;
}

int32_t swl_peer_address(int32_t descriptor, struct swl_address *address) {
    socklen_t length = sizeof address->storage;
    memset(address, 0, sizeof *address);
    if (getpeername(descriptor, (struct sockaddr *)address->storage, &length) < 0) return -errno;
    address->length = length;
    return 0;
}

intptr_t swl_send(int32_t descriptor, const uint8_t *bytes, size_t count) {
    for (;;) {
        ssize_t put = send(descriptor, bytes, count, MSG_NOSIGNAL);
        if (put >= 0) return put;
        if (errno != EINTR) return -errno;
    }
}

intptr_t swl_receive(int32_t descriptor, uint8_t *bytes, size_t count) {
    for (;;) {
        ssize_t got = recv(descriptor, bytes, count, 0);
        if (got >= 0) return got;
        if (errno != EINTR) return -errno;
    }
}

int32_t swl_shutdown_write(int32_t descriptor) {
    return shutdown(descriptor, SHUT_WR) == 0 ? 0 : -errno;
}

int32_t swl_reset_on_close(int32_t descriptor) {
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    return setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, sizeof linger) == 0 ? 0 : -errno;
}

int32_t swl_socket_pair(int32_t *one, int32_t *other) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0) return -errno;
    *one = ends[0];
    *other = ends[1];
    return 0;
}

int32_t swl_set_buffers(int32_t descriptor, int32_t send_bytes, int32_t receive_bytes) {
    if (send_bytes > 0 && setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &send_bytes, sizeof send_bytes) < 0)
        return -errno;
    if (receive_bytes > 0 && setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes) < 0)
        return -errno;
    return 0;
}

int32_t swl_set_keepalive(int32_t descriptor, int32_t idle, int32_t interval, int32_t count) {
    int one = 1;
    if (setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one) < 0 ||
        setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle) < 0 ||
        setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval) < 0 ||
        setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count) < 0)
        return -errno;
    return 0;
}
