import ArgumentParser
import CurlClient
import Foundation
import RelanceCore
import RelanceDaemon
import RelanceStore

/// Who orders something and why: both stay in the ledger.
struct OperatorOptions: ParsableArguments {
    @OptionGroup var house: HouseOptions
    @Option(help: ArgumentHelp("Who decides it.", valueName: "name"))
    var by: String
    @Option(
        help: ArgumentHelp(
            "Why; it stays in the ledger, so name no address and no number.", valueName: "text"))
    var reason: String
    @Flag(help: "One JSON object.")
    var json = false

    private struct Record: Encodable {
        var done: Bool
        var sentence: String
    }

    /// Has the daemon at work carry it out, or does so with the lock when there is none, and says what was done.
    func carryOut(_ act: OperatorAct) async throws {
        guard let order = OperatorOrder(act, by: by, reason: reason) else {
            throw ValidationError(
                "--by and --reason are one line each, of at most 80 and 500 characters")
        }
        let loaded = try house.loadForState()
        let sentence: String
        do throws(OperatorProblem) {
            sentence = try await Self.carryOut(order, in: loaded)
        } catch {
            if json { try JSONLine.print(Record(done: false, sentence: error.description)) }
            Terminal.complain("relance: \(error)")
            throw ExitCode(error.exitStatus)
        }
        if json {
            try JSONLine.print(Record(done: true, sentence: sentence))
        } else {
            Terminal.say(sentence)
        }
    }

    private static func carryOut(
        _ order: OperatorOrder, in house: House
    ) async throws(OperatorProblem) -> String {
        let state = house.configuration.state
        let ledger: LedgerFile
        do {
            if let holder = try LedgerReading.holder(ofStateAt: state) {
                return try await DaemonSocket(state: state).carryOut(order, by: holder)
            }
            ledger = try LedgerFile(try StateDirectory(path: state), clock: .machine)
        } catch let problem as OperatorProblem {
            throw problem
        } catch {
            throw .unavailable("\(error)")
        }
        let room = CaseRoom(house, now: .now)
        let desk = ControlDesk(ledger: ledger, now: { .now }, openCase: { room[$0] })
        let end: Result<String, OperatorProblem>
        do throws(OperatorProblem) {
            end = .success(try await desk.act(order))
        } catch {
            end = .failure(error)
        }
        do {
            try await ledger.close()
        } catch {
            throw .unavailable("\(error)")
        }
        return try end.get()
    }
}

extension OperatorProblem {
    /// sysexits.h.
    fileprivate var exitStatus: Int32 {
        switch self {
        case .unknown: 66  // EX_NOINPUT
        case .refused: 65  // EX_DATAERR
        case .unavailable: 75  // EX_TEMPFAIL
        }
    }
}

/// The socket of a daemon at work, as a command reaches it.
struct DaemonSocket {
    let state: String

    func carryOut(
        _ order: OperatorOrder, by holder: LedgerReading.Holder
    ) async throws(OperatorProblem) -> String {
        let body: Data
        do {
            body = try JSONEncoder().encode(order)
        } catch {
            throw .unavailable("\(error)")
        }
        let result = try await ask(
            HTTPRequest(
                "POST", "/orders", headers: [.init("Content-Type", "application/json")], body: Array(body)))
        // An answer without a sentence says so itself.
        let answer = try? JSONDecoder().decode(OperatorAnswer.self, from: Data(result.body))
        guard result.problem == nil, let sentence = answer?.sentence else {
            let reason = result.problem.map { "\($0)" } ?? "it answers \(result.responseCode)"
            throw unreachable(holder, reason)
        }
        switch result.responseCode {
        case 200: return sentence
        case 404: throw .unknown(sentence)
        case 503: throw .unavailable(sentence)
        default: throw .refused(sentence)
        }
    }

    /// How the daemon says it is.
    func status(of holder: LedgerReading.Holder) async throws(OperatorProblem) -> HouseStatus {
        let result = try await ask(HTTPRequest("GET", "/status"))
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        guard result.problem == nil, result.responseCode == 200,
            // What is no status says so itself.
            let status = try? decoder.decode(HouseStatus.self, from: Data(result.body))
        else {
            throw unreachable(
                holder, result.problem.map { "\($0)" } ?? "it answers \(result.responseCode)")
        }
        return status
    }

    private func unreachable(_ holder: LedgerReading.Holder, _ reason: String) -> OperatorProblem {
        .unavailable("the daemon \(holder.pid) cannot be reached by \(state)/relance.sock: \(reason)")
    }

    private func ask(_ request: HTTPRequest) async throws(OperatorProblem) -> CurlResult {
        var limits = CurlLimits()
        (limits.connections, limits.connectTimeout) = (1, .seconds(5))
        (limits.responseTimeout, limits.totalTimeout) = (.seconds(30), .seconds(60))
        let route: CurlRoute
        do {
            route = try CurlRoute(socket: state + "/relance.sock")
        } catch {
            throw .unavailable("\(error)")
        }
        let pool = CurlPool(route, limits: limits)
        // An order is carried out once: libcurl is not to repeat it on a connection that turned out dead.
        let result = await pool.perform(.http(request)) { true }
        await pool.shutdown()
        return result
    }
}
