import RelanceCore

@testable import RelanceIntake

/// What the case tool exports, a file a case: of some only half, some not at all.
struct SimulatedSource: Sendable {
    var items: [CaseReference: OpenCase]
    /// Files somebody is writing, or wrote badly.
    var broken: Set<CaseReference> = []
    var vanished: Set<CaseReference> = []

    /// What a look into the folder finds.
    var reading: FolderReading {
        FolderReading(
            source: "cases",
            batches: items.keys.filter { !vanished.contains($0) }.sorted().map { ref in
                let place = RecordPlace(file: "\(ref.text).json", line: 1, column: 1)
                var batch = CaseBatch(file: place.file)
                if broken.contains(ref) {
                    batch.refused = [RefusedCase(ref: ref, place: place)]
                } else if let item = items[ref] {
                    batch.records = [CaseRecord(item, at: place)]
                }
                return batch
            })
    }
}
