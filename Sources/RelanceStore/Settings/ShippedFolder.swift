import Glibc
import RelanceCore

/// What comes with the program: under the prefix it is installed in, else in the source tree it was built in.
enum ShippedFolder {
    /// `share/relance/NAME` beside the program's `bin`, else the folder of the sources.
    static func path(installed name: String, inSources source: String) -> String {
        let installed = Path.folder(of: Path.folder(of: program)) + "/share/relance/" + name
        if access(installed, R_OK) == 0 { return installed }
        return sources.map { $0 + "/" + source } ?? installed
    }

    /// The source tree the program lies in, if it has not been installed elsewhere.
    static var sources: String? {
        var folder = Path.folder(of: program)
        while folder != "/", folder != "." {
            if access(folder + "/Package.swift", R_OK) == 0 { return folder }
            folder = Path.folder(of: folder)
        }
        return nil
    }

    private static var program: String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        return String(decoding: buffer.prefix(max(0, length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension FileTrust {
    /// As the process is at this moment: an administrator's command takes on the state's owner on its way.
    package static var ofThisProcess: FileTrust {
        FileTrust(reader: Writer(user: geteuid(), group: getegid()), author: author)
    }

    private static let author: Writer? = ShippedFolder.sources.flatMap { sources in
        var status = stat()
        return stat(sources, &status) == 0 ? Writer(user: status.st_uid, group: status.st_gid) : nil
    }
}
