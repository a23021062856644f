/// How the iteration counts of a domain's accounts are spread, as far as anybody looked.
///
/// When an administrator raises the count, accounts keep theirs until their password is next seen, by
/// PLAIN or a change. If all that are not there had the new count at once, an old one would tell that
/// an account exists; so they move to it in the same proportion as those that exist.
public struct IterationSpread: Hashable, Sendable {
    private struct Step: Hashable {
        let iterations: Int
        /// How many accounts have this count or a higher one.
        let accounts: Int
    }

    /// From the highest count to the lowest.
    private let steps: [Step]

    /// Takes the count of each account.
    public init(_ counts: some Sequence<Int>) {
        let tally = Dictionary(counts.map { ($0, 1) }, uniquingKeysWith: +)
        var sum = 0
        steps = tally.sorted { $0.key > $1.key }.map { iterations, accounts in
            sum += accounts
            return Step(iterations: iterations, accounts: sum)
        }
    }

    /// The count at a place among all accounts, or nil when there are none.
    ///
    /// They are laid out over the numbers of 32 bits from the highest count on: while more accounts
    /// come to higher counts, so does every place, and none goes back.
    func iterations(at place: UInt32) -> Int? {
        guard let total = steps.last?.accounts else { return nil }
        let index = (UInt64(place) * UInt64(total)) >> 32
        return steps.first { index < UInt64($0.accounts) }?.iterations
    }
}
