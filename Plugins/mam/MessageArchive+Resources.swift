import MartletPluginKit

/// Messages with one resource (XEP-0313 §4.1.1), found among those with its account.
///
/// Few ask for them, and an index of resources would cost each message nearly as much as the rest of it does.
extension MessageArchive {
    /// How many entries are looked at in one step.
    private static let portion = 100

    func read(
        _ query: LogQuery,
        with peer: JID,
        _ named: Set<Int64>,
        _ account: JID
    ) async throws -> LogPage {
        var step = query
        step.limit = Self.portion
        step.wantsTotal = false
        // Who wants to know how many there are means all, wherever the page would begin.
        if query.wantsTotal { (step.after, step.before) = (nil, nil) }
        var found: [LogEntry] = []
        var count = 0
        var named = named
        while true {
            let page = try await read(step, named, account)
            named = []
            let matching = page.entries.filter { Self.isWith(peer, $0, in: account) }
            count += matching.count
            if !query.wantsTotal {
                found = query.isBackwards ? matching + found : found + matching
            }
            let isEnough = !query.wantsTotal && count > query.limit
            guard !isEnough, !page.isComplete else {
                return LogPage(
                    entries: Array(
                        query.isBackwards ? found.suffix(query.limit) : found.prefix(query.limit)
                    ),
                    isComplete: !isEnough,
                    total: query.wantsTotal ? count : nil
                )
            }
            step.after = query.isBackwards ? step.after : page.entries.last?.id
            step.before = query.isBackwards ? page.entries.first?.id : step.before
        }
    }

    /// Who else a message is from or, if the account sent it, to.
    private static func isWith(_ peer: JID, _ entry: LogEntry, in account: JID) -> Bool {
        let message = Stanza(parsing: XML(trusting: String(decoding: entry.value, as: UTF8.self)))
        let isSent = message?.from?.isSameAccount(as: account) == true
        return (isSent ? message?.to : message?.from) == peer
    }
}
