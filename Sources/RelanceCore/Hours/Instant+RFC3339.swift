extension Instant: CustomStringConvertible {
    /// Reads an RFC 3339 date-time; the offset is required, since a time without one names no instant.
    ///
    /// Section 5.6 with a space allowed for the `T`. Fractions are cut to the millisecond, and second 60, which
    /// POSIX time cannot hold, is read as 59.
    package init?(rfc3339 text: String) {
        var reader = DigitReader(text)
        guard let year = reader.number(digits: 4), reader.skip("-"),
            let month = reader.number(digits: 2), reader.skip("-"),
            let dayOfMonth = reader.number(digits: 2),
            let day = LocalDay(year: year, month: month, day: dayOfMonth),
            reader.skip("T") || reader.skip("t") || reader.skip(" "),
            let hour = reader.number(digits: 2), hour < 24, reader.skip(":"),
            let minute = reader.number(digits: 2), minute < 60, reader.skip(":"),
            let second = reader.number(digits: 2), second <= 60,
            let thousandths = Instant.fraction(&reader),
            let offset = Instant.offset(&reader), reader.isAtEnd
        else { return nil }
        let local = Int64(day.daysSince1970) * 86_400 + Int64(hour * 3600 + minute * 60 + min(second, 59))
        self.init(milliseconds: (local - Int64(offset)) * 1000 + Int64(thousandths))
    }

    /// The milliseconds of an optional fraction; nil when the point is followed by no digit.
    private static func fraction(_ reader: inout DigitReader) -> Int? {
        guard reader.skip(".") else { return 0 }
        guard let tenths = reader.digit() else { return nil }
        var thousandths = tenths * 100
        var weight = 10
        while let digit = reader.digit() {
            thousandths += digit * weight
            weight /= 10
        }
        return thousandths
    }

    /// The offset in seconds, `Z` or `±HH:MM`.
    private static func offset(_ reader: inout DigitReader) -> Int? {
        if reader.skip("Z") || reader.skip("z") { return 0 }
        let isWest = reader.skip("-")
        guard isWest || reader.skip("+"),
            let hours = reader.number(digits: 2), hours < 24, reader.skip(":"),
            let minutes = reader.number(digits: 2), minutes < 60
        else { return nil }
        return (hours * 3600 + minutes * 60) * (isWest ? -1 : 1)
    }

    /// The instant on the zone's clock with its offset, milliseconds only when there are some.
    ///
    /// RFC 3339 has no seconds in an offset: where a zone has (local mean times), clock and offset are both given to
    /// the whole minute of offset below, so that the text still names this instant.
    package func rfc3339(in zone: Zone) -> String {
        let offset = zone.offset(at: self)
        let minutes = offset >= 0 ? offset / 60 : -((59 - offset) / 60)
        return rfc3339(offset: minutes, withMilliseconds: millisecondOfSecond != 0)
    }

    /// The instant in UTC, always with three digits of milliseconds: `2020-11-02T08:30:00.000Z`.
    package var rfc3339UTCMilliseconds: String {
        rfc3339(offset: nil, withMilliseconds: true)
    }

    package var description: String { rfc3339UTCMilliseconds }

    private var millisecondOfSecond: Int {
        let remainder = Int(milliseconds % 1000)
        return remainder < 0 ? remainder + 1000 : remainder
    }

    /// The text with an offset in minutes, or `Z` for none; one pass over raw bytes, since every ledger line has one.
    ///
    /// A year outside 0000 … 9999, which RFC 3339 cannot say, is written as the nearest that it can.
    private func rfc3339(offset: Int?, withMilliseconds: Bool) -> String {
        let local = seconds + Int64(offset ?? 0) * 60
        let days = local.floored(by: 86_400)
        let second = Int(local - days * 86_400)
        let (year, month, day) = LocalDay(daysSince1970: Int32(clamping: days)).civil
        return String(unsafeUninitializedCapacity: 29) { bytes in
            var length = 0
            func put(_ value: Int, digits: Int) {
                var rest = value
                for place in stride(from: length + digits - 1, through: length, by: -1) {
                    bytes[place] = UInt8(48 + rest % 10)
                    rest /= 10
                }
                length += digits
            }
            func put(_ mark: Unicode.Scalar) {
                bytes[length] = UInt8(truncatingIfNeeded: mark.value)
                length += 1
            }
            put(min(max(year, 0), 9999), digits: 4)
            put("-")
            put(month, digits: 2)
            put("-")
            put(day, digits: 2)
            put("T")
            put(second / 3600, digits: 2)
            put(":")
            put(second / 60 % 60, digits: 2)
            put(":")
            put(second % 60, digits: 2)
            if withMilliseconds {
                put(".")
                put(millisecondOfSecond, digits: 3)
            }
            if let offset {
                put(offset < 0 ? "-" : "+")
                put(abs(offset) / 60, digits: 2)
                put(":")
                put(abs(offset) % 60, digits: 2)
            } else {
                put("Z")
            }
            return length
        }
    }
}

extension Int64 {
    /// Division rounded towards minus infinity, as calendars need on both sides of 1970.
    func floored(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
