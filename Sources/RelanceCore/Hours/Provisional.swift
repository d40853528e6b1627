// Stands in until the working-time room lands; deleted with it.
package struct WorkingWeek: Hashable, Sendable {}
package struct TimeRule: Hashable, Sendable {}
package struct Zone: Hashable, Sendable {}
package struct WorkingCalendar: Sendable { package var zone: Zone }
