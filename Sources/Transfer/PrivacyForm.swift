internal import FoundationEssentials
internal import MartletCore
internal import MartletXML

/// Privacy lists (XEP-0227 §4.8), and the blocklist, which is the beginning of the default one
/// (XEP-0191 §5).
///
/// Lists are stored as JSON by the plugin `privacy`, blocked addresses by `blocking`, one document each:
/// what is written here is what these two would show and take.
struct PrivacyForm: Codable, Equatable {
    static let key = "lists"

    struct Rule: Codable, Equatable {
        enum Subject: Codable, Equatable {
            case everybody
            case address(String)
            case group(String)
            case subscription(String)
        }

        var subject: Subject
        var isAllowed: Bool
        var order: UInt32
        var passages: [String]
    }

    var rules: [String: [Rule]] = [:]
    var standard: String?

    init() {}

    init?(_ bytes: [UInt8]) {
        guard let read = try? JSONDecoder().decode(Self.self, from: Data(bytes)) else { return nil }
        self = read
    }

    var bytes: [UInt8]? {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return (try? encoder.encode(self)).map { [UInt8]($0) }
    }
}

extension PrivacyForm {
    /// The default list as its user sees it, whom the user blocks first.
    func showing(_ blocked: [String]) -> PrivacyForm {
        guard !blocked.isEmpty else { return self }
        var shown = self
        var name = standard ?? "blocklist"
        while standard == nil, rules[name] != nil { name += "-" }
        var own = rules[name] ?? []
        if let lowest = own.first?.order, lowest <= UInt32(blocked.count) {
            for index in own.indices { own[index].order = UInt32(blocked.count + index) + 1 }
        }
        shown.standard = name
        shown.rules[name] =
            blocked.enumerated().map { index, address in
                Rule(
                    subject: .address(address),
                    isAllowed: false,
                    order: UInt32(index) + 1,
                    passages: []
                )
            } + own
        return shown
    }

    /// What is stored of lists as users see them, and whom they block by them.
    var parted: (lists: PrivacyForm, blocked: [String]) {
        guard let standard, let all = rules[standard] else { return (self, []) }
        let exceptions = all.firstIndex(where: \.isAllowed) ?? all.endIndex
        var (left, blocked): ([Rule], [String]) = ([], [])
        for rule in all[..<exceptions] {
            guard case .address(let address) = rule.subject, rule.passages.isEmpty else {
                left.append(rule)
                continue
            }
            blocked.append(address)
        }
        left += all[exceptions...]
        var lists = self
        lists.rules[standard] = left.isEmpty ? nil : left
        if left.isEmpty { lists.standard = nil }
        return (lists, blocked)
    }
}

extension PrivacyForm {
    var element: Element {
        Element("query", in: Format.privacy) { query in
            if let standard { query.element("default", ["name": standard]) }
            for (name, rules) in rules.sorted(by: { $0.key < $1.key }) {
                query.element("list", ["name": name]) { list in
                    for rule in rules { rule.write(to: &list) }
                }
            }
        }
    }

    /// Nil for what are no lists.
    init?(_ query: Element) {
        standard = query.child("default", in: Format.privacy)?["name"]
        for list in query.children("list", in: Format.privacy) {
            guard let name = list["name"] else { return nil }
            var read: [Rule] = []
            for item in list.children("item", in: Format.privacy) {
                guard let rule = Rule(item) else { return nil }
                read.append(rule)
            }
            rules[name] = read.sorted { $0.order < $1.order }
        }
        if let standard, rules[standard] == nil { self.standard = nil }
    }
}

extension PrivacyForm.Rule {
    fileprivate init?(_ item: Element) {
        guard let action = item["action"], ["allow", "deny"].contains(action),
            let order = item["order"].flatMap({ UInt32($0) })
        else { return nil }
        let value = item["value"] ?? ""
        switch item["type"] {
        case nil: subject = .everybody
        case "jid":
            guard let address = try? JID(value) else { return nil }
            subject = .address(address.description)
        case "group": subject = .group(value)
        case "subscription": subject = .subscription(value)
        default: return nil
        }
        isAllowed = action == "allow"
        self.order = order
        passages = item.children.map(\.name)
        let known = ["message", "iq", "presence-in", "presence-out"]
        guard passages.allSatisfy(known.contains) else { return nil }
    }

    fileprivate func write(to list: inout ElementWriter) {
        let (type, value): (String?, String?) =
            switch subject {
            case .everybody: (nil, nil)
            case .address(let text): ("jid", text)
            case .group(let name): ("group", name)
            case .subscription(let state): ("subscription", state)
            }
        let action = isAllowed ? "allow" : "deny"
        list.element(
            "item",
            ["type": type, "value": value, "action": action, "order": String(order)]
        ) { item in
            for passage in passages { item.element(passage) }
        }
    }
}
