import Foundation

/// What came out of a trial.
struct Verdict: Sendable {
    let table: ConservationTable
    let contacts: ContactBook
    let faults: Circle.Faults
    /// Messages that something is wrong with, the first few.
    let examples: [String]

    private var isClean: Bool {
        table.isClean && contacts.lost + contacts.doubled + faults.count == 0
    }

    func show(_ terms: Conserve, seconds: Double) {
        let text = """
            conserve: \(terms.rounds) rounds in \(Int(seconds)) s, seed \(terms.seed), \(terms.writers) \
            writers, \(terms.restless) who come and go, \(terms.away) who are away, acknowledged by \
            \(terms.acknowledgement.rawValue)

            \(table.text)

            Changes of rosters: \(contacts.total) sent, \(contacts.safe) acknowledged, \(contacts.lost) lost, \
            \(contacts.doubled) doubled. Other faults: \(faults.count).

            """
        FileHandle.standardOutput.write(Data(text.utf8))
    }

    func check() throws {
        guard !isClean else { return }
        let lines = (examples + [faults.first].compactMap { $0 }).joined(separator: "\n")
        throw LoadError("something was lost or doubled:\n\(lines)")
    }
}
