// What Linux offers beyond the Glibc module.
#pragma once
#include <linux/falloc.h>
#include <malloc.h>
#include <sys/timex.h>
#include <sys/types.h>
#include <sys/vfs.h>

// Declared here since glibc shows them only under _GNU_SOURCE, which a module cannot ask for.
extern int fallocate(int fd, int mode, off_t offset, off_t length);
extern void *memmem(const void *haystack, size_t haystack_length, const void *needle, size_t needle_length);
