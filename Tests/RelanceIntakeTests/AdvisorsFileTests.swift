import Foundation
import Glibc
import RelanceCore
import RelanceIntake
import RelanceTestSupport
import Testing

@Suite struct `The directory of advisors` {
    private func read(_ text: String) throws -> AdvisorsFile {
        try AdvisorsFile.read(Array(text.utf8), file: "advisors.json", rules: .autumn2020)
    }

    @Test func `every field of an advisor is read into its type`() throws {
        let file = try read(
            #"""
            {"advisors": [
              {"id": "claire.duval", "first_name": "Claire", "last_name": "Duval", "email": "claire.duval@cci.example",
               "phone": "02 61 91 10 01", "site": "dieppe", "role": "lead", "backup": "karim.benali",
               "works": ["monday 09:00-12:30, 13:30-17:30", "tuesday", "monday 18:00-19:00"],
               "absences": [{"from": "2020-11-12", "to": "2020-11-13", "backup": "karim.benali"}],
               "digest_at": "08:45", "language": "en", "active_from": "2020-03-17", "active_until": "2021-06-30"},
              {"id": "karim.benali", "first_name": "Karim", "last_name": "Benali", "email": "k.benali@cci.example"}
            ]}
            """#)
        #expect(file.problems.map(\.description) == [])
        let week = WorkingWeek([
            .monday: openingHours("09:00-12:30, 13:30-17:30, 18:00-19:00"),
            .tuesday: openingHours("00:00-24:00"),
        ])
        #expect(
            file.advisors.first
                == Advisor(
                    id: "claire.duval", firstName: "Claire", lastName: "Duval",
                    email: try EmailAddress("claire.duval@cci.example"), phone: PhoneNumber("0261911001"),
                    site: "dieppe", role: .lead, works: week,
                    absences: [
                        Absence(from: date("2020-11-12"), to: date("2020-11-13"), backup: "karim.benali")
                    ], backup: "karim.benali", digestAt: LocalTime("08:45"), language: .english,
                    activeFrom: date("2020-03-17"), activeUntil: date("2021-06-30")))
        #expect(file.advisors.last?.works == nil)
        #expect(file.advisors.last?.role == .advisor)
    }

    @Test func `a person without id or address is refused, the others stay`() throws {
        let file = try read(
            """
            [{"first_name": "A", "email": "a@cci.example"},
             {"id": "b"},
             {"id": "c", "email": "c at cci"},
             {"id": "d", "email": "d@cci.example", "email": "e@cci.example"},
             7,
             {"id": "f", "email": "f@cci.example"}]
            """)
        #expect(file.advisors.map(\.id) == ["f"])
        #expect(
            file.problems.map(\.description) == [
                "advisors.json:1:2: id: missing, expected an id that cases can name; record not used",
                "advisors.json:2:2: record b: email: missing, expected an e-mail address; record not used",
                "advisors.json:3:23: record c: email: expected one address such as name@company.example: no @; record not used",
                "advisors.json:4:40: record d: key \"email\" stands twice in the same object, first on line 4; record not used",
                "advisors.json:5:2: found a number, expected an object, one advisor; record not used",
            ])
    }

    @Test func `bad fields are dropped, and an absence without end goes on`() throws {
        let file = try read(
            """
            [{"id": "a", "email": "a@cci.example", "works": ["lundi", "monday 12:00-09:00", "friday 09:00-12:00"],
              "absences": [{"to": "2020-11-13"}, {"from": "2020-11-20", "to": "2020-11-12"}, {"from": "2020-12-01"}],
              "role": "Lead", "digest_at": "8h30", "backup": "b.martn"},
             {"id": "b.martin", "email": "b@cci.example"}]
            """)
        #expect(
            file.problems.map(\.description) == [
                "advisors.json:1:2: record a: backup: expected the id of an advisor; did you mean “b.martin”?",
                "advisors.json:1:50: record a: works[0]: expected a day and its hours such as \"monday 09:00-12:00\"; field not used",
                "advisors.json:1:59: record a: works[1]: expected a day and its hours such as \"monday 09:00-12:00\"; field not used",
                "advisors.json:2:16: record a: absences[0]: missing, expected a date under \"from\"; field not used",
                "advisors.json:2:38: record a: absences[1]: it ends before it begins; field not used",
                "advisors.json:2:82: record a: absences[2]: found an object, expected a date under \"to\"; read as away until further notice",
                "advisors.json:3:11: record a: role: found “Lead”, expected one of advisor, lead, on_call, it; did you mean “lead”?; field not used",
                "advisors.json:3:32: record a: digest_at: expected a time of day such as 08:30; field not used",
            ])
        let advisor = try #require(file.advisors.first)
        #expect(advisor.works == WorkingWeek([.friday: openingHours("09:00-12:00")]))
        #expect(advisor.absences.map(\.from) == [date("2020-12-01")])
        #expect(advisor.isActive(on: date("2020-12-01")))
    }

    @Test func `of an id that comes twice the last counts`() throws {
        let file = try read(
            """
            [{"id": "a", "email": "old@cci.example"},
             {"id": "a", "email": "new@cci.example"}]
            """)
        #expect(file.advisors.map(\.email.description) == ["new@cci.example"])
        #expect(
            file.problems.map(\.description) == [
                "advisors.json:1:2: record a: the same reference stands again on line 2, and the last one counts"
            ])
    }

    @Test(arguments: [
        (
            "{}",
            "advisors.json:1:1: found an object, expected an array of advisors or {\"advisors\": […]}; file not used"
        ),
        (
            "[",
            "advisors.json:1:2: the text ends here, but what was opened at 1:1 is not closed; file not used"
        ),
    ]) func `a file that is no directory is refused`(text: String, sentence: String) {
        do {
            _ = try read(text)
            Issue.record("read")
        } catch {
            #expect("\(error)" == sentence)
        }
    }

    private static let trust = FileTrust(reader: .init(user: geteuid(), group: getegid()))

    @Test func `F7 a file that anybody may change, or somebody else's, is refused`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "relance-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // the system clears what is left
        let file = folder.appending(path: "advisors.json").path
        try Data("[]".utf8).write(to: URL(filePath: file))
        func reason() -> String? {
            do throws(IntakeProblem) {
                _ = try AdvisorsFile.read(path: file, rules: .autumn2020, trust: Self.trust)
                return nil
            } catch {
                return error.description
            }
        }
        chmod(file, 0o666)
        #expect(
            reason()
                == "\(file): cannot be read: it has the mode 0666 and anybody may change it: chmod go-w; file not used"
        )
        chmod(file, 0o640)
        #expect(reason() == nil)
        chmod(folder.path, 0o777)
        #expect(reason()?.contains("its folder has the mode 0777 and anybody may change it") == true)
        chmod(folder.path, 0o755)
        // A link is as good as the folder it leads to.
        let open = folder.appending(path: "open")
        try FileManager.default.createDirectory(at: open, withIntermediateDirectories: true)
        try Data("[]".utf8).write(to: open.appending(path: "people.json"))
        chmod(open.path, 0o777)
        unlink(file)
        symlink("open/people.json", file)
        #expect(reason()?.contains("its folder has the mode 0777 and anybody may change it") == true)
        chmod(open.path, 0o755)
        #expect(reason() == nil)
        guard geteuid() == 0 else { return }  // only root can give files away
        chown(file, 65534, 65534)
        #expect(reason()?.contains("it belongs to user 65534, and has to belong to root") == true)
    }

    @Test func `a file that is not there is named with the system's words`() throws {
        do {
            _ = try AdvisorsFile.read(
                path: "/nowhere/advisors.json", rules: .autumn2020, trust: Self.trust)
            Issue.record("read")
        } catch {
            #expect(
                error.description
                    == "/nowhere/advisors.json: cannot be read: No such file or directory; file not used")
        }
    }
}
