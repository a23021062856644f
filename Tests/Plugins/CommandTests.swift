import MartletClient
import MartletCore
import MartletServer
import MartletTesting
import MartletXML
import Testing

/// Ad-hoc commands (XEP-0050) of a plugin, as clients find and run them.
@Suite(.timeLimit(.minutes(5))) struct CommandTests {
    @Test func `administrators are shown all, others what is for everybody`() async throws {
        try await CommandScene.with { test in
            #expect(try await test.listed(to: test.romeo).map(\.node) == CommandScene.nodes)
            let shown = try await test.listed(to: test.juliet)
            #expect(shown.map(\.node) == ["greet"])
            #expect(shown.map(\.name) == ["Be greeted"])
            #expect(shown.map(\.jid) == ["montague.example"])
            #expect(try await test.listed(to: test.tybalt).isEmpty)
        }
    }

    @Test func `a command without a title is called by its name`() async throws {
        try await CommandScene.with { test in
            let names = try await test.listed(to: test.romeo).map(\.name)
            #expect(names[2] == "refuse")
            #expect(names[4] == "Odd \u{FFFD} <things>")
        }
    }

    @Test func `tells what it is`() async throws {
        try await CommandScene.with { test in
            #expect(try await test.features(node: nil).contains(CommandScene.namespace))
            let node = try await test.info(node: "repeat", asking: test.romeo)
            #expect(
                try node.payload
                    == Element.parse(
                        """
                        <query xmlns='http://jabber.org/protocol/disco#info' node='repeat'>\
                        <identity category='automation' type='command-node' name='Say it again'/>\
                        <feature var='http://jabber.org/protocol/commands'/>\
                        <feature var='jabber:x:data'/></query>
                        """
                    )
            )
            let list = try await test.info(node: CommandScene.namespace, asking: test.juliet)
            let identity = try #require(list.payload?.firstChild)
            #expect(identity["category"] == "automation" && identity["type"] == "command-list")
            #expect(try await test.items(node: "repeat").payload?.isEmpty == true)
        }
    }

    @Test func `keeps strangers from those for administrators`() async throws {
        try await CommandScene.with { test in
            for node in ["repeat", "never"] {
                let refused = try await test.run(node, by: test.juliet)
                #expect(refused.error == StanzaError(.forbidden, .cancel))
                let info = try await test.info(node: node, asking: test.juliet)
                #expect(info.error?.condition == .forbidden)
            }
            #expect(try await test.run("greet", by: test.tybalt).error?.condition == .forbidden)
            #expect(try await test.run("unknown", by: test.juliet).error == .itemNotFound)
            let unknown = try await test.info(node: "unknown", asking: test.romeo)
            #expect(unknown.error == .itemNotFound)
        }
    }

    @Test func `asks for arguments, and gives what came of them`() async throws {
        try await CommandScene.with { test in
            let asked = try await test.run("repeat")
            let session = try #require(asked.payload?["sessionid"])
            let form = try Element.parse(
                """
                <command xmlns='http://jabber.org/protocol/commands' node='repeat' \
                sessionid='\(session)' status='executing'>\
                <actions execute='complete'><complete/></actions>\
                <x xmlns='jabber:x:data' type='form'><title>Say it again</title>\
                <instructions>Write each argument on a line, if it takes any.</instructions>\
                <field var='arguments' type='text-multi' label='Arguments'/></x></command>
                """
            )
            #expect(asked.payload == form)

            let filled = CommandScene.form([
                "arguments": ["a rose", "by any\n\nother"], "name": ["x"],
            ])
            let said = try await test.run("repeat", session: session, filled)
            #expect(
                try said.payload
                    == Element.parse(
                        """
                        <command xmlns='http://jabber.org/protocol/commands' node='repeat' \
                        sessionid='\(session)' status='completed'>\
                        <x xmlns='jabber:x:data' type='result'><title>Say it again</title>\
                        <field var='argument' type='text-multi' label='argument'>\
                        <value>a rose</value><value>by any</value><value>other</value></field>\
                        <field var='name' type='text-single' label='name'><value>x</value></field></x>\
                        <note type='info'>complete</note></command>
                        """
                    )
            )
        }
    }

    @Test(arguments: ["complete", "execute"])
    func `runs at once when nothing is left to ask`(action: String) async throws {
        try await CommandScene.with { test in
            let form = action == "execute" ? CommandScene.form([:]) : nil
            let said = try await test.run("greet", by: test.juliet, action: action, form)
            #expect(said.payload?["status"] == "completed")
            #expect(said.payload?.text == "")
            let note = said.payload?.child("note", in: CommandScene.namespace)
            #expect(note?.text == "Hello, juliet@montague.example/balcony!")
            let session = try #require(said.payload?["sessionid"])
            let again = try await test.run("greet", by: test.juliet, session: session)
            #expect(again.error == CommandScene.expired)
        }
    }

    @Test(arguments: [
        ("refuse", "there is no such street"), ("fail", "it failed (-1)"),
    ])
    func `tells that it failed, as a command that is over`(node: String, text: String)
        async throws
    {
        try await CommandScene.with { test in
            let said = try await test.run(node, action: "complete")
            #expect(said.payload?["status"] == "completed")
            let note = said.payload?.child("note", in: CommandScene.namespace)
            #expect(note?["type"] == "error" && note?.text == text)
        }
    }

    @Test func `what a plugin answers cannot break the stream`() async throws {
        try await CommandScene.with { test in
            let said = try await test.run("odd", action: "complete")
            let form = try #require(said.payload?.child("x", in: "jabber:x:data"))
            let fields = form.children("field", in: "jabber:x:data")
            #expect(fields.map { $0["var"] } == ["\u{FFFD}\u{FFFD}", ""])
            #expect(
                fields.map { $0.children("value", in: "jabber:x:data").map(\.text) }
                    == [["two", "lines", ""], ["<&'\">"]]
            )
            let note = said.payload?.child("note", in: CommandScene.namespace)
            #expect(note?.text == "\u{FFFD} & \u{1F426}")
            #expect(try await test.run("greet", action: "complete").type == .result)
        }
    }
}
