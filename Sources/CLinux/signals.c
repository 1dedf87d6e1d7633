#define _GNU_SOURCE
#include "clinux_signals.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

_Static_assert(
    SWL_SIGNAL_HANG_UP == SIGHUP && SWL_SIGNAL_INTERRUPT == SIGINT && SWL_SIGNAL_TERMINATE == SIGTERM,
    "the module says the signals' numbers without signal.h");

int32_t swl_ignore_broken_pipes(void) {
    return signal(SIGPIPE, SIG_IGN) == SIG_ERR ? -errno : 0;
}

int32_t swl_signals_open(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    int error = pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (error) return -error;
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

int32_t swl_signals_next(int32_t descriptor) {
    struct signalfd_siginfo information;
    for (;;) {
        ssize_t got = read(descriptor, &information, sizeof information);
        if (got == (ssize_t)sizeof information) return (int32_t)information.ssi_signo;
        if (got >= 0 || errno == EAGAIN) return 0;
        if (errno != EINTR) return -errno;
    }
}
