// What Linux offers beyond the Glibc module.
#pragma once
#include <linux/falloc.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <sys/timex.h>
#include <sys/types.h>
#include <sys/vfs.h>

/// Whether the kernel now writes no memory of this process anywhere, not to a program it pipes core files to either, and
/// lets nobody but root look into it.
static inline int clinux_forbid_dumps(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

// Declared here since glibc shows them only under _GNU_SOURCE, which a module cannot ask for.
extern int fallocate(int fd, int mode, off_t offset, off_t length);
extern void *memmem(const void *haystack, size_t haystack_length, const void *needle, size_t needle_length);
