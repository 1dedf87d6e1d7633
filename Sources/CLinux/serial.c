#define _GNU_SOURCE
#include "clinux_serial.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/timerfd.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "path.h"
#include "serial_rate.h"

// The rates that termios has a name for.
static const struct {
    uint32_t baud;
    speed_t speed;
} standard_rates[] = {
    {50, B50},           {75, B75},           {110, B110},         {134, B134},         {150, B150},
    {200, B200},         {300, B300},         {600, B600},         {1200, B1200},       {1800, B1800},
    {2400, B2400},       {4800, B4800},       {9600, B9600},       {19200, B19200},     {38400, B38400},
    {57600, B57600},     {115200, B115200},   {230400, B230400},   {460800, B460800},   {500000, B500000},
    {576000, B576000},   {921600, B921600},   {1000000, B1000000}, {1152000, B1152000}, {1500000, B1500000},
    {2000000, B2000000}, {2500000, B2500000}, {3000000, B3000000}, {3500000, B3500000}, {4000000, B4000000},
};

// Where termios2 is missing, as under an emulator.
static int32_t set_standard_rate(int fd, uint32_t baud) {
    for (size_t i = 0; i < sizeof standard_rates / sizeof *standard_rates; i++) {
        if (standard_rates[i].baud != baud) continue;
        struct termios settings;
        if (tcgetattr(fd, &settings) < 0) return -errno;
        if (cfsetspeed(&settings, standard_rates[i].speed) < 0) return -ERANGE;
        if (tcsetattr(fd, TCSANOW, &settings) < 0) return -errno;
        // tcsetattr is content when anything at all could be set.
        if (tcgetattr(fd, &settings) < 0) return -errno;
        return cfgetospeed(&settings) == standard_rates[i].speed ? 0 : -ERANGE;
    }
    return -ERANGE;
}

static int32_t set_rate(int fd, uint32_t baud) {
    int32_t result = swl_serial_set_any_rate(fd, baud);
    if (result != -ENOTTY && result != -ENOSYS && result != -EINVAL) return result;
    return set_standard_rate(fd, baud);
}

static int32_t set_raw(int fd, int32_t flow_control) {
    struct termios settings;
    if (tcgetattr(fd, &settings) < 0) return -errno;
    cfmakeraw(&settings);
    // A break is what a cable makes that is pulled out; it is no data.
    settings.c_iflag |= IGNBRK;
    settings.c_iflag &= ~(tcflag_t)(IXON | IXOFF | IXANY | INPCK);
    settings.c_cflag &= ~(tcflag_t)(CSIZE | PARENB | CSTOPB | CRTSCTS);
    settings.c_cflag |= CS8 | CREAD | CLOCAL;
    if (flow_control == SWL_FLOW_RTSCTS) settings.c_cflag |= CRTSCTS;
    if (flow_control == SWL_FLOW_XONXOFF) settings.c_iflag |= IXON | IXOFF;
    settings.c_cc[VSTART] = 0x11;
    settings.c_cc[VSTOP] = 0x13;
    // With one byte at least, a read of 0 is a hang-up and nothing else.
    settings.c_cc[VMIN] = 1;
    settings.c_cc[VTIME] = 0;
    return tcsetattr(fd, TCSANOW, &settings) == 0 ? 0 : -errno;
}

// For us alone: against programs that look for a lock, and against all others. The flag of a pseudo-terminal would outlive
// us, for as long as its other side is open (major numbers 136 to 143 of Linux's devices.txt).
static int32_t take_alone(int fd) {
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) return errno == EWOULDBLOCK ? -EBUSY : -errno;
    struct stat status;
    if (fstat(fd, &status) < 0) return -errno;
    unsigned kind = major(status.st_rdev);
    if (kind >= 136 && kind <= 143) return 0;
    return ioctl(fd, TIOCEXCL) == 0 ? 0 : -errno;
}

int32_t swl_serial_open(const uint8_t *path, size_t path_count, uint32_t baud, int32_t flow_control) {
    struct swl_path terminated;
    int32_t result = swl_path_set(&terminated, path, path_count);
    if (result) return result;
    int fd;
    do {
        fd = open(terminated.text, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    } while (fd < 0 && errno == EINTR);
    if (fd < 0) return -errno;
    result = isatty(fd) ? take_alone(fd) : -ENOTTY;
    if (!result) result = set_raw(fd, flow_control);
    if (!result) result = set_rate(fd, baud);
    if (!result) return fd;
    close(fd);
    return result;
}

int32_t swl_serial_queued(int32_t descriptor) {
    int count = 0;
    return ioctl(descriptor, TIOCOUTQ, &count) == 0 ? count : -errno;
}

int32_t swl_serial_discard_input(int32_t descriptor) {
    return tcflush(descriptor, TCIFLUSH) == 0 ? 0 : -errno;
}

int32_t swl_timer_create(void) {
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

int32_t swl_timer_set(int32_t timer, int64_t nanoseconds) {
    struct itimerspec when = {0};
    if (nanoseconds >= 0) {
        when.it_value.tv_sec = nanoseconds / 1000000000;
        // All zeros would disarm it.
        when.it_value.tv_nsec = nanoseconds > 0 ? (long)(nanoseconds % 1000000000) : 1;
    }
    return timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL) == 0 ? 0 : -errno;
}
