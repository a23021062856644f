import Testing

@testable import MartletXML

@Suite struct HeaderTests {
    static let headers: [(text: String, fault: XMLError.Kind?)] = [
        ("<?xml version='1.0' encoding='utf-8'?>" + clientHeader.dropFirst(21), nil),
        ("\u{FEFF}" + clientHeader, nil),
        (" \r\n" + clientHeader, nil),
        ("<?xml version='1.0' encoding='iso-8859-1'?>", .unsupportedEncoding),
        ("<?xml version='1.0' encoding='UTF-16'?>", .unsupportedEncoding),
        ("<?xml version='1.1'?>" + clientHeader.dropFirst(21), nil),
        ("<?xml version=''?>", .notWellFormed),
        ("<?xml version='2.0'?>", .notWellFormed),
        ("<?xml version='1.x'?>", .notWellFormed),
        ("<?php echo '<stream>' ?>", .restrictedXML),
        ("<!DOCTYPE stream>", .restrictedXML),
        ("<!DOCTYPE a [<!ENTITY a 'a'><!ENTITY b '&a;&a;'>]><a>&b;</a>", .restrictedXML),
        ("<!--", .restrictedXML),
        ("hello there", .notWellFormed),
        ("<stream:stream>", .badNamespacePrefix),
        ("<a b:c='' xmlns='jabber:client'>", .badNamespacePrefix),
        ("<a xmlns:b='urn:b' xmlns:c='urn:b' b:d='' c:d=''>", .notWellFormed),
    ]

    @Test(arguments: headers)
    func `is read once, or refused`(text: String, fault: XMLError.Kind?) {
        let bytes = Array(text.utf8)
        for pieces in [[bytes], bytes.map { [$0] }] {
            let said = read(pieces)
            if let fault { #expect(said.last == .fault(fault)) }
            guard fault == nil else { continue }
            guard said.count == 1, case .opened(let header) = said[0] else {
                Issue.record("no header in \(said)")
                continue
            }
            #expect(header.contentNamespace == "jabber:client" && header.version == "1.0")
        }
    }

    @Test(
        arguments: [[UInt8]]([
            [0xFE, 0xFF, 0x00, 0x3C], [0xFF, 0xFE, 0x3C, 0x00], [0x00, 0x3C, 0x00, 0x3F],
            [0x3C, 0x00, 0x3F, 0x00],
        ])
    )
    func `in UTF-16 is refused by its name`(bytes: [UInt8]) {
        #expect(read([bytes]) == [.fault(.unsupportedEncoding)])
        #expect(read(bytes.map { [$0] }) == [.fault(.unsupportedEncoding)])
    }

    @Test func `tells all that a stream needs to know of it`() {
        let said = read(
            "<s:stream xmlns:s='\(XML.streamsNamespace)' xmlns='jabber:server' from='a.example' "
                + "to='b.example' id='x&amp;y' version='1.0' xml:lang='de' "
                + "xmlns:db='jabber:server:dialback'>"
        )
        #expect(
            said == [
                .opened(
                    StreamHeader(
                        name: "stream",
                        prefix: "s",
                        namespace: XML.streamsNamespace,
                        contentNamespace: "jabber:server",
                        to: "b.example",
                        from: "a.example",
                        id: "x&y",
                        version: "1.0",
                        language: "de",
                        prefixes: ["s": XML.streamsNamespace, "db": "jabber:server:dialback"]
                    )
                )
            ]
        )
    }

    /// What a stanza reads as, by the content namespace of its stream.
    @Test(arguments: [
        ("jabber:client", "<message/>", "<message/>"),
        ("jabber:server", "<message><body/></message>", "<message><body/></message>"),
        ("jabber:component:accept", "<message/>", "<message/>"),
        ("jabber:server", "<message xmlns='jabber:server'/>", "<message/>"),
        ("jabber:server", "<message xmlns='jabber:client'/>", "<message/>"),
        ("jabber:client", "<message xmlns='jabber:server'/>", "<message xmlns='jabber:server'/>"),
        // Another stream's content namespace inside a stanza is the same as its own: otherwise
        // what one reader takes for a foreign element would be the next one's body.
        (
            "jabber:client", "<message><body xmlns='jabber:server'/></message>",
            "<message><body/></message>"
        ),
        (
            "jabber:client", "<message xmlns:p='jabber:component:accept'><p:body/></message>",
            "<message><body/></message>"
        ),
        // But inside another namespace each is what it says.
        (
            "jabber:server",
            "<a xmlns='urn:x'><message xmlns='jabber:server'><body/></message></a>",
            "<a xmlns='urn:x'><message xmlns='jabber:server'><body/></message></a>"
        ),
        (
            "jabber:server",
            "<a xmlns='urn:x'><message xmlns='jabber:client'><body/></message></a>",
            "<a xmlns='urn:x'><message xmlns='jabber:client'><body/></message></a>"
        ),
        (
            "urn:odd", "<message><body xmlns='jabber:client'/></message>",
            "<message xmlns='urn:odd'><body xmlns='jabber:client'/></message>"
        ),
    ])
    func `gives its namespace to the stanzas`(
        namespace: String,
        sent: String,
        read canonical: String
    ) {
        let header = "<stream:stream xmlns:stream='\(XML.streamsNamespace)' xmlns='\(namespace)'>"
        #expect(read(header + sent).dropFirst() == [.element(canonical)])
    }

    @Test func `may leave stanzas without a namespace`() {
        let header = "<stream:stream xmlns:stream='\(XML.streamsNamespace)'>"
        #expect(read(header + "<message/>").dropFirst() == [.element("<message xmlns=''/>")])
    }
}
