import Foundation
import Glibc
import RelanceConsole
import RelanceCore
import RelanceStore
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

/// Orders to a daemon at work, through its socket: each takes effect at once.
@Suite(.timeLimit(.minutes(10))) struct LiveControlTests {
    private let nine = at("2020-11-02 09:00")
    private let opened = at("2020-11-02 09:20")
    private let ref = CaseReference.make("2020-0301")

    private func house() throws -> TestHouse { try TestHouse(cases: [TestHouse.newCase("2020-0301")]) }

    /// The status and the sentence of the answer.
    @discardableResult
    private func order(_ act: OperatorAct, _ house: TestHouse, _ life: TestHouse.Life) async throws
        -> (status: Int, sentence: String)
    {
        try await house.order(act, life)
    }

    private func key(_ life: TestHouse.Life) throws -> MessageKey {
        try #require(life.log.dispatches.first?.message.key)
    }

    @Test func `a case that is held gets nothing until it is resumed`() async throws {
        let house = try house()
        let life = try await house.run(at: nine) { life in
            let (status, sentence) = try await order(.holdCase(ref, until: nil), house, life)
            #expect(status == 200)
            #expect(sentence == "nothing automatic leaves on 2020-0301 until somebody resumes it")
            await life.advance(to: opened + .minutes(1))
            #expect(life.log.dispatches.isEmpty)
            try await order(.resumeCase(ref), house, life)
            await life.log.waitForAttempts(1)
        }
        #expect(life.log.dispatches.map(\.message.kind) == [.newCase])
    }

    @Test func `a message that failed leaves when somebody wants it sent anew`() async throws {
        let house = try house()
        let courier = ScriptedCourier([.init(outcome: .refused(.make(.refused, code: 550)))])
        let life = try await house.run(at: opened, courier: courier) { life in
            await life.log.waitForAttempts(1)
            try await order(.retry(try key(life)), house, life)
            await life.log.waitForAttempts(2)
        }
        #expect(life.log.dispatches.map(\.attempt) == [1, 2])
        #expect(try house.state().messages.values.map(\.phase) == [.sent])
    }

    @Test func `a message that waits leaves at once when somebody wants it to`() async throws {
        let house = try house()
        let courier = ScriptedCourier([.busyMailbox])
        let life = try await house.run(at: opened, courier: courier) { life in
            await life.log.waitForAttempts(1)
            try await order(.retry(try key(life)), house, life)
            await life.log.waitForAttempts(2)
        }
        #expect(life.log.dispatches.map(\.at) == [opened, opened])
    }

    @Test func `a message that is cancelled while it waits does not leave`() async throws {
        let house = try house()
        try await house.run(at: opened, courier: ScriptedCourier([.busyMailbox])) { life in
            await life.log.waitForAttempts(1)
            try await order(.cancel(try key(life)), house, life)
            await life.advance(to: opened + .hours(1))
            #expect(life.log.dispatches.count == 1)
        }
        #expect(try house.state().messages.values.map(\.phase) == [.cancelled])
        let frozen = try FileManager.default.contentsOfDirectory(atPath: house.statePath + "/outbox")
        #expect(frozen.isEmpty)
    }

    @Test func `a message that is held while it waits leaves when it is released`() async throws {
        let house = try house()
        let life = try await house.run(at: opened, courier: ScriptedCourier([.busyMailbox])) { life in
            await life.log.waitForAttempts(1)
            let key = try key(life)
            try await order(.hold(key), house, life)
            await life.advance(to: opened + .hours(1))
            #expect(life.log.dispatches.count == 1)
            try await order(.release(key), house, life)
            await life.log.waitForAttempts(2)
        }
        #expect(life.log.dispatches.map(\.at) == [opened, opened + .hours(1)])
    }

    @Test func `messages leave as soon as a fence is lifted`() async throws {
        let house = try house()
        try await house.write([.fenced(.repaired)], at: opened)
        let life = try await house.run(at: opened) { life in
            try await order(.liftFence, house, life)
            await life.log.waitForAttempts(1)
        }
        #expect(life.log.dispatches.map(\.at) == [opened])
    }

    @Test func `missing cases stay as last seen until somebody says that they are gone`() async throws {
        let house = try TestHouse(cases: (10...20).map { TestHouse.newCase("2020-03\($0)") })
        try await house.run(at: nine) { life in
            let (early, reason) = try await order(.acceptSources, house, life)
            #expect(early == 409 && reason == "no case is missing from its source")
            try house.folder.write("[]", to: "cases/dieppe.json")
            await life.log.waitForAttempts(1)  // IT is told
            #expect(try await order(.acknowledge(.make("2020-0310")), house, life).status == 200)
            let (status, sentence) = try await order(.acceptSources, house, life)
            #expect(status == 200 && sentence == "11 missing cases are let go")
            await life.advance(to: nine + .minutes(1))
            #expect(try await order(.acknowledge(.make("2020-0311")), house, life).status == 404)
        }
        #expect(try house.state().messages.values.allSatisfy { $0.plan.kind == .technicalIncident })
    }

    @Test func `an order that makes no sense says why and changes nothing`() async throws {
        let house = try house()
        try await house.run(at: opened) { life in
            await life.log.waitForAttempts(1)
            let (refused, reason) = try await order(.cancel(try key(life)), house, life)
            #expect(refused == 409 && reason.hasSuffix(" is sent"))
            let (unknown, sentence) = try await order(.acknowledge(.make("2020-9999")), house, life)
            #expect(unknown == 404 && sentence == "no case 2020-9999")
        }
        #expect(try house.state().messages.values.map(\.phase) == [.sent])
    }

    @Test func `a disk that fails under an order ends the daemon within a turn`() async throws {
        let (house, saboteur) = (try house(), Saboteur())
        let error = await #expect(throws: StoreError.self) {
            try await house.run(at: nine, disk: saboteur.disk) { life in
                saboteur.arm(.sync, EIO)
                let status = try await order(.acknowledge(ref), house, life).status
                #expect(status == 503)
                await life.log.wait { _ in false }  // over when the daemon is
            }
        }
        #expect(error?.exitStatus == 74)
    }

    @Test func `the socket is gone when the daemon is`() async throws {
        let house = try house()
        try await house.run(at: nine) { life in try await order(.acknowledge(ref), house, life) }
        #expect(!FileManager.default.fileExists(atPath: house.statePath + "/relance.sock"))
    }
}
