import Foundation
import RelanceConsole
import RelanceCore
import RelanceTestSupport
import Testing

/// The socket of the state directory: orders in, sentences out.
@Suite(.timeLimit(.minutes(10))) struct OrderDoorTests {
    private let order = #"{"act": "acknowledge", "case": "2020-0301", "by": "anne.delmas", "reason": "seen"}"#

    private func answer(_ console: OpenConsole, _ request: String) async throws -> String {
        try await onThread { [path = console.socket] in
            let caller = try CallerSocket(path: path)
            caller.say(request)
            return try caller.hearAll()
        }
    }

    @Test func `an order reaches the desk, and its sentence comes back`() async throws {
        let desk = ScriptedDesk(end: .success("2020-0301 is acknowledged"))
        try await OpenConsole.serve(desk) { console in
            let answer = try await answer(console, OpenConsole.request("POST", "/orders", body: order))
            #expect(answer.status == "200")
            #expect(answer.hasSuffix(#"{"sentence":"2020-0301 is acknowledged"}"#))
        }
        let expected = OperatorOrder(.acknowledge(.make("2020-0301")), by: "anne.delmas", reason: "seen")
        #expect(await desk.orders == [expected].compactMap { $0 })
    }

    @Test(arguments: [
        (OperatorProblem.unknown("no case 2020-0301"), "404"), (.refused("it is held"), "409"),
        (.unavailable("the disk is full"), "503"),
    ])
    func `why an order is refused comes back as well`(problem: OperatorProblem, status: String) async throws {
        try await OpenConsole.serve(ScriptedDesk(end: .failure(problem))) { console in
            let answer = try await answer(console, OpenConsole.request("POST", "/orders", body: order))
            #expect(answer.status == status)
            #expect(answer.hasSuffix(#"{"sentence":"\#(problem)"}"#))
        }
    }

    @Test(arguments: ["", "[]", "{", #"{"act": "explode", "by": "a", "reason": "b"}"#])
    func `what is no order never reaches the desk`(body: String) async throws {
        let desk = ScriptedDesk()
        try await OpenConsole.serve(desk) { console in
            let refusal = try await answer(console, OpenConsole.request("POST", "/orders", body: body))
            #expect(refusal.status == "400")
        }
        #expect(await desk.orders.isEmpty)
    }

    @Test func `the state of the house is told to whoever asks, in snake case`() async throws {
        var house = HouseStatus()
        house.isDiskFull = true
        house.sources = [.init(folder: "/cases", cases: 20, readAt: Instant(seconds: 1_604_304_000))]
        try await OpenConsole.serve(ScriptedDesk(house: house)) { console in
            let answer = try await answer(console, OpenConsole.request("GET", "/status"))
            #expect(answer.status == "200")
            let body = Data(answer.split(separator: "\r\n\r\n").last.map(String.init)?.utf8 ?? "".utf8)
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            #expect(try decoder.decode(HouseStatus.self, from: body) == house)
            #expect(answer.contains(#""is_disk_full":true"#))
            #expect(answer.contains(#""read_at":"2020-11-02T08:00:00.000Z""#))
            for target in ["/status/", "/status?x", "/statuses"] {
                let other = try await self.answer(console, OpenConsole.request("GET", target))
                #expect(other.status == (target == "/status?x" ? "200" : "404"), "\(target)")
            }
            let order = try await self.answer(console, OpenConsole.request("POST", "/status", body: "{}"))
            #expect(order.status == "405")
            // It is for the socket alone.
            #expect(try await console.answer("GET", "/status").status == "404")
        }
        try await OpenConsole.serve { console in
            let nobody = try await answer(console, OpenConsole.request("GET", "/status"))
            #expect(nobody.status == "503")
        }
    }

    @Test func `only its owner may open the socket, and it goes with the console`() async throws {
        try await OpenConsole.serve { console in
            var status = stat()
            #expect(stat(console.socket, &status) == 0)
            #expect(status.st_mode == S_IFSOCK | 0o600)
            try await console.stop()
            #expect(stat(console.socket, &status) != 0)
        }
    }

    @Test func `a socket that a crash left behind is taken over`() async throws {
        try await OpenConsole.serve { console in
            let left = console.socket + ".left"
            try FileManager.default.linkItem(atPath: console.socket, toPath: left)
            defer { try? FileManager.default.removeItem(atPath: left) }  // it may be gone already
            let (opened, isOpen) = AsyncStream.makeStream(of: Void.self)
            let next = Console([.orders(socket: left)], desk: ScriptedDesk(), log: console.lines.logger) {
                _, _ in isOpen.finish()
            }
            let running = Task {
                defer { isOpen.finish() }
                try await next.run()
            }
            for await _ in opened {}
            running.cancel()
            try await running.value
        }
    }

    @Test func `gateways are not heard there`() async throws {
        let desk = ScriptedDesk()
        try await OpenConsole.serve(desk) { console in
            for target in ["/receipts/kannel/token", "/healthz"] {
                let absence = try await answer(console, OpenConsole.request("GET", target))
                #expect(absence.status == "404")
            }
        }
        #expect(await desk.callbacks.isEmpty)
    }

    @Test func `a door that cannot be opened is an error`() async throws {
        let console = Console(
            [.orders(socket: "/no/such/folder/relance.sock")], desk: ScriptedDesk(), log: LogLines().logger)
        await #expect(throws: (any Error).self) { try await console.run() }
    }
}
