/// A user's lists as they are stored.
struct Lists: Codable, Sendable {
    /// Each in ascending order.
    var rules: [String: [Rule]] = [:]
    /// The name of the default list.
    var standard: String?

    /// The name of the default list, or the one it would have if it were made of blocked addresses alone.
    var defaultName: String {
        if let standard { return standard }
        var name = "blocklist"
        while rules[name] != nil { name += "-" }
        return name
    }

    /// Whether a session's choice (nil: none) is the default list.
    func isDefault(_ active: String?) -> Bool { active == nil || active == defaultName }
}

// MARK: Whom the user blocks

/// The blocklist is the default list's beginning (XEP-0191 §5), and kept by another plugin.
extension Lists {
    /// The lists as users see them: whom they block comes first in the default one.
    func showing(blocked: [String]) -> Lists {
        var shown = self
        let name = defaultName
        let own = rules[name] ?? []
        guard !blocked.isEmpty || !own.isEmpty else {
            shown.standard = nil
            shown.rules[name] = nil
            return shown
        }
        let first = blocked.enumerated().map { Rule(denying: $1, order: UInt32($0 + 1)) }
        shown.standard = name
        shown.rules[name] = first + Self.numbered(own, after: UInt32(first.count))
        return shown
    }

    /// Orders stay what they are where they can.
    private static func numbered(_ rules: [Rule], after last: UInt32) -> [Rule] {
        guard let lowest = rules.first?.order, last > 0, lowest <= last else { return rules }
        return rules.enumerated().map { index, rule in
            var rule = rule
            rule.order = last + UInt32(index) + 1
            return rule
        }
    }

    /// What is stored here of lists that users made, and whom they block by them.
    ///
    /// An item that denies everything to an address is a blocked address, unless one before it in the default
    /// list allows something, which may be meant as an exception.
    var parted: (lists: Lists, blocked: [String]) {
        guard let standard, let rules = rules[standard] else { return (self, []) }
        let exceptions = rules.firstIndex(where: \.isAllowed) ?? rules.endIndex
        let blocked = rules[..<exceptions].compactMap(\.blockedAddress)
        let left = rules[..<exceptions].filter { $0.blockedAddress == nil } + rules[exceptions...]
        var lists = self
        lists.rules[standard] = left.isEmpty ? nil : Array(left)
        return (lists, blocked)
    }
}

extension Rule {
    init(denying address: String, order: UInt32) {
        self.init(.address(address), isAllowed: false, order: order)
    }

    fileprivate var blockedAddress: String? {
        guard case .address(let address) = subject, !isAllowed, passages.isEmpty else {
            return nil
        }
        return address
    }
}
