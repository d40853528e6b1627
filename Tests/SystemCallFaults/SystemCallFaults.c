// Faults at system calls, put before a program with LD_PRELOAD.
//
// The calls of a program on the files below one folder, or on its sockets, are counted over all its threads; at the one
// whose number is asked for the program is killed, or the call fails without having been made. strace can do the same,
// but counts each thread for itself, so that most calls of a program with several threads are never reached (strace 6.1).
//
// From the environment:
//   FAULT_UNDER   the folder, absolute
//   FAULT_SCOPE   "state": calls on what lies below the folder; "network": calls on sockets
//   FAULT_CALLS   the names of the calls that count, with commas; all when it is not there
//   FAULT_KIND    "kill"; or the name of an error; or "half": a write takes half of its bytes, and goes on, or with "half+"
//                 and the name of an error the next call fails; or "slow": the call takes its time; empty counts only
//   FAULT_AT      the number of the call, from 1
//   FAULT_TIMES   how many calls are hit from there on, 1 unless stated
//   FAULT_LOG     a file that gets a line for each call counted: its number, name, path, what is written, and whether it
//                 was hit. Of what is written it tells the kinds of records, and the word a client says to a server.
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
#include <time.h>
#include <unistd.h>

static char under[PATH_MAX];
static char only[256];  // between commas; empty: every call
static bool ofTheNetwork;
static enum { counting, killing, failing, halving, slowing } kind = counting;
static int failure;  // behind a half of a write 0 when it goes on
static long at, times;
static const struct timespec slowness = {.tv_sec = 1};
static __thread bool isHalved;
static int logged = -1;
static atomic_long count;

/// Of the errors a disk or a network has.
static int numberOf(const char *error) {
  static const struct { const char *name; int number; } all[] = {
      {"EIO", EIO}, {"ENOSPC", ENOSPC}, {"EMFILE", EMFILE}, {"EROFS", EROFS}, {"ECONNRESET", ECONNRESET}, {"EPIPE", EPIPE},
  };
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    if (!strcmp(error, all[i].name)) return all[i].number;
  abort();
}

