import MartletCore
import MartletServer
import MartletXML
import Testing

/// The stream errors of RFC 6120 §4.9.3 that no fault of XML brings about.
@Suite(.timeLimit(.minutes(5)))
struct StreamErrorTests {
    @Test(arguments: [
        (
            "<stream:stream xmlns='jabber:client' xmlns:stream='urn:x' to='montague.example' version='1.0'>",
            "invalid-namespace"
        ),
        (
            "<stream:stream xmlns='jabber:server' xmlns:stream='\(Namespace.streams)' to='montague.example' version='1.0'>",
            "invalid-namespace"
        ),
        (
            "<stream:stream xmlns:stream='\(Namespace.streams)' to='montague.example' version='1.0'>",
            "invalid-namespace"
        ),
        (
            "<stream:strom xmlns='jabber:client' xmlns:stream='\(Namespace.streams)' to='montague.example' version='1.0'>",
            "bad-format"
        ),
        (RawClient.header(to: "verona.example"), "host-unknown"),
        (RawClient.header(to: "romeo@montague.example"), "host-unknown"),
        (RawClient.header(to: ""), "host-unknown"),
        (
            "<stream:stream xmlns='jabber:client' xmlns:stream='\(Namespace.streams)' version='1.0'>",
            "host-unknown"
        ),
        (RawClient.header("version='0.9'"), "unsupported-version"),
        (RawClient.header("version='abc'"), "unsupported-version"),
        (RawClient.header("version='1.0' from=''"), "invalid-from"),
        (RawClient.header("version='1.0' from='no@t@jid'"), "invalid-from"),
        (RawClient.header("version='1.0' from='@montague.example'"), "invalid-from"),
        (RawClient.header(""), "unsupported-version"),
    ])
    func `a header that does not fit is told why`(header: String, condition: String) async throws {
        try await withServer { server in
            let client = try await server.connect()
            await client.send(header)
            let answer = try await client.expectHeader()
            #expect(answer.id?.isEmpty == false)
            try await client.expectStreamError(condition)
        }
    }

    @Test
    func `a later minor or major version is spoken as 1.0`() async throws {
        try await withServer { server in
            let client = try await server.connect()
            await client.send(RawClient.header("version='2.7'"))
            let answer = try await client.expectHeader()
            #expect(answer.version == "1.0")
            #expect(answer.from == "montague.example")
        }
    }

    @Test(arguments: [
        ("<message to='juliet@capulet.example'/>", "not-authorized"),
        ("<iq type='get' id='1'><query xmlns='jabber:iq:auth'/></iq>", "not-authorized"),
        ("<presence/>", "not-authorized"),
        (
            "<compress xmlns='http://jabber.org/protocol/compress'><method>zlib</method></compress>",
            "not-authorized"
        ),
    ])
    func `a stanza before login ends the stream`(bytes: String, condition: String) async throws {
        try await withServer { server in
            let client = try await server.stream()
            await client.send(bytes)
            try await client.expectStreamError(condition)
        }
    }

    @Test
    func `a stanza before binding ends the stream`() async throws {
        try await withServer { server in
            let client = try await server.authenticated("romeo@montague.example")
            await client.send("<message to='juliet@capulet.example'><body>hark</body></message>")
            try await client.expectStreamError("not-authorized")
        }
    }

    @Test(arguments: [
        "<whatever/>", "<note xmlns='urn:x'/>", "<message xmlns='jabber:server'/>",
        "<message xmlns=''/>", "<r xmlns='urn:xmpp:sm:2'/>",
        "<compress xmlns='http://jabber.org/protocol/compress'><method>zlib</method></compress>",
    ])
    func `what is no stanza ends a bound stream`(bytes: String) async throws {
        try await withServer { server in
            let client = try await server.login("romeo@montague.example")
            await client.send(bytes)
            try await client.expectStreamError("unsupported-stanza-type")
        }
    }

    @Test(arguments: [
        "juliet@capulet.example", "juliet@capulet.example/balcony", "montague.example",
        "romeo@montague.example/other", "mercutio@montague.example", "romeo@capulet.example",
        "", "@montague.example", "no@t@jid", "romeo@montague.example/", "ro meo@montague.example",
    ])
    func `a foreign from ends the stream and nobody sees the stanza`(from: String) async throws {
        try await withServer { server in
            let romeo = try await server.login("romeo@montague.example", resource: "orchard")
            let juliet = try await server.login("juliet@capulet.example", resource: "balcony")
            await romeo.send(
                "<message from='\(from)' to='juliet@capulet.example/balcony'><body>trust</body></message>"
            )
            try await romeo.expectStreamError("invalid-from")
            try await juliet.expectNothing()
        }
    }

