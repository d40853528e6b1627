// An order as it crosses the daemon's socket: one flat JSON object.
//
//     {"act":"hold_case","case":"2020-0301","until":"2020-11-09","by":"anne.delmas","reason":"…"}

extension OperatorOrder: Codable {
    private enum Key: String, CodingKey {
        case act, message, `case`, until, channel, by, reason
        case mayArriveTwice = "may_arrive_twice"
    }

    private enum Act: String, Codable {
        case retry, cancel, hold, release, acknowledge, object
        case holdCase = "hold_case"
        case resumeCase = "resume_case"
        case liftFence = "lift_fence"
        case liftObjection = "lift_objection"
        case restoreAddresses = "restore_addresses"
        case acceptSources = "accept_sources"
    }

    package init(from decoder: any Decoder) throws {
        let object = try decoder.container(keyedBy: Key.self)
        func parsed<Value>(_ key: Key, _ read: (String) -> Value?) throws -> Value {
            guard let value = read(try object.decode(String.self, forKey: key)) else {
                throw DecodingError.dataCorruptedError(
                    forKey: key, in: object, debugDescription: "\(key.rawValue) is not well-formed")
            }
            return value
        }
        func message() throws -> MessageKey { try parsed(.message) { MessageKey($0) } }
        func ref() throws -> CaseReference { try parsed(.case) { CaseReference($0) } }
        func channel() throws -> Channel? {
            object.contains(.channel) ? try parsed(.channel) { Channel(rawValue: $0) } : nil
        }
        let act: OperatorAct =
            switch try object.decode(Act.self, forKey: .act) {
            case .retry:
                .retry(
                    try message(),
                    mayArriveTwice: try object.decodeIfPresent(Bool.self, forKey: .mayArriveTwice) ?? false)
            case .cancel: .cancel(try message())
            case .hold: .hold(try message())
            case .release: .release(try message())
            case .holdCase:
                .holdCase(
                    try ref(), until: object.contains(.until) ? try parsed(.until) { LocalDay(iso: $0) } : nil
                )
            case .resumeCase: .resumeCase(try ref())
            case .acknowledge: .acknowledge(try ref())
            case .liftFence: .liftFence
            case .acceptSources: .acceptSources
            case .object: .object(try ref(), try channel())
            case .liftObjection: .liftObjection(try ref(), try channel())
            case .restoreAddresses: .restoreAddresses(try ref(), try channel())
            }
        let order = OperatorOrder(
            act, by: try object.decode(String.self, forKey: .by),
            reason: try object.decode(String.self, forKey: .reason))
        guard let order else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "by and reason are one line each"))
        }
        self = order
    }

    package func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: Key.self)
        func name(_ act: Act, message: MessageKey? = nil, ref: CaseReference? = nil, channel: Channel? = nil)
            throws
        {
            try object.encode(act, forKey: .act)
            try object.encodeIfPresent(message?.text, forKey: .message)
            try object.encodeIfPresent(ref?.text, forKey: .case)
            try object.encodeIfPresent(channel?.rawValue, forKey: .channel)
        }
        switch act {
        case .retry(let key, let mayArriveTwice):
            try name(.retry, message: key)
            if mayArriveTwice { try object.encode(true, forKey: .mayArriveTwice) }
        case .cancel(let key): try name(.cancel, message: key)
        case .hold(let key): try name(.hold, message: key)
        case .release(let key): try name(.release, message: key)
        case .holdCase(let ref, let until):
            try name(.holdCase, ref: ref)
            try object.encodeIfPresent(until?.iso, forKey: .until)
        case .resumeCase(let ref): try name(.resumeCase, ref: ref)
        case .acknowledge(let ref): try name(.acknowledge, ref: ref)
        case .liftFence: try name(.liftFence)
        case .acceptSources: try name(.acceptSources)
        case .object(let ref, let channel): try name(.object, ref: ref, channel: channel)
        case .liftObjection(let ref, let channel): try name(.liftObjection, ref: ref, channel: channel)
        case .restoreAddresses(let ref, let channel): try name(.restoreAddresses, ref: ref, channel: channel)
        }
        try object.encode(by, forKey: .by)
        try object.encode(reason, forKey: .reason)
    }
}

/// What the socket answers to an order: a sentence, whether it was done or why not.
package struct OperatorAnswer: Hashable, Sendable, Codable {
    package var sentence: String

    package init(sentence: String) {
        self.sentence = sentence
    }
}
