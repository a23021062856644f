import MartletPluginKit

/// A page of an archive, as it is sent: oldest first, no more bytes than there may be.
struct ArchivePage: Sendable {
    let results: [ArchiveResult]
    private let isComplete: Bool
    /// How many match, where that is known.
    private let count: Int?
    private let index: Int?

    init(_ page: LogPage, of query: ArchiveQuery, _ cipher: ArchiveCipher, byteLimit: Int) {
        let entries = Self.fitting(page.entries, byteLimit, isBackwards: query.page.isBackwards)
        results = entries.map {
            ArchiveResult(id: cipher.id(of: $0.id), time: $0.time, message: $0.value)
        }
        if let total = page.total {
            (isComplete, count, index) = (total == 0, total, nil)
            return
        }
        isComplete = page.isComplete && entries.count == page.entries.count
        // What was asked for without a place to begin at, and is all there is, can be counted.
        let isWhole = isComplete && query.page.after == nil && query.page.before ?? "" == ""
        count = isWhole ? entries.count : nil
        index = isWhole && !entries.isEmpty ? 0 : nil
    }

    /// As many as fit, from the end that the page is taken from; one at least.
    private static func fitting(
        _ entries: [LogEntry],
        _ byteLimit: Int,
        isBackwards: Bool
    ) -> [LogEntry] {
        var bytes = 0
        var fitting = 0
        for entry in isBackwards ? entries.reversed() : entries {
            bytes += entry.value.count
            guard fitting == 0 || bytes <= byteLimit else { break }
            fitting += 1
        }
        return Array(isBackwards ? entries.suffix(fitting) : entries.prefix(fitting))
    }

    /// What tells the client that this was all, and which page it was (XEP-0313 §4.3).
    var end: XML {
        let complete = isComplete ? "true" : nil
        return XML("fin", in: MessageArchive.namespace, ["complete": complete]) {
            $0.append(
                ResultSet.answer(
                    first: results.first?.id,
                    last: results.last?.id,
                    index: index,
                    count: count
                )
            )
        }
    }
}

/// One message of an archive.
struct ArchiveResult: Sendable {
    let id: String
    let time: Timestamp
    /// As it was stored.
    let message: [UInt8]

    /// What the client is sent of it (XEP-0313 §4.2).
    func stanza(to client: JID, from account: JID, _ queryID: String?) -> Stanza? {
        let attributes: KeyValuePairs<String, String?> = ["queryid": queryID, "id": id]
        let result = XML("result", in: MessageArchive.namespace, attributes) {
            let stored = XML(trusting: String(decoding: message, as: UTF8.self))
            $0.append(.forwarded(stored, from: time))
        }
        return Stanza(.message, type: .normal, to: client, from: account, result)
    }
}
