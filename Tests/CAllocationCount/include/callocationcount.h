// Counts the allocations of the calling thread, of whatever code: ours, Swift's run-time library, mbedTLS. For tests
// alone: the test program is linked with an allocator in front of glibc's that counts and passes on.
#ifndef SWIFTLET_CALLOCATIONCOUNT_H
#define SWIFTLET_CALLOCATIONCOUNT_H
#include <stddef.h>

// How many times this thread has allocated so far. A test compares two answers, and shows that the second is larger
// after an allocation: with a sanitizer nothing is counted.
size_t swl_allocation_count(void);
#endif
