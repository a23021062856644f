internal import MartletCore
internal import MartletStorage
internal import MartletXML

/// What each thing in a file means where it stands.
extension Import {
    func take(_ event: FileEvent, depth: Int) async throws {
        switch event.kind {
        case .opened(let element): try await open(element, event)
        case .closed: try await close(event.line)
        case .element(let element):
            if element.isNamed("include", in: Format.include) {
                try await include(element, event, depth: depth)
            } else {
                try await take(element, event)
            }
        }
    }

    private func include(_ element: Element, _ event: FileEvent, depth: Int) async throws {
        switch levels.last {
        case .root, .host, .user: break
        default:
            return leaveOut("an include that may be user data is not followed", line: event.line)
        }
        guard let reference = element["href"], element["parse"] == nil,
            element["xpointer"] == nil, let path = includedPath(reference, from: file)
        else {
            throw fault("only files beside this one, or below, can be included", event.line)
        }
        do {
            try await read(path, depth: depth + 1)
        } catch let error as TransferFault {
            throw TransferFault("\(error.description) (included by \(file), line \(event.line))")
        }
    }

    // MARK: Containers

    private func open(_ element: Element, _ event: FileEvent) async throws {
        switch levels.last {
        case .skipped: levels.append(.skipped)
        case nil:
            guard element.isNamed("server-data", in: Format.pie) else {
                throw noBeginning(event)
            }
            levels.append(.root)
        case .root: try await openInRoot(element, event)
        case .host(let domain): try await open(element, in: domain, event)
        case .user: try openPart(element, event)
        case .owner: try openOwned(element, event)
        case .part: throw fault("<\(element.name)> may not stand here", event.line)
        }
    }

    private func noBeginning(_ event: FileEvent) -> TransferFault {
        let wanted = "<server-data xmlns='\(Format.pie)'>"
        return fault("the file does not begin with \(wanted) (XEP-0227)", event.line)
    }

    private func openInRoot(_ element: Element, _ event: FileEvent) async throws {
        if element.isNamed("owner", in: Format.own) {
            return try openOwner(element, in: Text.read("domain", of: element), event)
        }
        guard element.isNamed("host", in: Format.pie) else {
            throw fault("<\(element.name)> may not stand outside of a host", event.line)
        }
        guard let text = element["jid"], let domain = try? JID(text), domain.isBare,
            !domain.hasLocalpart
        else { throw fault("a host has the domain as its 'jid'", event.line) }
        let name = domain.domainpart
        guard options.domains?.contains(name) != false else { return levels.append(.skipped) }
        if options.served?.contains(name) == false {
            leaveOut("the server does not serve \(name); its users are imported", line: event.line)
        }
        try await readJournal(of: name)
        levels.append(.host(name))
    }

    private func open(_ element: Element, in domain: String, _ event: FileEvent) async throws {
        if element.isNamed("owner", in: Format.own) {
            return try openOwner(element, in: domain, event)
        }
        guard element.isNamed("user", in: Format.pie) else {
            throw fault("<\(element.name)> may not stand in a host", event.line)
        }
        guard let name = element["name"], !name.isEmpty, let jid = try? JID(name, domain) else {
            leaveOut("no user can have this name", line: event.line)
            return levels.append(.skipped)
        }
        guard try await begin(jid, event.line) else { return levels.append(.skipped) }
        draft?.password = element["password"]
        levels.append(.user)
    }

    private func openPart(_ element: Element, _ event: FileEvent) throws {
        let part: Level.Part
        switch (element.namespace, element.name) {
        case (Namespace.roster, "query"): part = .roster
        case (Format.privateData, "query"): part = .privateData
        case (Format.pie, "offline-messages"): part = .offline
        case (Format.archives, "archive"): part = .archive
        default: return try openOwned(element, event)
        }
        levels.append(.part(part))
    }

    private func openOwned(_ element: Element, _ event: FileEvent) throws {
        if element.isNamed("query", in: Namespace.roster) { return levels.append(.part(.roster)) }
        guard element.isIn(Format.own), let name = Text.read("collection", of: element) else {
            throw fault("<\(element.name)> may not stand here", event.line)
        }
        switch element.name {
        case "documents": levels.append(.part(.documents(name)))
        case "log": levels.append(.part(.log(name)))
        default: throw fault("<\(element.name)> may not stand here", event.line)
        }
    }

