// Stands between the daemon and the kernel's timers, for tests: nobody sets a machine's clock for a test, so the news that it was set come
// when a byte is written to the pipe FIFO. What the daemon asks for is checked as the kernel would.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static int watch = -1;

int timerfd_create(clockid_t clock, int flags) {
    if (clock != CLOCK_REALTIME || flags != (TFD_CLOEXEC | TFD_NONBLOCK)) {
        errno = EINVAL;
        return -1;
    }
    // For writing as well, or the pipe would be at its end before the test has opened it.
    watch = open(FIFO, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    return watch;
}

int timerfd_settime(int timer, int flags, const struct itimerspec *to, struct itimerspec *was) {
    (void)was;
    if (timer == watch && flags == (TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET) && to->it_value.tv_sec > time(NULL)) return 0;
    errno = EINVAL;
    return -1;
}

ssize_t read(int file, void *bytes, size_t count) {
    ssize_t got = syscall(SYS_read, file, bytes, count);
    if (file != watch || got <= 0) return got;
    // timerfd_create(2): "If the clock is reset, then ... read(2) fails with the error ECANCELED."
    errno = ECANCELED;
    return -1;
}
