import RelanceCore

/// What the loop has found of the house, for whoever asks at another moment than it looks.
actor HouseNotes {
    /// As of the loop's last turn; routes and messages are asked of whoever has them.
    private(set) var status = HouseStatus()
    /// The cases that are missing from their sources and not let go, as of the last reading.
    private(set) var missingCases: Set<CaseReference> = []

    func note(_ body: @Sendable (inout HouseStatus) -> Void) {
        body(&status)
    }

    func note(missingCases: Set<CaseReference>) {
        self.missingCases = missingCases
    }
}
