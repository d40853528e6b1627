import RelanceDaemon
import RelanceTestSupport

extension NotifySocket {
    func notifier(watchdogMicroseconds: Int64? = nil) -> SystemdNotifier {
        var environment = ["NOTIFY_SOCKET": name]
        environment["WATCHDOG_USEC"] = watchdogMicroseconds.map(String.init)
        return SystemdNotifier(environment: environment)
    }
}
