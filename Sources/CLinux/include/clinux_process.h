// The process itself: its end, its messages, its service manager, its limits.
#ifndef SWIFTLET_CLINUX_PROCESS_H
#define SWIFTLET_CLINUX_PROCESS_H
#include <stddef.h>
#include <stdint.h>

// Ends the process. Buffers of stdio are flushed.
_Noreturn void swl_exit(int32_t status);

// Writes everything to standard error or standard output, as well as can be. Answers 0 or -errno.
int32_t swl_write_error(const uint8_t *_Nonnull bytes, size_t count);
int32_t swl_write_output(const uint8_t *_Nonnull bytes, size_t count);

// A description of an error that any function of this module answered (with its minus sign or without), in English,
// with a terminator. Lives as long as the program. Resolver errors (below -SWL_RESOLVER_ERROR) are described too.
const char *_Nonnull swl_error_text(int32_t error);

int32_t swl_process_id(void);
// What the machine calls itself, without a terminator: at most 64 bytes (HOST_NAME_MAX). Its length or -errno.
int32_t swl_host_name(uint8_t *_Nonnull name, size_t capacity);
uint32_t swl_effective_user(void);

// Tells the service manager (sd_notify(3)'s protocol): `state` such as "READY=1" goes to the datagram socket named in
// $NOTIFY_SOCKET. 1 when sent, 0 when there is no service manager, or -errno.
int32_t swl_notify(const uint8_t *_Nonnull state, size_t count);

// No core dumps and no ptrace by the same user: memory holds keys. 0 or -errno.
int32_t swl_forbid_dumps(void);

// Raises the soft limit of open descriptors to `count` where it is lower. The limit in force, or -errno.
int64_t swl_raise_descriptor_limit(uint64_t count);
#endif
