import RelanceCore
import RelanceTestSupport
import Testing

/// Who answers for whom: herself, her stand-in and theirs, the lead, the mailbox (design 4).
@Suite struct DirectoryTests {
    private let monday = date("2020-11-02")
    private let away = Absence.make("2020-11-02", "2020-11-06")

    private func standIn(_ advisors: [Advisor], sites: [Site] = [.make()], for id: String? = "claire.duval")
        -> String?
    {
        switch Directory(advisors: advisors, sites: sites).standIn(
            for: id, site: "dieppe", lead: nil, on: monday)
        {
        case .person(let person): person.id
        case .mailbox(let site): "mailbox of " + site.id
        case nil: nil
        }
    }

    @Test func `somebody present answers for herself`() {
        #expect(standIn(.team) == "claire.duval")
    }

    @Test(arguments: [
        ("2020-11-01", "2020-11-01", "claire.duval"), ("2020-11-01", "2020-11-02", "karim.benali"),
        ("2020-11-02", "2020-11-02", "karim.benali"), ("2020-11-02", "2020-11-09", "karim.benali"),
        ("2020-11-03", "2020-11-09", "claire.duval"),
    ])
    func `an absence holds from its first day to its last`(from: String, to: String, who: String) {
        let claire = Advisor.make("claire.duval", absences: [.make(from, to)], backup: "karim.benali")
        #expect(standIn(.team(with: claire)) == who)
    }

    @Test func `the absence's own backup comes before the usual one`() {
        let claire = Advisor.make(
            "claire.duval", absences: [.make("2020-11-02", "2020-11-06", backup: "alice.yvon")],
            backup: "karim.benali")
        #expect(standIn(.team(with: claire, .make("alice.yvon"))) == "alice.yvon")
    }

    @Test func `a chain is followed to its end`() {
        let chain = (0..<6).map {
            Advisor.make("a\($0)", absences: $0 == 5 ? [] : [away], backup: "a\($0 + 1)")
        }
        #expect(standIn(chain, for: "a0") == "a5")
    }

    @Test(arguments: [
        ["claire.duval"], ["claire.duval", "karim.benali"], ["claire.duval", "karim.benali", "alice.yvon"],
    ])
    func `a circle of any length ends at the lead`(circle: [String]) {
        let people = circle.enumerated().map { index, id in
            Advisor.make(id, absences: [away], backup: circle[(index + 1) % circle.count])
        }
        #expect(standIn(people + [.make("marc.lefevre", role: .lead)]) == "marc.lefevre")
        #expect(standIn(people) == "mailbox of dieppe")
        #expect(standIn(people, sites: []) == nil)
    }

    @Test func `a backup nobody knows passes on to the lead`() {
        #expect(
            standIn(.team(with: .make("claire.duval", absences: [away], backup: "nobody"))) == "marc.lefevre")
        #expect(standIn(.team, for: "nobody") == "marc.lefevre")
        #expect(standIn(.team, for: nil) == "marc.lefevre")
    }

    @Test func `an absent lead leaves the site's mailbox`() {
        let lead = Advisor.make("marc.lefevre", role: .lead, absences: [away])
        #expect(standIn(.team(with: lead), for: nil) == "mailbox of dieppe")
    }

    @Test func `the case's lead comes before the site's, the site's before any other`() {
        let directory = Directory(
            advisors: [.make("anne.delmas", role: .lead), .make("marc.lefevre", role: .lead)],
            sites: [.make("dieppe", lead: "marc.lefevre"), .make("caen", lead: nil)])
        #expect(directory.lead(ofSite: "dieppe", named: "anne.delmas")?.id == "anne.delmas")
        #expect(directory.lead(ofSite: "dieppe", named: nil)?.id == "marc.lefevre")
        #expect(directory.lead(ofSite: "dieppe", named: "nobody")?.id == "marc.lefevre")
        #expect(directory.lead(ofSite: "caen", named: nil)?.id == "anne.delmas")
        #expect(directory.mailbox(ofSite: "caen")?.id == "caen")
        #expect(directory.mailbox(ofSite: "nowhere")?.id == "caen")
    }

    @Test func `people come and go with their dates`() {
        var claire = Advisor.make("claire.duval")
        claire.activeFrom = date("2020-11-02")
        claire.activeUntil = date("2020-11-03")
        #expect(
            ["2020-11-01", "2020-11-02", "2020-11-03", "2020-11-04"].map { claire.isActive(on: date($0)) }
                == [false, true, true, false])
    }

    @Test func `hours worked are half a day or none, their end included`() {
        let alice = Advisor.make("alice.yvon", works: [.monday: "09:00-12:30"])
        #expect(alice.works(on: monday))
        #expect(!alice.works(on: date("2020-11-03")))
        #expect(
            ["08:59", "09:00", "12:30", "12:31"].map { alice.works(on: monday, at: clock($0)) } == [
                false, true, true, false,
            ])
        #expect(Advisor.make("claire.duval").works(on: monday, at: clock("23:00")))
    }

    @Test func `somebody comes or goes next at an edge of hours or at midnight`() {
        let directory = Directory(advisors: [.make("alice.yvon", works: [.monday: "09:00-12:30"])], sites: [])
        let changes = ["2020-11-02 08:00", "2020-11-02 09:00", "2020-11-02 12:31", "2020-11-03 10:00"].map {
            directory.nextChange(after: at($0), in: .paris).inParis
        }
        #expect(changes == ["2020-11-02 09:00", "2020-11-02 12:31", "2020-11-03 00:00", "2020-11-04 00:00"])
    }

    @Test func `what does not fit together is said, in a stable order`() {
        let directory = Directory(
            advisors: [
                .make(
                    "claire.duval", absences: [.make("2020-11-02", "2020-11-02", backup: "zoe")],
                    backup: "adam")
            ], sites: [.make("caen", lead: "nobody")])
        #expect(
            directory.contradictions == [
                .unknownBackup(advisor: "claire.duval", backup: "adam"),
                .unknownBackup(advisor: "claire.duval", backup: "zoe"),
                .unknownSite(advisor: "claire.duval", site: "dieppe"),
                .unknownLead(site: "caen", lead: "nobody"),
                .noLead, .nobodyOnCall,
            ])
        #expect(Directory(advisors: .team, sites: [.make()]).contradictions == [])
    }
}
