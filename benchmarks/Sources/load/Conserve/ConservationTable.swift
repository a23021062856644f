import Foundation

/// What was sent and what became of it, by what happened to the server.
struct ConservationTable: Sendable {
    struct Row: Sendable {
        var rounds = 0
        var sent = 0
        var acknowledged = 0
        var delivered = 0
        var stored = 0
        var bounced = 0
        /// Not acknowledged, and nowhere.
        var unsent = 0
        /// Never acknowledged, wherever they are.
        var inDoubt = 0
        var again = 0
        var lost = 0
        /// Returned, though the addressee has it: the database was gone before it told of the commit.
        var returnedToo = 0
        var doubled = 0
        var notArchived = 0
    }

    private(set) var rows: [(name: String, row: Row)] = []
    private(set) var total = Row()
    private let struckDatabase: Bool

    init(_ fates: [Fate], _ calamities: [Calamity]) {
        struckDatabase = calamities.contains(where: \.strikesDatabase)
        var rows: [Calamity: Row] = [:]
        for calamity in calamities { rows[calamity, default: Row()].rounds += 1 }
        var rest = Row()
        for fate in fates {
            if calamities.indices.contains(Int(fate.round)) {
                rows[calamities[Int(fate.round)], default: Row()].count(fate)
            } else {
                rest.count(fate)
            }
            total.count(fate)
        }
        total.rounds = calamities.count
        self.rows = Calamity.allCases.compactMap { kind in rows[kind].map { (kind.rawValue, $0) } }
        if rest.sent > 0 { self.rows.append(("afterwards", rest)) }
    }

    /// What was returned may be there only where the database's own word was lost.
    var isClean: Bool {
        let isExcused = struckDatabase || total.returnedToo == 0
        return total.lost + total.doubled + total.notArchived == 0 && isExcused
    }

    /// As Markdown, so that it can stand in a document as it is.
    var text: String {
        let heads = [
            "what happened", "rounds", "sent", "acknowledged", "delivered", "stored", "bounced",
            "never came", "in doubt", "again", "lost",
            "returned and kept", "doubled", "not archived",
        ]
        let lines = (rows + [("**all**", total)]).map { name, row in
            ([name] + row.cells()).joined(separator: " | ")
        }
        let rule = heads.map { _ in "---" }.joined(separator: "|")
        return (["| \(heads.joined(separator: " | ")) |", "|\(rule)|"] + lines.map { "| \($0) |" })
            .joined(separator: "\n")
    }
}

extension ConservationTable.Row {
    fileprivate mutating func count(_ fate: Fate) {
        sent += 1
        if fate.isAcknowledged { acknowledged += 1 } else { inDoubt += 1 }
        switch fate.place {
        case .delivered: delivered += 1
        case .stored: stored += 1
        case .bounced: bounced += 1
        case .nowhere: unsent += 1
        case .lost: lost += 1
        }
        if fate.marks.contains(.receivedAgain) { again += 1 }
        if fate.isReturnedToo { returnedToo += 1 }
        if fate.isDoubled { doubled += 1 }
        if fate.isMissingInArchive { notArchived += 1 }
    }

    fileprivate func cells() -> [String] {
        let numbers = [
            rounds, sent, acknowledged, delivered, stored, bounced, unsent, inDoubt, again, lost,
            returnedToo, doubled, notArchived,
        ]
        let style = IntegerFormatStyle<Int>(locale: Locale(identifier: "en_US"))
        return numbers.map { $0.formatted(style) }
    }
}
