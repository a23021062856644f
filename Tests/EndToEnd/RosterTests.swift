import MartletCore
import MartletRouter
import MartletServer
import MartletXML
import Testing

/// Rosters too large, malformed, or somebody else's (attacks 29, 35).
@Suite(.timeLimit(.minutes(5)))
struct RosterTests {
    private static func set(_ item: String, id: String = "r", to: String = "") -> String {
        "<iq type='set' id='\(id)' \(to)><query xmlns='jabber:iq:roster'>\(item)</query></iq>"
    }

    private static let nurse = "<item jid='nurse@capulet.example'/>"

    static let faults: [(String, String, String)] = [
        ("", "modify", "bad-request"),
        (nurse + "<item jid='juliet@capulet.example'/>", "modify", "bad-request"),
        ("<item/>", "modify", "bad-request"),
        ("<item jid='no@t@jid'/>", "modify", "jid-malformed"),
        ("<item jid=''/>", "modify", "jid-malformed"),
        (
            "<item jid='nurse@capulet.example'><group>a</group><group>a</group></item>", "modify",
            "bad-request"
        ),
        ("<item jid='nurse@capulet.example'><group/></item>", "modify", "not-acceptable"),
        (
            "<item jid='nurse@capulet.example' name='\(String(repeating: "n", count: 5_000))'/>",
            "modify", "not-acceptable"
        ),
        (
            "<item jid='nurse@capulet.example'><group>\(String(repeating: "g", count: 5_000))</group></item>",
            "modify", "not-acceptable"
        ),
        (
            "<item jid='nurse@capulet.example'>\((0..<1_000).map { "<group>\($0)</group>" }.joined())</item>",
            "modify", "not-acceptable"
        ),
        ("<item jid='nobody@capulet.example' subscription='remove'/>", "cancel", "item-not-found"),
    ]

    @Test(arguments: faults)
    func `a faulty item is refused and changes nothing`(
        item: String,
        type: String,
        condition: String
    ) async throws {
        try await withServer { server in
            let romeo = try await server.login("romeo@montague.example")
            await romeo.send(Self.set(item))
            try await romeo.expectError(type, condition, id: "r")
            await romeo.send("<iq type='get' id='g'><query xmlns='jabber:iq:roster'/></iq>")
            let roster = try await romeo.expect("iq[@type='result']/{jabber:iq:roster}query")
            #expect(roster.firstChild?.firstChild == nil)
        }
    }

    @Test
    func `an item too many is refused, and changing one is not`() async throws {
        try await withServer { settings in
            for index in settings.domains.indices { settings.domains[index].limits.rosterItems = 5 }
        } _: { server in
            let romeo = try await server.login("romeo@montague.example")
            for index in 0..<5 {
                await romeo.send(Self.set("<item jid='user\(index)@capulet.example'/>"))
                try await romeo.expect("iq[@type='result'][@id='r']")
            }
            await romeo.send(Self.set("<item jid='user5@capulet.example'/>"))
            try await romeo.expectError("wait", "resource-constraint", id: "r")
            await romeo.send("<presence type='subscribe' id='s' to='user6@capulet.example'/>")
            try await romeo.expectError("wait", "resource-constraint", id: "s")
            await romeo.send(Self.set("<item jid='user4@capulet.example' name='changed'/>"))
            try await romeo.expect("iq[@type='result'][@id='r']")
        }
    }

    @Test
    func `strangers who ask cannot fill a user's roster`() async throws {
        try await withServer { settings in
            for index in settings.domains.indices { settings.domains[index].limits.rosterItems = 2 }
        } _: { server in
            let juliet = try await server.login("juliet@capulet.example")
            await juliet.send("<presence/>")
            try await juliet.expect("presence")
            for name in ["romeo@montague.example", "mercutio@montague.example"] {
                let stranger = try await server.login(name)
                await stranger.send("<presence type='subscribe' to='juliet@capulet.example'/>")
                let request = try await juliet.expect("presence[@type='subscribe']")
                #expect(request["from"] == name)
            }
            await juliet.send(Self.set(Self.nurse))
            try await juliet.expect("iq[@type='result'][@id='r']")
        }
    }

