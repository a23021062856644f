internal import MartletStorage

/// What the writer remembers of owners and logs from one transaction to the next.
///
/// It is true as long as no other connection writes, and is forgotten when one did, or when a transaction
/// comes to nothing.
final class KnownLogs {
    private var owners: [Owner: Int64] = [:]
    private var numbers: [Place: Int64] = [:]
    /// Each with the entries of the tail counted in.
    private var heads: [Int64: LogHead] = [:]
    private static let limit = 20_000

    subscript(_ owner: Owner) -> Int64? { owners[owner] }

    subscript(_ place: Place) -> LogHead? { numbers[place].flatMap { heads[$0] } }

    subscript(_ log: Int64) -> LogHead? { heads[log] }

    func remember(_ owner: Owner, as number: Int64) {
        if owners.count >= Self.limit { owners = [:] }
        owners[owner] = number
    }

    func remember(_ place: Place, as log: Int64) {
        if numbers.count >= Self.limit { numbers = [:] }
        numbers[place] = log
    }

    func remember(_ head: LogHead) {
        if heads.count >= Self.limit { heads = [:] }
        heads[head.number] = head
    }

    func forget(_ owner: Owner) { owners[owner] = nil }

    func forgetAll() {
        owners = [:]
        numbers = [:]
        heads = [:]
    }
}
