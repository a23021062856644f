internal import MartletCore
internal import MartletSASL
internal import MartletStorage
internal import MartletXML

/// An account as a file tells it, as far as it is not yet in the store.
struct Draft: Sendable {
    let jid: JID
    let line: Int
    /// What has to be removed first: the account is to be replaced, or an interrupted import left it.
    let isReplacing: Bool
    var exists = true
    var isDisabled = false
    var created = Timestamp.now()
    var password: String?
    var verifiers: [String: String] = [:]
    var operations: [MartletStorage.Operation] = []
    /// Bytes of values that wait in `operations`.
    private(set) var bytes = 0
    /// The account is in the store, where nobody can log in to it before the rest is there.
    private(set) var isBegun = false

    private var roster: [JID: RosterItem] = [:]
    private var privateData: [String: [UInt8]] = [:]
    private var lists: PrivacyForm?
    private var blocked: Set<String> = []
    /// For each log, the last id that the file gave, or nil when one was left to the store.
    private var lastIDs: [String: Int64?] = [:]

    /// What fits into memory beside others; above, a draft is written piece by piece.
    static let bytes = 1 << 20
    static let operations = 400
    private static let contacts = 200_000
    private static let privateBytes = 64 << 20
    private static let entriesOfOne = 100

    init(_ jid: JID, line: Int, isReplacing: Bool) {
        (self.jid, self.line, self.isReplacing) = (jid, line, isReplacing)
    }

    var owner: Owner { Owner(jid) }
    var isLarge: Bool { bytes > Self.bytes || operations.count > Self.operations }
    var hasArchive: Bool { lastIDs[Known.archive] != nil }
}

// MARK: What a file says

extension Draft {
    mutating func put(
        _ key: String,
        in collection: String,
        _ value: [UInt8],
        expires: Timestamp? = nil
    ) {
        bytes += value.count + key.utf8.count
        operations.append(
            .put(key: key, in: collection, value: value, expires: expires)
        )
    }

    mutating func append(_ entry: NewLogEntry, to log: String) {
        var entry = entry
        // A log goes on counting by itself where a file gave no id, or none that can come next.
        if let last = lastIDs[log], last == nil || entry.id ?? 0 <= last ?? 0 { entry.id = nil }
        if let id = entry.id, id <= 0 || id > StoreBounds.largestNumber { entry.id = nil }
        lastIDs[log] = .some(entry.id)
        bytes += entry.value.count + 64
        if case .append(let entries, log)? = operations.last, entries.count < Self.entriesOfOne {
            operations[operations.count - 1] = .append(entries + [entry], to: log)
        } else {
            operations.append(.append([entry], to: log))
        }
    }

    /// - Returns: what is wrong with it.
    mutating func add(_ item: RosterItem) -> String? {
        guard roster.count < Self.contacts else { return "there are too many contacts" }
        var item = item
        if let known = roster[item.jid] {
            item.isPendingIn = known.isPendingIn
            item.pendingRequest = known.pendingRequest
        }
        roster[item.jid] = item
        return nil
    }

    mutating func addRequest(_ presence: Element, from contact: JID, isMade: Bool) -> String? {
        guard roster.count < Self.contacts else { return "there are too many contacts" }
        var item = roster[contact] ?? RosterItem(contact, isInRoster: false)
        RosterForm.add(presence, from: contact, isMade: isMade, to: &item)
        roster[contact] = item
        return nil
    }

    mutating func addPrivate(_ element: Element) -> String? {
        let total = privateData.values.reduce(0) { $0 + $1.count }
        guard total < Self.privateBytes else { return "there is too much private data" }
        privateData[PrivateForm.key(element), default: []] += Canonical.declared(element)
        return nil
    }

    mutating func add(_ lists: PrivacyForm) {
        let parted = lists.parted
        if parted.lists != PrivacyForm() { self.lists = parted.lists }
        blocked.formUnion(parted.blocked)
    }

    mutating func block(_ address: JID) { blocked.insert(address.description) }

    /// Takes what could not be written before the account's end was seen.
    mutating func end() {
        for (key, value) in privateData.sorted(by: { $0.key < $1.key }) {
            put(key, in: Known.privateData, value)
        }
        privateData = [:]
        for address in blocked.sorted() { put(address, in: Known.blocking, [1]) }
        blocked = []
        if let bytes = lists?.bytes { put(PrivacyForm.key, in: Known.privacy, bytes) }
        lists = nil
    }

    /// Whether the store would take what is waiting, for an import that only looks.
    func check() throws(StorageError) {
        for operation in operations { try StoreBounds.check([operation], of: owner) }
    }

    mutating func drop() {
        operations = []
        bytes = 0
    }
}

// MARK: Into the store

extension Draft {
    /// Makes the account, which nobody can log in to yet.
    mutating func begin(in store: any Store) async throws {
        guard !isBegun else { return }
        isBegun = true
        if isReplacing { try await remove(from: store) }
        guard exists else { return }
        let account = Account(jid, verifiers: verifiers, isDisabled: true, created: created)
        try await store.createAccount(account)
    }

    /// Removes the account, or what is there without one.
    func remove(from store: any Store) async throws {
        do {
            try await store.removeAccount(jid)
        } catch StorageError.notFound {
            try await store.removeAll(of: owner)
        }
    }

    /// Writes what waits, in batches that any store takes.
    mutating func flush(to store: any Store) async throws {
        var rest = operations[...]
        drop()
        while !rest.isEmpty {
            var (count, size) = (0, 0)
            while count < rest.count, count < 200, size < 4 << 20 {
                size += rest[rest.startIndex + count].valueBytes
                count += 1
            }
            try await store.perform(Array(rest.prefix(count)), of: owner)
            rest = rest.dropFirst(count)
        }
    }

    /// Writes all the rest; then its user can log in, unless the file says otherwise.
    ///
    /// - Parameters:
    ///   - store: where to.
    ///   - derive: makes verifiers of a password.
    /// - Throws: what the store says, or that a password is none.
    mutating func finish(
        in store: any Store,
        derive: @Sendable (String) async throws -> [String: String]
    ) async throws {
        if verifiers.isEmpty, let password { verifiers = try await derive(password) }
        let isKnown = isBegun
        try await begin(in: store)
        if isKnown, exists { try await store.setVerifiers(verifiers, of: jid) }
        try await flush(to: store)
        var changes = roster.values.sorted {
            ByteText($0.jid.description) < ByteText($1.jid.description)
        }.map { RosterChange.set($0) }[...]
        while !changes.isEmpty {
            try await store.changeRoster(Array(changes.prefix(200)), of: jid)
            changes = changes.dropFirst(200)
        }
        if exists, !isDisabled { try await store.setDisabled(false, of: jid) }
    }

    var rosterTally: (contacts: Int, requests: Int) {
        (roster.values.count { $0.isInRoster }, roster.values.count { $0.isPendingIn })
    }
}

extension MartletStorage.Operation {
    fileprivate var valueBytes: Int {
        switch self {
        case .put(_, _, let value, _, _): value.count
        case .append(let entries, _): entries.reduce(0) { $0 + $1.value.count }
        default: 0
        }
    }
}
