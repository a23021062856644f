import MartletXML

/// Changes of rosters: a contact's name is the number of the change, so that the roster tells which
/// was the last.
struct ContactBook: Sendable {
    static let contactCount = 20

    private struct Change: Sendable {
        let writer: Int
        let contact: Int
        var isSafe = false
    }

    private var changes: [Change] = []
    /// Rosters that have not been read yet.
    var expected = 0
    private(set) var lost = 0
    private(set) var doubled = 0

    var total: Int { changes.count }
    var safe: Int { changes.count(where: \.isSafe) }

    static func address(_ contact: Int) -> String { "contact\(contact)@contacts.example" }

    /// Gives the number of a change that is sent now.
    mutating func change(_ contact: Int, of writer: Int) -> Int {
        changes.append(Change(writer: writer, contact: contact))
        return changes.count - 1
    }

    mutating func noteSafe(_ number: Int) {
        guard changes.indices.contains(number) else { return }
        changes[number].isSafe = true
    }

    /// Every contact once, with a name that is not from before the last change that was acknowledged.
    mutating func read(_ roster: Element, of writer: Int) {
        let items =
            roster.child("query", in: "jabber:iq:roster")?
            .children("item", in: "jabber:iq:roster") ?? []
        let found = Dictionary(grouping: items) { $0["jid"] ?? "" }
        for contact in 0..<Self.contactCount {
            let names = (found[Self.address(contact)] ?? []).map { $0["name"].flatMap(Int.init) }
            if names.count > 1 { doubled += 1 }
            let last = changes.lastIndex {
                $0.writer == writer && $0.contact == contact && $0.isSafe
            }
            if let last, names.first.flatMap({ $0 }) ?? -1 < last { lost += 1 }
        }
    }
}
