#define _GNU_SOURCE
#include "clinux_readiness.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "clinux_files.h"

_Static_assert(POLLIN == SWL_READABLE && EPOLLIN == SWL_READABLE, "readable");
_Static_assert(POLLOUT == SWL_WRITABLE && EPOLLOUT == SWL_WRITABLE, "writable");
_Static_assert(POLLERR == SWL_ERROR && EPOLLERR == SWL_ERROR, "error");
_Static_assert(POLLHUP == SWL_HANG_UP && EPOLLHUP == SWL_HANG_UP, "hang-up");
_Static_assert((uint32_t)EPOLLET == (uint32_t)SWL_EDGE_TRIGGERED, "edge-triggered");
_Static_assert(POLLRDHUP == SWL_PEER_CLOSED && EPOLLRDHUP == SWL_PEER_CLOSED, "peer closed");
_Static_assert(
    sizeof(struct pollfd) == sizeof(struct swl_poll_entry) && offsetof(struct pollfd, fd) == 0 &&
        offsetof(struct pollfd, events) == offsetof(struct swl_poll_entry, wants) &&
        offsetof(struct pollfd, revents) == offsetof(struct swl_poll_entry, has),
    "swl_poll_entry is struct pollfd");

int32_t swl_poll(struct swl_poll_entry *entries, size_t count, int32_t milliseconds) {
    int ready = poll((struct pollfd *)entries, count, milliseconds);
    return ready < 0 ? -errno : ready;
}

int32_t swl_wait(int32_t descriptor, int32_t wants, int32_t milliseconds) {
    struct swl_poll_entry entry = {descriptor, (int16_t)wants, 0};
    int32_t ready = swl_poll(&entry, 1, milliseconds);
    if (ready <= 0) return ready;
    return entry.has & POLLNVAL ? -EBADF : entry.has;
}

int32_t swl_epoll_create(void) {
    int fd = epoll_create1(EPOLL_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static int32_t control(int epoll, int operation, int descriptor, int32_t events, uint64_t token) {
    struct epoll_event event = {.events = (uint32_t)events, .data.u64 = token};
    return epoll_ctl(epoll, operation, descriptor, &event) == 0 ? 0 : -errno;
}

int32_t swl_epoll_add(int32_t epoll, int32_t descriptor, int32_t events, uint64_t token) {
    return control(epoll, EPOLL_CTL_ADD, descriptor, events, token);
}

int32_t swl_epoll_change(int32_t epoll, int32_t descriptor, int32_t events, uint64_t token) {
    return control(epoll, EPOLL_CTL_MOD, descriptor, events, token);
}

int32_t swl_epoll_remove(int32_t epoll, int32_t descriptor) {
    return control(epoll, EPOLL_CTL_DEL, descriptor, 0, 0);
}

int32_t swl_epoll_wait(int32_t epoll, struct swl_event *events, size_t capacity, int32_t milliseconds) {
    struct epoll_event found[SWL_EVENTS_MAXIMUM];  // the kernel's struct is packed on x86-64, so it is copied
    int room = capacity < SWL_EVENTS_MAXIMUM ? (int)capacity : SWL_EVENTS_MAXIMUM;
    int count = epoll_wait(epoll, found, room, milliseconds);
    if (count < 0) return errno == EINTR ? 0 : -errno;
    for (int i = 0; i < count; i++) {
        events[i].events = (int32_t)found[i].events;
        events[i].token = found[i].data.u64;
    }
    return count;
}

int32_t swl_event_create(void) {
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

int32_t swl_event_raise(int32_t event) {
    uint64_t one = 1;
    intptr_t put = swl_write(event, (const uint8_t *)&one, sizeof one);
    return put < 0 && put != -EAGAIN ? (int32_t)put : 0;  // a full counter is raised already
}

int32_t swl_event_clear(int32_t event) {
    uint64_t count;
    intptr_t got = swl_read(event, (uint8_t *)&count, sizeof count);
    return got < 0 && got != -EAGAIN ? (int32_t)got : 0;
}
