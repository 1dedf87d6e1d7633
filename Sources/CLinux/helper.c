#define _GNU_SOURCE
#include "clinux_helper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

// In the child, between fork and exec: only what is safe there (signal-safety(7)).
static void become(pid_t parent, int socket, char *const arguments[]) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    // The parent may have ended before this call.
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent) _exit(127);
    if (socket == SWL_HELPER_DESCRIPTOR) {
        if (fcntl(socket, F_SETFD, 0) < 0) _exit(127);
    } else if (dup2(socket, SWL_HELPER_DESCRIPTOR) < 0) {
        _exit(127);
    }
    dup2(STDERR_FILENO, STDOUT_FILENO);
#ifdef SYS_close_range
    // Ours are closed by exec anyway; this is for those that somebody left open to us.
    syscall(SYS_close_range, SWL_HELPER_DESCRIPTOR + 1, ~0U, 0);
#endif
    execve("/proc/self/exe", arguments, environ);
    _exit(127);
}

int32_t swl_helper_start(const uint8_t *name, const uint8_t *argument, int32_t *descriptor) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) return -errno;
    char *const arguments[] = {(char *)name, (char *)argument, NULL};
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0) become(parent, pair[1], arguments);
    int error = errno;
    close(pair[1]);
    if (child < 0) {
        close(pair[0]);
        return -error;
    }
    *descriptor = pair[0];
    return child;
}

void swl_helper_kill(int32_t process) {
    if (process > 0) kill(process, SIGKILL);
}

int32_t swl_helper_reap(int32_t process) {
    pid_t ended = waitpid(process, NULL, WNOHANG);
    return ended == process || (ended < 0 && errno == ECHILD);
}

int32_t swl_helper_check(void) {
    int type = 0;
    socklen_t length = sizeof type;
    if (getsockopt(SWL_HELPER_DESCRIPTOR, SOL_SOCKET, SO_TYPE, &type, &length) < 0) return -errno;
    if (type != SOCK_SEQPACKET) return -EPROTOTYPE;
    return fcntl(SWL_HELPER_DESCRIPTOR, F_SETFD, FD_CLOEXEC) < 0 ? -errno : 0;
}

intptr_t swl_message_send(int32_t descriptor, const uint8_t *bytes, size_t count) {
    for (;;) {
        ssize_t sent = send(descriptor, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent >= 0) return sent;
        if (errno != EINTR) return -errno;
    }
}

intptr_t swl_message_receive(int32_t descriptor, uint8_t *bytes, size_t capacity) {
    for (;;) {
        ssize_t got = recv(descriptor, bytes, capacity, MSG_DONTWAIT);
        if (got >= 0) return got;
        if (errno != EINTR) return -errno;
    }
}
