internal import MartletCore
internal import MartletStorage
internal import MartletXML

/// Accounts on their way into the store.
///
/// A journal in the domain says which accounts are under way: what an interrupted import left of these is
/// removed and read again. All others that are there are whole, whoever made them.
extension Import {
    /// Whether the account is to be read.
    func begin(_ jid: JID, _ line: Int) async throws -> Bool {
        if batch.contains(where: { $0.jid == jid }) { try await writeBatch() }
        let name = jid.localpart ?? ""
        let isLeft = journals[jid.domainpart]?.contains(name) == true
        let isThere = try await isThere(jid)
        if isThere, !isLeft {
            switch options.existing {
            case .skip:
                tally[.skipped] += 1
                return false
            case .fail: throw fault("\(jid) exists already; nothing of it was changed", line)
            case .replace: break
            }
        }
        draft = Draft(jid, line: line, isReplacing: isThere || isLeft)
        return true
    }

    /// Whether there is an account, or anything of a user whom something else knows.
    private func isThere(_ jid: JID) async throws -> Bool {
        if try await store.account(jid) != nil { return true }
        if try await store.countRosterItems(of: jid) > 0 { return true }
        return try await !store.collections(of: Owner(jid)).isEmpty
    }

    /// Writes a part of an account that has more than fits into memory.
    func spill() async throws {
        guard let large = draft, large.isLarge else { return }
        if options.isDryRun {
            try check(large)
            draft?.drop()
            return
        }
        var writing = large
        draft = nil
        if !writing.isBegun {
            try await writeBatch()
            try await note([writing], in: writing.jid.domainpart)
        }
        defer { draft = writing }
        try await explaining(writing) {
            try await writing.begin(in: store)
            try await writing.flush(to: store)
        }
    }

    func endDraft() async throws {
        guard var ended = draft else { return }
        draft = nil
        ended.end()
        tally[ended.exists ? .accounts : .owners] += 1
        if options.isDryRun { return try check(ended) }
        if ended.isBegun {
            try await explaining(ended) {
                try await ended.finish(in: store, derive: options.derive)
            }
            try await register([ended])
            return forget(ended)
        }
        batch.append(ended)
        let bytes = batch.reduce(0) { $0 + $1.bytes }
        if batch.count >= Self.batchCount || bytes > Self.batchBytes { try await writeBatch() }
    }

    /// Writes all accounts that wait, at once, so that they share the store's commits.
    func writeBatch() async throws {
        guard !batch.isEmpty, !options.isDryRun else { return }
        let writing = batch
        batch = []
        for domain in Set(writing.map(\.jid.domainpart)) {
            try await note(writing.filter { $0.jid.domainpart == domain }, in: domain)
        }
        let (store, derive) = (store, options.derive)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for draft in writing {
                group.addTask {
                    var draft = draft
                    do {
                        try await draft.finish(in: store, derive: derive)
                    } catch {
                        throw TransferFault("\(draft.jid) cannot be written: \(error)")
                    }
                }
            }
            try await group.waitForAll()
        }
        try await register(writing)
        for draft in writing { forget(draft) }
    }

    /// Nothing is left half-written of it.
    private func forget(_ draft: Draft) {
        journals[draft.jid.domainpart]?.remove(draft.jid.localpart ?? "")
    }

    private func check(_ draft: Draft) throws {
        do {
            try draft.check()
        } catch {
            throw fault("\(draft.jid) cannot be written: \(error)", draft.line)
        }
    }

    private func explaining(_ draft: Draft, _ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch {
            throw fault("\(draft.jid) cannot be written: \(error)", draft.line)
        }
    }

    /// Archives are found by those who look through them, also where the file is not ours.
    private func register(_ drafts: [Draft]) async throws {
        guard !isOwn else { return }
        let found = Dictionary(grouping: drafts.filter(\.hasArchive)) { $0.jid.domainpart }
        for (domain, drafts) in found {
            let register = drafts.map { draft in
                MartletStorage.Operation.put(
                    key: draft.jid.description,
                    in: Known.archiveRegister,
                    value: Array("{}".utf8)
                )
            }
            try await store.perform(register, of: Owner(domain: domain))
        }
    }
}

// MARK: Owners that are no accounts

