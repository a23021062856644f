import MartletCore

/// Who is known to a server: `user0`, `user1` … with the password `secret`, and who knows whom.
struct Population: Sendable {
    enum Acquaintance: Sendable {
        case nobody
        /// Groups of so many, all of whom know each other.
        case groups(of: Int)
        /// Everybody knows so many of those that stand next, half on each side, in a ring.
        case neighbours(Int)
        /// Everybody has so many in the roster who have no account, without a subscription.
        case strangers(Int)
    }

    static let password = "secret"

    let count: Int
    let acquaintance: Acquaintance

    init(_ count: Int, _ acquaintance: Acquaintance = .nobody) {
        self.count = count
        self.acquaintance = acquaintance
    }

    var subscription: Subscription {
        if case .strangers = acquaintance { .none } else { .both }
    }

    static func name(_ number: Int) -> String { "user\(number)" }

    /// The numbers of those in a user's roster; acquaintance is mutual.
    func contacts(of number: Int) -> [Int] {
        switch acquaintance {
        case .nobody, .strangers: return []
        case .groups(let size):
            let first = number / size * size
            return (first..<min(first + size, count)).filter { $0 != number }
        case .neighbours(let wanted):
            let reach = min(wanted / 2, (count - 1) / 2)
            return (-reach...reach).filter { $0 != 0 }.map { (number + $0 + count) % count }
        }
    }

    /// The addresses in a user's roster.
    func addresses(of number: Int, in domain: String) -> [String] {
        if case .strangers(let wanted) = acquaintance {
            return (0..<wanted).map { "contact\($0)@contacts.example" }
        }
        return contacts(of: number).map { "\(Self.name($0))@\(domain)" }
    }
}
