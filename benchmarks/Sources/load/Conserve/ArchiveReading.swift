import MartletXML

/// An account's archive, read from its beginning to its end (XEP-0313).
struct ArchiveReading {
    static let namespace = "urn:xmpp:mam:2"
    private static let paging = "http://jabber.org/protocol/rsm"

    /// Told the id of each message that the archive has.
    let noteMessage: (Element) -> Void
    let done: () -> Void

    mutating func note(_ result: Element) {
        let forwarded = result.child("forwarded", in: "urn:xmpp:forward:0")
        guard let message = forwarded?.child("message") else { return }
        noteMessage(message)
    }

    func noteEnd(of page: Element, by reader: Correspondent) {
        guard let end = page.child("fin", in: Self.namespace) else {
            return reader.circle.fault("\(reader.bareJID) could not read its archive: \(page)")
        }
        let last = end.child("set", in: Self.paging)?.child("last", in: Self.paging)?.text
        guard end["complete"] != "true", let last else {
            reader.reading = nil
            return done()
        }
        Self.ask(after: last, by: reader)
    }

    static func ask(after last: String?, by reader: Correspondent) {
        let after = last.map { "<after>\($0)</after>" } ?? ""
        reader.say(
            """
            <iq type='set' id='q'><query xmlns='\(namespace)'>\
            <set xmlns='\(paging)'><max>250</max>\(after)</set></query></iq>
            """,
            .other
        )
    }
}