extension Import {
    /// Adds what is not there: a document whose key is free, entries behind the last one of a log.
    ///
    /// So it can be done again after an interruption.
    func take(
        _ element: Element,
        _ part: Level.Part,
        of owner: Owner,
        _ event: FileEvent
    ) async throws {
        switch part {
        case .documents(let collection):
            guard let document = ReadDocument(element) else {
                throw fault("a document cannot be read", event.line)
            }
            waiting.append((document, event))
            let bytes = waiting.reduce(0) { $0 + $1.document.value.count }
            if waiting.count >= Self.waitingCount || bytes > Draft.bytes {
                try await writeDocuments(in: collection, of: owner)
            }
        case .log(let log):
            guard let entry = NewLogEntry(element) else {
                throw fault("an entry of a log cannot be read", event.line)
            }
            if try await write(.append([entry], to: log), of: owner, event) {
                tally[.entries] += 1
            }
        case .roster:
            guard let jid = owner.jid ?? JID(preparedText: owner.name),
                let item = RosterForm.item(element, event.aside)
            else { return leaveOut("a contact cannot be read", line: event.line) }
            if !options.isDryRun { try await store.setRosterItem(item, of: jid) }
            tally[.contacts] += 1
        case .privateData, .offline, .archive:
            leaveOut("<\(element.name)> of \(owner.name) is not known", line: event.line)
        }
    }

    /// Writes the documents that wait: all in one write, or one by one when one of them cannot be written.
    func writeDocuments(in collection: String, of owner: Owner) async throws {
        guard !waiting.isEmpty else { return }
        let documents = waiting
        waiting = []
        let condition = options.existing == .replace ? VersionCondition.any : .absent
        let operations = documents.map { document, _ in
            MartletStorage.Operation.put(
                key: document.key,
                in: collection,
                value: document.value,
                if: condition,
                expires: document.expires
            )
        }
        if !options.isDryRun, (try? await store.perform(operations, of: owner)) != nil {
            tally[.documents] += documents.count
            return
        }
        for ((document, event), operation) in zip(documents, operations) {
            if try await write(operation, of: owner, event) {
                tally[.documents] += 1
            } else {
                try await explainConflict(document, collection, owner, event)
            }
        }
    }

    /// Whether it was written; not, when something stands in its place.
    private func write(
        _ operation: MartletStorage.Operation,
        of owner: Owner,
        _ event: FileEvent
    ) async throws -> Bool {
        do {
            if options.isDryRun {
                try StoreBounds.check([operation], of: owner)
            } else {
                try await store.perform([operation], of: owner)
            }
            return true
        } catch StorageError.conflict {
            return false
        } catch {
            throw fault("something of \(owner.name) cannot be written: \(error)", event.line)
        }
    }

    /// Says that another document was left as it is.
    private func explainConflict(
        _ document: ReadDocument,
        _ collection: String,
        _ owner: Owner,
        _ event: FileEvent
    ) async throws {
        let present = try await store.document(document.key, in: collection, of: owner)
        guard present?.value != document.value else { return }
        let of = owner.name.isEmpty ? owner.domain : owner.name
        let name = "\(collection) '\(document.key)' of \(of.isEmpty ? "the server" : of)"
        leaveOut("\(name) is another one here, and stays", line: event.line)
    }
}

// MARK: The journal

extension Import {
    private static let key = "accounts"

    /// Reads which accounts an interrupted import was at work on.
    func readJournal(of domain: String) async throws {
        guard journals[domain] == nil else { return }
        let found = try await store.document(
            Self.key,
            in: Known.journal,
            of: Owner(domain: domain)
        )
        let names = found.map { String(decoding: $0.value, as: UTF8.self) } ?? ""
        journals[domain] = Set(names.split(separator: "\n").map(String.init))
    }

    /// Writes down, before anything is written of them, which accounts are under way.
    private func note(_ drafts: [Draft], in domain: String) async throws {
        let names = drafts.compactMap(\.jid.localpart)
        journals[domain, default: []].formUnion(names)
        try await writeJournal(of: domain)
    }

    private func writeJournal(of domain: String) async throws {
        guard !options.isDryRun else { return }
        let names = (journals[domain] ?? []).sorted()
        let owner = Owner(domain: domain)
        guard !names.isEmpty else {
            _ = try await store.deleteDocument(Self.key, in: Known.journal, of: owner)
            return
        }
        _ = try await store.putDocument(
            Self.key,
            in: Known.journal,
            of: owner,
            value: Array(names.joined(separator: "\n").utf8)
        )
    }

    func endJournal(of domain: String) async throws { try await writeJournal(of: domain) }

    /// Says which accounts an earlier import left half-written that no file had.
    func endJournals() async throws {
        for (domain, names) in journals.sorted(by: { $0.key < $1.key }) {
            for name in names.sorted() {
                tally[.complaints] += 1
                complain(
                    "\(name)@\(domain) is half-written by an earlier import, and not in these files"
                )
            }
        }
    }

    /// After a fault: what was read before it is written, and what was half-written is removed.
    func undo() async {
        guard !options.isDryRun else { return }
        try? await writeBatch()
        if let draft, draft.isBegun {
            do {
                try await draft.remove(from: store)
                forget(draft)
            } catch {
                // The journal has it: the next import begins with it anew.
            }
        }
        for domain in journals.keys { try? await writeJournal(of: domain) }
    }
}
