// Signals, as a descriptor for the loop to wait for.
#ifndef SWIFTLET_CLINUX_SIGNALS_H
#define SWIFTLET_CLINUX_SIGNALS_H
#include <stdint.h>

enum : int32_t { SWL_SIGNAL_HANG_UP = 1, SWL_SIGNAL_INTERRUPT = 2, SWL_SIGNAL_TERMINATE = 15 };

// Writing to a closed pipe or socket answers -EPIPE instead of ending the process.
int32_t swl_ignore_broken_pipes(void);

// Blocks SIGHUP, SIGINT and SIGTERM in this thread (call it before any other thread starts) and answers a
// non-blocking descriptor that is readable when one arrived.
int32_t swl_signals_open(void);

// The number of a signal that arrived, 0 where there is none left, or -errno.
int32_t swl_signals_next(int32_t descriptor);
#endif
