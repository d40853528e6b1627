/// Something in the directory that does not fit together; the directory works all the same.
package enum DirectoryContradiction: Hashable, Sendable, CustomStringConvertible {
    case unknownBackup(advisor: String, backup: String)
    case unknownSite(advisor: String, site: String)
    case unknownLead(site: String, lead: String)
    case noLead
    case nobodyOnCall

    package var description: String {
        switch self {
        case .unknownBackup(let advisor, let backup):
            "\(advisor): backup “\(backup)” is nobody in the directory; messages go on to the lead"
        case .unknownSite(let advisor, let site):
            "\(advisor): site “\(site)” is not in the configuration"
        case .unknownLead(let site, let lead):
            "site \(site): lead “\(lead)” is nobody in the directory"
        case .noLead: "nobody is a lead: escalations go to the sites' mailboxes"
        case .nobodyOnCall: "nobody is on call: a distress alert reaches the lead only"
        }
    }
}

extension Directory {
    /// Everything that does not fit together, in a stable order.
    package var contradictions: [DirectoryContradiction] {
        var found: [DirectoryContradiction] = []
        for advisor in advisors.values.sorted(by: { $0.id < $1.id }) {
            for backup in Set(([advisor.backup] + advisor.absences.map(\.backup)).compactMap { $0 }).sorted()
            where advisors[backup] == nil {
                found.append(.unknownBackup(advisor: advisor.id, backup: backup))
            }
            if let site = advisor.site, sites[site] == nil {
                found.append(.unknownSite(advisor: advisor.id, site: site))
            }
        }
        for site in sites.values.sorted(by: { $0.id < $1.id }) {
            if let lead = site.lead, advisors[lead] == nil {
                found.append(.unknownLead(site: site.id, lead: lead))
            }
        }
        if !advisors.values.contains(where: { $0.role == .lead }) { found.append(.noLead) }
        if !advisors.values.contains(where: { $0.role == .onCall }) { found.append(.nobodyOnCall) }
        return found
    }
}
