import PositionedJSON
import RelanceCore

/// The people of `advisors.json` as read, with every problem of the file.
package struct AdvisorsFile: Sendable {
    package let advisors: [Advisor]
    package let problems: [IntakeProblem]

    /// Opens and reads the file; throws what makes all of it unusable, as when somebody else may change it: it says to whom
    /// cases are told.
    package static func read(
        path: String, rules: IntakeRules, trust: FileTrust
    ) throws(IntakeProblem) -> AdvisorsFile {
        switch SettledFile(path, trust: trust) {
        case .read(let bytes, _): return try read(bytes, file: path, rules: rules)
        case .changing: throw IntakeProblem(.source, file: path, .changing)
        case .failed(let fault): throw IntakeProblem(.source, file: path, fault)
        }
    }

    /// Reads an array of advisors, or `{"advisors": […]}`; of an id that comes twice the last counts.
    package static func read(
        _ bytes: [UInt8], file: String, rules: IntakeRules
    ) throws(IntakeProblem) -> AdvisorsFile {
        let document: JSONDocument
        do throws(JSONProblem) {
            document = try JSONDocument.parse(bytes)
        } catch {
            throw IntakeProblem(.source, file: file, at: error.position, .json(error.fault))
        }
        let root = document.root
        let list = root.kind == .object ? root["advisors"] : root
        guard let list, list.kind == .array else {
            throw IntakeProblem(
                .source, file: file, at: root.position,
                .unexpected(.kind(root.kind), expected: "an array of advisors or {\"advisors\": […]}"))
        }
        var reader = RecordReader(file: file, keys: document.keys, rules: rules)
        var advisors: [Advisor] = []
        var places: [String: (index: Int, position: JSONPosition)] = [:]
        for node in list.elements {
            guard let advisor = reader.readAdvisor(node) else { continue }
            let position = node.position
            if let earlier = places[advisor.id] {
                reader.note(.warning, .repeated(line: position.line), at: earlier.position)
                advisors[earlier.index] = advisor
                places[advisor.id] = (earlier.index, position)
            } else {
                places[advisor.id] = (advisors.count, position)
                advisors.append(advisor)
            }
        }
        reader.checkBackups(of: advisors, places)
        return AdvisorsFile(advisors: advisors, problems: reader.finish())
    }
}

extension RecordReader {
    /// Warns of stand-ins nobody knows.
    fileprivate mutating func checkBackups(
        of advisors: [Advisor], _ places: [String: (index: Int, position: JSONPosition)]
    ) {
        let ids = advisors.map(\.id)
        for advisor in advisors {
            guard let position = places[advisor.id]?.position else { continue }
            record = advisor.id
            for backup in [advisor.backup] + advisor.absences.map(\.backup) {
                guard let backup, places[backup] == nil else { continue }
                note(
                    .warning,
                    .unexpected(
                        .value(backup), expected: "the id of an advisor", nearest: ids.nearest(to: backup)),
                    at: position, field: "backup")
            }
        }
    }
}
