// Stream sockets over TCP (IPv4, IPv6) and Unix addresses. Every socket is non-blocking and close-on-exec; TCP ones
// have TCP_NODELAY, since a flight leaves in one write and must not wait for an acknowledgement.
#ifndef SWIFTLET_CLINUX_SOCKETS_H
#define SWIFTLET_CLINUX_SOCKETS_H
#include <stddef.h>
#include <stdint.h>

// A socket address (struct sockaddr_storage).
struct swl_address {
    uint64_t storage[16];
    uint32_t length;
};

// A failure of the resolver is answered as -(SWL_RESOLVER_ERROR + code); swl_error_text describes it.
enum : int32_t { SWL_RESOLVER_ERROR = 10000 };

// The addresses of a host. Numbers (RFC 5952 text, with %scope) are understood without the resolver; a name goes to
// getaddrinfo(3), which blocks for as long as the system's resolver does, unless `numeric_only`. At most `capacity`
// addresses in the resolver's order. How many, or an error. No host at all is -EINVAL.
int32_t swl_resolve(
    const uint8_t *_Nonnull host, size_t host_count, uint16_t port, int32_t numeric_only,
    struct swl_address *_Nonnull addresses, size_t capacity);

// A Unix address; a leading '@' is the abstract namespace. -ENAMETOOLONG past 107 bytes.
int32_t swl_unix_address(const uint8_t *_Nonnull path, size_t count, struct swl_address *_Nonnull address);

// The text of an address as an endpoint: `127.0.0.1:80`, `[::1]:80`, `unix:/path`, `unix:@name`, `unix:` without name.
// Bytes outside printable ASCII become `?`, since a peer chooses its own Unix name. The count, cut at `capacity`.
size_t swl_address_text(const struct swl_address *_Nonnull address, uint8_t *_Nonnull text, size_t capacity);

// Begins to connect. A descriptor; `*pending` is 1 where the end must be awaited (wait until it is writable, then ask
// swl_connect_result). -EAGAIN: the Unix listener's queue is full; try again later.
int32_t swl_connect(const struct swl_address *_Nonnull address, int32_t *_Nonnull pending);
// 0 when connected, or -errno.
int32_t swl_connect_result(int32_t descriptor);

// Listens. A socket file left behind by a process that is gone is replaced; one in use is -EADDRINUSE. `mode` is the
// permission of a Unix socket's file (0600, say), in force before it can be seen.
int32_t swl_listen(const struct swl_address *_Nonnull address, int32_t backlog, uint32_t mode);
// The next connection, or -EAGAIN where there is none. A connection that its peer gave up meanwhile is skipped.
int32_t swl_accept(int32_t listener, struct swl_address *_Nullable peer);

int32_t swl_local_address(int32_t descriptor, struct swl_address *_Nonnull address);
int32_t swl_peer_address(int32_t descriptor, struct swl_address *_Nonnull address);

// Bytes moved, or -errno; -EAGAIN where it would block. 0 from receive is the end of the stream. Never SIGPIPE.
intptr_t swl_send(int32_t descriptor, const uint8_t *_Nonnull bytes, size_t count);
intptr_t swl_receive(int32_t descriptor, uint8_t *_Nonnull bytes, size_t count);
// Tells the peer that no more comes (half-close).
int32_t swl_shutdown_write(int32_t descriptor);
// Closing will send a reset instead of a clean end (TCP; a Unix socket has no such thing).
int32_t swl_reset_on_close(int32_t descriptor);

// Two connected Unix sockets.
int32_t swl_socket_pair(int32_t *_Nonnull one, int32_t *_Nonnull other);
// The kernel's buffers in bytes; 0 leaves one as it is.
int32_t swl_set_buffers(int32_t descriptor, int32_t send_bytes, int32_t receive_bytes);
// TCP keep-alive: first probe after `idle` seconds, then every `interval`, dead after `count`.
int32_t swl_set_keepalive(int32_t descriptor, int32_t idle, int32_t interval, int32_t count);
#endif
