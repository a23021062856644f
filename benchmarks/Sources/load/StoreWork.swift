import ArgumentParser
import MartletCore
import MartletStorage

/// What a server asks of its store, by those who own something in turn.
struct StoreWork: Sendable {
    enum Kind: String, CaseIterable, ExpressibleByArgument {
        /// A message into the archives of two, with the other one's address.
        case append
        /// A document of the owner's sixteen becomes another.
        case documents
        /// A contact of the owner's hundred gets another name.
        case roster
        /// A message for somebody who is away.
        case offline
        /// The same, and it goes again, as when it was given out.
        case taken
        /// The verifiers, and then roster and offline messages, as at a login.
        case login
        /// The last fifty messages of an archive.
        case page
    }

    private static let contacts = 100
    private let jids: [JID]
    private let owners: [Owner]
    private let addresses: [JID]
    private let valueBytes: Int

    init(owners count: Int, valueBytes: Int) {
        let people = (0..<count).compactMap { try? JID("user\($0)-0123456789@load.example") }
        jids = people
        owners = people.map { Owner($0) }
        addresses = (0..<Self.contacts).compactMap { try? JID("contact\($0)@contacts.example") }
        self.valueBytes = valueBytes
    }

    /// Makes accounts, rosters and some messages, where they are missing.
    func prepare(_ store: any Store) async throws {
        let items = addresses.map { RosterChange.set(RosterItem($0, subscription: .both)) }
        let page = (0..<60).map { NewLogEntry(time: .now(), value: value($0)) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (jid, owner) in zip(jids, owners) {
                group.addTask {
                    guard try await store.account(jid) == nil else { return }
                    try await store.createAccount(Account(jid, verifiers: ["SCRAM-SHA-1": "…"]))
                    try await store.changeRoster(items, of: jid)
                    _ = try await store.append(page, to: "archive", of: owner)
                }
            }
            try await group.waitForAll()
        }
    }

    func call(
        _ kind: Kind,
        _ store: any Store,
        _ number: Int,
        _ done: @escaping StoreFlow.Done
    ) {
        switch kind {
        case .append: append(store, number, done)
        case .documents:
            let key = "key\(number / owners.count % 16)"
            let put = Operation.put(key: key, in: "private", value: value(number))
            perform(store, [put], number, done)
        case .roster, .taken: task(kind, store, number, done)
        case .offline:
            let entry = NewLogEntry(time: .now(), value: value(number))
            perform(store, [.append([entry], to: "offline")], number, done)
        case .login: login(store, number, done)
        case .page:
            let query = LogQuery(limit: 50, isBackwards: true)
            perform(store, [.query(query, in: "archive")], number, done)
        }
    }

    /// Each message is appended by the two of a pair, with the same value.
    private func append(_ store: any Store, _ number: Int, _ done: @escaping StoreFlow.Done) {
        let pair = number / 2 % (owners.count / 2)
        let entry = NewLogEntry(
            time: .now(),
            columns: ["peer": owners[pair * 2 + 1 - number % 2].name],
            value: value(number / 2)
        )
        perform(store, [.append([entry], to: "archive")], pair * 2 + number % 2, done)
    }

    private func perform(
        _ store: any Store,
        _ operations: [Operation],
        _ number: Int,
        _ done: @escaping StoreFlow.Done
    ) {
        store.perform(operations, of: owners[number % owners.count]) { done($0.failure) }
    }

    private func login(_ store: any Store, _ number: Int, _ done: @escaping StoreFlow.Done) {
        let jid = jids[number % jids.count]
        store.account(jid) { result in
            if let failure = result.failure { return done(failure) }
            store.readRoster(of: jid, sizing: "offline") { done($0.failure) }
        }
    }

    private func task(
        _ kind: Kind,
        _ store: any Store,
        _ number: Int,
        _ done: @escaping StoreFlow.Done
    ) {
        let place = number % owners.count
        let contact = addresses[number / owners.count % addresses.count]
        // Ends with the call, which is waited for.
        Task {
            do throws(StorageError) {
                if kind == .roster {
                    var item = RosterItem(contact, subscription: .both)
                    item.name = "Contact \(number)"
                    try await store.changeRoster([.set(item)], of: jids[place])
                } else {
                    let entry = NewLogEntry(time: .now(), value: value(number))
                    let owner = owners[place]
                    let ids = try await store.append([entry], to: "offline", of: owner)
                    _ = try await store.removeEntries(ids, from: "offline", of: owner)
                }
                done(nil)
            } catch {
                done(error)
            }
        }
    }

    private func value(_ number: Int) -> [UInt8] {
        var value = Array(repeating: UInt8(ascii: "x"), count: max(8, valueBytes))
        withUnsafeBytes(of: number) { value.replaceSubrange(0..<8, with: $0) }
        return value
    }
}

extension Result {
    fileprivate var failure: Failure? {
        if case .failure(let failure) = self { failure } else { nil }
    }
}
