import MartletCore
import MartletXML
import Testing

/// Stanzas that cannot be handled, and the error that each gets (attacks 18, 24, 31–33).
@Suite(.timeLimit(.minutes(5)))
struct StanzaErrorTests {
    private static let ping = "<ping xmlns='urn:x:unknown'/>"

    @Test(arguments: [
        (
            "<iq type='get' id='i' to='montague.example'>\(ping)</iq>", "cancel",
            "service-unavailable"
        ),
        (
            "<iq type='set' id='i' to='montague.example'>\(ping)</iq>", "cancel",
            "service-unavailable"
        ),
        ("<iq type='get' id='i'>\(ping)</iq>", "cancel", "service-unavailable"),
        (
            "<iq type='get' id='i' to='romeo@montague.example'>\(ping)</iq>", "cancel",
            "service-unavailable"
        ),
        (
            "<iq type='get' id='i' to='juliet@capulet.example'>\(ping)</iq>", "cancel",
            "service-unavailable"
        ),
        (
            "<iq type='get' id='i' to='juliet@capulet.example/gone'>\(ping)</iq>", "cancel",
            "service-unavailable"
        ),
        (
            "<iq type='get' id='i' to='nobody@capulet.example'>\(ping)</iq>", "cancel",
            "service-unavailable"
        ),
        (
            "<iq type='get' id='i' to='user@verona.example'>\(ping)</iq>", "cancel",
            "remote-server-not-found"
        ),
        ("<iq type='get' id='i' to='montague.example'/>", "modify", "bad-request"),
        (
            "<iq type='set' id='i' to='montague.example'>\(ping)\(ping)</iq>", "modify",
            "bad-request"
        ),
        ("<iq type='bogus' id='i' to='montague.example'>\(ping)</iq>", "modify", "bad-request"),
        ("<iq id='i' to='montague.example'>\(ping)</iq>", "modify", "bad-request"),
        ("<presence type='bogus' id='i'/>", "modify", "bad-request"),
        ("<iq type='get' id='i' to='no@t@jid'>\(ping)</iq>", "modify", "jid-malformed"),
        ("<message id='i' to='@capulet.example'><body/></message>", "modify", "jid-malformed"),
        ("<message id='i' to='juliet@'><body/></message>", "modify", "jid-malformed"),
        (
            "<message id='i' to='juliet@capulet.example/'><body/></message>", "modify",
            "jid-malformed"
        ),
        ("<message id='i' to=''><body/></message>", "modify", "jid-malformed"),
        (
            "<message id='i' to='ju liet@capulet.example'><body/></message>", "modify",
            "jid-malformed"
        ),
        (
            "<message id='i' to='ju&#9;liet@capulet.example'><body/></message>", "modify",
            "jid-malformed"
        ),
        (
            "<message id='i' to='\u{FF1A}&#xFF20;@capulet.example'><body/></message>", "modify",
            "jid-malformed"
        ),
        (
            "<message id='i' to='juliet&#x202E;@capulet.example'><body/></message>", "modify",
            "jid-malformed"
        ),
        (
            "<message id='i' to='juliet@capulet..example'><body/></message>", "modify",
            "jid-malformed"
        ),
        (
            "<message id='i' to='\(String(repeating: "j", count: 1024))@capulet.example'/>",
            "modify",
            "jid-malformed"
        ),
        (
            "<message id='i' to='juliet@capulet.example/\(String(repeating: "j", count: 1024))'/>",
            "modify", "jid-malformed"
        ),
        (
            "<message id='i' to='juliet@\(String(repeating: "j", count: 1024))'/>", "modify",
            "jid-malformed"
        ),
        (
            "<message id='i' to='user@verona.example'><body>hark</body></message>", "cancel",
            "remote-server-not-found"
        ),
        (
            "<message id='i' to='nobody@capulet.example'><body>hark</body></message>", "cancel",
            "service-unavailable"
        ),
        (
            "<message id='i' to='montague.example'><body>hark</body></message>", "cancel",
            "service-unavailable"
        ),
        (
            "<message id='i' type='groupchat' to='juliet@capulet.example'><body/></message>",
            "cancel",
            "service-unavailable"
        ),
        ("<presence id='i'><priority>999</priority></presence>", "modify", "bad-request"),
        ("<presence id='i'><priority>high</priority></presence>", "modify", "bad-request"),
        ("<presence id='i' type='subscribe'/>", "modify", "bad-request"),
        ("<iq type='set' id='i'><bind xmlns='\(Namespace.bind)'/></iq>", "cancel", "not-allowed"),
    ])
    func `what cannot be handled is returned`(
        stanza: String,
        type: String,
        condition: String
    ) async throws {
        try await withServer { server in
            let romeo = try await server.login("romeo@montague.example", resource: "orchard")
            await romeo.send(stanza)
            let error = try await romeo.expectError(type, condition, id: "i")
            #expect(error["to"] == nil || error["to"] == "romeo@montague.example/orchard")
            try await romeo.expectNothing()
        }
    }

