import MartletCore
import MartletStorage
import MartletTransfer
import Testing

@Suite struct `What is large` {
    /// More than fits into a draft: written piece by piece.
    @Test func `is moved as it is`() async throws {
        let desk = try Desk()
        let store = MemoryStore()
        try await store.createAccount(Account(romeo, verifiers: verifiers("x"), created: at(1)))
        let owner = Owner(romeo)
        let body = String(repeating: "wherefore art thou ", count: 50)
        let message =
            "<message xmlns='jabber:client' from='\(juliet)/b' to='\(romeo)'>"
            + "<body>\(body)</body></message>"
        for page in 0..<30 {
            let entries = (0..<100).map {
                NewLogEntry(
                    time: at(Int64(page * 100 + $0)),
                    columns: ["with": "\(juliet)"],
                    value: bytes(message)
                )
            }
            try await store.append(entries, to: "archive", of: owner)
        }
        try await store.putDocument(
            "big",
            in: "files",
            of: owner,
            value: [UInt8](repeating: 0, count: 3 << 20)
        )
        let path = try await desk.export(store, to: "large.xml").path
        let target = MemoryStore()
        let read = try await desk.read([path], into: target)
        #expect(read.tally[.archivedMessages] == 3_000)
        #expect(try await contents(of: target) == contents(of: store))
        #expect(try await target.account(romeo)?.isDisabled == false)
    }

    @Test func `as a number of users is moved too`() async throws {
        let desk = try Desk()
        let users = (0..<5_000).map { "<user name='u\($0)'/>\n" }.joined()
        let store = MemoryStore()
        let text =
            "<server-data xmlns='urn:xmpp:pie:0'><host jid='x.example'>\(users)</host></server-data>"
        let read = try await desk.read(text, into: store)
        #expect(read.tally[.accounts] == 5_000)
        #expect(try await store.countAccounts(in: "x.example") == 5_000)
    }

    /// They are written many at a time, and one by one where one of them has another in its place.
    @Test func `as an owner's documents leaves alone what is there`() async throws {
        let desk = try Desk()
        let (store, target) = (MemoryStore(), MemoryStore())
        let owner = Owner(domain: "rooms.example")
        for number in 0..<250 {
            try await store.putDocument("\(number)", in: "rooms", of: owner, value: bytes("new"))
        }
        try await target.putDocument("77", in: "rooms", of: owner, value: bytes("old"))
        let path = try await desk.export(store, to: "rooms.xml").path
        let first = try await desk.read([path], into: target)
        #expect(first.tally[.documents] == 249)
        #expect(first.complaints.count == 1)
        #expect(first.complaints.first?.contains("rooms '77' of rooms.example") == true)
        #expect(try await target.document("77", in: "rooms", of: owner)?.value == bytes("old"))
        #expect(try await target.countDocuments(in: "rooms", of: owner) == 250)
        var options = ImportOptions()
        options.existing = .replace
        let second = try await desk.read([path], into: target, options)
        #expect(second.tally[.documents] == 250)
        #expect(try await contents(of: target) == contents(of: store))
    }

    /// A fault behind what was already written of a large account.
    @Test func `is taken back when its end is broken`() async throws {
        let desk = try Desk()
        let message =
            "<message xmlns='jabber:client'><body>\(String(repeating: "x", count: 1_000))</body></message>"
        let text =
            "<server-data xmlns='urn:xmpp:pie:0'><host jid='x.example'><user name='small'/>"
            + "<user name='large'><offline-messages>" + String(repeating: message, count: 3_000)
            + "</offline></user></host></server-data>"
        let store = MemoryStore()
        await #expect(throws: TransferFault.self) { try await desk.read(text, into: store) }
        #expect(try await contents(of: store).count == 1)
        #expect(try await store.account(JID(prepared: "small", "x.example")) != nil)
    }
}
