import MartletCore
import Testing

/// Domainparts (RFC 7622 §3.2): hosts' names by IDNA2008, and literal addresses.
@Suite struct JIDDomainTests {
    @Test(arguments: [
        ("EXAMPLE.com", "example.com"),
        ("b\u{FC}cher.example", "b\u{FC}cher.example"),
        ("B\u{DC}CHER.example", "b\u{FC}cher.example"),
        ("bu\u{308}cher.example", "b\u{FC}cher.example"),
        ("xn--bcher-kva.example", "b\u{FC}cher.example"),
        ("XN--BCHER-KVA.EXAMPLE", "b\u{FC}cher.example"),
        ("stra\u{DF}e.example", "stra\u{DF}e.example"),
        ("\u{FF45}xample\u{FF0E}com", "example.com"),
        ("example\u{3002}com", "example.com"),
        ("example\u{FF61}com", "example.com"),
        ("xn--fiqs8s", "\u{4E2D}\u{56FD}"),
        ("\u{5D0}\u{5D1}.example", "\u{5D0}\u{5D1}.example"),
        ("l\u{B7}l.example", "l\u{B7}l.example"),
        ("\u{30A2}\u{30FB}\u{30A2}.example", "\u{30A2}\u{30FB}\u{30A2}.example"),
        ("\u{915}\u{94D}\u{200D}\u{937}.example", "\u{915}\u{94D}\u{200D}\u{937}.example"),
        ("chat_room.internal", "chat_room.internal"),
        ("_xmpp.example", "_xmpp.example"),
        ("localhost", "localhost"),
        ("123.example", "123.example"),
        ("3com.example", "3com.example"),
        ("a--b.example", "a--b.example"),
    ])
    func `brings a host's name into one form`(written: String, prepared: String) throws {
        let jid = try JID(written)
        #expect(jid.domainpart.unicodeScalars.elementsEqual(prepared.unicodeScalars))
        #expect(try JID(prepared) == jid)
    }

    @Test(arguments: [
        "a..example", ".example", "example..", "-a.example", "a-.example", "ab--c.example",
        "xn--.example", "xn--a.example", "xn--bcher-kva-.example", "xn--abc-.example",
        "xn--BCHER\u{FC}-kva.example", "xn--i-7iq.example", "\u{2665}.example", "\u{301}a.example",
        "a\u{B7}l.example", "\u{30FB}.example", "a\u{200D}b.example", "a\u{200C}b.example",
        "-\u{FC}.example", "\u{FC}-.example", "ab--\u{FC}.example", "a b.example", "a!.example",
        "a:5222", "ex\u{AD}ample.com", "\u{661}\u{6F1}.example", "\u{5D0}a.example",
        "1\u{5D0}.example", "\u{5D0}.1a.example", "\u{640}\u{628}.example", "xn--ls8h.example",
        "\u{2F}", "a%b.example",
    ])
    func `refuses what is no host's name`(text: String) {
        #expect(throws: JIDError.self) { try JID(nil, text) }
    }

    @Test func `measures labels and names as DNS does`() throws {
        let label = String(repeating: "a", count: 63)
        let name = "\(label).\(label).\(label).\(String(repeating: "b", count: 61))"
        #expect(name.utf8.count == 253)
        #expect(try JID(name).domainpart == name)
        #expect(try JID(name + ".").domainpart == name)
        #expect(throws: JIDError.tooLong(.domain)) { try JID(name + "b") }
        #expect(throws: JIDError.tooLong(.domain)) { try JID("a" + label) }
    }

    @Test func `measures U-labels in their ASCII form`() throws {
        let fits = String(repeating: "\u{FC}", count: 55)
        let jid = try JID("\(fits).example")
        #expect(jid.asciiDomainpart.utf8.count <= 63 + 8)
        #expect(throws: JIDError.tooLong(.domain)) {
            try JID(String(repeating: "\u{FC}", count: 63) + ".example")
        }
    }

    @Test(arguments: [
        ("b\u{FC}cher.example", "xn--bcher-kva.example"),
        ("\u{4E2D}\u{56FD}", "xn--fiqs8s"),
        ("capulet.example", "capulet.example"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("192.0.2.1", "192.0.2.1"),
    ])
    func `gives the name that DNS knows`(name: String, ascii: String) throws {
        #expect(try JID(name).asciiDomainpart == ascii)
    }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"),
        ("255.255.255.255", "255.255.255.255"),
        ("\u{FF11}92.0.2.1", "192.0.2.1"),
        ("[::1]", "[::1]"),
        ("[::]", "[::]"),
        ("[2001:DB8:0:0:0:0:0:1]", "[2001:db8::1]"),
        ("[2001:0db8:0000::0001]", "[2001:db8::1]"),
        ("[2001:db8:0:1:1:1:1:1]", "[2001:db8:0:1:1:1:1:1]"),
        ("[2001:db8:0:0:1:0:0:1]", "[2001:db8::1:0:0:1]"),
        ("[::ffff:192.0.2.1]", "[::ffff:192.0.2.1]"),
    ])
    func `takes addresses of IP in their canonical form`(written: String, canonical: String)
        throws
    {
        let jid = try JID("juliet@\(written)/balcony")
        #expect(jid.domainpart == canonical)
        #expect(try JID("juliet@\(canonical)/balcony") == jid)
    }

    @Test(arguments: [
        "256.0.0.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "127.1", "2130706433", "0x7f000001",
        "0x7F.0.0.0x1", "0177.0.0.1", "0X7f000001", "a.0X", "a.0x1F", "example.1", "1.2.3.", "[]",
        "[", "]", "[::1", "::1]", "::1",
        "[:::1]", "[1:2:3:4:5:6:7:8:9]", "[12345::]", "[fe80::1%eth0]", "[192.0.2.1]", "[::1]:5222",
        "[v1.x]", "[::1]x", "[ ::1]", "[::g]", "\u{FF3B}::1]",
    ])
    func `refuses what the C library might take for an address of IP`(text: String) {
        #expect(throws: JIDError.disallowed(.domain)) { try JID("juliet@\(text)") }
    }
}
