import MartletCore
import MartletStoragePostgreSQL
import MartletXML
import TestSupport
import Testing

/// A whole server whose database misbehaves: clients are told to wait, and nothing is restarted but the
/// database.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct DatabaseFaultTests {
    private static let romeo = "romeo@montague.example"
    private static let juliet = "juliet@capulet.example"

    /// Runs a server on a store in a database, whose calls wait two seconds for it.
    private func serve(
        on database: PostgreSQLServer,
        _ body: (TestServer) async throws -> Void
    ) async throws {
        let open: StoreMaker = { log in
            var options = PostgreSQLOptions()
            options.waitTimeout = .seconds(2)
            return try await PostgreSQLStore.open(url: database.url(), options: options) {
                log.warning("\($0)")
            }
        }
        try await withServer(store: open, body)
    }

    @Test func `one that is stopped and started again loses nothing that it took`() async throws {
        let database = try await PostgreSQLServer(isDurable: false)
        try await serve(on: database) { server in
            let romeo = try await server.login(Self.romeo, resource: "orchard")
            try await romeo.tell(Self.juliet, id: "before", until: .kept)
            try await database.stop(.immediate)
            try await romeo.tell(Self.juliet, id: "meanwhile", until: .refused)
            for _ in 0..<3 {
                let stranger = try await server.stream(to: "capulet.example")
                await stranger.sendAuth("PLAIN", "\0nurse\0\(password)")
                try await stranger.expectFailure("temporary-auth-failure")
                await stranger.hangUp()
            }
            #expect(server.log.lines("nobody knows who may log in").count == 1)
            #expect(server.log.count(of: "the database is away") == 1)
            try await database.start()
            try await romeo.tell(Self.juliet, id: "after", until: .kept)
            try await romeo.read()
            let juliet = try await server.login(Self.juliet, resource: "balcony")
            #expect(try await juliet.messages(through: "after") == ["before", "after"])
            #expect(server.log.count(of: "the database is away") == 1)
            #expect(server.log.count(of: "the database is back") == 1)
            #expect(server.log.lines("it is known again who may log in").count == 1)
        }
    }

    @Test func `one that is read-only for a while loses nothing that it took`() async throws {
        let database = try await PostgreSQLServer(isDurable: false)
        try await serve(on: database) { server in
            let romeo = try await server.login(Self.romeo, resource: "orchard")
            try await romeo.tell(Self.juliet, id: "before", until: .kept)
            try await database.sql("ALTER SYSTEM SET default_transaction_read_only = on")
            try await database.reload()
            try await romeo.tell(Self.juliet, id: "meanwhile", until: .refused)
            let failing = "writing in the database fails"
            #expect(server.log.count(of: failing) == 1)
            try await database.sql("ALTER SYSTEM RESET default_transaction_read_only")
            try await database.reload()
            try await romeo.tell(Self.juliet, id: "after", until: .kept)
            let juliet = try await server.login(Self.juliet, resource: "balcony")
            #expect(try await juliet.messages(through: "after").first == "before")
            #expect(server.log.count(of: failing) == 1)
            #expect(server.log.count(of: "writing in the database goes well again") == 1)
        }
    }

    @Test(.enabled("a small file system can be mounted") { await PostgreSQLServer.canMount })
    func `one whose disk is full for a while loses nothing that it took`() async throws {
        let database = try await PostgreSQLServer(isDurable: false, tableMegabytes: 16)
        try await serve(on: database) { server in
            let romeo = try await server.login(Self.romeo, resource: "orchard")
            try await romeo.tell(Self.juliet, id: "before", until: .kept)
            try await database.sql(Self.filling)
            try await romeo.tell(Self.juliet, id: "meanwhile", until: .refused)
            #expect(
                server.log.count(of: "writing in the database fails: the database is full") == 1
            )
            try await database.sql("DROP TABLE filler")
            try await romeo.tell(Self.juliet, id: "after", until: .kept)
            let juliet = try await server.login(Self.juliet, resource: "balcony")
            #expect(try await juliet.messages(through: "after").first == "before")
            #expect(server.log.count(of: "writing in the database") <= 2)
        }
    }

    /// Fills the file system of the tables.
    private static let filling = """
        CREATE TABLE filler (text text);
        DO $$ BEGIN
            LOOP
                BEGIN
                    INSERT INTO filler SELECT string_agg(md5(random()::text), '')
                        FROM generate_series(1, 50);
                EXCEPTION WHEN disk_full THEN EXIT;
                END;
            END LOOP;
        END $$
        """
}

extension LogCapture {
    /// How many lines begin with these words.
    fileprivate func count(of words: String) -> Int {
        lines.count { $0.message.hasPrefix(words) }
    }
}

/// What became of a message to somebody who is away.
private enum Fate { case kept, refused }

extension RawClient {
    /// Sends messages to somebody who is away until one has the fate; the others have another `id`.
    ///
    /// The database takes some time to be away, or back. A message was kept when a change of the roster
    /// was made after it, and no error came before what its home says later still.
    fileprivate func tell(_ whom: String, id: String, until fate: Fate) async throws {
        let change =
            "<query xmlns='\(Namespace.roster)'><item jid='nurse@capulet.example'/></query>"
        var isDone = false
        while !isDone {
            send("<message to='\(whom)' id='\(id)'><body>o</body></message>")
            send("<iq type='set' id='change'>\(change)</iq>")
            let (answer, first) = try await answer(to: "change", errorsOf: id)
            send("<iq type='get' id='fence' to='\(whom)'><query xmlns='urn:example'/></iq>")
            let second = try await self.answer(to: "fence", errorsOf: id).error
            switch fate {
            case .kept: isDone = answer["type"] == "result" && first == nil && second == nil
            case .refused: isDone = first != nil || second != nil
            }
        }
    }

    /// The answer to a request, and the error of a message that came before it, which asks to wait.
    private func answer(to request: String, errorsOf id: String) async throws -> (
        Element, error: Element?
    ) {
        var error: Element?
        while true {
            let stanza = try await element()
            if stanza["id"] == request { return (stanza, error) }
            guard stanza["id"] == id, let found = stanza.child("error") else { continue }
            #expect(found["type"] == "wait", "\(found)")
            let conditions = ["resource-constraint", "internal-server-error"]
            #expect(conditions.contains { found.child($0, in: Namespace.stanzaErrors) != nil })
            error = found
        }
    }

    /// Asks for the roster until it is given: what reads has connections of its own.
    fileprivate func read() async throws {
        var isDone = false
        while !isDone {
            send("<iq type='get' id='read'><query xmlns='\(Namespace.roster)'/></iq>")
            isDone = try await answer(to: "read", errorsOf: "").0["type"] == "result"
        }
    }

    /// Comes, and gives the ids of the messages that waited, up to one of these.
    fileprivate func messages(through last: String) async throws -> [String] {
        send("<presence/>")
        var ids: [String] = []
        while ids.last != last { ids.append(try await skip(to: "message")["id"] ?? "") }
        return ids
    }
}
