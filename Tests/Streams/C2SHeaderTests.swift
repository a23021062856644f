import MartletCore
import MartletXML
import Testing

@testable import MartletStreams

/// The stream header (RFC 6120 §4.7–4.9).
struct C2SHeaderTests {
    @Test func `answers with its own`() {
        var machine = C2SMachine()
        let told = machine.told(
            .opened(.client(from: "romeo@montague.example", language: "it"))
        )
        #expect(
            told.first == "<?xml version='1.0'?><stream:stream xmlns='jabber:client'"
                + " xmlns:stream='http://etherx.jabber.org/streams' version='1.0'"
                + " from='montague.example' to='romeo@montague.example' id='id' xml:lang='it'>"
        )
        #expect(machine.language == "it")
    }

    @Test(arguments: [
        (StreamHeader.client(namespace: "urn:x"), StreamError.Condition.invalidNamespace),
        (.client(content: "jabber:server"), .invalidNamespace),
        (.client(content: nil), .invalidNamespace),
        (.client(name: "flow"), .badFormat),
        (.client(to: nil), .hostUnknown),
        (.client(to: ""), .hostUnknown),
        (.client(to: "verona.example"), .hostUnknown),
        (.client(to: "romeo@montague.example"), .hostUnknown),
        (.client(to: "montague.example/balcony"), .hostUnknown),
        (.client(to: "@@"), .hostUnknown),
        (.client(version: nil), .unsupportedVersion),
        (.client(version: ""), .unsupportedVersion),
        (.client(version: "0.9"), .unsupportedVersion),
        (.client(version: "one"), .unsupportedVersion),
        (.client(version: "-1.0"), .unsupportedVersion),
        (.client(version: "99999999999999999999.0"), .unsupportedVersion),
        (.client(from: ""), .invalidFrom),
        (.client(from: "@montague.example"), .invalidFrom),
        (.client(from: "no@t@jid"), .invalidFrom),
        (.client(from: "romeo@montague.example/"), .invalidFrom),
        (.client(from: "a b@montague.example"), .invalidFrom),
        (.client(from: String(repeating: "a", count: 1_024) + "@montague.example"), .invalidFrom),
    ])
    func `refuses one that is no good, in a stream`(
        header: StreamHeader,
        condition: StreamError.Condition
    ) {
        var machine = C2SMachine()
        let told = machine.receive(.opened(header)).map(\.summary)
        #expect(told == ["header", "close \(condition.rawValue)"])
        #expect(machine.isClosed)
    }

    /// RFC 6120 §4.7.5: the lower of the two versions is spoken.
    @Test(arguments: ["1", "1.0", "1.7", "2.0", "01.0"])
    func `speaks 1.0 with those who speak more`(version: String) {
        var machine = C2SMachine()
        let told = machine.told(.opened(.client(version: version)))
        #expect(told.first?.contains(" version='1.0' ") == true)
        #expect(!machine.isClosed)
    }

    @Test(arguments: ["MONTAGUE.example", "montague.example."])
    func `knows a domain however it is spelt`(name: String) {
        var machine = C2SMachine()
        #expect(machine.told(.opened(.client(to: name)))[0].contains("from='montague.example'"))
    }

    @Test func `repeats nothing that could break out of an attribute`() {
        var machine = C2SMachine()
        let told = machine.told(.opened(.client(to: "a'><x>&\"", from: "'/><evil a='<&")))
        #expect(told[0].contains("from='a&apos;>&lt;x>&amp;\"'"))
        #expect(!told[0].contains("evil"), "it is no address")
        var other = C2SMachine()
        let resource = other.told(.opened(.client(from: "romeo@montague.example/'/><evil a='<&")))
        #expect(!resource[0].contains("evil"), "RFC 6120 §4.7.2: the bare address")
    }

    /// RFC 6120 §4.7.2.
    @Test(arguments: [
        ("romeo@montague.example/orchard", "to='romeo@montague.example'"),
        ("ROMEO@Montague.Example", "to='romeo@montague.example'"),
        ("montague.example", "to='montague.example'"),
        ("juliet@capulet.example", "to='juliet@capulet.example'"),
    ])
    func `is addressed to whom the client says it is`(from: String, to: String) {
        var machine = C2SMachine()
        let told = machine.told(.opened(.client(from: from)))
        #expect(told[0].contains(" \(to) "))
        #expect(!machine.isClosed)
    }

    /// RFC 6120 §4.9.3.9: what it says after its login is the one that logged in.
    @Test(arguments: [
        (nil, true), ("romeo@montague.example", true), ("Romeo@montague.example/orchard", true),
        ("montague.example", true), ("mercutio@montague.example", false),
        ("romeo@capulet.example", false), ("@", false),
    ])
    func `after a login is for that account`(from: String?, isOwn: Bool) throws {
        var machine = C2SMachine()
        _ = machine.receive(.secured(.tls))
        _ = machine.receive(.opened(.client()))
        _ = try machine.read(Wire.plain)
        _ = machine.receive(.verified(true))
        let told = machine.receive(.opened(.client(from: from))).map(\.summary)
        #expect(told == ["header", isOwn ? "features" : "close invalid-from"])
    }

    /// Nobody logs in to one house and walks over into another.
    @Test func `stays with the domain that was logged in to`() throws {
        let houses = ["montague.example", "capulet.example"]
        var machine = C2SMachine(features: .c2s, makeID: { "id" }) { name in
            houses.contains(name) ? .house(name) : nil
        }
        _ = machine.receive(.secured(.tls))
        _ = machine.receive(.opened(.client()))
        _ = try machine.read(Wire.plain)
        _ = machine.receive(.verified(true))
        let told = machine.receive(.opened(.client(to: "capulet.example"))).map(\.summary)
        #expect(told == ["header", "close host-unknown"])
    }
}
