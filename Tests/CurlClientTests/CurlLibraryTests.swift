import CCurl
import Testing

@testable import CurlClient

@Suite struct CurlLibraryTests {
    @Test(arguments: [
        (
            CurlLibrary.Version(7, 84, 0),
            Optional("is too old: nothing is sent by SMTP or HTTP before it is 7.85.0 or later")
        ),
        (
            CurlLibrary.Version(7, 88, 1),
            "is older than 8.21: keep the security updates of the distribution installed, "
                + "which mend such versions without changing their number"
        ),
        (
            CurlLibrary.Version(8, 20, 0),
            "is older than 8.21: keep the security updates of the distribution installed, "
                + "which mend such versions without changing their number"
        ),
        (CurlLibrary.Version(8, 21, 0), nil), (CurlLibrary.Version(9, 0, 0), nil),
    ])
    func `what is told of a version at the start`(version: CurlLibrary.Version, words: String?) {
        #expect(CurlLibrary.warning(for: version) == words.map { "libcurl \(version) \($0)" })
    }

    @Test func `the version is the one that was loaded`() {
        let told = String(cString: curl_version_info(CURLVERSION_FIRST).pointee.version)
        #expect("\(CurlLibrary.version)" == told.prefix { $0 != "-" })
        #expect(CurlLibrary.obstacle == nil)
        #expect(
            CurlLibrary.obstacle(version: CurlLibrary.Version(7, 84, 9))
                == .tooOld(CurlLibrary.Version(7, 84, 9)))
    }

    @Test func `what is too old is said to be that`() {
        #expect(
            "\(CurlProblem.tooOld(CurlLibrary.Version(7, 84, 0)))"
                == "libcurl 7.84.0 is too old: 7.85.0 or later is needed")
    }
}
