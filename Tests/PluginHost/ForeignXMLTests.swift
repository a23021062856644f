import CPlugin
import MartletCore
import MartletXML
import Testing

@testable import MartletPluginHost

/// XML and stanzas that plugins hand over: no input of theirs is fatal.
@Suite struct ForeignXMLTests {
    private func stanza(_ xml: String) throws -> Stanza { try Stanza(Element.parse(xml)) }

    @Test(arguments: ["", "<a>", "</a>", "<a/><b/>", "&lt;", "<a b='1' b='2'/>", "<a:b/>", "\u{0}"])
    func `refuses what is no element`(xml: String) {
        #expect(xml.lend { ForeignXML.element($0.bytes) } == nil)
    }

    @Test func `makes a stanza of its parts`() throws {
        let made = "iq".lend { _ in
            "romeo@Montague.example/orchard".lend { to in
                "i<1".lend { id in
                    "<ping xmlns='urn:xmpp:ping'/>".lend { payload in
                        var draft = martlet_draft()
                        draft.size = UInt32(MemoryLayout<martlet_draft>.size)
                        draft.kind = UInt32(MARTLET_IQ)
                        draft.type = UInt32(MARTLET_TYPE_GET)
                        draft.to = to
                        draft.id = id
                        draft.payload = payload
                        return ForeignXML.stanza(draft)
                    }
                }
            }
        }
        let iq = try #require(made)
        #expect(
            String(decoding: iq.bytes, as: UTF8.self)
                == "<iq type='get' id='i&lt;1' to='romeo@montague.example/orchard'>"
                + "<ping xmlns='urn:xmpp:ping'/></iq>"
        )
    }

    @Test func `makes no iq without an id, and none of a type that it cannot have`() {
        var draft = martlet_draft()
        draft.size = UInt32(MemoryLayout<martlet_draft>.size)
        draft.kind = UInt32(MARTLET_IQ)
        draft.type = UInt32(MARTLET_TYPE_GET)
        #expect(ForeignXML.stanza(draft) == nil)
        draft.kind = UInt32(MARTLET_PRESENCE)
        #expect(ForeignXML.stanza(draft) == nil)
        draft.kind = 99
        #expect(ForeignXML.stanza(draft) == nil)
    }

    @Test func `removes and appends children of a copy`() throws {
        let message = try stanza(
            "<message type='chat' xml:lang='en' x='1'><body>a</body>"
                + "<stanza-id xmlns='urn:xmpp:sid:0' id='forged'/></message>"
        )
        let forged = try #require(
            "urn:xmpp:sid:0".lend { namespace in
                message.element.firstPlace(martlet_str.none.bytes, namespace.bytes)
            }
        )
        let edited = "<stanza-id xmlns='urn:xmpp:sid:0' id='ours'/>".lend { appended in
            var node = martlet_node(message.handle, place: forged, parent: 0)
            return withUnsafePointer(to: &node) { node in
                var edit = martlet_edit()
                edit.size = UInt32(MemoryLayout<martlet_edit>.size)
                edit.remove = node
                edit.remove_count = 1
                edit.append = appended
                return ForeignXML.edited(message, edit)
            }
        }
        let copy = try #require(edited)
        #expect(
            String(decoding: copy.bytes, as: UTF8.self)
                == "<message type='chat' xml:lang='en' x='1'><body>a</body>"
                + "<stanza-id xmlns='urn:xmpp:sid:0' id='ours'/></message>"
        )
    }

    @Test func `appends an element that was given in parts, whatever its texts are`() throws {
        let message = try stanza("<message><body>a</body></message>")
        let made = ["id", "urn:x", "by", "a<b\u{1}", "é&"].lendAll { texts in
            var pair = martlet_pair(name: texts[2], value: texts[3])
            return withUnsafePointer(to: &pair) { pair in
                var leaf = martlet_leaf()
                leaf.size = UInt32(MemoryLayout<martlet_leaf>.size)
                (leaf.name, leaf.ns, leaf.text) = (texts[0], texts[1], texts[4])
                (leaf.attributes, leaf.attribute_count) = (pair, 1)
                return withUnsafePointer(to: &leaf) { leaf in
                    var edit = martlet_edit()
                    edit.size = UInt32(MemoryLayout<martlet_edit>.size)
                    (edit.leaves, edit.leaf_count) = (leaf, 1)
                    return ForeignXML.edited(message, edit)
                }
            }
        }
        #expect(
            try String(decoding: #require(made).bytes, as: UTF8.self)
                == "<message><body>a</body><id xmlns='urn:x' by='a&lt;b\u{FFFD}'>é&amp;</id></message>"
        )
    }

    @Test func `declares the stream's own namespace where it would be lost`() throws {
        let message = try stanza("<message to='a@b.example'><body>x</body></message>")
        #expect(
            message.element.withDeclaredBytes { String(decoding: $0, as: UTF8.self) }
                == "<message xmlns='jabber:client' to='a@b.example'><body>x</body></message>"
        )
        #expect(
            String(decoding: message.declaredBytes, as: UTF8.self)
                == "<message xmlns='jabber:client' to='a@b.example'><body>x</body></message>"
        )
    }
}

extension [String] {
    /// Lends all of them to one call.
    fileprivate func lendAll<R>(_ body: ([martlet_str]) -> R) -> R {
        let kept = map { KeptText($0) }
        return withExtendedLifetime(kept) { body(kept.map(\.text)) }
    }
}
