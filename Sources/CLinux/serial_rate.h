// The rate of a serial port through termios2, whose header cannot be read together with termios.h. Not part of the module.
#ifndef SWIFTLET_CLINUX_SERIAL_RATE_H
#define SWIFTLET_CLINUX_SERIAL_RATE_H
#include <stdint.h>

// Sets any rate by BOTHER. 0 or -errno; -ERANGE where the driver chose another one instead.
int32_t swl_serial_set_any_rate(int32_t descriptor, uint32_t baud);
#endif
