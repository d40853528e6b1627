import CCurl
import Glibc

/// The libcurl of this process: which one it is, and whether it can be used.
package enum CurlLibrary {
    package struct Version: Comparable, Hashable, Sendable, CustomStringConvertible {
        package let major: Int
        package let minor: Int
        package let patch: Int

        package init(_ major: Int, _ minor: Int, _ patch: Int = 0) {
            (self.major, self.minor, self.patch) = (major, minor, patch)
        }

        package var description: String { "\(major).\(minor).\(patch)" }

        package static func < (a: Version, b: Version) -> Bool {
            (a.major, a.minor, a.patch) < (b.major, b.minor, b.patch)
        }
    }

    /// As it was loaded, which need not be what the program was built with.
    package static let version: Version = {
        let number = Int(curl_version_info(CURLVERSION_FIRST).pointee.version_num)
        return Version(number >> 16, number >> 8 & 0xFF, number & 0xFF)
    }()

    /// Older ones would not know some of what we forbid them, and say nothing.
    static let least = Version(7, 85)

    /// What is to be said of a version at the start; nil from 8.21 on.
    package static func warning(for version: Version) -> String? {
        if version < least {
            return
                "libcurl \(version) is too old: nothing is sent by SMTP or HTTP before it is \(least) or later"
        }
        // CVE-2026-4873 and -8286: TLS that is demanded, and a connection in clear text used again. Each of our connections
        // belongs to one route and one TLS policy, and is looked at before it is used, so that neither reaches us.
        guard version < Version(8, 21) else { return nil }
        return
            "libcurl \(version) is older than 8.21: keep the security updates of the distribution installed, which "
            + "mend such versions without changing their number"
    }

    /// Makes libcurl ready, once; nil when it can be used.
    ///
    /// To be called first while there is one thread: it takes a variable out of the environment.
    package static let obstacle: CurlProblem? = {
        // libcurl would write the keys of every session to the file it names.
        unsetenv("SSLKEYLOGFILE")
        return obstacle(version: version)
            ?? (curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK ? nil : .noResources)
    }()

    static func obstacle(version: Version) -> CurlProblem? { version < least ? .tooOld(version) : nil }
}
