import MartletPluginKit

extension Privacy {
    private static let key = "lists"
    private var documents: Documents<Lists> { Documents(Self.collection, at: site) }

    /// The lists of an account, read from the store when they are first wanted.
    func book(of account: JID) async throws(StanzaError) -> PrivacyBook {
        if let kept = await site.visit(account, { $0.state(PrivacyBook.self) }) ?? nil {
            return kept
        }
        let read = try await stored(account)
        // Another may have read it meanwhile, and changed what it read.
        return await site.visit(account) { place in
            if let kept = place.state(PrivacyBook.self) { return kept }
            place.setState(read)
            return read
        } ?? read
    }

    private func stored(_ account: JID) async throws(StanzaError) -> PrivacyBook {
        let found: Documents<Lists>.Found?
        do throws(StoreError) {
            found = try await documents.get(Self.key, of: .account(account))
        } catch {
            throw error.stanzaError
        }
        let roster: [RosterItem]
        do throws(Accounts.Fault) {
            roster = try await site.accounts.roster(of: account)
        } catch {
            roster = []
        }
        let (lists, version) = await handOver(
            found?.value ?? Lists(),
            version: found?.version,
            of: account
        )
        return PrivacyBook(lists, version: version, roster: roster)
    }

    /// Stores other lists, unless another session was quicker; the version they have then.
    func store(
        _ lists: Lists,
        in book: PrivacyBook,
        of account: JID
    ) async throws(StanzaError) -> Int64 {
        try await store(lists, over: book.version, of: account)
    }

    func store(
        _ lists: Lists,
        over version: Int64?,
        of account: JID
    ) async throws(StanzaError) -> Int64 {
        do throws(StoreError) {
            return try await documents.put(
                lists,
                under: Self.key,
                of: .account(account),
                if: version.map { .exactly($0) } ?? .absent
            )
        } catch {
            throw error.stanzaError
        }
    }
}
