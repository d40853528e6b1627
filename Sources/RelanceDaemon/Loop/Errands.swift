import RelanceCore

/// What the world asked of the loop since it last looked; the bell wakes it.
actor Errands {
    struct List: Sendable {
        /// A case folder changed, or it is not known whether.
        var read = false
        var reload = false
        var stop = false
        var incidents: [Incident] = []
        /// Cases of which the ledger has something new to say.
        var changed: Set<CaseReference> = []
        /// Addresses, likewise.
        var changedAddresses: Set<AddressMark> = []
    }

    nonisolated let bell = Bell()
    private var list = List()

    func read() async {
        list.read = true
        await bell.ring()
    }

    func reload() async {
        list.reload = true
        await bell.ring()
    }

    func stop() async {
        list.stop = true
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
