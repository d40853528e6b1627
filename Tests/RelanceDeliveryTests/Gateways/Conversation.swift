import Foundation
import RelanceCore
import RelanceDelivery
import RelanceStore
import RelanceTestSupport
import Yams

/// What a provider and we say to each other as its documentation has it.
///
/// A file of Conversations for each preset of Config/gateways; `kannel.yaml` there explains the form.
struct Conversation: Decodable, Sendable {
    struct Account: Decodable, Sendable {
        var sender: String?
        var settings: [String: String]?
        var credentials: [String: String]?
    }

    struct Answer: Decodable, Sendable {
        var status: Int?
        var body: String?
        var headers: [String: String]?
    }

    /// A request before the sending, and what the provider answers.
    struct Step: Decodable, Sendable {
        var request: String
        var form: [String: String]?
        var json: String?
        var headers: [String: String]?
        var answer: Answer
    }

    /// A text, and the request it has to become.
    struct Sending: Decodable, Sendable {
        var name: String
        var number: String?
        var text: String
        /// Method and path.
        var request: String
        var query: [String: String]?
        var form: [String: String]?
        var json: String?
        var headers: [String: String]?
    }

    /// What the provider answers to a sending, and what it means.
    struct Reply: Decodable, Sendable {
        var name: String
        var answer: Answer
        /// `accepted`, or a class of the preset's format.
        var outcome: String
        var reference: String?
        var parts: Int?
        var cost: String?
    }

    struct Call: Decodable, Sendable {
        var name: String
        var method: String
        var query: String?
        var headers: [String: String]?
        var body: String?
        /// The signature's header is filled in by an independent hand: Python.
        var sign: Bool?
        /// `ours REF delivered`, `theirs ID undelivered bad_number`, `objection +33639980014`.
        var reports: [String]?
        var part: String?
        var reply: Answer?
        /// The status of a call that is not let in.
        var refused: Int?
    }

    /// What the provider answers to a question of ours.
    struct Question: Decodable, Sendable {
        var name: String
        var request: String?
        var answer: Answer
        /// A verdict with the class of a failure, or `nothing`; of a look-up `taken ID`, `absent` or `undecided`.
        var says: String
    }

    var account: Account
    var steps: [Step]?
    var sendings: [Sending]
    var answers: [Reply]
    var callbacks: [Call]?
    var polls: [Question]?
    var lookups: [Question]?

    static let presets = root + "/Config/gateways"
    static let folder = here + "Conversations"
    private static let root = here + "../../.."
    private static var here: String { URL(filePath: #filePath).deletingLastPathComponent().path() }

    static func read(_ name: String) throws -> Conversation {
        let text = try String(contentsOfFile: "\(folder)/\(name).yaml", encoding: .utf8)
        return try YAMLDecoder().decode(Conversation.self, from: text)
    }

    // MARK: The stage

    static let route = "texts"
    static let reference = "abcdefghijklmnopqrstuvwxyz.0"
    static let number = "+33639980014"
    static let receiptsToken = "0123456789abcdef0123456789abcdef"
    /// Monday 2 November 2020, 08:30 in UTC; a text is of use for two hours.
    static let now = Instant(seconds: 1_604_305_800)

    static func preset(_ name: String) -> GatewayPreset? {
        GatewayPresetFile("\(presets)/\(name).yaml").preset
    }

    /// The gateway at its own address, or at the stub's.
    func gateway(_ preset: GatewayPreset, at port: Int? = nil) throws -> SMSGateway {
        var values: [String: SMSGateway.Value] = [:]
        for setting in preset.settings {
            let table = setting.isSecret ? account.credentials : account.settings
            if let text = table?[setting.name] ?? setting.usual {
                values[setting.name] = setting.isSecret ? .secret(Secret(text)) : .plain(text)
            }
        }
        let own = preset.address?.description ?? "https://gateway.example"
        let address = try port.map { port in
            let path = GatewayAddress(own)?.path ?? ""
            return try Self.required(GatewayAddress("http://127.0.0.1:\(port)\(path)"))
        }
        return SMSGateway(
            preset: preset, address: try address ?? Self.required(GatewayAddress(own)),
            clearText: .onLoopback,
            sender: account.sender, values: values, certificateFile: nil, connectTimeout: .seconds(60),
            totalTimeout: .seconds(300), costPerPart: nil,
            receipts: .init(publicURL: "https://relance.cci.example", token: Secret(Self.receiptsToken)))
    }

    static func message(_ text: String = "Bonjour", to number: String = number) throws -> Parcel.TextMessage {
        Parcel.TextMessage(
            recipient: try required(PhoneNumber(number)), text: text, reference: reference,
            usefulUntil: now + .hours(2))
    }

    private struct Missing: Error {}

    private static func required<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw Missing() }
        return value
    }
}

extension Conversation.Answer {
    var behaviour: ScriptedHTTPServer.Behaviour {
        .status(
            status ?? 200, body ?? "",
            headers: (headers ?? [:]).sorted { $0.key < $1.key }.map { "\($0): \($1)" })
    }

    var words: GatewayAnswer {
        let retryAfter = headers?.first { $0.key.lowercased() == "retry-after" }?.value
        return GatewayAnswer(status: status ?? 200, retryAfter: retryAfter, body: Array((body ?? "").utf8))
    }
}
