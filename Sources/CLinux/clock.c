#define _GNU_SOURCE
#include "clinux_clock.h"

#include <errno.h>
#include <sys/random.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

_Static_assert(sizeof(time_t) == 8, "64-bit time: a certificate may be valid until 9999");

int64_t swl_monotonic_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t swl_monotonic_milliseconds(void) {
    return swl_monotonic_nanoseconds() / 1000000;
}

int64_t swl_realtime_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec;
}

int32_t swl_clock_watch(void) {
    int fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    if (fd < 0) return -errno;
    // A time that never comes, in the year 2242, later than Linux lets anybody set the clock: what is wanted is the end of waiting
    // for it (timerfd_create(2), TFD_TIMER_CANCEL_ON_SET).
    struct itimerspec never = {.it_value.tv_sec = INT64_C(1) << 33};
    if (timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL) == 0) return fd;
    int error = errno;
    close(fd);
    return -error;
}

int32_t swl_clock_was_set(int32_t watch) {
    uint64_t expirations;
    ssize_t got;
    do got = read(watch, &expirations, sizeof expirations);
    while (got < 0 && errno == EINTR);
    // After ECANCELED the kernel goes on watching.
    return got > 0 || errno == ECANCELED;
}

void swl_sleep_milliseconds(int32_t milliseconds) {
    if (milliseconds <= 0) return;
    struct timespec span = {milliseconds / 1000, (long)(milliseconds % 1000) * 1000000};
    nanosleep(&span, NULL);
}

int32_t swl_random_fill(uint8_t *bytes, size_t count) {
    size_t done = 0;
    while (done < count) {
        ssize_t got = getrandom(bytes + done, count - done, 0);
        if (got < 0) {
            if (errno == EINTR) continue;
            return -errno;
        }
        done += (size_t)got;
    }
    return 0;
}
