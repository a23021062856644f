import MartletCore
import MartletStorage
import MartletTransfer
import MartletXML
import Testing

@Suite struct `A file that is not what it should be` {
    @Test func `leaves whole accounts, wherever it ends, and can be mended`() async throws {
        let desk = try Desk()
        let store = MemoryStore()
        try await fill(store)
        let path = try await desk.export(store, to: "all.xml").path
        let whole = try desk.read(path)
        let wanted = try await contents(of: store)
        for length in stride(from: 0, to: whole.count, by: 397) {
            let cut = try desk.write("cut.xml", Array(whole[..<length]))
            let target = MemoryStore()
            await #expect(throws: TransferFault.self) { try await desk.read([cut], into: target) }
            for line in try await contents(of: target) where !wanted.contains(line) {
                Issue.record("after \(length) bytes there is \(line)")
            }
            _ = try await desk.read([path], into: target)
            try #require(try await contents(of: target) == wanted, "after \(length) bytes")
        }
    }

    @Test(
        arguments: [
            (
                "<!DOCTYPE a [<!ENTITY a 'b'>]><server-data xmlns='urn:xmpp:pie:0'/>",
                "document types"
            ),
            ("<server-data/>", "XEP-0227"),
            ("<server-data xmlns='urn:xmpp:pie:1'/>", "XEP-0227"),
            ("<user xmlns='urn:xmpp:pie:0' name='a'/>", "XEP-0227"),
            (
                "<server-data xmlns='urn:xmpp:pie:0'><user name='a'/></server-data>",
                "outside of a host"
            ),
            ("<server-data xmlns='urn:xmpp:pie:0'><host jid='a@b'/></server-data>", "'jid'"),
            ("<server-data xmlns='urn:xmpp:pie:0'><host/></server-data>", "'jid'"),
            ("<server-data xmlns='urn:xmpp:pie:0'>text</server-data>", "text"),
            ("<server-data xmlns='urn:xmpp:pie:0'><a:b/></server-data>", "prefix"),
            ("", "ends too early"), ("\u{FEFF}x", "broken"), ("<a", "ends too early"),
            (
                "<server-data xmlns='urn:xmpp:pie:0' xmlns:m='urn:martlet:store:0'>"
                    + "<m:numbers newest='9223372036854775807'/></server-data>", "newest"
            ),
        ]
    )
    func `is refused with its line and the reason`(text: String, reason: String) async throws {
        let desk = try Desk()
        let store = MemoryStore()
        let error = await #expect(throws: TransferFault.self) {
            try await desk.read(text, into: store)
        }
        let said = try #require(error?.description)
        #expect(said.contains("import.xml, line 1: ") && said.contains(reason), "\(said)")
        #expect(try await store.domains(after: nil, limit: 9).isEmpty)
    }

    @Test func `passes over users who cannot be`() async throws {
        let desk = try Desk()
        let store = MemoryStore()
        let names = ["a@b", "", "a/b", String(repeating: "a", count: 2_000), "a b", "&#x202E;a"]
        let users = names.map {
            "<user name='\($0)' password='x'><vCard xmlns='vcard-temp'/></user>\n"
        }
        let text =
            "<server-data xmlns='urn:xmpp:pie:0'><host jid='b.example'>\n" + users.joined()
            + "<user name='good'/></host></server-data>"
        let read = try await desk.read(text, into: store)
        #expect(
            read.complaints == (2...7).map { "import.xml, line \($0): no user can have this name" }
        )
        #expect(try await contents(of: store).count == 1)
    }

    @Test func `is refused when it is deep, wide or long`() async throws {
        let desk = try Desk()
        let begin = "<server-data xmlns='urn:xmpp:pie:0'><host jid='b.example'><user name='a'>"
        let end = "</user></host></server-data>"
        let deep = String(repeating: "<a>", count: 100_000)
        let attributes = (0..<1_000).map { " a\($0)=''" }.joined()
        let long = String(repeating: "x", count: 3 << 20)
        for inside in [deep, "<a\(attributes)/>", "<a b='\(long)'/>", "<\(long)/>"] {
            let store = MemoryStore()
            await #expect(throws: TransferFault.self) {
                try await desk.read(begin + inside + end, into: store)
            }
            #expect(try await contents(of: store).isEmpty)
        }
    }

    @Test func `says nothing by times and numbers that are out of reach`() async throws {
        let desk = try Desk()
        let store = MemoryStore()
        let text = """
            <server-data xmlns='urn:xmpp:pie:0' xmlns:m='urn:martlet:store:0'>
            <host jid='b.example'><user name='a'><offline-messages>
            <message xmlns='jabber:client' m:id='9223372036854775807' m:time='9223372036854775807'/>
            <message xmlns='jabber:client' m:id='-5' m:time='x'/>
            <message xmlns='jabber:client' m:id='7'/><message xmlns='jabber:client' m:id='3'/>
            </offline-messages></user></host></server-data>
            """
        _ = try await desk.read(text, into: store)
        let owner = Owner(JID(prepared: "a", "b.example"))
        let page = try await store.query(LogQuery(limit: 9), in: "offline", of: owner)
        #expect(page.entries.count == 4)
        #expect(page.entries.allSatisfy { $0.id < 100 && $0.time < at(253_402_300_800_000_000) })
    }
}
