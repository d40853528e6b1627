import RelanceCore
import RelanceTestSupport
import Testing

@Suite struct WorkingWeekTests {
    @Test func `a span closes after it opens`() {
        #expect(Span(clock("09:00"), clock("09:00")) == nil)
        #expect(Span(clock("22:00"), clock("06:00")) == nil)
        #expect(Span(clock("22:00"), .endOfDay)?.description == "22:00-24:00")
    }

    @Test func `spans are put in order, and touch but never overlap`() throws {
        #expect(openingHours("14:00-17:30, 09:00-12:00").description == "09:00-12:00, 14:00-17:30")
        #expect(openingHours("12:00-14:00, 09:00-12:00").spans.count == 2)
        let early = try #require(Span(clock("09:00"), clock("12:01")))
        let late = try #require(Span(clock("12:00"), clock("14:00")))
        let problem = #expect(throws: OverlappingSpans.self) { try OpeningHours([late, early]) }
        #expect(problem?.earlier == early && problem?.later == late)
        #expect(problem?.description == "09:00-12:01 and 12:00-14:00 overlap")
    }

    @Test func `a weekday without hours is one of rest`() {
        let week = WorkingWeek([.monday: openingHours("09:00-12:00"), .wednesday: .closed])
        #expect(!week.hours(on: .monday).isClosed)
        #expect(week.hours(on: .wednesday).isClosed && week.hours(on: .sunday).isClosed)
    }
}
