enum Composer { static let longestName = 120 }