    @Test
    func `requests from too many strangers are refused, and cost the user nothing`() async throws {
        try await withServer { settings in
            for index in settings.domains.indices { settings.domains[index].limits.rosterItems = 1 }
        } _: { server in
            let juliet = try await server.login("juliet@capulet.example")
            let romeo = try await server.login("romeo@montague.example")
            let mercutio = try await server.login("mercutio@montague.example")
            await juliet.send("<presence/>")
            try await juliet.expect("presence")
            await romeo.send("<presence type='subscribe' to='juliet@capulet.example'/>")
            let request = try await juliet.expect("presence[@type='subscribe']")
            #expect(request["from"] == "romeo@montague.example")
            await mercutio.send("<presence/>")
            try await mercutio.expect("presence")
            await mercutio.send("<presence type='subscribe' id='s' to='juliet@capulet.example'/>")
            try await mercutio.expectError("wait", "resource-constraint", id: "s")
            // Those who merely ask do not fill her roster.
            await juliet.send(Self.set(Self.nurse))
            try await juliet.expect("iq[@type='result'][@id='r']")
        }
    }

    @Test(arguments: [
        "to='juliet@capulet.example/balcony'", "to='juliet@capulet.example'",
        "to='romeo@capulet.example'", "to='nobody@capulet.example'",
    ])
    func `nobody pushes to, or sets, another's roster`(to: String) async throws {
        try await withServer { server in
            let romeo = try await server.login("romeo@montague.example")
            let juliet = try await server.login("juliet@capulet.example", resource: "balcony")
            await juliet.send("<iq type='get' id='g'><query xmlns='jabber:iq:roster'/></iq>")
            try await juliet.expect("iq[@type='result'][@id='g']")
            await romeo.send(
                Self.set("<item jid='evil@montague.example' subscription='both'/>", to: to)
            )
            let error = try await romeo.expect("iq[@type='error'][@id='r']")
            let conditions = error.child("error")?.children.map(\.name) ?? []
            #expect(conditions == ["service-unavailable"])
            try await juliet.expectNothing()
        }
    }

    @Test
    func `nobody reads another's roster`() async throws {
        try await withServer { server in
            let romeo = try await server.login("romeo@montague.example")
            for name in ["juliet@capulet.example", "nobody@capulet.example"] {
                await romeo.send(
                    "<iq type='get' id='g' to='\(name)'><query xmlns='jabber:iq:roster'/></iq>"
                )
                let error = try await romeo.expect("iq[@type='error'][@id='g']")
                #expect(error.child("error") != nil)
            }
        }
    }

    @Test
    func `a user's own resources see each other's changes`() async throws {
        try await withServer { server in
            let one = try await server.login("romeo@montague.example", resource: "one")
            let two = try await server.login("romeo@montague.example", resource: "two")
            await two.send("<iq type='get' id='g'><query xmlns='jabber:iq:roster'/></iq>")
            try await two.expect("iq[@type='result'][@id='g']")
            await one.send(Self.set(Self.nurse, to: "to='romeo@montague.example'"))
            try await one.expect("iq[@type='result'][@id='r']")
            let push = try await two.expect("iq[@type='set']/{jabber:iq:roster}query")
            #expect(push.firstChild?.firstChild?["jid"] == "nurse@capulet.example")
        }
    }

    @Test(arguments: ["vcard-temp", "jabber:iq:private", "jabber:iq:register"])
    func `what is not served is told so, however large`(namespace: String) async throws {
        try await withServer { server in
            let romeo = try await server.login("romeo@montague.example")
            let body = String(repeating: "x", count: 200_000)
            await romeo.send(
                "<iq type='set' id='v'><query xmlns='\(namespace)'>\(body)</query></iq>"
            )
            try await romeo.expectError("cancel", "service-unavailable", id: "v")
        }
    }
}
