@testable import MartletXML

/// A stream that was good, and then changed here and there.
enum Mutant {
    /// What is put in, or over what is there: what XML, namespaces and XMPP make a difference of.
    ///
    /// Not among them are the other content namespaces, which readers of a stream take for its own.
    static let tokens: [[UInt8]] =
        [
            "<", ">", "/>", "</", "&", ";", "'", "\"", "=", ":", " ", "\n", "\r", "\t", "\r\n",
            "<a>", "</a>", "<a/>", "<p:a/>", "<p:a xmlns:p='urn:p'>", "</p:a>", " xmlns='urn:x'",
            " xmlns=''", " xmlns:p='urn:p'", " xmlns:p='urn:x'", " xmlns:p=''",
            " xmlns:xml='urn:x'",
            " xmlns:xmlns='urn:x'", " p:b='1'", " q:b='2'", " b='1'", " xml:lang='en'",
            " xmlns:q='urn:p'", " xmlns='http://www.w3.org/XML/1998/namespace'",
            " xmlns:p='jabber:client'", "&lt;", "&amp;", "&#10;", "&#x1F426;", "&#0;", "&#xFFFE;",
            "&#65", "&foo;", "<![CDATA[", "]]>", "<!--", "-->", "<?pi?>", "<!DOCTYPE a>",
            "<stream:a/>", "</stream:stream>", "<x-y.1_>", "<-a/>", "<a b=c/>", "<a b='<'/>",
            "\u{FEFF}", "\u{FFFE}", "\u{E9}", "\u{20AC}", "\u{1F426}", "\u{300}", "\u{B7}",
            "xmlns", "xml", "jabber:client&#10;x", "jabber:client x",
        ].map { Array($0.utf8) }
        + [
            [0xC0, 0x80], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xFF],
            [0x00], [0x01], [0x7F], [0xC2, 0x85], [0xE2, 0x28],
        ]

    private static let good = accepted.filter { !$0.said.contains(.closed) }.map(\.input)

    /// Stanzas to begin with: what the corpus accepts, and trees of all kinds.
    private static func stanza(_ chance: inout Seeded) -> [UInt8] {
        let pick = Int.random(in: 0..<good.count * 2, using: &chance)
        guard pick >= good.count else { return good[pick] }
        return Array(Tree.random(&chance).element.description.utf8)
    }

    static func make(_ chance: inout Seeded) -> [UInt8] {
        var bytes = Array(clientHeader.utf8)
        // The header is changed at times alone: what is wrong there hides what follows.
        var first = Int.random(in: 0..<8, using: &chance) == 0 ? 0 : bytes.count
        for _ in 0..<Int.random(in: 1...3, using: &chance) { bytes += stanza(&chance) }
        bytes += Array("</stream:stream>".utf8)
        for _ in 0..<Int.random(in: 0...3, using: &chance) {
            first = min(first, bytes.count - 1)
            change(&bytes, at: Int.random(in: first..<bytes.count, using: &chance), &chance)
        }
        return bytes
    }

    private static func change(_ bytes: inout [UInt8], at: Int, _ chance: inout Seeded) {
        let end = min(bytes.count, at + Int.random(in: 0...12, using: &chance))
        let token = tokens[Int.random(in: 0..<tokens.count, using: &chance)]
        switch Int.random(in: 0..<6, using: &chance) {
        case 0: bytes[at] = UInt8.random(in: 0...255, using: &chance)
        case 1: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &chance)
        case 2: bytes.removeSubrange(at..<end)
        case 3: bytes.insert(contentsOf: bytes[at..<end], at: end)
        case 4: bytes.replaceSubrange(at..<end, with: token)
        default: bytes.insert(contentsOf: token, at: at)
        }
    }
}
