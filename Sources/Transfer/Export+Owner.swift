internal import MartletCore
internal import MartletStorage
internal import MartletXML

/// What one owner has.
extension Export {
    mutating func write(_ owner: Owner, _ account: Account?, isHost: Bool) async throws {
        let collections = try await store.collections(of: owner)
        let jid = owner.jid ?? JID(preparedText: owner.name)
        var roster = Roster()
        if let jid { roster = try await store.roster(of: jid) }
        guard account != nil || !collections.isEmpty || !roster.items.isEmpty else { return }
        let isUser = isHost && (account != nil || isLikeUser(owner, collections, roster))
        if isUser, let jid {
            try openUser(jid, account)
        } else {
            let (name, encoded) = Text.attributes(owner.name)
            let (domain, encodedDomain) =
                isHost ? (nil, nil) : Text.attributes(owner.domain)
            try output.open(
                "m:owner",
                ["name": name, "name64": encoded, "domain": domain, "domain64": encodedDomain]
            )
            tally[.owners] += 1
        }
        if !roster.items.isEmpty { try write(roster) }
        try await writeDocuments(of: owner, collections.documents, isUser: isUser)
        try await writeLogs(of: owner, collections.logs, isUser: isUser)
        try output.close(isUser ? "user" : "m:owner")
    }

    /// Whether an owner without an account is a user whom something else knows.
    private func isLikeUser(_ owner: Owner, _ found: OwnedCollections, _ roster: Roster) -> Bool {
        guard owner.jid != nil else { return false }
        return !roster.items.isEmpty || !Known.documents.isDisjoint(with: found.documents)
            || !Known.logs.isDisjoint(with: found.logs)
    }

    private mutating func openUser(_ jid: JID, _ account: Account?) throws {
        try output.open("user", ["name": jid.localpart])
        guard let account else {
            tally[.owners] += 1
            return try output.leaf("m:account", ["exists": "false"])
        }
        tally[.accounts] += 1
        try output.leaf(
            "m:account",
            [
                "created": String(account.created.microseconds),
                "disabled": account.isDisabled ? "true" : nil,
            ]
        )
        for (mechanism, verifier) in account.verifiers.sorted(by: { $0.key < $1.key }) {
            if let element = CredentialForm.element(verifier, named: mechanism) {
                try output.write(element)
            } else {
                let (name, encodedName) = Text.attributes(mechanism)
                let (text, encoded) = Text.attributes(verifier)
                try output.leaf(
                    "m:verifier",
                    ["name": name, "name64": encodedName, "text": text, "text64": encoded]
                )
            }
        }
    }

    private mutating func write(_ roster: Roster) throws {
        let items = roster.items.compactMap { item in
            RosterForm.element(item).map { ($0, RosterForm.aside(item)) }
        }
        tally[.contacts] += items.count
        if !items.isEmpty {
            try output.write("<query xmlns='\(Namespace.roster)'>\n")
            for (element, aside) in items { try output.write(element, aside: aside) }
            try output.close("query")
        }
        for item in roster.items {
            guard let (request, isMade) = RosterForm.request(item) else { continue }
            try output.write(request, aside: ["made": isMade ? "true" : nil])
            tally[.requests] += 1
        }
    }
}

// MARK: Documents

extension Export {
    /// Those of a collection that are not written in a standard form.
    typealias IsLeft = (Document) -> Bool

    private mutating func writeDocuments(
        of owner: Owner,
        _ collections: [String],
        isUser: Bool
    ) async throws {
        var left: [String: IsLeft] = [:]
        if isUser {
            left[Known.vCard] = try await writeVCard(of: owner, collections)
            left[Known.privateData] = try await writePrivateData(of: owner, collections)
            let isWritten = try await writePrivacy(of: owner, collections)
            left[Known.privacy] = { _ in !isWritten }
            left[Known.blocking] = { _ in !isWritten }
        }
        for collection in collections {
            // Which accounts an import is at work on is no business of another store.
            if collection == Known.journal, owner.name.isEmpty { continue }
            try await write(collection, of: owner) { left[collection]?($0) ?? true }
        }
    }

    private mutating func write(
        _ collection: String,
        of owner: Owner,
        where isLeft: IsLeft
    ) async throws {
        var isOpen = false
        var pages = DocumentPages(store, collection, owner)
        while let page = try await pages.next() {
            for document in page where isLeft(document) {
                if !isOpen { try open("m:documents", collection) }
                isOpen = true
                let (key, encodedKey) = Text.attributes(document.key)
                let (text, encoding) = Text.content(document.value)
                let expires = document.expires.map { String($0.microseconds) }
                let attributes: KeyValuePairs<String, String?> = [
                    "key": key, "key64": encodedKey, "expires": expires, "encoding": encoding,
                ]
                try output.write(
                    Element("document", in: Format.own, attributes) { $0.text(text) }
                )
                tally[.documents] += 1
            }
        }
        if isOpen { try output.close("m:documents") }
    }