__attribute__((constructor)) static void begin(void) {
  const char *value = getenv("FAULT_UNDER");
  if (!value) return;
  strncpy(under, value, sizeof under - 1);
  value = getenv("FAULT_SCOPE");
  ofTheNetwork = value && !strcmp(value, "network");
  value = getenv("FAULT_KIND");
  if (!value || !*value) {
    kind = counting;
  } else if (!strcmp(value, "kill")) {
    kind = killing;
  } else if (!strcmp(value, "slow")) {
    kind = slowing;
  } else if (!strncmp(value, "half", 4)) {
    kind = halving;
    failure = value[4] ? numberOf(value + 5) : 0;
  } else {
    kind = failing;
    failure = numberOf(value);
  }
  value = getenv("FAULT_CALLS");
  if (value) snprintf(only, sizeof only, ",%s,", value);
  value = getenv("FAULT_AT");
  at = value ? atol(value) : 0;
  value = getenv("FAULT_TIMES");
  times = value ? atol(value) : 1;
  value = getenv("FAULT_LOG");
  if (value) logged = (int)syscall(SYS_openat, AT_FDCWD, value, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/// Puts down the kinds of the records that are written, or the word that is said to a server.
static void tell(const char *from, size_t length, char *to, size_t room) {
  static const char mark[] = "\"k\":\"", dot[] = "\r\n.\r\n";
  size_t used = 0;
  const char *end = from + length, *next = from;
  while (used + 32 < room && (next = memmem(next, end - next, mark, sizeof mark - 1))) {
    next += sizeof mark - 1;
    to[used++] = ' ';
    while (next < end && *next != '"' && used + 2 < room) to[used++] = *next++;
  }
  if (!used && ofTheNetwork) {
    bool isEnd = length >= 3 && !memcmp(end - 3, dot + 2, 3) && (length < 5 || !memcmp(end - 5, dot, 5));
    if (length >= 4 && from[0] >= 'A' && from[0] <= 'Z' && from[3] >= 'A' && from[3] <= 'Z')
      used = snprintf(to, room, " %.4s", from);
    else if (isEnd)
      used = snprintf(to, room, " .");
  }
  to[used] = 0;
}

/// Counts a call; true when it is to fail with errno set. Does not return when the program is to die.
static bool fails(const char *name, const char *path, const void *from, size_t bytes) {
  if (*only) {
    char between[32];
    snprintf(between, sizeof between, ",%s,", name);
    if (!strstr(only, between)) return false;
  }
  long number = atomic_fetch_add(&count, 1) + 1;
  bool isBehind = kind == halving && failure && number == at + 1;
  bool isHit = kind != counting && ((number >= at && number - at < times) || isBehind);
  if (logged >= 0) {
    char line[PATH_MAX + 512], written[256] = "";
    int before = errno;
    if (from) tell(from, bytes, written, sizeof written);
    int length = snprintf(line, sizeof line, "%ld %s %s%s%s\n", number, name, path, written, isHit ? " HIT" : "");
    syscall(SYS_write, logged, line, length);
    errno = before;
  }
  if (!isHit) return false;
  switch (kind) {
    case killing:
      syscall(SYS_kill, getpid(), SIGKILL);
      for (;;) pause();
    case slowing:
      nanosleep(&slowness, NULL);
      return false;
    case halving:
      if (!isBehind) {
        isHalved = true;
        return false;
      }
      break;
    default: break;
  }
  errno = failure;
  return true;
}

/// How much of so many bytes is taken.
static size_t taken(size_t length) {
  bool half = isHalved && length > 1;
  isHalved = false;
  return half ? length / 2 : length;
}

/// The same for a call on a descriptor, if it is one of those that count.
static bool failsWriting(int descriptor, const char *name, const void *from, size_t bytes) {
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
  return counts && fails(name, path, from, bytes);
}

static bool failsOn(int descriptor, const char *name) { return failsWriting(descriptor, name, NULL, 0); }

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
  return counts && fails(name, path, NULL, 0);
}

#define REAL(name)                                              \
  static __typeof__(&name) real;                                \
  if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

#define OPENING (flags & (O_CREAT | O_TRUNC) ? "create" : "open")

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
  return failsAt(AT_FDCWD, file, OPENING) ? -1 : real(file, flags, mode);
}

int open64(const char *file, int flags, ...) {
  REAL(open64);
  MODE
  return failsAt(AT_FDCWD, file, OPENING) ? -1 : real(file, flags, mode);
}

int openat(int folder, const char *file, int flags, ...) {
  REAL(openat);
  MODE
  return failsAt(folder, file, OPENING) ? -1 : real(folder, file, flags, mode);
}

int openat64(int folder, const char *file, int flags, ...) {
  REAL(openat64);
  MODE
  return failsAt(folder, file, OPENING) ? -1 : real(folder, file, flags, mode);
}

#define ON_DESCRIPTOR(result, name, parameters, arguments) \
  result name parameters {                                 \
    REAL(name);                                            \
    return failsOn(fd, #name) ? -1 : real arguments;       \
  }

#define WRITING(name, parameters, arguments)                                    \
  ssize_t name parameters {                                                     \
    REAL(name);                                                                 \
    return failsWriting(fd, #name, from, length) ? -1 : real arguments;         \
  }

ON_DESCRIPTOR(ssize_t, read, (int fd, void *to, size_t length), (fd, to, length))
ON_DESCRIPTOR(ssize_t, pread, (int fd, void *to, size_t length, off_t from), (fd, to, length, from))
ON_DESCRIPTOR(ssize_t, readv, (int fd, const struct iovec *to, int parts), (fd, to, parts))
WRITING(write, (int fd, const void *from, size_t length), (fd, from, taken(length)))
WRITING(pwrite, (int fd, const void *from, size_t length, off_t to), (fd, from, taken(length), to))
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
WRITING(send, (int fd, const void *from, size_t length, int flags), (fd, from, taken(length), flags))
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
