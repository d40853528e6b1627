/// What the world asked of the loop since it last looked; the bell wakes it.
actor Errands {
    struct List: Sendable {
        /// A case folder changed, or it is not known whether.
        var read = false
        var reload = false
        var stop = false
        var incidents: [Incident] = []
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

    /// Everything asked for, which is then forgotten.
    func take() -> List {
        defer { list = List() }
        return list
    }
}