    private func open(_ name: String, _ collection: String) throws {
        let (plain, encoded) = Text.attributes(collection)
        try output.open(name, ["collection": plain, "collection64": encoded])
    }

    private mutating func writeVCard(of owner: Owner, _ collections: [String]) async throws
        -> IsLeft
    {
        guard collections.contains(Known.vCard),
            let card = try await store.document(VCardForm.card, in: Known.vCard, of: owner),
            card.expires == nil,
            let elements = Canonical.elements(card.value), elements.count == 1,
            elements[0].isNamed("vCard", in: Format.vCard)
        else { return { _ in true } }
        let written = VCardForm.documents(elements[0])
        guard written[0].value == card.value else { return { _ in true } }
        try output.write(elements[0])
        tally[.vCards] += 1
        return { document in
            document.expires != nil
                || !written.contains { $0.key == document.key && $0.value == document.value }
        }
    }

    private mutating func writePrivateData(of owner: Owner, _ collections: [String]) async throws
        -> IsLeft
    {
        guard collections.contains(Known.privateData) else { return { _ in true } }
        var isOpen = false
        var pages = DocumentPages(store, Known.privateData, owner)
        while let page = try await pages.next() {
            for elements in page.compactMap(PrivateForm.elements) {
                if !isOpen { try output.write("<query xmlns='\(Format.privateData)'>\n") }
                isOpen = true
                for element in elements { try output.write(element) }
                tally[.privateElements] += elements.count
            }
        }
        if isOpen { try output.close("query") }
        return { PrivateForm.elements($0) == nil }
    }

    /// Whether lists and blocked addresses were written: both, or neither.
    private mutating func writePrivacy(of owner: Owner, _ collections: [String]) async throws
        -> Bool
    {
        var lists = PrivacyForm()
        if collections.contains(Known.privacy) {
            var pages = DocumentPages(store, Known.privacy, owner)
            let found = try await pages.next() ?? []
            guard found.count <= 1 else { return false }
            if let document = found.first {
                guard document.key == PrivacyForm.key, document.expires == nil,
                    let read = PrivacyForm(document.value)
                else { return false }
                lists = read
            }
        }
        var blocked: [String] = []
        if collections.contains(Known.blocking) {
            var pages = DocumentPages(store, Known.blocking, owner)
            while let page = try await pages.next() {
                guard page.allSatisfy({ $0.value == [1] && $0.expires == nil }) else {
                    return false
                }
                blocked += page.map(\.key)
            }
        }
        guard lists != PrivacyForm() || !blocked.isEmpty else { return false }
        let element = lists.showing(blocked).element
        let back = PrivacyForm(element)?.parted
        guard back?.lists == lists, back?.blocked == blocked else { return false }
        try output.write(element)
        tally[.privacyLists] += lists.rules.count
        tally[.blocked] += blocked.count
        return true
    }
}

// MARK: Logs

extension Export {
    private mutating func writeLogs(
        of owner: Owner,
        _ collections: [String],
        isUser: Bool
    ) async throws {
        for collection in collections {
            var pages = LogPages(store, collection, owner)
            var end: String?
            while let page = try await pages.next() {
                if end == nil { end = try openLog(collection, isUser: isUser) }
                for entry in page { try write(entry, of: owner, collection, isUser: isUser) }
            }
            if let end { try output.close(end) }
        }
    }

    private func openLog(_ collection: String, isUser: Bool) throws -> String {
        switch collection {
        case Known.offline where isUser:
            try output.open("offline-messages")
            return "offline-messages"
        case Known.archive where isUser:
            try output.write("<archive xmlns='\(Format.archives)'>\n")
            return "archive"
        default:
            try open("m:log", collection)
            return "m:log"
        }
    }

    private mutating func write(
        _ entry: LogEntry,
        of owner: Owner,
        _ collection: String,
        isUser: Bool
    ) throws {
        let (id, time) = (String(entry.id), String(entry.time.microseconds))
        if isUser, collection == Known.offline, let message = MessageForm.offline(entry) {
            try output.write(message, aside: ["id": id, "time": time])
            tally[.offlineMessages] += 1
        } else if isUser, collection == Known.archive, let account = owner.jid,
            let result = MessageForm.archived(entry, of: account)
        {
            try output.write(result, aside: ["id": id, "time": time])
            tally[.archivedMessages] += 1
        } else {
            try output.write(Self.raw(entry))
            tally[.entries] += 1
        }
    }

    private static func raw(_ entry: LogEntry) -> Element {
        let (text, encoding) = Text.content(entry.value)
        return Element(
            "entry",
            in: Format.own,
            ["id": String(entry.id), "time": String(entry.time.microseconds)]
        ) { writer in
            for (name, value) in entry.columns.sorted(by: { $0.key < $1.key }) {
                let (name, encodedName) = Text.attributes(name)
                let (value, encodedValue) = Text.attributes(value)
                writer.element(
                    "column",
                    [
                        "name": name, "name64": encodedName, "value": value,
                        "value64": encodedValue,
                    ]
                )
            }
            writer.element("value", ["encoding": encoding]) { $0.text(text) }
        }
    }
}
