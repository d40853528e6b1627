import CLinux
import Glibc

/// What the program does about itself before it does anything else.
package enum ProcessWalls {
    /// Opens `/dev/null` in place of a standard descriptor that was closed: the next file opened would take its number, and
    /// what is meant for standard error be written into a ledger.
    package static func keepStandardDescriptors() {
        for descriptor in STDIN_FILENO...STDERR_FILENO
        where fcntl(descriptor, F_GETFD) < 0 && errno == EBADF {
            // The lowest free number is that one. Else there is nobody to tell: EX_OSERR.
            guard open("/dev/null", O_RDWR) == descriptor else { _exit(71) }
        }
    }

    /// No core file, whatever the shell allowed, nor one through a pipe (core(5)), which asks no limit (reliability 2.11).
    ///
    /// Memory holds cases and passwords. Why it could not be done; nil when it was.
    package static func leaveNoCoreFile() -> String? {
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        guard setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none) == 0, clinux_forbid_dumps() == 0
        else { return String(cString: strerror(errno)) }
        return nil
    }
}
