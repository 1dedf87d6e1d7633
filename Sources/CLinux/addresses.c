#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "clinux_sockets.h"

enum : int32_t { HOST_MAXIMUM = 255 };  // RFC 1035 §2.3.4, and more than any number with its scope

static int32_t resolver_error(int code) {
    // EAI_SYSTEM says that errno has the reason.
    return code == EAI_SYSTEM ? -errno : -(SWL_RESOLVER_ERROR - code);
}

int32_t swl_resolve(
    const uint8_t *host, size_t host_count, uint16_t port, int32_t numeric_only, struct swl_address *addresses,
    size_t capacity) {
    char name[HOST_MAXIMUM + 1], service[8];
    if (host_count == 0 || host_count > HOST_MAXIMUM || memchr(host, 0, host_count)) return -EINVAL;
    memcpy(name, host, host_count);
    name[host_count] = 0;
    snprintf(service, sizeof service, "%u", port);

    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    int code = getaddrinfo(name, service, &hints, &found);
    if (code == EAI_NONAME && !numeric_only) {
        hints.ai_flags = AI_NUMERICSERV;
        code = getaddrinfo(name, service, &hints, &found);
    }
    if (code != 0) return resolver_error(code);

    size_t count = 0;
    for (struct addrinfo *one = found; one && count < capacity; one = one->ai_next) {
        if (one->ai_addrlen > sizeof addresses->storage) continue;
        memset(&addresses[count], 0, sizeof *addresses);
        memcpy(addresses[count].storage, one->ai_addr, one->ai_addrlen);
        addresses[count].length = one->ai_addrlen;
        count++;
    }
    freeaddrinfo(found);
    return (int32_t)count;
}

int32_t swl_unix_address(const uint8_t *path, size_t count, struct swl_address *address) {
    struct sockaddr_un *name = (struct sockaddr_un *)address->storage;
    memset(address, 0, sizeof *address);
    if (count == 0 || memchr(path, 0, count)) return -EINVAL;
    if (count >= sizeof name->sun_path) return -ENAMETOOLONG;
    name->sun_family = AF_UNIX;
    memcpy(name->sun_path, path, count);
    address->length = (uint32_t)(offsetof(struct sockaddr_un, sun_path) + count);
    if (path[0] == '@') name->sun_path[0] = 0;  // an abstract name is as long as the address says, unterminated
    else address->length += 1;
    return 0;
}

static size_t unix_text(const struct swl_address *address, uint8_t *text, size_t capacity) {
    const struct sockaddr_un *name = (const struct sockaddr_un *)address->storage;
    size_t start = offsetof(struct sockaddr_un, sun_path), done = 0;
    size_t count = address->length > start ? address->length - start : 0;
    if (count > sizeof name->sun_path) count = sizeof name->sun_path;
    for (const char *prefix = "unix:"; *prefix && done < capacity; prefix++) text[done++] = (uint8_t)*prefix;
    for (size_t i = 0; i < count && done < capacity; i++) {
        unsigned char byte = (unsigned char)name->sun_path[i];
        if (byte == 0 && i == 0) byte = '@';
        else if (byte == 0 && name->sun_path[0] != 0) break;
        text[done++] = byte > 0x20 && byte < 0x7f ? byte : '?';
    }
    return done;
}

size_t swl_address_text(const struct swl_address *address, uint8_t *text, size_t capacity) {
    const struct sockaddr *any = (const struct sockaddr *)address->storage;
    if (any->sa_family == AF_UNIX) return unix_text(address, text, capacity);
    char host[NI_MAXHOST], service[NI_MAXSERV], whole[NI_MAXHOST + NI_MAXSERV + 4];
    if (getnameinfo(any, address->length, host, sizeof host, service, sizeof service, NI_NUMERICHOST | NI_NUMERICSERV))
        return 0;
    int length = snprintf(whole, sizeof whole, any->sa_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, service);
    size_t count = length < 0 ? 0 : (size_t)length;
    if (count > capacity) count = capacity;
    memcpy(text, whole, count);
    return count;
}
