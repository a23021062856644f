import MartletCore
import MartletXML
import Testing

@testable import MartletStreams

/// `db:result` and `db:verify` as bytes and as elements (XEP-0220 §2).
struct DialbackElementTests {
    private let from = JID(prepared: nil, "capulet.example")
    private let to = JID(prepared: nil, "montague.example")

    private func text(_ element: DialbackElement) -> String {
        String(decoding: element.bytes, as: UTF8.self)
    }

    private func read(_ attributes: String, _ content: String = "", name: String = "verify") throws
        -> DialbackElement?
    {
        let xml = "<\(name) xmlns='\(Namespace.dialback)' \(attributes)>\(content)</\(name)>"
        return try DialbackElement(try Element.parse(xml))
    }

    @Test func `are written with the prefix that every peer knows`() {
        #expect(
            text(DialbackElement(.result, from: from, to: to, key: "b483"))
                == "<db:result from='capulet.example' to='montague.example'>b483</db:result>"
        )
        let verify = DialbackElement(.verify, from: from, to: to, id: "417", key: "225c")
        #expect(
            text(verify) == "<db:verify from='capulet.example' to='montague.example' id='417'>"
                + "225c</db:verify>"
        )
        #expect(
            text(verify.answered(.invalid))
                == "<db:verify from='montague.example' to='capulet.example' id='417'"
                + " type='invalid'></db:verify>"
        )
    }

    @Test func `tell an error in the stream's own namespace`() {
        let request = DialbackElement(.result, from: from, to: to, key: "b483")
        #expect(
            text(request.answered(.error(.itemNotFound)))
                == "<db:result from='montague.example' to='capulet.example' type='error'>"
                + "<error type='cancel'><item-not-found xmlns='\(Namespace.stanzaErrors)'/></error>"
                + "</db:result>"
        )
    }

    @Test func `let nothing break out of them`() {
        let element = DialbackElement(.verify, from: from, to: to, id: "'/><&\n", key: "]]></x>&")
        #expect(
            text(element).hasSuffix(
                " id='&apos;/&gt;&lt;&amp;&#10;'>]]&gt;&lt;/x&gt;&amp;</db:verify>"
            )
        )
    }

    @Test(
        arguments: [
            DialbackElement.Answer.valid, .invalid,
        ] + DialbackFault.allCases.map(DialbackElement.Answer.error)
    )
    func `read what they wrote`(answer: DialbackElement.Answer) throws {
        let request = DialbackElement(.verify, from: from, to: to, id: "4 1'7", key: "ke<y")
        for element in [request, request.answered(answer)] {
            let declared = text(element)
                .replacing("<db:verify ", with: "<db:verify xmlns:db='\(Namespace.dialback)' ")
            #expect(try DialbackElement(try Element.parse(declared)) == element)
        }
        #expect(DialbackElement.Answer(answer.outcome) == answer)
    }

    @Test func `drop the white space around a key, and what stands in answers`() throws {
        let good = "from='capulet.example' to='montague.example' id='1'"
        #expect(try read(good, "\n\t 225c \r\n")?.key == "225c")
        #expect(try read(good, "22 5c")?.key == "22 5c")
        #expect(try read(good, "")?.key == "")
        #expect(try read(good + " type='valid'", "225c")?.key == "", "prosody sends it back")
    }

    @Test(arguments: [
        "", "from='capulet.example'", "to='montague.example'",
        "from='' to='montague.example'", "from='capulet.example' to=''",
        "from='juliet@capulet.example' to='montague.example'",
        "from='capulet.example' to='montague.example/x'",
        "from='no@t@jid' to='montague.example'",
    ])
    func `have two domains`(attributes: String) {
        for name in ["result", "verify"] {
            #expect(throws: StreamError(.improperAddressing)) {
                try read(attributes + " id='1'", name: name)
            }
        }
    }

    @Test func `have an id when they verify`() throws {
        let addresses = "from='capulet.example' to='montague.example'"
        for id in ["", " id=''"] {
            #expect(throws: StreamError(.improperAddressing)) { try read(addresses + id) }
        }
        #expect(try read(addresses, name: "result")?.id == nil)
        #expect(try read(addresses + " id='1'", name: "result")?.id == nil)
    }

    @Test func `are of two names and three types`() throws {
        let good = "from='capulet.example' to='montague.example' id='1'"
        #expect(throws: StreamError(.unsupportedStanzaType)) { try read(good, name: "sing") }
        for type in ["", "Valid", "ok"] {
            #expect(throws: StreamError.self) { try read(good + " type='\(type)'") }
        }
        #expect(try DialbackElement(try Element.parse("<result xmlns='urn:x' \(good)/>")) == nil)
    }

    @Test(arguments: [
        ("<error><forbidden xmlns='\(Namespace.stanzaErrors)'/></error>", DialbackFault.forbidden),
        (
            "<error xmlns='jabber:server'><x xmlns='urn:x'/><remote-server-timeout"
                + " xmlns='\(Namespace.stanzaErrors)'/></error>", .remoteServerTimeout
        ),
        ("<error><sing xmlns='\(Namespace.stanzaErrors)'/></error>", .internalServerError),
        ("<error><forbidden xmlns='urn:x'/></error>", .internalServerError),
        ("", .internalServerError),
    ])
    func `find the condition of an error, or the most general one`(
        content: String,
        fault: DialbackFault
    ) throws {
        let attributes = "from='capulet.example' to='montague.example' id='1' type='error'"
        #expect(try read(attributes, content)?.answer == .error(fault))
    }

    @Test func `compare domains prepared`() throws {
        let read = try read("from='CAPULET.example.' to='xn--bcher-kva.example' id='1'")
        #expect(read?.from == from)
        #expect(read?.to == JID(prepared: nil, "bücher.example"))
    }
}