    @Test(arguments: ["", "from='romeo@montague.example'", "from='RoMeo@Montague.example/orchard'"])
    func `from is stamped with the full address`(from: String) async throws {
        try await withServer { server in
            let romeo = try await server.login("romeo@montague.example", resource: "orchard")
            let juliet = try await server.login("juliet@capulet.example", resource: "balcony")
            await romeo.send(
                "<message \(from) to='juliet@capulet.example/balcony'><body>ho</body></message>"
            )
            let message = try await juliet.expect("message/body")
            #expect(message["from"] == "romeo@montague.example/orchard")
            #expect(message["to"] == "juliet@capulet.example/balcony")
        }
    }

    @Test
    func `a second client with the same resource replaces the first`() async throws {
        try await withServer { server in
            let first = try await server.login("romeo@montague.example", resource: "orchard")
            let second = try await server.login("romeo@montague.example", resource: "orchard")
            try await first.expectStreamError("conflict")
            try await second.expectNothing()
        }
    }

    @Test
    func `a domain that goes tells its clients, and the other's stay`() async throws {
        var kept = ServerSettings()
        try await withServer(
            { settings in
                kept = settings
                kept.domains.removeAll { $0.name == "capulet.example" }
            },
            outlives: false
        ) { server in
            let juliet = try await server.login("juliet@capulet.example")
            let romeo = try await server.login("romeo@montague.example")
            try await server.server.reload(kept)
            try await juliet.expectStreamError("host-gone")
            try await romeo.expectNothing()
            let late = try await server.connect()
            await late.send(RawClient.header(to: "capulet.example"))
            try await late.expectStreamError("host-unknown")
        }
    }

    /// RFC 6120 §4.9.3.5: the domain was there when the stream began.
    @Test
    func `a domain that goes between login and binding is told when it is missed`() async throws {
        var kept = ServerSettings()
        try await withServer(
            { settings in
                kept = settings
                kept.domains.removeAll { $0.name == "capulet.example" }
            },
            outlives: false
        ) { server in
            let juliet = try await server.authenticated("juliet@capulet.example")
            try await server.server.reload(kept)
            await juliet.send("<iq type='set' id='b'><bind xmlns='\(Namespace.bind)'/></iq>")
            try await juliet.expectStreamError("host-gone")
        }
    }

    @Test
    func `stopping tells every stream and ends in time`() async throws {
        try await withServer(outlives: false) { server in
            let romeo = try await server.login("romeo@montague.example")
            let (juliet, _) = try await server.secureStream(to: "capulet.example")
            let stranger = try await server.stream()
            let mute = try await server.connect()
            async let stopped: Void = server.shutDown()
            try await romeo.expectStreamError("system-shutdown")
            try await juliet.expectStreamError("system-shutdown")
            try await stranger.expectStreamError("system-shutdown")
            try await mute.ended()
            await stopped
            #expect(server.log.lines("not all streams ended in time").isEmpty)
            #expect(server.log.lines("stopped").count == 1)
        }
    }

    @Test
    func `a server whose task is cancelled stops in the same way`() async throws {
        try await withServer(outlives: false) { server in
            let romeo = try await server.login("romeo@montague.example")
            let stranger = try await server.stream()
            async let stopped: Void = server.cancel()
            try await romeo.expectStreamError("system-shutdown")
            try await stranger.expectStreamError("system-shutdown")
            await stopped
            #expect(server.log.lines("not all streams ended in time").isEmpty)
        }
    }

    @Test
    func `a client's own stream error and goodbye are answered by a goodbye`() async throws {
        try await withServer { server in
            let romeo = try await server.login("romeo@montague.example")
            await romeo.send(
                "<stream:error><bad-format xmlns='\(Namespace.streamErrors)'/></stream:error>"
            )
            try await romeo.expectClosed()
            let mercutio = try await server.login("mercutio@montague.example")
            await mercutio.send("</stream:stream>")
            try await mercutio.expectClosed()
        }
    }

    @Test
    func `a fault right after login still gets a stream header first`() async throws {
        try await withServer { server in
            let client = try await server.stream()
            await client.sendAuth("PLAIN", "\0romeo\0\(password)")
            try await client.expect("{\(Namespace.sasl)}success")
            await client.restart()
            await client.send("<no-header")
            await client.send("<")
            try await client.expectHeader()
            try await client.expectStreamError("not-well-formed")
        }
    }
}
