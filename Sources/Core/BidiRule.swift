/// The rule for texts with letters that run from right to left (RFC 5893 §2).
enum BidiRule {
    /// Whether a text must satisfy the rule: a code point of class R, AL or AN is in it.
    static func concerns(_ text: some Sequence<Unicode.Scalar>) -> Bool {
        text.contains { scalar in
            switch CodePoint(scalar).direction {
            case .r, .al, .an: true
            default: false
            }
        }
    }

    /// Whether a label (or a user's name) satisfies all six conditions.
    static func isSatisfied(by text: some Collection<Unicode.Scalar>) -> Bool {
        let directions = text.map { CodePoint($0).direction }
        switch directions.first {
        case .r, .al: return isRightToLeft(directions)
        case .l: return isLeftToRight(directions)
        default: return false
        }
    }

    /// Conditions 2 to 4.
    private static func isRightToLeft(_ directions: [CodePoint.Direction]) -> Bool {
        let allowed = directions.allSatisfy { $0 != .l && $0 != .other }
        let mixesDigits = directions.contains(.en) && directions.contains(.an)
        guard allowed, !mixesDigits else { return false }
        switch directions.last(where: { $0 != .nsm }) {
        case .r, .al, .en, .an: return true
        default: return false
        }
    }

    /// Conditions 5 and 6.
    private static func isLeftToRight(_ directions: [CodePoint.Direction]) -> Bool {
        let allowed = directions.allSatisfy { direction in
            switch direction {
            case .l, .en, .es, .cs, .et, .on, .bn, .nsm: true
            default: false
            }
        }
        let last = directions.last { $0 != .nsm }
        return allowed && (last == .l || last == .en)
    }
}
