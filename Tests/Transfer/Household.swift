import MartletCore
import MartletStorage

/// Two houses with something of every kind, ordinary and odd.
func fill(_ store: any Store) async throws {
    try await store.createAccount(
        Account(romeo, verifiers: verifiers("wherefore"), created: at(1_700_000_000_000_001))
    )
    try await store.createAccount(
        Account(juliet, verifiers: ["OTHER": "a\u{1}b"], isDisabled: true, created: at(5))
    )
    try await store.createAccount(
        Account(JID(prepared: "nurse", "capulet.example"), created: at(7))
    )
    try await fillRoster(in: store)
    try await fillMessages(in: store)
    try await fillDocuments(in: store)
    let room = Owner(domain: "rooms.example", name: "verona@rooms.example")
    try await store.putDocument("config", in: "rooms", of: room, value: bytes("{}"))
    try await store.append(
        [
            NewLogEntry(
                time: at(1),
                columns: ["nick": "R\u{1F339}", "\u{2}": "'<&>"],
                value: [0, 255]
            ),
            NewLogEntry(time: at(-1), value: bytes("text\r\nwith ]]> lines\t")),
        ],
        to: "history",
        of: room
    )
    let secret = Owner(domain: "")
    try await store.putDocument(
        "secret",
        in: "server",
        of: secret,
        value: [1, 2, 3, 0xEF, 0xBF, 0xBF]
    )
    let domain = Owner(domain: "montague.example")
    try await store.putDocument("key", in: "archive-key", of: domain, value: [7])
    try await store.putDocument("\(romeo)", in: "archives", of: domain, value: bytes("{}"))
    try await store.putDocument("x", in: "odd\u{7}", of: Owner(domain: "not an address"), value: [])
}

private func fillRoster(in store: any Store) async throws {
    let request =
        "<presence from='paris@x.example' type='subscribe'><status>Hear me</status></presence>"
    let paris = JID(prepared: "paris", "x.example")
    let items = [
        RosterItem(
            juliet,
            name: "Juliet \u{1F339} <&'\">",
            groups: ["A", "\u{e9}", "e\u{301}"],
            subscription: .both
        ),
        RosterItem(
            JID(prepared: "mercutio", "montague.example"),
            subscription: .to,
            isPendingOut: true
        ),
        RosterItem(JID(prepared: nil, "transport.example", "full"), name: "", isPreApproved: true),
        RosterItem(paris, isPendingIn: true, pendingRequest: bytes(request), isInRoster: false),
        RosterItem(JID(prepared: "asks", "x.example"), subscription: .to, isPendingIn: true),
        RosterItem(JID(prepared: "hidden", "x.example"), isPreApproved: true, isInRoster: false),
    ]
    try await store.changeRoster(items.map { .set($0) }, of: romeo)
    try await store.setRosterItem(RosterItem(romeo, subscription: .both), of: juliet)
    // Whom something else than the store knows.
    let known = JID(prepared: "known", "montague.example")
    try await store.setRosterItem(RosterItem(juliet), of: known)
}

private func fillMessages(in store: any Store) async throws {
    let message =
        "<message from='\(juliet)/balcony' to='\(romeo)' type='chat'><body>O &amp; Romeo</body>"
        + "<delay xmlns='urn:xmpp:delay' stamp='2020-01-01T00:00:00Z'/></message>"
    try await store.append(
        [
            NewLogEntry(time: at(1_577_836_800_123_456), value: bytes(message)),
            NewLogEntry(time: at(1_577_836_800_123_457), value: bytes("no message")),
            NewLogEntry(id: 90, time: at(3), value: bytes("<message to='\(romeo)'/>")),
        ],
        to: "offline",
        of: Owner(romeo)
    )
    let archived =
        "<message xmlns='jabber:client' from='\(romeo)/orchard' to='\(juliet)' type='chat'><body>But soft</body>"
        + "<x xmlns='urn:x' xmlns:n0='urn:y' n0:a='1'/></message>"
    let with = ["with": "\(juliet)"]
    var entries = (0..<40).map {
        NewLogEntry(time: at(1_600_000_000_000_000 + $0), columns: with, value: bytes(archived))
    }
    entries.append(NewLogEntry(time: at(9), columns: ["with": "another"], value: bytes(archived)))
    entries.append(NewLogEntry(time: at(10), columns: with, value: bytes(message)))
    try await store.append(entries, to: "archive", of: Owner(romeo))
}

private func fillDocuments(in store: any Store) async throws {
    let owner = Owner(romeo)
    let card =
        "<vCard xmlns='vcard-temp'><FN>Romeo</FN><PHOTO><BINVAL>QUJD\nREVG</BINVAL></PHOTO></vCard>"
    try await store.putDocument("card", in: "vcard", of: owner, value: bytes(card))
    let hash = "970093678b182127f60bb51b8af2c94d539eca3a"
    try await store.putDocument("photo", in: "vcard", of: owner, value: bytes(hash))
    let notes = "<storage xmlns='storage:bookmarks'><url/></storage>"
    try await store.putDocument(
        "{storage:bookmarks}storage",
        in: "private",
        of: owner,
        value: bytes(notes + notes)
    )
    try await store.putDocument(
        "{jabber:client}x",
        in: "private",
        of: owner,
        value: bytes("<x xmlns='jabber:client'><y xmlns=''/></x>")
    )
    let roster = "<query xmlns='jabber:iq:roster'><item jid='a'/></query>"
    try await store.putDocument(
        "{jabber:iq:roster}query",
        in: "private",
        of: owner,
        value: bytes(roster)
    )
    try await store.putDocument("{urn:z}wrong", in: "private", of: owner, value: bytes("<x/>"))
    try await store.putDocument("logout", in: "last", of: owner, value: bytes("{\"time\":1}"))
    try await store.putDocument(
        "later",
        in: "last",
        of: owner,
        value: [],
        expires: at(4_000_000_000_000_000)
    )
    for address in ["paris@x.example", "spam.example", "tybalt@capulet.example/sword"] {
        try await store.putDocument(address, in: "blocking", of: owner, value: [1])
    }
    let lists = """
        {"rules":{"a & b":[{"isAllowed":true,"order":7,"passages":["iq","message"],\
        "subject":{"group":{"_0":"A"}}},{"isAllowed":false,"order":9,"passages":[],\
        "subject":{"everybody":{}}}]},"standard":"a & b"}
        """
    try await store.putDocument("lists", in: "privacy", of: Owner(juliet), value: bytes(lists))
}
