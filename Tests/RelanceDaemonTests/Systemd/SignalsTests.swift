import Glibc
import RelanceDaemon
import Testing

@Suite(.timeLimit(.minutes(10))) struct SignalsTests {
    @Test func `the signals of a service are heard as wishes and do nothing else`() async {
        var wishes = Signals.wishes().makeAsyncIterator()
        for (number, wish) in [(SIGHUP, Signals.Wish.reload), (SIGTERM, .stop), (SIGINT, .stop)] {
            kill(getpid(), number)
            #expect(await wishes.next() == wish)
        }
    }
}
