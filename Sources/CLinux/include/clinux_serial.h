// Serial ports, pseudo-terminals included, and a timer to wait for together with them.
#ifndef SWIFTLET_CLINUX_SERIAL_H
#define SWIFTLET_CLINUX_SERIAL_H
#include <stddef.h>
#include <stdint.h>

// How a serial line is kept from overrunning.
enum : int32_t { SWL_FLOW_NONE = 0, SWL_FLOW_RTSCTS = 1, SWL_FLOW_XONXOFF = 2 };

// Opens a serial port for this process alone and sets it to raw, eight data bits, no parity, one stop bit, `baud` bits a
// second. A non-blocking, close-on-exec descriptor that is no controlling terminal, or -errno; besides the system's own:
// -EBUSY where another program has it, -ENOTTY where it is no serial port, -ERANGE where neither the port nor the kernel
// (or the emulator) takes that rate.
int32_t swl_serial_open(const uint8_t *_Nonnull path, size_t path_count, uint32_t baud, int32_t flow_control);

// How many bytes written wait in the port's queue. A pseudo-terminal always says 0.
int32_t swl_serial_queued(int32_t descriptor);

// Forgets what has arrived and was not read.
int32_t swl_serial_discard_input(int32_t descriptor);

// A descriptor that becomes readable at a moment (timerfd); swl_event_clear takes it back.
int32_t swl_timer_create(void);
// Sets the moment, in nanoseconds of the monotonic clock; negative is never.
int32_t swl_timer_set(int32_t timer, int64_t nanoseconds);
#endif
