// A helper: this program once more, in a process of its own, at the other end of a socket pair. For what may hang or crash.
#ifndef SWIFTLET_CLINUX_HELPER_H
#define SWIFTLET_CLINUX_HELPER_H
#include <stddef.h>
#include <stdint.h>

// The descriptor that a helper talks over.
enum : int32_t { SWL_HELPER_DESCRIPTOR = 3 };

// Starts /proc/self/exe with these two arguments (with terminators), one end of a socket pair as SWL_HELPER_DESCRIPTOR and
// no other descriptor but the standard ones; what it writes to standard output goes to standard error. The helper dies with
// the thread that started it. Its id, and our end in `descriptor`, or -errno.
int32_t swl_helper_start(const uint8_t *_Nonnull name, const uint8_t *_Nonnull argument, int32_t *_Nonnull descriptor);
// Kills a helper, without waiting for its end: call swl_helper_reap later.
void swl_helper_kill(int32_t process);
// Whether a helper's end has been taken note of: 1, or 0 where it has not ended yet. Until then its id is nobody else's.
int32_t swl_helper_reap(int32_t process);
// In the helper: whether it is one. 0 or -errno.
int32_t swl_helper_check(void);

// A message as a whole; never waits (-EAGAIN). Its length, 0 at the end, or -errno.
intptr_t swl_message_send(int32_t descriptor, const uint8_t *_Nonnull bytes, size_t count);
intptr_t swl_message_receive(int32_t descriptor, uint8_t *_Nonnull bytes, size_t capacity);
#endif