    private func openOwner(_ element: Element, in domain: String?, _ event: FileEvent) throws {
        guard let domain, let name = Text.read("name", of: element) else {
            throw fault("an owner has a name, and outside of a host a domain", event.line)
        }
        guard options.domains?.contains(domain) != false else { return levels.append(.skipped) }
        tally[.owners] += 1
        levels.append(.owner(Owner(domain: domain, name: name)))
    }

    private func close(_ line: Int) async throws {
        switch levels.popLast() {
        case .user: try await endDraft()
        case .part(.documents(let collection)):
            guard case .owner(let owner)? = levels.last else { return }
            try await writeDocuments(in: collection, of: owner)
        case .host(let domain):
            try await writeBatch()
            try await endJournal(of: domain)
        default: break
        }
    }

    // MARK: Whole elements

    private func take(_ element: Element, _ event: FileEvent) async throws {
        switch levels.last {
        case .skipped: return
        case .part(let part):
            if case .owner(let owner)? = levels.dropLast().last {
                try await take(element, part, of: owner, event)
            } else {
                try takePart(element, part, event)
                try await spill()
            }
        case .user:
            takeOfUser(element, event)
            try await spill()
        case .owner(let owner):
            leaveOut("<\(element.name)> of \(owner.name) is not known", line: event.line)
        case .root where element.isNamed("numbers", in: Format.own):
            try await skipNumbers(element, event)
        case nil:
            throw noBeginning(event)
        case .root, .host:
            leaveOut(
                "<\(element.name) xmlns='\(element.namespace)'> is not known",
                line: event.line
            )
        }
    }

    private func skipNumbers(_ element: Element, _ event: FileEvent) async throws {
        guard let newest = element["newest"].flatMap({ Int64($0) }), newest >= 0,
            newest <= StoreBounds.largestNumber
        else { throw fault("the newest number is none", event.line) }
        isOwn = true
        if !options.isDryRun { try await store.skipNumbers(through: newest) }
    }

    private func takeOfUser(_ element: Element, _ event: FileEvent) {
        switch (element.namespace, element.name) {
        case (Format.scram, "scram-credentials"):
            guard let (mechanism, text) = CredentialForm.verifier(element) else {
                let name = element["mechanism"] ?? "none"
                return leaveOut("credentials for '\(name)' cannot be used", line: event.line)
            }
            draft?.verifiers[mechanism] = text
        case (Format.vCard, "vCard"):
            for (key, value) in VCardForm.documents(element) {
                draft?.put(key, in: Known.vCard, value)
            }
            tally[.vCards] += 1
        case (Format.privacy, "query"):
            guard let lists = PrivacyForm(element) else {
                return leaveOut("the privacy lists cannot be read", line: event.line)
            }
            draft?.add(lists)
            tally[.privacyLists] += lists.parted.lists.rules.count
            tally[.blocked] += lists.parted.blocked.count
        case (Format.blocking, "blocklist"): block(element, event)
        // Prosody leaves the namespace out.
        case (Namespace.client, "presence"), (Format.pie, "presence"): request(element, event)
        case (Format.own, "account"): takeAccount(element)
        case (Format.own, "verifier"):
            guard let name = Text.read("name", of: element),
                let text = Text.read("text", of: element)
            else { return leaveOut("a verifier cannot be read", line: event.line) }
            draft?.verifiers[name] = text
        default:
            leaveOut(
                "<\(element.name) xmlns='\(element.namespace)'> is not known",
                line: event.line
            )
        }
    }

    private func takeAccount(_ element: Element) {
        draft?.exists = element["exists"] != "false"
        draft?.isDisabled = element["disabled"] == "true"
        if let created = element["created"].flatMap(Stamp.number) { draft?.created = created }
    }

    private func block(_ element: Element, _ event: FileEvent) {
        for item in element.children("item", in: Format.blocking) {
            guard let jid = item["jid"].flatMap({ try? JID($0) }) else {
                leaveOut("a blocked address is none", line: event.line)
                continue
            }
            draft?.block(jid)
            tally[.blocked] += 1
        }
    }

    private func request(_ element: Element, _ event: FileEvent) {
        guard let contact = RosterForm.sender(of: element) else {
            return leaveOut("a presence is no subscription request", line: event.line)
        }
        let isMade = event.aside["made"] == "true" || element.isIn(Format.pie)
        let reason = draft?.addRequest(element, from: contact, isMade: isMade)
        if let reason { leaveOut(reason, line: event.line) } else { tally[.requests] += 1 }
    }