    @Test(arguments: [
        "<iq type='result' id='never-asked' to='montague.example'/>",
        "<iq type='result' id='never-asked' to='juliet@capulet.example/gone'/>",
        "<iq type='error' id='never-asked' to='montague.example'><error type='cancel'/></iq>",
        "<iq type='error' id='never-asked' to='user@verona.example'><error type='cancel'/></iq>",
        "<iq type='result' to='montague.example'/>",
        "<iq type='result' id='1' to='no@t@jid'/>",
        "<message type='error' to='nobody@capulet.example'><error type='cancel'/></message>",
        "<message type='error' to='user@verona.example'><error type='cancel'/></message>",
        "<message type='error' to='romeo@montague.example'><error type='cancel'/></message>",
        "<message type='error'><error type='cancel'/></message>",
        "<message type='error' to='@'><error type='cancel'/></message>",
        "<presence type='error' to='juliet@capulet.example'><error type='cancel'/></presence>",
        "<presence type='error'><error type='cancel'/></presence>",
        "<message type='headline' to='juliet@capulet.example'><body/></message>",
        "<presence type='probe' to='juliet@capulet.example'/>",
        "<presence to='nobody@capulet.example'/>",
        "   \n\t ",
    ])
    func `errors, answers and hints are never answered`(stanza: String) async throws {
        try await withServer { server in
            let romeo = try await server.login("romeo@montague.example")
            for _ in 0..<3 { await romeo.send(stanza) }
            try await romeo.expectNothing()
        }
    }

    @Test
    func `an iq without an id is refused`() async throws {
        try await withServer { server in
            let romeo = try await server.login("romeo@montague.example")
            await romeo.send("<iq type='get' to='montague.example'>\(Self.ping)</iq>")
            try await romeo.expectError("modify", "bad-request")
        }
    }

    @Test
    func `an unknown type of message counts as normal`() async throws {
        try await withServer { server in
            let romeo = try await server.login("romeo@montague.example")
            let juliet = try await server.login("juliet@capulet.example", resource: "balcony")
            let to = "juliet@capulet.example/balcony"
            await romeo.send("<message type='bogus' to='\(to)'><body>hark</body></message>")
            let message = try await juliet.expect("message/body")
            #expect(message["type"] == nil || message["type"] == "normal")
        }
    }

    @Test
    func `one id ten thousand times is ten thousand answers`() async throws {
        try await withServer { server in
            let romeo = try await server.login("romeo@montague.example")
            let ask = "<iq type='get' id='same' to='montague.example'>\(Self.ping)</iq>"
            await romeo.send(String(repeating: ask, count: 10_000))
            for _ in 0..<10_000 { try await romeo.expectError("cancel", "service-unavailable") }
            try await romeo.expectNothing()
        }
    }

    @Test(arguments: [
        "JULIET@Capulet.Example/balcony", "\u{FF2A}uliet@capulet.example/balcony",
        "juliet@\u{FF23}apulet.example/balcony",
    ])
    func `addresses are equal as RFC 7622 says`(to: String) async throws {
        try await withServer { server in
            let romeo = try await server.login("romeo@montague.example")
            let juliet = try await server.login("juliet@capulet.example", resource: "balcony")
            await romeo.send("<message to='\(to)'><body>hark</body></message>")
            let message = try await juliet.expect("message/body")
            #expect(message["to"] == "juliet@capulet.example/balcony")
        }
    }

    @Test(arguments: ["Balcony", "bаlcony", "balcony "])
    func `resources that look alike are not the same`(resource: String) async throws {
        try await withServer { server in
            let romeo = try await server.login("romeo@montague.example")
            let juliet = try await server.login("juliet@capulet.example", resource: "balcony")
            let to = "juliet@capulet.example/\(resource)"
            await romeo.send("<iq type='get' id='i' to='\(to)'>\(Self.ping)</iq>")
            try await romeo.expectError("cancel", "service-unavailable", id: "i")
            try await juliet.expectNothing()
        }
    }

    @Test(arguments: ["a&#x0378;b", String(repeating: "r", count: 1024)])
    func `a resource that is none is refused, and another may be tried`(
        resource: String
    ) async throws {
        try await withServer { server in
            let client = try await server.authenticated("romeo@montague.example")
            await client.send(
                "<iq type='set' id='b'><bind xmlns='\(Namespace.bind)'>"
                    + "<resource>\(resource)</resource></bind></iq>"
            )
            try await client.expectError("modify", "bad-request", id: "b")
            try await client.bind("orchard")
        }
    }
}
