import MartletCore
import MartletXML

/// Addresses, XML and stanzas.
extension Micro {
    static func text() throws -> [Step] {
        [
            Step(name: "read an address") { _ = try JID(address) },
            Step(name: "read an address that is not ASCII") {
                _ = try JID("Zoë@bücher.example/Küche")
            },
            Step(name: "prepare a user name") { _ = try PRECIS.usernameCaseMapped("Juliet") },
            Step(name: "prepare a user name that is not ASCII") {
                _ = try PRECIS.usernameCaseMapped("Zoë")
            },
        ]
    }

    static func xml() throws -> [Step] {
        let element = try Element(parsing: Array(message.utf8))
        let stanza = try Stanza(element)
        let match = try Match("message[@type='chat' or @type='normal']/body")
        var bytes: [UInt8] = []
        return [
            try parsing(),
            Step(name: "make a stanza of it") { _ = try Stanza(element) },
            Step(name: "match it with a path") {
                guard match.matches(element) else { throw LoadError("no match") }
            },
            Step(name: "write a stanza") {
                bytes.removeAll(keepingCapacity: true)
                stanza.append(to: &bytes)
            },
            Step(name: "build a message") { _ = build() },
        ]
    }

    private static func build() -> Element {
        Element("message", ["to": address, "type": "chat"]) {
            $0.element("body") { $0.text("Soft, what light!") }
        }
    }

    private static func parsing() throws -> Step {
        let parser = Open()
        let bytes = Array(message.utf8)
        return Step(name: "parse a message") { try parser.read(bytes) }
    }

    /// A stream that has been opened.
    private final class Open {
        private var parser = StreamParser(pool: ParserPool(), limits: .standard)
        private var events: [StreamEvent] = []

        init() {
            let header =
                "<stream:stream xmlns='jabber:client' version='1.0' "
                + "xmlns:stream='http://etherx.jabber.org/streams'>"
            _ = Array(header.utf8).withUnsafeBytes { parser.read($0, into: &events) }
        }

        func read(_ bytes: [UInt8]) throws {
            events.removeAll(keepingCapacity: true)
            let fault = bytes.withUnsafeBytes { parser.read($0, into: &events) }
            if let fault { throw fault }
        }
    }
}