    private func takePart(_ element: Element, _ part: Level.Part, _ event: FileEvent) throws {
        switch part {
        case .roster:
            guard element.isNamed("item", in: Namespace.roster),
                let item = RosterForm.item(element, event.aside)
            else { return leaveOut("a contact cannot be read", line: event.line) }
            if let reason = draft?.add(item) { return leaveOut(reason, line: event.line) }
            tally[.contacts] += 1
        case .privateData:
            if let reason = draft?.addPrivate(element) {
                return leaveOut(reason, line: event.line)
            }
            tally[.privateElements] += 1
        case .offline: takeOffline(element, event)
        case .archive: takeArchived(element, event)
        case .documents(let collection):
            guard let document = ReadDocument(element) else {
                throw fault("a document cannot be read", event.line)
            }
            draft?.put(document.key, in: collection, document.value, expires: document.expires)
            tally[.documents] += 1
        case .log(let log): try takeEntry(element, of: log, event)
        }
    }

    private func takeEntry(_ element: Element, of log: String, _ event: FileEvent) throws {
        guard let entry = NewLogEntry(element) else {
            throw fault("an entry of a log cannot be read", event.line)
        }
        draft?.append(entry, to: log)
        tally[.entries] += 1
    }

    private func takeOffline(_ element: Element, _ event: FileEvent) {
        if element.isNamed("entry", in: Format.own), let entry = NewLogEntry(element) {
            tally[.entries] += 1
            draft?.append(entry, to: Known.offline)
            return
        }
        guard let draft, element.isNamed("message", in: Namespace.client) else {
            return leaveOut("<\(element.name)> is no offline message", line: event.line)
        }
        let to = element["to"].flatMap { try? JID($0) }
        guard element["to"] == nil || to?.isSameAccount(as: draft.jid) == true else {
            return leaveOut("an offline message is for somebody else", line: event.line)
        }
        let message = to == nil ? element.setting(["to": draft.jid.description]) : element
        let entry = NewLogEntry(
            id: event.aside["id"].flatMap { Int64($0) },
            time: Self.time(event) ?? Self.delay(element) ?? .now(),
            value: Canonical.bytes(of: message)
        )
        self.draft?.append(entry, to: Known.offline)
        tally[.offlineMessages] += 1
    }

    private func takeArchived(_ element: Element, _ event: FileEvent) {
        if element.isNamed("entry", in: Format.own), let entry = NewLogEntry(element) {
            tally[.entries] += 1
            draft?.append(entry, to: Known.archive)
            return
        }
        let forwarded = element.child("forwarded", in: Format.forwarded)
        guard let draft, let message = forwarded?.child("message"),
            let time = Self.time(event) ?? forwarded.flatMap(Self.delay),
            let peer = MessageForm.peer(of: message, draft.jid)
        else { return leaveOut("an archived message cannot be read", line: event.line) }
        let whole =
            message["to"] == nil
            ? message.setting(["to": draft.jid.description]) : message.detached()
        let entry = NewLogEntry(
            id: event.aside["id"].flatMap { Int64($0) },
            time: time,
            columns: [MessageForm.peer: peer],
            value: Canonical.declared(whole)
        )
        self.draft?.append(entry, to: Known.archive)
        tally[.archivedMessages] += 1
    }

    private static func time(_ event: FileEvent) -> Timestamp? {
        event.aside["time"].flatMap(Stamp.number)
    }

    private static func delay(_ element: Element) -> Timestamp? {
        let delay =
            element.child("delay", in: Namespace.delay)
            ?? element.child("x", in: "jabber:x:delay")
        return delay?["stamp"].flatMap(Stamp.read)
    }
}

/// A document as ``Export`` writes one.
struct ReadDocument {
    let key: String
    let value: [UInt8]
    let expires: Timestamp?

    init?(_ element: Element) {
        guard element.isNamed("document", in: Format.own),
            let key = Text.read("key", of: element), let value = Text.value(of: element)
        else { return nil }
        (self.key, self.value) = (key, value)
        expires = element["expires"].flatMap(Stamp.number)
        if element["expires"] != nil, expires == nil { return nil }
    }
}

extension NewLogEntry {
    /// Reads an entry as ``Export`` writes one.
    init?(_ element: Element) {
        guard element.isNamed("entry", in: Format.own),
            let time = element["time"].flatMap(Stamp.number),
            let value = element.child("value", in: Format.own).flatMap(Text.value)
        else { return nil }
        var columns: [String: String] = [:]
        for column in element.children("column", in: Format.own) {
            guard let name = Text.read("name", of: column),
                let text = Text.read("value", of: column)
            else { return nil }
            columns[name] = text
        }
        self.init(
            id: element["id"].flatMap { Int64($0) },
            time: time,
            columns: columns,
            value: value
        )
    }
}
