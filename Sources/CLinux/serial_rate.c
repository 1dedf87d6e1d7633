#include "serial_rate.h"

#include <asm/termbits.h>
#include <errno.h>
#include <sys/ioctl.h>

int32_t swl_serial_set_any_rate(int32_t descriptor, uint32_t baud) {
    struct termios2 settings;
    if (ioctl(descriptor, TCGETS2, &settings) < 0) return -errno;
    // With no bits at the place of the input rate it is the same as the output's.
    settings.c_cflag = (settings.c_cflag & ~(tcflag_t)(CBAUD | (CBAUD << IBSHIFT))) | BOTHER;
    settings.c_ispeed = settings.c_ospeed = baud;
    if (ioctl(descriptor, TCSETS2, &settings) < 0) return -errno;
    if (ioctl(descriptor, TCGETS2, &settings) < 0) return -errno;
    // A driver takes the nearest rate that it has. A receiver bears 3 % at most.
    uint32_t set = settings.c_ospeed;
    uint32_t difference = set > baud ? set - baud : baud - set;
    return difference <= baud / 32 ? 0 : -ERANGE;
}
