import RelanceCore

/// What every ledger store has to do, whatever it keeps its records in: the sentences of `LedgerStore`, as checks.
///
/// A store's test suite gives a way to open the same storage again and runs every check on a fresh one.
package struct LedgerConformance: Sendable {
    package enum Check: String, CaseIterable, Sendable {
        case firstOpeningIsEmpty, appendedEntriesAreReplayed, receiptsAndAddressesAreReplayed,
            sequencesHaveNoGap, keyIsAdmittedOnce,
            admissionOutlivesReopening, coveredKeyIsNotAdmitted, illegalBatchLeavesNoTrace,
            instanceStays, concurrentAppendsAllStand, concurrentAdmissionsTakeAKeyOnce,
            cancelledCallerStillWrites, closedStoreRefuses
    }

    package struct Violation: Error, CustomStringConvertible {
        package var description: String
    }

    private let open: @Sendable () async throws -> any LedgerStore

    package init(open: @escaping @Sendable () async throws -> any LedgerStore) {
        self.open = open
    }

    package func run(_ check: Check) async throws {
        switch check {
        case .firstOpeningIsEmpty: try await firstOpeningIsEmpty()
        case .appendedEntriesAreReplayed: try await appendedEntriesAreReplayed()
        case .receiptsAndAddressesAreReplayed: try await receiptsAndAddressesAreReplayed()
        case .sequencesHaveNoGap: try await sequencesHaveNoGap()
        case .keyIsAdmittedOnce: try await keyIsAdmittedOnce()
        case .admissionOutlivesReopening: try await admissionOutlivesReopening()
        case .coveredKeyIsNotAdmitted: try await coveredKeyIsNotAdmitted()
        case .illegalBatchLeavesNoTrace: try await illegalBatchLeavesNoTrace()
        case .instanceStays: try await instanceStays()
        case .concurrentAppendsAllStand: try await concurrentAppendsAllStand()
        case .concurrentAdmissionsTakeAKeyOnce: try await concurrentAdmissionsTakeAKeyOnce()
        case .cancelledCallerStillWrites: try await cancelledCallerStillWrites()
        case .closedStoreRefuses: try await closedStoreRefuses()
        }
    }

    private func demand(_ holds: Bool, _ sentence: String) throws {
        if !holds { throw Violation(description: sentence) }
    }

    private func state(of store: any LedgerStore) -> LedgerState {
        store.withState { $0 }
    }

    private func firstOpeningIsEmpty() async throws {
        let store = try await open()
        try demand(state(of: store).messages.isEmpty, "a new store knows a message")
        try demand(state(of: store).lastSequence == 0, "a new store has a record")
        try await store.close()
    }

    private func appendedEntriesAreReplayed() async throws {
        var store = try await open()
        try await store.append([.planned(.make(1)), .planned(.make(2, case: "réf « 2020 » \u{202E}x"))])
        try await store.append(LedgerEvent.delivery(1))
        try await store.append([.attempt(2), .result(2, 1, .deferred(.make()), retryAt: Instant(seconds: 1))])
        try await store.append([
            .caseHeld(.make("2020-7"), until: nil, by: "claire", reason: "à la demande du client"),
            .started(ProgramStart(version: "1", machine: "m")),
        ])
        let before = state(of: store)
        try await store.close()
        store = try await open()
        try demand(state(of: store) == before, "the state after opening again is another")
        try await store.close()
    }

    private func receiptsAndAddressesAreReplayed() async throws {
        var store = try await open()
        _ = try await store.admit([.text(1), .text(2, addressee: .make(2)), .text(3, addressee: .make(3))])
        let proof = GatewayProof(reference: "42", parts: 3, cost: "0,045 €")
        try await store.append(
            LedgerEvent.texting(1, parts: 2) + [.result(1, 1, .accepted(reply: "0: Accepted", proof: proof))]
                + (1...3).map { .receipt(1, .make(.delivered, part: $0, of: 3, sending: 0)) }
                + LedgerEvent.texting(2) + [.receipt(2, .make(.undelivered, .badAddress))]
                + [.result(2, 1, .ambiguous(.make()))]
                + LedgerEvent.texting(3) + [.result(3, 1, .refused(.make(.blacklisted, code: 403)))])
        try await store.append([
            .objected(.make(4), .told), .objected(.make(5), .told), .addressDied(.make(6), detail: "né"),
            .addressDied(.make(7), detail: "né"), .objectionLifted(.make(5), by: "marc", reason: "à l’écrit"),
            .addressRestored(.make(7), by: "marc", reason: "« corrigé »"),
        ])
        let before = state(of: store)
        let phases = (1...3).map { before.messages[.make($0)]?.phase }
        try demand(phases == [.delivered, .undelivered, .failed], "receipts did not settle: \(phases)")
        try demand(
            Set(before.closedAddresses.keys) == [.make(2), .make(3), .make(4), .make(6)],
            "not those addresses are closed that should be")
        try demand(before.key(forReference: "42", on: "kannel") == .make(1), "a reference is not known")
        try demand(before.smsParts(since: .distantPast) == 4, "the parts are not 4")
        try await store.close()
        store = try await open()
        try demand(state(of: store) == before, "the state after opening again is another")
        try await store.close()
    }

    private func sequencesHaveNoGap() async throws {
        let store = try await open()
        var entries = try await store.append([.planned(.make(1)), .planned(.make(2))])
        entries += try await store.append(LedgerEvent.delivery(1))
        try demand(entries.map(\.stamp.sequence) == [1, 2, 3, 4, 5], "the sequences are not 1 to 5")
        try demand(
            zip(entries, entries.dropFirst()).allSatisfy { $0.stamp.at <= $1.stamp.at }, "a stamp goes back")
        try await store.close()
    }

    private func keyIsAdmittedOnce() async throws {
        let store = try await open()
        let first = try await store.admit([.make(1), .make(2), .make(1)])
        try demand(first == [.make(1), .make(2)], "a key was not admitted once")
        let second = try await store.admit([.make(2), .make(3)])
        try demand(second == [.make(3)], "a key was admitted again")
        try await store.close()
    }

    private func admissionOutlivesReopening() async throws {
        var store = try await open()
        _ = try await store.admit([.make(1)])
        try await store.append(LedgerEvent.delivery(1))
        try await store.close()
        store = try await open()
        let again = try await store.admit([.make(1)])
        try demand(again.isEmpty, "a key was admitted again after opening again")
        try await store.close()
    }

    private func coveredKeyIsNotAdmitted() async throws {
        let store = try await open()
        _ = try await store.admit([.make(1, covers: [.make(2)])])
        let again = try await store.admit([.make(2)])
        try demand(again.isEmpty, "a covered key was admitted")
        try await store.close()
    }

    private func illegalBatchLeavesNoTrace() async throws {
        var store = try await open()
        _ = try await store.admit([.make(1)])
        let before = state(of: store)
        do {
            try await store.append([.attempt(1), .handover(1), .attempt(1, 2)])
            throw Violation(description: "a second attempt beside the first was taken")
        } catch is IllegalTransition {}
        try demand(state(of: store) == before, "an illegal batch changed the state")
        try await store.close()
        store = try await open()
        try demand(state(of: store) == before, "an illegal batch was written")
        try await store.close()
    }

    private func instanceStays() async throws {
        var store = try await open()
        let instance = store.instance
        try await store.close()
        store = try await open()
        try demand(!instance.isEmpty && store.instance == instance, "the instance changed")
        try await store.close()
    }

    private func concurrentAppendsAllStand() async throws {
        var store = try await open()
        let shared = store
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...64 {
                group.addTask {
                    _ = try await shared.admit([.make(number)])
                    for event in LedgerEvent.delivery(number) { try await shared.append([event]) }
                }
            }
            try await group.waitForAll()
        }
        try await store.close()
        store = try await open()
        try demand(state(of: store).sums.counts == ["sent": 64], "not all of 64 messages are sent")
        try demand(state(of: store).lastSequence == 256, "there are not 256 records")
        try await store.close()
    }

    private func concurrentAdmissionsTakeAKeyOnce() async throws {
        let store = try await open()
        let taken = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 1...32 {
                group.addTask { try await store.admit([.make(1)]).count }
            }
            return try await group.reduce(0, +)
        }
        try demand(taken == 1, "a key was admitted \(taken) times")
        try await store.close()
    }

    private func cancelledCallerStillWrites() async throws {
        var store = try await open()
        let shared = store
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            _ = try await shared.admit([.make(1)])
        }
        try await task.value
        try await store.close()
        store = try await open()
        try demand(!store.withState { $0.admits(.make(1)) }, "what a cancelled caller wrote is gone")
        try await store.close()
    }

    private func closedStoreRefuses() async throws {
        let store = try await open()
        try await store.close()
        do {
            _ = try await store.admit([.make(1)])
        } catch {
            return
        }
        throw Violation(description: "a closed store took a message")
    }
}
