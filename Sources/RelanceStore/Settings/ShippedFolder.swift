import Glibc

/// What comes with the program: under the prefix it is installed in, else in the source tree it was built in.
enum ShippedFolder {
    /// `share/relance/NAME` beside the program's `bin`, else the folder of the sources.
    static func path(installed name: String, inSources source: String) -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        let program = String(
            decoding: buffer.prefix(max(0, length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let installed = Path.folder(of: Path.folder(of: program)) + "/share/relance/" + name
        if access(installed, R_OK) == 0 { return installed }
        var folder = Path.folder(of: program)
        while folder != "/", folder != "." {
            if access(folder + "/Package.swift", R_OK) == 0 { return folder + "/" + source }
            folder = Path.folder(of: folder)
        }
        return installed
    }
}
