import RelanceCore

/// What the world asked of the loop since it last looked; the bell wakes it.
actor Errands {
    struct List: Sendable {
        /// A case folder changed, or it is not known whether.
        var read = false
        var reload = false
        var stop = false
        /// Why going on is impossible, as somebody beside the loop found.
        var failure: (any Error)?
        var incidents: [Incident] = []
        /// A person said that the missing cases are gone.
        var acceptSources = false
        /// Cases of which the ledger has something new to say.
        var changed: Set<CaseReference> = []
        /// Addresses, likewise.
        var changedAddresses: Set<AddressMark> = []
    }

    nonisolated let bell = Bell()
    /// Rung when a stop is asked for again: nobody wants to wait for what is on the wire.
    nonisolated let haste = Bell()
    private var list = List()
    private var isStopAsked = false

    func read() async {
        list.read = true
        await bell.ring()
    }

    func reload() async {
        list.reload = true
        await bell.ring()
    }

    /// Whether a stop was asked for; it stays on the list.
    var isStopping: Bool { list.stop }

    func acceptSources() async {
        list.acceptSources = true
        await bell.ring()
    }

    func stop() async {
        list.stop = true
        await bell.ring()
    }

    /// Somebody outside asks for a stop, for the second time perhaps.
    func stopAsked() async {
        if isStopAsked { await haste.ring() }
        isStopAsked = true
        await stop()
    }

    /// Has the loop end with an error behind which nothing may be written any more; the first one counts.
    func fail(_ error: any Error) async {
        list.failure = list.failure ?? error
        await bell.ring()
    }

    func tell(_ incident: Incident) async {
        list.incidents.append(incident)
        await bell.ring()
    }

    /// These cases are to be planned again.
    func plan(_ refs: some Sequence<CaseReference>) async {
        list.changed.formUnion(refs)
        await bell.ring()
    }

    /// Every case of a business with that address is to be planned again.
    func plan(address mark: AddressMark) async {
        list.changedAddresses.insert(mark)
        await bell.ring()
    }

    /// Everything asked for, which is then forgotten.
    func take() -> List {
        defer { list = List() }
        return list
    }
}
