import Testing

@testable import MartletPluginKit

@Suite struct ForwardingTests {
    init() { FakeCore.install() }

    private let time = Timestamp(microseconds: 1_000_000)

    @Test func `wraps a stanza, with the moment that it came`() throws {
        let message = try #require(
            Stanza(.message, type: .chat, to: nil, XML("body") { $0.text("x") })
        )
        let outer = try #require(
            Stanza(.message, type: .normal, to: nil, .forwarded(message.xml, from: time))
        )
        let forwarded = try #require(outer.child("forwarded", in: "urn:xmpp:forward:0"))
        #expect(forwarded.children().map(\.name) == ["delay", "message"])
        #expect(forwarded.child()?["stamp"] == "1970-01-01T00:00:01Z")
        #expect(forwarded.child("message")?.child("body")?.text == "x")
        #expect(XML.forwarded(XML()).text == "<forwarded xmlns='urn:xmpp:forward:0'/>")
    }

    @Test func `tells who had a stanza wait`() throws {
        let holder = try #require(JID("montague.example"))
        let other = try #require(JID("capulet.example"))
        let delay = XML.delay(since: time, by: holder)
        let stanza = try #require(Stanza(.message, type: .chat, to: nil, delay))
        #expect(stanza.isDelayed(by: holder))
        #expect(!stanza.isDelayed(by: other))
        let anonymous = Stanza(.message, type: .chat, to: nil, .delay(since: time))
        #expect(anonymous?.isDelayed(by: holder) == false)
    }
}

@Suite struct FormTests {
    @Test func `writes a form with its type and fields`() {
        let form = XML.form(.form, of: "urn:x", title: "T", instructions: "I") {
            $0.field("a", .textPrivate, label: "A & B", isRequired: true)
            $0.field("b", .listMulti, values: ["1", "<"])
            $0.field("c", .boolean) { $0.element("desc") }
        }
        #expect(
            form.text
                == """
                <x xmlns='jabber:x:data' type='form'><title>T</title>\
                <instructions>I</instructions>\
                <field var='FORM_TYPE' type='hidden'><value>urn:x</value></field>\
                <field var='a' type='text-private' label='A &amp; B'><required/></field>\
                <field var='b' type='list-multi'><value>1</value><value>&lt;</value></field>\
                <field var='c' type='boolean'><desc/></field></x>
                """
        )
    }

    @Test func `reads back what it writes`() throws {
        FakeCore.install()
        let payload = XML("q", in: "urn:q") {
            $0.append(.form(.submit, of: "urn:x") { $0.field("a", .textSingle, values: ["1"]) })
        }
        let stanza = try #require(Stanza(.iq, type: .set, to: nil, id: "1", payload))
        let form = try DataForm(in: try #require(stanza.payload), of: "urn:x")
        #expect(form?["a"] == "1")
    }
}
