// Waiting for descriptors: poll, epoll, and an event to wake a loop.
#ifndef SWIFTLET_CLINUX_READINESS_H
#define SWIFTLET_CLINUX_READINESS_H
#include <stddef.h>
#include <stdint.h>

// The same numbers for poll and epoll on Linux; checked in readiness.c.
enum : int32_t { SWL_READABLE = 0x001, SWL_WRITABLE = 0x004, SWL_ERROR = 0x008, SWL_HANG_UP = 0x010, SWL_PEER_CLOSED = 0x2000 };

// The layout of struct pollfd.
struct swl_poll_entry {
    int32_t descriptor;  // < 0: left out
    int16_t wants;
    int16_t has;
};

// How many entries are ready, 0 after `milliseconds` (< 0: no limit), or -errno. A signal is answered as -EINTR, so
// that the caller can look at its deadline.
int32_t swl_poll(struct swl_poll_entry *_Nonnull entries, size_t count, int32_t milliseconds);

// The same for one descriptor: which of `wants` it has, error and hang-up included.
int32_t swl_wait(int32_t descriptor, int32_t wants, int32_t milliseconds);

struct swl_event {
    int32_t events;
    uint64_t token;
};
enum : int32_t {
    SWL_EVENTS_MAXIMUM = 64,
    SWL_EDGE_TRIGGERED = INT32_MIN  // added to what is watched: told once when it becomes so (EPOLLET)
};

int32_t swl_epoll_create(void);
int32_t swl_epoll_add(int32_t epoll, int32_t descriptor, int32_t events, uint64_t token);
int32_t swl_epoll_change(int32_t epoll, int32_t descriptor, int32_t events, uint64_t token);
int32_t swl_epoll_remove(int32_t epoll, int32_t descriptor);
// At most SWL_EVENTS_MAXIMUM events. A signal is answered as 0 events.
int32_t swl_epoll_wait(int32_t epoll, struct swl_event *_Nonnull events, size_t capacity, int32_t milliseconds);

// A descriptor that becomes readable when another thread or a signal handler raises it.
int32_t swl_event_create(void);
int32_t swl_event_raise(int32_t event);
int32_t swl_event_clear(int32_t event);
#endif
