// Faults at system calls, put before a program with LD_PRELOAD.
//
// The calls of a program on the files below one folder, or on its sockets, are counted over all its threads; at the one
// whose number is asked for the program is killed, or the call fails without having been made. strace can do the same,
// but counts each thread for itself, so that most calls of a program with several threads are never reached (strace 6.1).
//
// From the environment:
//   FAULT_UNDER   the folder, absolute
//   FAULT_SCOPE   "state": calls on what lies below the folder; "network": calls on sockets
//   FAULT_KIND    "kill", or the name of an error: "EIO", "ENOSPC"; empty counts only
//   FAULT_AT      the number of the call, from 1
//   FAULT_TIMES   how many calls fail from there on, 1 unless stated
//   FAULT_LOG     a file that gets a line for each call counted: its number, name, path and whether it was hit
//
// A call counts before it is made: killed at the nth, a program has made n - 1 of them.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static char under[PATH_MAX];
static bool ofTheNetwork;
static int failure;  // 0: kill; -1: count only
static long at, times;
static int logged = -1;
static atomic_long count;

__attribute__((constructor)) static void begin(void) {
  const char *value = getenv("FAULT_UNDER");
  if (!value) return;
  strncpy(under, value, sizeof under - 1);
  value = getenv("FAULT_SCOPE");
  ofTheNetwork = value && !strcmp(value, "network");
  value = getenv("FAULT_KIND");
  failure = !value || !*value ? -1 : !strcmp(value, "EIO") ? EIO : !strcmp(value, "ENOSPC") ? ENOSPC : 0;
  value = getenv("FAULT_AT");
  at = value ? atol(value) : 0;
  value = getenv("FAULT_TIMES");
  times = value ? atol(value) : 1;
  value = getenv("FAULT_LOG");
  if (value) logged = (int)syscall(SYS_openat, AT_FDCWD, value, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/// Counts a call; true when it is to fail with errno set. Does not return when the program is to die.
static bool fails(const char *name, const char *path) {
  long number = atomic_fetch_add(&count, 1) + 1;
  bool isHit = failure >= 0 && number >= at && number < at + times;
  if (logged >= 0) {
    char line[PATH_MAX + 64];
    int length = snprintf(line, sizeof line, "%ld %s %s%s\n", number, name, path, isHit ? " HIT" : "");
    syscall(SYS_write, logged, line, length);
  }
  if (!isHit) return false;
  if (failure == 0) {
    syscall(SYS_kill, getpid(), SIGKILL);
    for (;;) pause();
  }
  errno = failure;
  return true;
}

/// The same for a call on a descriptor, if it is one of those that count.
static bool failsOn(int descriptor, const char *name) {
  if (!*under) return false;
  int before = errno;
  char link[32], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, path, sizeof path - 1);
  errno = before;
  if (length < 0) return false;
  path[length] = 0;
  size_t prefix = strlen(under);
  bool counts = ofTheNetwork ? !strncmp(path, "socket:", 7)
                             : !strncmp(path, under, prefix) && (path[prefix] == '/' || path[prefix] == 0);
  return counts && fails(name, path);
}

/// The same for a call on a name in a folder.
static bool failsAt(int folder, const char *file, const char *name) {
  if (!*under || ofTheNetwork) return false;
  int before = errno;
  char path[PATH_MAX] = "";
  if (file[0] != '/') {
    char link[32];
    snprintf(link, sizeof link, folder == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", folder);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length < 0 ? 0 : length] = 0;
  }
  errno = before;
  size_t start = strlen(path), prefix = strlen(under);
  snprintf(path + start, sizeof path - start, "%s%s", file[0] == '/' ? "" : "/", file);
  bool counts = !strncmp(path, under, prefix) && (path[prefix] == '/' || path[prefix] == 0);
  return counts && fails(name, path);
}

#define REAL(name)                                              \
  static __typeof__(&name) real;                                \
  if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

#define MODE                                    \
  mode_t mode = 0;                              \
  if (flags & (O_CREAT | O_TMPFILE)) {          \
    va_list rest;                               \
    va_start(rest, flags);                      \
    mode = va_arg(rest, mode_t);                \
    va_end(rest);                               \
  }

int open(const char *file, int flags, ...) {
  REAL(open);
  MODE
  return failsAt(AT_FDCWD, file, "open") ? -1 : real(file, flags, mode);
}

int open64(const char *file, int flags, ...) {
  REAL(open64);
  MODE
  return failsAt(AT_FDCWD, file, "open") ? -1 : real(file, flags, mode);
}

int openat(int folder, const char *file, int flags, ...) {
  REAL(openat);
  MODE
  return failsAt(folder, file, "open") ? -1 : real(folder, file, flags, mode);
}

int openat64(int folder, const char *file, int flags, ...) {
  REAL(openat64);
  MODE
  return failsAt(folder, file, "open") ? -1 : real(folder, file, flags, mode);
}

#define ON_DESCRIPTOR(result, name, parameters, arguments) \
  result name parameters {                                 \
    REAL(name);                                            \
    return failsOn(fd, #name) ? -1 : real arguments;       \
  }

ON_DESCRIPTOR(ssize_t, read, (int fd, void *to, size_t length), (fd, to, length))
ON_DESCRIPTOR(ssize_t, pread, (int fd, void *to, size_t length, off_t from), (fd, to, length, from))
ON_DESCRIPTOR(ssize_t, readv, (int fd, const struct iovec *to, int parts), (fd, to, parts))
ON_DESCRIPTOR(ssize_t, write, (int fd, const void *from, size_t length), (fd, from, length))
ON_DESCRIPTOR(ssize_t, pwrite, (int fd, const void *from, size_t length, off_t to), (fd, from, length, to))
ON_DESCRIPTOR(ssize_t, writev, (int fd, const struct iovec *from, int parts), (fd, from, parts))
ON_DESCRIPTOR(int, fsync, (int fd), (fd))
ON_DESCRIPTOR(int, fdatasync, (int fd), (fd))
ON_DESCRIPTOR(int, ftruncate, (int fd, off_t length), (fd, length))
ON_DESCRIPTOR(int, ftruncate64, (int fd, off64_t length), (fd, length))
ON_DESCRIPTOR(int, fallocate, (int fd, int mode, off_t from, off_t length), (fd, mode, from, length))
ON_DESCRIPTOR(int, fallocate64, (int fd, int mode, off64_t from, off64_t length), (fd, mode, from, length))
ON_DESCRIPTOR(int, flock, (int fd, int operation), (fd, operation))
ON_DESCRIPTOR(int, fstatvfs, (int fd, struct statvfs *status), (fd, status))
ON_DESCRIPTOR(int, connect, (int fd, const struct sockaddr *to, socklen_t length), (fd, to, length))
ON_DESCRIPTOR(ssize_t, send, (int fd, const void *from, size_t length, int flags), (fd, from, length, flags))
ON_DESCRIPTOR(
    ssize_t, sendto,
    (int fd, const void *from, size_t length, int flags, const struct sockaddr *to, socklen_t size),
    (fd, from, length, flags, to, size))
ON_DESCRIPTOR(ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags), (fd, message, flags))
ON_DESCRIPTOR(ssize_t, recv, (int fd, void *to, size_t length, int flags), (fd, to, length, flags))
ON_DESCRIPTOR(
    ssize_t, recvfrom,
    (int fd, void *to, size_t length, int flags, struct sockaddr *from, socklen_t *size),
    (fd, to, length, flags, from, size))
ON_DESCRIPTOR(ssize_t, recvmsg, (int fd, struct msghdr *message, int flags), (fd, message, flags))

int rename(const char *from, const char *to) {
  REAL(rename);
  return failsAt(AT_FDCWD, from, "rename") ? -1 : real(from, to);
}

int renameat(int folder, const char *from, int newFolder, const char *to) {
  REAL(renameat);
  return failsAt(folder, from, "rename") ? -1 : real(folder, from, newFolder, to);
}

int renameat2(int folder, const char *from, int newFolder, const char *to, unsigned flags) {
  REAL(renameat2);
  return failsAt(folder, from, "rename") ? -1 : real(folder, from, newFolder, to, flags);
}

int unlink(const char *file) {
  REAL(unlink);
  return failsAt(AT_FDCWD, file, "unlink") ? -1 : real(file);
}

int unlinkat(int folder, const char *file, int flags) {
  REAL(unlinkat);
  return failsAt(folder, file, "unlink") ? -1 : real(folder, file, flags);
}

int mkdir(const char *file, mode_t mode) {
  REAL(mkdir);
  return failsAt(AT_FDCWD, file, "mkdir") ? -1 : real(file, mode);
}

int mkdirat(int folder, const char *file, mode_t mode) {
  REAL(mkdirat);
  return failsAt(folder, file, "mkdir") ? -1 : real(folder, file, mode);
}

int fstatat(int folder, const char *file, struct stat *status, int flags) {
  REAL(fstatat);
  return failsAt(folder, file, "fstatat") ? -1 : real(folder, file, status, flags);
}
