// CLinux: the system calls that Swift cannot import without an overlay, which Embedded Swift does not have.
//
// One rule for every function here: it answers a value >= 0 on success and -errno on failure, and repeats the call
// where a signal interrupted it (unless said otherwise). Nothing allocates, glibc's resolver excepted. Byte strings
// come as pointer and count, without terminator; a path that holds NUL or is too long is refused, not cut.
// Constants are enums with a fixed type, so that Swift sees Int32 and not Int.
#ifndef SWIFTLET_CLINUX_H
#define SWIFTLET_CLINUX_H
#include "clinux_arguments.h"
#include "clinux_clock.h"
#include "clinux_errors.h"
#include "clinux_files.h"
#include "clinux_helper.h"
#include "clinux_process.h"
#include "clinux_readiness.h"
#include "clinux_serial.h"
#include "clinux_signals.h"
#include "clinux_sockets.h"
#endif
