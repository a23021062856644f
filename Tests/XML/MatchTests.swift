import MartletXML
import Testing

@Suite struct MatchTests {
    static let ping = "<iq type='get' id='p1'><ping xmlns='urn:xmpp:ping'/></iq>"
    static let message = "<message><body>Soft!</body><x xmlns='jabber:x:oob'><url/></x></message>"

    @Test(arguments: [
        ("iq", ping, true),
        ("iq[@type='get']/{urn:xmpp:ping}ping", ping, true),
        ("iq[@type='set']/{urn:xmpp:ping}ping", ping, false),
        ("iq[@type='set' or @type='get']/{urn:xmpp:ping}*", ping, true),
        ("iq[@type=\"get\"][@id]", ping, true),
        ("iq[@type='get'][@to]", ping, false),
        ("iq/ping", ping, false),
        ("*/*", ping, true),
        ("*/*/*", ping, false),
        ("*", message, true),
        ("{jabber:server}message", message, false),
        ("message/body", message, true),
        ("message / {jabber:x:oob}x / {jabber:x:oob}url", message, true),
        ("presence | message[ @type = 'chat' ] | message/body", message, true),
        ("presence|iq", message, false),
    ])
    func `asks for names, attributes and children`(path: String, text: String, isMatch: Bool) throws
    {
        let match = try Match(path)
        #expect(match.matches(try Element.parse(text)) == isMatch)
    }

    @Test func `tells what an index needs`() throws {
        let match = try Match("iq[@type='get' or @type='set']/{urn:xmpp:ping}ping|{urn:x}*")
        #expect(match.alternatives.map(\.rootName) == ["iq", nil])
        #expect(match.alternatives.map(\.types) == [["get", "set"], nil])
        #expect(match.alternatives[0].payload?.name == "ping")
        #expect(match.alternatives[0].payload?.namespace == "urn:xmpp:ping")
        #expect(match.alternatives[1].steps[0].namespace == "urn:x")
        #expect(match.description.hasPrefix("iq["))
    }

    @Test(arguments: [
        ("", "a name or '*'", 0),
        ("iq/", "a name or '*'", 3),
        ("iq[type='get']", "'@'", 3),
        ("iq[@type='get'", "' or ' or ']'", 14),
        ("iq[@type=get]", "a quote", 9),
        ("iq[@type='get' or @id='1']", "@type", 21),
        ("{urn:x", "'}'", 6),
        ("iq iq", "'/', '[', '|' or the end", 3),
    ])
    func `names the place of a fault`(path: String, expected: String, offset: Int) {
        #expect {
            try Match(path)
        } throws: { error in
            (error as? MatchError)?.expected == expected && (error as? MatchError)?.offset == offset
        }
    }
}
