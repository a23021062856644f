extension XML {
    /// A stanza inside another (XEP-0297 §3.1), with the moment that it first came if that is told.
    public static func forwarded(_ stanza: XML, from time: Timestamp? = nil) -> XML {
        XML("forwarded", in: "urn:xmpp:forward:0") {
            if let time { $0.append(.delay(since: time)) }
            $0.append(stanza)
        }
    }

    /// Says since when something waits, and who had it wait (XEP-0203 §3).
    public static func delay(since time: Timestamp, by holder: JID? = nil) -> XML {
        let attributes: KeyValuePairs<String, String?> = [
            "from": holder?.description, "stamp": time.dateTime,
        ]
        return XML("delay", in: Stanza.delayNamespace, attributes)
    }
}

extension Stanza {
    static let delayNamespace = "urn:xmpp:delay"

    /// Whether it says that somebody had it wait (XEP-0203); clients can say that too.
    public func isDelayed(by holder: JID) -> Bool {
        root.children("delay", in: Self.delayNamespace).contains {
            $0["from"] == holder.description
        }
    }
}
