import RelanceCore
import RelanceTestSupport
import Testing

@Suite struct TimeRuleTests {
    @Test(
        arguments: [
            "4 working hours", "1 working hour", "60 working minutes", "2 working days", "0 working days",
            "5 working days at 10:00", "2 weeks, following", "1 week", "3 months, following",
            "7 calendar days, preceding", "7 calendar days", "60 working minutes before",
            "15 calendar days before, preceding at 08:30", "30 elapsed minutes", "120 elapsed minutes before",
            "2 elapsed hours before", "1 calendar day before, preceding at 17:00", "at 08:30",
            "1 month before", "0 calendar days, following at 08:45",
        ]) func `a rule in its usual form is its own description`(text: String) throws
    {
        #expect(try TimeRule(text).description == text)
    }

    @Test(
        arguments: [
            ("4 working hour", "4 working hours"),
            ("1 weeks following", "1 week, following"),
            ("  2   Working Days  at  17:30 ", "2 working days at 17:30"),
            ("7 calendar days at 08:30, preceding", "7 calendar days, preceding at 08:30"),
            ("7 calendar days, preceding, before", "7 calendar days before, preceding"),
            ("2 weeks after, following", "2 weeks, following"),
            ("007 calendar days", "7 calendar days"),
            ("0 calendar days at 08:30", "at 08:30"),
        ]) func `other ways to say it come to the same rule`(text: String, usual: String) throws
    {
        #expect(try TimeRule(text).description == usual)
        #expect(try TimeRule(text) == TimeRule(usual))
    }

    @Test(
        arguments: [
            ("", "expected a number, as in “4 working hours”, or “at HH:MM”, found the end"),
            ("four working hours", "expected a number, as in “4 working hours”, or “at HH:MM”, found “four”"),
            ("-1 working day", "expected a number, as in “4 working hours”, or “at HH:MM”, found “-1”"),
            ("99999999999999999999 weeks", "expected a number up to 1000000, found “99999999999999999999”"),
            (
                "4",
                "expected “working minutes”, “working hours”, “elapsed minutes”, “elapsed hours”, "
                    + "“working days”, “calendar days”, “weeks” or “months”, found the end"
            ),
            (
                "4 workin hours",
                "expected “working minutes”, “working hours”, “elapsed minutes”, "
                    + "“elapsed hours”, “working days”, “calendar days”, “weeks” or “months”, found “workin”"
            ),
            ("4 hours", "expected “working hours” or “elapsed hours”, found “hours”"),
            ("2 days", "expected “working days” or “calendar days”, found “days”"),
            ("4 working", "expected “minutes”, “hours” or “days”, found the end"),
            ("4 working weeks", "expected “minutes”, “hours” or “days”, found “weeks”"),
            ("4 elapsed days", "expected “minutes” or “hours”, found “days”"),
            ("4 workings hours", "expected “working”, found “workings”"),
            (
                "2 working days, following",
                "expected no roll, since working days never end on a closed day, found “following”"
            ),
            (
                "4 working hours at 10:00",
                "expected no hour, since working hours end at one of their own, found “at”"
            ),
            (
                "2 weeks, folowing",
                "expected “before”, “following”, “preceding”, “at HH:MM” or the end, found “folowing”"
            ),
            ("2 weeks, following, preceding", "expected “before”, “at HH:MM” or the end, found “preceding”"),
            ("4 working hours before before", "expected the rule to end, found “before”"),
            ("2 weeks at 8:30", "expected an hour as HH:MM, from 00:00 to 24:00, found “8:30”"),
            ("2 weeks at", "expected an hour as HH:MM, from 00:00 to 24:00, found the end"),
            ("at 08:30, following", "expected nothing after the hour, found “following”"),
        ]) func `a rule that is none says which word was wrong and what was expected`(
            text: String, sentence: String
        )
    {
        let problem = #expect(throws: TimeRuleProblem.self) { try TimeRule(text) }
        #expect(problem?.description == "“\(text)”: \(sentence)")
    }

    @Test(arguments: Seeds.or([9]))
    func `any words make a rule that reads back, or a sentence`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let words = [
            "0", "1", "7", "60", "1000001", "working", "elapsed", "calendar", "minute", "hours", "day",
            "days",
            "weeks", "months", "before", "after", "following", ",", "preceding", "at", "08:30", "24:00", "é",
        ]
        var rules = 0
        for _ in 0..<20_000 {
            let count = random.number(in: 0...7)
            let text = (0..<count).map { _ in words[Int(random.number(in: 0...22))] }.joined(separator: " ")
            do {
                let rule = try TimeRule(text)
                #expect((try? TimeRule(rule.description)) == rule, "\(text)")
                rules += 1
            } catch {
                #expect(error.description.contains("expected "))
            }
        }
        #expect(rules > 20)
    }
}
