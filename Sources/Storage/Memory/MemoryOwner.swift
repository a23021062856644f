/// The roster, the documents and the logs of one owner.
struct MemoryOwner {
    var roster = MemoryRoster()
    private var documents: [ByteText: [ByteText: Document]] = [:]
    private var logs: [ByteText: MemoryLog] = [:]

    var isEmpty: Bool { roster.isEmpty && documents.isEmpty && logs.isEmpty }

    var collections: OwnedCollections {
        OwnedCollections(
            documents: documents.keys.sorted().map(\.string),
            logs: logs.keys.sorted().map(\.string)
        )
    }

    mutating func perform(_ operation: Operation, at now: Timestamp, sequence: inout Int64)
        throws(StorageError) -> Outcome
    {
        switch operation {
        case .get(let key, let collection):
            return .document(live(key, collection, now))
        case .list(let collection, let prefix, let after, let limit):
            return .documents(list(collection, prefix: prefix, after: after, limit, now))
        case .countDocuments(let collection):
            return .count(list(collection, prefix: "", after: nil, .max, now).count)
        case .put(let key, let collection, let value, let condition, let expires):
            guard condition.holds(for: live(key, collection, now)?.version) else { throw .conflict }
            sequence += 1
            let document = Document(key: key, value: value, version: sequence, expires: expires)
            documents[ByteText(collection), default: [:]][ByteText(key)] = document
            return .version(sequence)
        case .delete(let key, let collection, let condition):
            let version = live(key, collection, now)?.version
            guard condition.holds(for: version) else { throw .conflict }
            removeDocument(ByteText(key), ByteText(collection))
            return .count(version == nil ? 0 : 1)
        case .append(let entries, let collection):
            return .ids(try append(entries, ByteText(collection), &sequence))
        case .query(let query, let collection):
            return .page(logs[ByteText(collection)]?.page(query) ?? .empty(for: query))
        case .size(let collection):
            return .size(logs[ByteText(collection)]?.size ?? LogSize())
        case .removeEntries(let ids, let collection):
            let wanted = Set(ids)
            return .count(remove(ByteText(collection)) { wanted.contains($0.id) })
        case .trim(let trim, let collection):
            return .count(self.trim(trim, ByteText(collection)))
        }
    }
}

extension MemoryOwner {
    private func live(_ key: String, _ collection: String, _ now: Timestamp) -> Document? {
        let document = documents[ByteText(collection)]?[ByteText(key)]
        return document.flatMap { $0.isExpired(at: now) ? nil : $0 }
    }

    private func list(
        _ collection: String,
        prefix: String,
        after: String?,
        _ limit: Int,
        _ now: Timestamp
    ) -> [Document] {
        let (prefix, after) = (ByteText(prefix), after.map { ByteText($0) })
        let matching = (documents[ByteText(collection)] ?? [:]).filter { key, document in
            !document.isExpired(at: now) && key.hasPrefix(prefix)
                && after.map { $0 < key } ?? true
        }
        return matching.sorted { $0.key < $1.key }.prefix(limit).map(\.value)
    }

    private mutating func removeDocument(_ key: ByteText, _ collection: ByteText) {
        documents[collection]?[key] = nil
        if documents[collection]?.isEmpty == true { documents[collection] = nil }
    }

    mutating func removeExpired(limit: Int, at now: Timestamp) -> Int {
        var removed = 0
        for (collection, kept) in documents {
            for (key, document) in kept where removed < limit && document.isExpired(at: now) {
                removeDocument(key, collection)
                removed += 1
            }
        }
        return removed
    }
}

extension MemoryOwner {
    private mutating func append(
        _ entries: [NewLogEntry],
        _ collection: ByteText,
        _ sequence: inout Int64
    ) throws(StorageError) -> [Int64] {
        try logs[collection, default: MemoryLog()].append(entries, sequence: &sequence)
    }

    private mutating func remove(_ collection: ByteText, where isGone: (LogEntry) -> Bool) -> Int {
        logs[collection]?.remove(where: isGone) ?? 0
    }

    private mutating func trim(_ trim: LogTrim, _ collection: ByteText) -> Int {
        guard let log = logs[collection] else { return 0 }
        let gone = log.ids(of: trim).prefix(StoreBounds.trimCount)
        let wanted = Set(gone)
        return remove(collection) { wanted.contains($0.id) }
    }
}

extension Document {
    func isExpired(at now: Timestamp) -> Bool { expires.map { $0 <= now } ?? false }
}
