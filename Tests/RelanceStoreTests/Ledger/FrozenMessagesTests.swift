import RelanceCore
import RelanceStore
import RelanceTestSupport
import Testing

@Suite struct FrozenMessagesTests {
    static let mail = FrozenMessage.make(Array("Subject: 2020-0301\r\n\r\nBonjour\r\n".utf8))

    static let text = FrozenMessage.text("CCI Normandie : rendez-vous le 3/11 à 14 h 30.\n{}")

    @Test(arguments: [mail, text])
    func `envelope and bytes come back as they were frozen, also after a restart`(
        _ message: FrozenMessage
    ) async throws {
        let fixture = try LedgerFixture()
        let frozen = try FrozenMessages(in: try fixture.directory())
        let sha256 = try await frozen.freeze(message, of: .make(1))
        let again = try FrozenMessages(in: try fixture.directory())
        #expect(try await again.message(of: .make(1), sha256: sha256) == message)
    }

    @Test func `the file of a text message is its number in one line and its words behind it`() async throws {
        let fixture = try LedgerFixture()
        let frozen = try FrozenMessages(in: try fixture.directory())
        let sha256 = try await frozen.freeze(Self.text, of: .make(1))
        let file = try fixture.bytes("outbox/\(MessageKey.make(1))")
        guard case .text(let recipient) = Self.text.envelope else { return }
        #expect(
            String(decoding: file, as: UTF8.self) == """
                {"channel":"sms","to":"\(recipient.dialled)"}
                CCI Normandie : rendez-vous le 3/11 à 14 h 30.
                {}
                """)
        #expect(sha256 == Checksum.sha256Hex(file))
    }

    @Test func `a file that is neither a mail nor a text message is damaged, whatever its checksum`()
        async throws
    {
        let fixture = try LedgerFixture()
        let frozen = try FrozenMessages(in: try fixture.directory())
        let name = "outbox/\(MessageKey.make(1))"
        for file in [
            "", "{}\n", "x", #"{"channel":"sms","to":"claire.duval@cci.example"}"# + "\nx",
            #"{"channel":"sms"}"# + "\nx", #"{"to":"+33639982011"}"# + "\nx",
        ] {
            try fixture.write(file.utf8, to: name)
            await #expect(throws: StoreError.frozenMessageDamaged(file: fixture.path + "/" + name)) {
                try await frozen.message(of: .make(1), sha256: Checksum.sha256Hex(Array(file.utf8)))
            }
        }
    }

    @Test func `changed or missing bytes are never handed out`() async throws {
        let fixture = try LedgerFixture()
        let frozen = try FrozenMessages(in: try fixture.directory())
        let sha256 = try await frozen.freeze(Self.mail, of: .make(1))
        let file = fixture.path + "/outbox/\(MessageKey.make(1))"
        var elsewhere = Self.mail
        elsewhere.envelope = .mail(
            sender: .make("relance@cci.example"), recipient: .make("someone.else@cci.example"), subject: "")
        let other = try await frozen.freeze(elsewhere, of: .make(1))
        #expect(other != sha256)
        await #expect(throws: StoreError.frozenMessageDamaged(file: file)) {
            try await frozen.message(of: .make(1), sha256: sha256)
        }
        try await frozen.discard(.make(1))
        await #expect(throws: StoreError.frozenMessageMissing(file: file)) {
            try await frozen.message(of: .make(1), sha256: sha256)
        }
        try await frozen.discard(.make(1))
    }

    @Test func `what a crash left of settled messages is removed`() async throws {
        let fixture = try LedgerFixture()
        let frozen = try FrozenMessages(in: try fixture.directory())
        var sha256 = ""
        for number in 1...3 { sha256 = try await frozen.freeze(Self.mail, of: .make(number)) }
        try fixture.write([1], to: "outbox/\(MessageKey.make(1)).tmp.x")
        #expect(try await frozen.discardAll(but: [.make(2)]) == 2)
        let again = try FrozenMessages(in: try fixture.directory())
        #expect(try await again.message(of: .make(2), sha256: sha256) == Self.mail)
    }

    @Test func `verification finds the frozen bytes of an open message that changed`() async throws {
        let fixture = try LedgerFixture()
        let key = MessageKey.make(1)
        try await fixture.use { ledger in
            let frozen = try FrozenMessages(in: ledger.directory)
            let sha256 = try await frozen.freeze(Self.mail, of: key)
            let attempt = Attempt(
                number: 1, route: "spool", messageID: "<\(key).0@x.example>", sha256: sha256)
            try await ledger.append([.planned(.make(1)), .attempted(key, attempt)])
        }
        #expect(LedgerVerification(try fixture.directory()).isSound)
        try fixture.write([1], to: "outbox/\(key)")
        let verdict = LedgerVerification(try fixture.directory())
        #expect(verdict.problems == [.frozenMessageDamaged(file: "\(fixture.path)/outbox/\(key)")])
        #expect(verdict.problems.first?.exitStatus == 65)
    }
}

extension FrozenMessage {
    /// A text message to the restaurant.
    static func text(_ words: String) -> FrozenMessage {
        FrozenMessage(envelope: .text(recipient: .make("06 39 98 20 14")), bytes: Array(words.utf8))
    }

    /// A mail to Claire, of these bytes.
    static func make(_ bytes: [UInt8] = [1, 2, 3]) -> FrozenMessage {
        FrozenMessage(
            envelope: .mail(
                sender: .make("relance@cci.example"), recipient: .make("claire.duval@cci.example"),
                subject: "Dossier 2020-0301 : « à rappeler »"), bytes: bytes)
    }
}
