// Clocks and the kernel's random source.
#ifndef SWIFTLET_CLINUX_CLOCK_H
#define SWIFTLET_CLINUX_CLOCK_H
#include <stddef.h>
#include <stdint.h>

// Milliseconds on a clock that never goes back (CLOCK_MONOTONIC). For deadlines.
int64_t swl_monotonic_milliseconds(void);

// Nanoseconds on the same clock. For measurements.
int64_t swl_monotonic_nanoseconds(void);

// Seconds since 1970-01-01T00:00:00Z as the system believes them; may be far off on a board without a battery.
int64_t swl_realtime_seconds(void);

// A non-blocking descriptor that is readable once somebody has set the system's clock, to whatever time; or -errno where the system
// has no such thing. It closes on exec.
int32_t swl_clock_watch(void);

// Whether the clock has been set since this was asked last.
int32_t swl_clock_was_set(int32_t watch);

// Sleeps; a signal ends it early.
void swl_sleep_milliseconds(int32_t milliseconds);

// Fills `bytes` from getrandom(2), waiting until the kernel's pool is ready. 0 or -errno.
int32_t swl_random_fill(uint8_t *_Nonnull bytes, size_t count);
#endif
