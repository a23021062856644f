import MartletPluginKit

/// One list with the blocking command, where a plugin has that (XEP-0191 §5).
extension Privacy: BlocklistJudge {
    /// The lists as users see them.
    func shown(_ book: PrivacyBook, of account: JID) async throws(StanzaError) -> Lists {
        guard let blocklist = site.blocklist else { return book.lists }
        let blocked = try await blocklist.addresses(of: account)
        return book.lists.showing(blocked: blocked.map(\.description))
    }

    /// Whether the default list begins with an address; nil when that is not in memory.
    func isBlocked(_ other: JID, at place: borrowing Place) -> Bool? {
        guard let blocklist = site.blocklist else { return false }
        return blocklist.blocks(other, at: place)
    }

    func isBlocked(_ other: JID, for account: JID) async throws(StanzaError) -> Bool {
        try await site.blocklist?.blocks(other, for: account) ?? false
    }

    /// Stores lists and whom the user blocks by them, then goes by both at once.
    func keep(
        _ shown: Lists,
        _ book: PrivacyBook,
        _ account: JID,
        _ also: @escaping @Sendable (borrowing Place) -> Void = { _ in }
    ) async throws(StanzaError) {
        let blocklist = site.blocklist
        let (lists, blocked) = blocklist == nil ? (shown, []) : shown.parted
        guard blocked.count <= blocklist?.limit ?? 0,
            lists.rules.values.allSatisfy({ $0.count <= settings.maximumItems })
        else { throw .tooManyItems }
        let version = try await store(lists, in: book, of: account)
        book.propose(lists, version: version)
        var fault: StanzaError?
        do throws(StanzaError) {
            try await blocklist?.replace(of: account, with: blocked.compactMap { JID($0) })
        } catch {
            fault = error
        }
        await change(account, book) { place in
            book.settle()
            also(place)
        }
        if let fault { throw fault }
    }

    /// What was stored while nobody kept blocked addresses goes to who keeps them now.
    func handOver(_ lists: Lists, version: Int64?, of account: JID) async -> (Lists, Int64?) {
        let (left, found) = lists.parted
        guard !found.isEmpty, let blocklist = site.blocklist else { return (lists, version) }
        do throws(StanzaError) {
            let known = try await blocklist.addresses(of: account)
            let new = found.compactMap { JID($0) }.filter { !known.contains($0) }
            try await blocklist.replace(of: account, with: known + new)
            return (left, try await store(left, over: version, of: account))
        } catch {
            // As rules they do the same.
            return (lists, version)
        }
    }

    func blocklistChanges(
        _ addresses: [JID],
        at place: borrowing Place,
        _ apply: () -> Void
    ) {
        guard let book = place.state(PrivacyBook.self) else { return apply() }
        // A change of lists tells of itself.
        let isOwn = book.hasProposal
        change(at: place, book, concerning: addresses) { _ in
            apply()
            book.settle()
        }
        if !isOwn { push(book.lists.defaultName, at: place) }
    }
}

extension StanzaError {
    static let tooManyItems = StanzaError(.resourceConstraint, .wait, "too many items")
}
