import Foundation
import RelanceCore
import RelanceDaemon
import RelanceIntake
import RelanceStore
import RelanceTestSupport

/// Fifty thousand open cases: reading them, planning them all, and a tick with nothing due.
struct CaseBenchmark: Benchmark {
    let name = "cases"
    private static let count = 50_000
    private static let now = Instant(seconds: 1_604_300_400)  // Monday 2 November 2020, 08:00 in Paris
    private static let morning = Instant(seconds: 1_604_303_100)  // 08:45: digests and weekly reports are due

    func run(_ report: Report) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "relance-bench-\(getpid())")
        // A temporary folder that stays harms nobody.
        defer { try? FileManager.default.removeItem(at: folder) }
        let bytes = try write(in: folder)
        let configuration = ConfigurationFile(credentialsFolder: nil).read(nil).configuration
        guard let configuration else { return report.value("the defaults", "cannot be read") }
        let directory = Directory(advisors: advisors, sites: [])
        let planner = Planner(
            instance: "bench", policies: configuration.policies, directory: directory,
            service: configuration.service)
        let rules = IntakeRules(zone: planner.policies.house.zone, now: Self.now)

        let peer = try await measure {
            for file in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
                let data = try Data(contentsOf: folder.appendingPathComponent(file))
                _ = try JSONDecoder().decode([BareCase].self, from: data)
            }
        }
        let before = residentBytes()
        var intake = CaseIntake(folders: [folder.path])
        let reading = await measure { _ = intake.read(rules: rules, now: Self.now) }
        var followUps = FollowUps(planner: planner, now: Self.now)
        let blank = FollowUps.Recollection(
            memory: { _ in CaseMemory() }, deliveries: { _ in FollowUps.Deliveries() })
        var messages = 0
        let planning = await measure {
            followUps.update(intake.register.records, now: Self.now)
            messages = followUps.tick(at: Self.now, recalling: blank).messages.count
        }
        let resident = residentBytes() - before
        let known = intake.register.casesOfSources
        let recalling = await measure {
            var start = CaseIntake(folders: [folder.path], recalling: known)
            _ = start.read(rules: rules, now: Self.now)
            messages += start.register.missing.count
        }
        let quiet = Self.now + .milliseconds(1)
        let ticks = 1_000
        let idle = await measure {
            for _ in 0..<ticks {
                messages += followUps.tick(at: quiet, recalling: blank).messages.count
            }
        }
        report.value("cases, in megabytes of JSON", "\(Self.count) / \(bytes / 1_000_000)")
        report.milliseconds("Foundation's decoder, five fields of each (peer)", peer)
        report.milliseconds("reading them, every field into its type", reading)
        report.milliseconds("reading them while recalling what the sources held", recalling)
        report.milliseconds("planning them all for the first time", planning)
        report.milliseconds("both together", reading + planning)
        report.milliseconds("a tick with nothing due", idle / ticks)
        let gathering = await measure {
            messages += followUps.tick(at: Self.morning, recalling: blank).messages.count
        }
        report.milliseconds("a tick with \(advisors.count) digests and the weekly report", gathering)
        report.value("resident bytes a case", "\(resident / Self.count)")
        report.value("messages owed", "\(messages)")
    }

    private struct BareCase: Decodable {
        var ref: String
        var opened_at: String
        var stage: String
        var advisor: String
        var contact: Contact

        struct Contact: Decodable {
            var email: String
        }
    }

    private var advisors: [Advisor] {
        (0..<75).compactMap { number in
            (try? EmailAddress("a\(number)@cci.example")).map { email in
                Advisor(
                    id: "a\(number)", firstName: "A", lastName: "\(number)", email: email,
                    role: number == 0 ? .lead : .advisor)
            }
        }
    }

    /// Cases as an export would write them, over the past months and all stages.
    private func write(in folder: URL) throws -> Int {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var generator = SplitMix64(seed: 50_000)
        let zone = Zone.paris
        var bytes = 0
        for part in 0..<4 {
            var cases: [String] = []
            for number in stride(from: part, to: Self.count, by: 4) {
                let opened = Self.now - .minutes(Int64.random(in: 0..<130_000, using: &generator))
                let called = opened + .minutes(Int64.random(in: 60..<2_000, using: &generator))
                let stage = ["listening", "diagnosis", "follow_up", "follow_up", "referred_to_scheme"][
                    number % 5]
                let contact =
                    stage == "listening" ? "" : #""first_contact_at":"\#(called.rfc3339(in: zone))","#
                let done = #""diagnosis_done_at":"\#((called + .days(2)).rfc3339(in: zone))","#
                let (id, digits) = (String(number), String(number + 10_000))
                cases.append(
                    #"{"ref":"2020-\#(id)","opened_at":"\#(opened.rfc3339(in: zone))","origin":"web_form","stage":"\#(stage)","#
                        + #""priority":"orange","topics":["fonds de solidarité","loyers"],"advisor":"a\#(number % 75)","#
                        + #""assigned_at":"\#(opened.rfc3339(in: zone))",\#(contact)\#(stage == "follow_up" ? done : "")"#
                        + #""comment":"Pas d'appel entre 12h et 14h30, rappeler le matin de préférence.","#
                        + #""business":{"name":"Boulangerie \#(id)","siret":"00000101600013","naf":"10.71C","postcode":"76200","#
                        + #""commune":"Dieppe","employees":"3"},"contact":{"title":"mrs","first_name":"Odette","#
                        + #""last_name":"Martin","landline":"02 61 91 \#(digits.prefix(2)) \#(digits.suffix(2))","#
                        + #""mobile":"06 39 98 \#(digits.prefix(2)) \#(digits.suffix(2))","email":"c\#(id)@boulangerie.example","#
                        + #""prefers":"email","sms_consent":true,"language":"fr","call_hours":"le matin"}}"#)
            }
            let text = "[\n" + cases.joined(separator: ",\n") + "\n]\n"
            bytes += text.utf8.count
            try text.write(
                to: folder.appendingPathComponent("cases-\(part).json"), atomically: true, encoding: .utf8)
        }
        return bytes
    }

    /// Memory of this process that is in RAM.
    private func residentBytes() -> Int {
        let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ")
        return (pages?.dropFirst().first.flatMap { Int($0) } ?? 0) * 4096
    }
}
