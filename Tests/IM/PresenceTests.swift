import MartletCore
import MartletRouter
import MartletXML
import Testing

@testable import MartletIM

@Suite struct PresencePriorityTests {
    private func priority(_ content: String) throws -> Int {
        let element = try Element.parse("<presence>\(content)</presence>")
        return try PresencePriority.read(try Stanza(element))
    }

    @Test(arguments: [  // RFC 6121 §4.7.2.3
        ("", 0), ("<priority>0</priority>", 0), ("<priority>-128</priority>", -128),
        ("<priority>127</priority>", 127), ("<priority> 5\n</priority>", 5),
        ("<priority xmlns='urn:other'>7</priority>", 0),
    ])
    func `reads`(content: String, value: Int) throws {
        #expect(try priority(content) == value)
    }

    @Test(arguments: ["128", "-129", "999", "1.5", "high", "", "9223372036854775808", "1 2"])
    func `refuses what is no byte`(text: String) {
        #expect(throws: StanzaError.badRequest) { try priority("<priority>\(text)</priority>") }
    }

    @Test(arguments: [  // RFC 6121 §4.7.2.1, §4.7.2.3
        "<priority>1</priority><priority>1</priority>",
        "<priority>1</priority><status>here</status><priority>2</priority>",
        "<show>away</show><show>away</show>", "<show/><priority>1</priority><show>dnd</show>",
    ])
    func `refuses what is said twice`(content: String) {
        #expect(throws: StanzaError.badRequest) { try priority(content) }
    }

    @Test func `takes a status in several languages, and what others call their own`() throws {
        let content = """
            <show>away</show><show xmlns='urn:other'/><priority>3</priority>
            <priority xmlns='urn:other'>7</priority>
            <status>fort</status><status xml:lang='en'>away</status>
            """
        #expect(try priority(content) == 3)
    }
}

@Suite struct DirectedPresenceTests {
    private func target(_ number: Int) -> JID { .named("u\(number)@capulet.example") }

    @Test func `holds as many as its bound, and those again`() throws {
        let directed = DirectedPresence()
        for number in 0..<DirectedPresence.limit { try directed.insert(target(number)) }
        try directed.insert(target(0))
        #expect(throws: StanzaError.resourceConstraint) {
            try directed.insert(target(DirectedPresence.limit))
        }
        directed.remove(target(0))
        try directed.insert(target(DirectedPresence.limit))
        let targets = directed.clear()
        #expect(targets.count == DirectedPresence.limit)
        let more = directed.clear()
        #expect(more.isEmpty)
    }
}

@Suite struct OfflinePolicyTests {
    private func message(_ attributes: String, _ content: String) throws -> Stanza {
        try Stanza(try Element.parse("<message \(attributes)>\(content)</message>"))
    }

    @Test(arguments: [  // XEP-0160 §3
        ("", "<body>hi</body>", true),
        ("", "<x xmlns='urn:other'/>", true),
        ("type='chat'", "<body>hi</body>", true),
        ("type='chat'", "<active xmlns='http://jabber.org/protocol/chatstates'/>", false),
        (
            "type='chat'",
            "<composing xmlns='http://jabber.org/protocol/chatstates'/><thread>1</thread>", false
        ),
        (
            "type='chat'",
            "<body>hi</body><active xmlns='http://jabber.org/protocol/chatstates'/>", true
        ),
        ("type='chat'", "", false),
        ("type='groupchat'", "<body>hi</body>", false),
        ("type='headline'", "<body>hi</body>", false),
        ("type='error'", "<body>hi</body>", false),
    ])
    func `keeps what is worth keeping`(attributes: String, content: String, isKept: Bool) throws {
        #expect(OfflinePolicy.isStored(try message(attributes, content)) == isKept)
    }

    @Test(arguments: [  // bytes, stored messages, stored bytes
        (10, 0, 0, true), (10, 2, 0, true), (10, 3, 0, false), (10, 0, 90, true),
        (11, 0, 90, false), (101, 0, 0, false),
    ])
    func `has a bound in messages and in bytes`(
        bytes: Int,
        count: Int,
        stored: Int,
        isAdmitted: Bool
    ) {
        var limits = DomainLimits()
        limits.offlineMessages = 3
        limits.offlineBytes = 100
        let answer = OfflinePolicy.admits(bytes: bytes, besides: count, stored, limits: limits)
        #expect(answer == isAdmitted)
    }
}
