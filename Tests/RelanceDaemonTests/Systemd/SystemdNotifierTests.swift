import Foundation
import Glibc
import RelanceDaemon
import RelanceTestSupport
import Testing

@Suite struct SystemdNotifierTests {
    @Test func `states reach a socket at a path, one datagram a call`() throws {
        let folder = try TemporaryFolder()
        let socket = try NotifySocket(folder.path + "/notify")
        let notifier = socket.notifier()
        notifier.notify(.ready, .status("following 3 cases"))
        notifier.notify(.watchdog)
        notifier.notify(.stopping)
        #expect(socket.received() == ["READY=1\nSTATUS=following 3 cases", "WATCHDOG=1", "STOPPING=1"])
    }

    @Test func `states reach a socket in the abstract name space`() throws {
        let socket = try NotifySocket("@relance-tests-" + UUID().uuidString)
        socket.notifier().notify(.ready)
        #expect(socket.received() == ["READY=1"])
    }

    @Test func `reloading says when it began on the monotonic clock`() throws {
        let socket = try NotifySocket("@relance-tests-" + UUID().uuidString)
        let before = SystemdNotifier.monotonicMicroseconds()
        socket.notifier().notify(.reloading(monotonicMicroseconds: SystemdNotifier.monotonicMicroseconds()))
        let lines = socket.received().first?.split(separator: "\n").map(String.init)
        #expect(lines?.first == "RELOADING=1")
        let time = lines?.last.flatMap { Int64($0.replacingOccurrences(of: "MONOTONIC_USEC=", with: "")) }
        #expect(time.map { $0 >= before && $0 <= SystemdNotifier.monotonicMicroseconds() } == true)
    }

    @Test func `a status is one line whatever it holds`() throws {
        let socket = try NotifySocket("@relance-tests-" + UUID().uuidString)
        socket.notifier().notify(.status("one\nREADY=1"))
        #expect(socket.received() == ["STATUS=one READY=1"])
    }

    @Test func `the watchdog is meant for one process`() {
        let environment = ["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "42"]
        #expect(SystemdNotifier(environment: environment, processID: 42).watchdog == .seconds(30))
        #expect(SystemdNotifier(environment: environment, processID: 43).watchdog == nil)
        #expect(SystemdNotifier(environment: ["WATCHDOG_USEC": "soon"]).watchdog == nil)
    }

    /// In a process of its own, since its limits are its own.
    @Test func `a process that has no descriptor left still gives its sign of life`() async {
        await #expect(processExitsWith: .success) {
            let socket = try NotifySocket("@relance-tests-" + UUID().uuidString)
            let notifier = socket.notifier()
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            let usual = limit.rlim_cur
            limit.rlim_cur = 0
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            let isWithout = dup(STDIN_FILENO) == -1 && errno == EMFILE
            notifier.notify(.watchdog)
            limit.rlim_cur = usual  // whoever tells of this test may need some
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            #expect(isWithout)
            #expect(socket.received() == ["WATCHDOG=1"])
        }
    }

    @Test(arguments: [nil, "", "/nowhere/notify", String(repeating: "x", count: 200)])
    func `nobody to tell harms nobody`(address: String?) {
        SystemdNotifier(environment: address.map { ["NOTIFY_SOCKET": $0] } ?? [:]).notify(.ready)
    }
}
