import MartletCore
import MartletSASL
import MartletStorage
import MartletTransfer
import Testing

private let head = "<?xml version='1.0' encoding='UTF-8'?><server-data xmlns='urn:xmpp:pie:0'>"

private func file(_ host: String) -> String {
    head + "<host jid='capulet.example'>" + host + "</host></server-data>"
}

@Suite struct `A file of another server` {
    @Test func `has users with passwords or credentials`() async throws {
        let desk = try Desk()
        let store = MemoryStore()
        var options = ImportOptions()
        options.derive = { verifiers($0) }
        let known = try #require(verifiers("secret")["SCRAM-SHA-1"].flatMap(ScramCredentials.init))
        let text = known.text.split(separator: "$").flatMap { $0.split(separator: ":") }
        let read = try await desk.read(
            file(
                """
                <user name='Juliet' password='r0m30'/>
                <user name='nurse'>
                  <scram-credentials xmlns='urn:xmpp:pie:0#scram' mechanism='SCRAM-SHA-1'>
                    <iter-count>\(text[1])</iter-count><salt>\(text[2])</salt>
                    <server-key>\(text[4])</server-key><stored-key>\(text[3])</stored-key>
                  </scram-credentials>
                  <scram-credentials xmlns='urn:xmpp:pie:0#scram' mechanism='SCRAM-SHA3-512'/>
                </user>
                <user name='external'/>
                """
            ),
            into: store,
            options
        )
        #expect(
            read.complaints == [
                "import.xml, line 7: credentials for 'SCRAM-SHA3-512' cannot be used"
            ]
        )
        let found = try await store.account(juliet)
        #expect(found?.isDisabled == false)
        let scram = found?.verifiers["SCRAM-SHA-256"].flatMap(ScramCredentials.init)
        #expect(scram?.verify(password: "r0m30") == true)
        let nurse = try await store.account(JID("nurse@capulet.example"))
        #expect(nurse?.verifiers == ["SCRAM-SHA-1": known.text])
        let external = try await store.account(JID("external@capulet.example"))
        #expect(external?.verifiers == [:])
        #expect(read.tally[.accounts] == 3)
    }

    @Test func `has rosters, requests and messages as the XEP shows them`() async throws {
        let desk = try Desk()
        let store = MemoryStore()
        let read = try await desk.read(
            file(
                """
                <user name='juliet'>
                  <query xmlns='jabber:iq:roster'>
                    <item jid='romeo@montague.example' name='Romeo' subscription='both'>
                      <group>Friends</group></item>
                    <item jid='benvolio@montague.example' ask='subscribe' subscription='none'/>
                    <item jid='@' subscription='both'/>
                  </query>
                  <presence xmlns='jabber:client' type='subscribe' id='xk3h1v69'
                      from='mercutio@montague.example'><nick xmlns='urn:n'>M</nick></presence>
                  <presence type='subscribe' from='benvolio@montague.example'/>
                  <offline-messages>
                    <message xmlns='jabber:client' from='romeo@montague.example/orchard'
                        to='juliet@capulet.example/balcony' type='chat'><body>Neither</body>
                      <delay xmlns='urn:xmpp:delay' stamp='1469-07-21T00:32:29Z'/></message>
                    <message xmlns='jabber:client' to='nurse@capulet.example'/>
                  </offline-messages>
                  <archive xmlns='urn:xmpp:pie:0#mam'>
                    <result xmlns='urn:xmpp:mam:2' id='28482-98726-73623'>
                      <forwarded xmlns='urn:xmpp:forward:0'>
                        <delay xmlns='urn:xmpp:delay' stamp='2010-07-10T23:08:25.5+01:00'/>
                        <message xmlns='jabber:client' to='juliet@capulet.example/balcony'
                          from='romeo@montague.example/orchard'><body>Call me</body></message>
                      </forwarded></result></archive>
                </user>
                """
            ),
            into: store
        )
        #expect(
            read.complaints == [
                "import.xml, line 6: a contact cannot be read",
                "import.xml, line 15: an offline message is for somebody else",
            ]
        )
        let roster = try await store.roster(of: juliet).items
        #expect(roster.map(\.jid.localpart) == ["benvolio", "mercutio", "romeo"])
        #expect(roster[0].isPendingOut && roster[0].isPendingIn)
        #expect(!roster[1].isInRoster && roster[1].pendingRequest != nil)
        #expect(roster[2].groups == ["Friends"] && roster[2].subscription == .both)
        let offline = try await store.query(LogQuery(limit: 9), in: "offline", of: Owner(juliet))
        #expect(offline.entries.map(\.time) == [at(-15_792_622_051_000_000)])
        let archive = try await store.query(LogQuery(limit: 9), in: "archive", of: Owner(juliet))
        #expect(archive.entries.map(\.time) == [at(1_278_799_705_500_000)])
        #expect(archive.entries.map(\.columns) == [["with": "romeo@montague.example"]])
        let domain = Owner(domain: "capulet.example")
        #expect(try await store.document("\(juliet)", in: "archives", of: domain) != nil)
    }

    @Test func `has data that modules keep as documents`() async throws {
        let desk = try Desk()
        let store = MemoryStore()
        let read = try await desk.read(
            file(
                """
                <user name='juliet'>
                  <query xmlns='jabber:iq:private'><exodus xmlns='exodus:prefs'><nick>J</nick></exodus>
                    <x xmlns='urn:x'/></query>
                  <vCard xmlns='vcard-temp'><FN>Juliet Capulet</FN></vCard>
                  <query xmlns='jabber:iq:privacy'><default name='public'/>
                    <list name='public'>
                      <item type='jid' value='tybalt@x.example' action='deny' order='1'/>
                      <item action='allow' order='2'/></list></query>
                  <blocklist xmlns='urn:xmpp:blocking'><item jid='paris@x.example'/></blocklist>
                  <strange xmlns='urn:strange'/>
                </user>
                """
            ),
            into: store
        )
        #expect(
            read.complaints == ["import.xml, line 10: <strange xmlns='urn:strange'> is not known"]
        )
        let lines = try await contents(of: store).joined(separator: "\n")
        #expect(lines.contains("blocking paris@x.example - [1]"))
        #expect(lines.contains("blocking tybalt@x.example - [1]"))
        #expect(lines.contains("private {exodus:prefs}exodus"))
        #expect(lines.contains("private {urn:x}x"))
        #expect(lines.contains("vcard card - "))
        #expect(lines.contains("privacy lists - "))
    }

    @Test func `includes others, below its own folder alone`() async throws {
        let desk = try Desk()
        let main = try desk.write(
            "main.xml",
            bytes(
                "<server-data xmlns='urn:xmpp:pie:0' xmlns:xi='http://www.w3.org/2001/XInclude'>"
                    + "<xi:include href='capulet.example.xml'/></server-data>"
            )
        )
        try desk.write(
            "capulet.example.xml",
            bytes(
                "<host xmlns='urn:xmpp:pie:0' xmlns:xi='http://www.w3.org/2001/XInclude'"
                    + " jid='capulet.example'><xi:include href='sub/juli%65t.xml'/></host>"
            )
        )
        try desk.write(
            "sub/juliet.xml",
            bytes(
                "<user xmlns='urn:xmpp:pie:0' name='juliet'><query xmlns='jabber:iq:private'>"
                    + "<include xmlns='http://www.w3.org/2001/XInclude' href='x.xml'/></query></user>"
            )
        )
        let store = MemoryStore()
        let read = try await desk.read([main], into: store)
        #expect(try await store.account(juliet) != nil)
        #expect(
            read.complaints == [
                "sub/juliet.xml, line 1: an include that may be user data is not followed"
            ]
        )
        for path in ["/etc/passwd", "../x.xml", "file:///x", "%2e%2e/x", "x%00", "main.xml#a", ""] {
            let text =
                head
                + "<include xmlns='http://www.w3.org/2001/XInclude' href='\(path)'/></server-data>"
            await #expect(throws: TransferFault.self) { try await desk.read(text, into: store) }
        }
    }

    @Test func `that includes itself comes to an end`() async throws {
        let desk = try Desk()
        let text =
            "<user xmlns='urn:xmpp:pie:0' name='a'><include xmlns='http://www.w3.org/2001/XInclude'"
            + " href='self.xml'/></user>"
        try desk.write("self.xml", bytes(text))
        let store = MemoryStore()
        let outer = file("<include xmlns='http://www.w3.org/2001/XInclude' href='self.xml'/>")
        await #expect(throws: TransferFault.self) { try await desk.read(outer, into: store) }
        #expect(try await store.domains(after: nil, limit: 9).isEmpty)
    }

    @Test func `does not overwrite who is there`() async throws {
        let desk = try Desk()
        let store = MemoryStore()
        try await store.createAccount(Account(juliet, verifiers: ["a": "b"], created: at(1)))
        try await store.setRosterItem(RosterItem(romeo), of: juliet)
        // Somebody whom a plugin knows has data, and no account.
        let known = JID(prepared: "known", "capulet.example")
        try await store.setRosterItem(RosterItem(romeo), of: known)
        let before = try await contents(of: store)
        let text = file("<user name='juliet' password='x'/>\n<user name='known' password='x'/>")
        let read = try await desk.read(text, into: store)
        #expect(read.tally[.skipped] == 2)
        #expect(try await contents(of: store) == before)
        var options = ImportOptions()
        options.existing = .fail
        await #expect(throws: TransferFault.self) {
            try await desk.read(text, into: store, options)
        }
        #expect(try await contents(of: store) == before)
        options.existing = .replace
        _ = try await desk.read(text, into: store, options)
        #expect(try await store.account(juliet)?.verifiers == [:])
        #expect(try await store.roster(of: juliet).items.isEmpty)
    }
}
