import TestSupport
import Testing

@testable import MartletCrypto

/// Names by which a certificate would pass for another's (attack 23; RFC 9525 §6, RFC 5280 §4.2.1.6).
@Suite struct HostileNamesTests {
    private typealias Name = ForgedCertificate.Name

    private static let hosts = [
        "example", "a.example", "b.a.example", "c.b.a.example", "bc.a.example",
        "xn--bcher-kva.a.example", "192.0.2.1", "victim.example",
    ]

    private func certificate(_ names: [Name]) throws -> Certificate {
        try Certificate(der: ForgedCertificate.der(names))
    }

    private func proved(by names: [Name]) throws -> [String] {
        let certificate = try certificate(names)
        return Self.hosts.filter { certificate.isIssued(to: $0, for: .server) }
    }

    @Test(arguments: [
        ("*.a.example", ["b.a.example", "bc.a.example", "xn--bcher-kva.a.example"]),
        ("*.A.Example.", ["b.a.example", "bc.a.example", "xn--bcher-kva.a.example"]),
        ("*.b.a.example", ["c.b.a.example"]),
        ("A.EXAMPLE", ["a.example"]), ("a.example.", ["a.example"]),
        ("XN--BCHER-KVA.a.example", ["xn--bcher-kva.a.example"]),
    ])
    func `a wildcard is one whole label, the first, and letters have no case`(
        name: String,
        hosts: [String]
    ) throws {
        #expect(try proved(by: [.dns(name)]) == hosts)
        #expect(try proved(by: [.service("_XMPP-Server.\(name)")]) == hosts)
    }

    @Test(arguments: [
        // Above a single label it would stand for all of the public.
        "*.example", "*", "*.", "**", "*.*", "*.*.example", "*.*.a.example", "**.a.example",
        "b*.a.example", "*c.a.example", "b*c.a.example", "*b*.a.example", "b.*.example",
        "c.*.a.example", "c.b.*.example", "a.*", "*.a.*", "xn--*.a.example",
        "xn--bcher-*.a.example",
        "*--bcher-kva.a.example", ".a.example", "*..example", "a.example..", "..a.example",
        "*.0.2.1", "192.0.2.1", "192.0.2.*", "b.a.example:5269", "//b.a.example", "b.a.example/",
        "@a.example", "[192.0.2.1]",
    ])
    func `what only looks like a name proves nothing`(name: String) throws {
        #expect(try proved(by: [.dns(name), .service("_xmpp-server.\(name)")]) == [])
    }

    @Test func `a host is no pattern`() throws {
        let own = try certificate([.dns("*.a.example"), .dns("c.*.example"), .dns("x*.a.example")])
        for host in ["*.a.example", "c.*.example", "x*.a.example", "*", "", "."] {
            #expect(!own.isIssued(to: host, for: .server), "\(host)")
        }
    }

    @Test func `nobody is whom the common name says`() throws {
        #expect(try proved(by: []) == [])
        #expect(try proved(by: [.dns("b.a.example")]) == ["b.a.example"])
    }

    @Test func `names of other kinds are nothing to us`() throws {
        let text = Array("a.example".utf8)
        // An rfc822Name, a URI, a registeredID, another's otherName with a value of a wrong type.
        for name in [
            Name(tag: 0x81, text), Name(tag: 0x86, Array("xmpp://a.example".utf8)),
            Name(tag: 0x88, Name.xmppType), .other(Name.strangerType, tag: 0x0c, text),
            .other(Name.strangerType, tag: 0x04, [0, 0xff]), .xmpp("x@a.example"),
            .xmpp("a.example/x"),
            .xmpp("a.example."), .xmpp("*.example"), .service("_xmpp-client.a.example"),
            .service("_xmpp-server"), .service("xmpp-server.a.example"), .service("a.example"),
            .service("_xmpp-server._tcp.a.example"),
        ] {
            #expect(try proved(by: [name]) == [])
        }
        #expect(try proved(by: [.xmpp("A.Example")]) == ["a.example"])
    }

    // MARK: Malformed

    private static let spoilt: [[UInt8]] = [
        Array("a.example\0.evil.example".utf8), Array("a.example\u{7f}".utf8),
        Array("a .example".utf8), Array("a.example\n".utf8), [],
    ]

    @Test func `a name made to be read in two ways spoils the certificate`() throws {
        for bytes in Self.spoilt {
            for name in [
                Name(tag: 0x82, bytes), .other(Name.xmppType, tag: 0x0c, bytes),
                .other(Name.serviceType, tag: 0x16, bytes),
            ] {
                #expect(throws: CertificateError.malformedName, "\(bytes)") {
                    try certificate([.dns("a.example"), name])
                }
            }
        }
    }

    @Test(
        arguments: [
            (0x04, "a.example"), (0x13, "a.example"), (0x14, "a.example"), (0x16, "a.example"),
            (0x1a, "a.example"), (0x1e, "\0a\0.\0e"), (0x30, ""), (0x05, ""),
        ] as [(UInt8, String)]
    )
    func `an XMPP address of another type than UTF8String is none`(
        tag: UInt8,
        text: String
    ) throws {
        #expect(throws: CertificateError.malformedName) {
            try certificate([.other(Name.xmppType, tag: tag, Array(text.utf8))])
        }
    }

    @Test(
        arguments: [
            [0xff], [0x61, 0xc3], [0xc0, 0x80], [0xe0, 0x80, 0x80], [0xed, 0xa0, 0x80],
            [0xf4, 0x90, 0x80, 0x80], [0x80],
        ] as [[UInt8]]
    )
    func `an XMPP address that is not UTF-8 is none`(bytes: [UInt8]) throws {
        #expect(throws: CertificateError.malformedName) {
            try certificate([.other(Name.xmppType, tag: 0x0c, bytes)])
        }
        #expect(throws: CertificateError.malformedName) {
            try certificate([Name(tag: 0x82, bytes)])
        }
    }

    @Test(arguments: [0x0c, 0x13, 0x04] as [UInt8])
    func `a service's name of another type than IA5String is none`(tag: UInt8) throws {
        let text = Array("_xmpp-server.a.example".utf8)
        #expect(throws: CertificateError.malformedName) {
            try certificate([.other(Name.serviceType, tag: tag, text)])
        }
    }

    @Test func `so many names are read and no more`() throws {
        let many = (0..<1_999).map { Name.dns("n\($0).x") }
        #expect(try proved(by: many + [.dns("a.example")]) == ["a.example"])
        #expect(throws: CertificateError.tooManyNames) {
            try certificate(many + [.dns("a.example"), .dns("b.a.example")])
        }
        let empty = [Name](repeating: Name(tag: 0x81, []), count: 20_000)
        #expect(throws: CertificateError.tooManyNames) { try certificate(empty) }
    }

    // MARK: Addresses

    private static let v6: [UInt8] = [0x20, 1, 0x0d, 0xb8] + [UInt8](repeating: 0, count: 11) + [1]

    @Test func `an address is proved by its octets alone`() throws {
        let mapped = [UInt8](repeating: 0, count: 10) + [0xff, 0xff, 192, 0, 2, 1]
        #expect(try proved(by: [.address([192, 0, 2, 1])]) == ["192.0.2.1"])
        for name in [
            Name.address([192, 0, 2, 2]), .address([1, 2, 0, 192]), .address(mapped),
            .address(Self.v6), .dns("192.0.2.1"), .dns("192.0.2.1."), .dns("*.0.2.1"),
            .service("_xmpp-server.192.0.2.1"), .service("_xmpp-server.*.0.2.1"),
        ] {
            #expect(try proved(by: [name]) == [])
        }
        let own = try certificate([.address(Self.v6), .address([192, 0, 2, 1])])
        for text in ["2001:db8::1", "2001:DB8:0:0::1", "2001:0db8:0000::0.0.0.1"] {
            #expect(own.isIssued(to: text, for: .server))
        }
        for text in ["2001:db8::2", "[2001:db8::1]", "2001:db8::1%lo", "::ffff:192.0.2.1"] {
            #expect(!own.isIssued(to: text, for: .server), "\(text)")
        }
        #expect(own.ipAddresses == ["2001:db8::1", "192.0.2.1"])
        let named = try certificate([.dns("2001:db8::1"), .service("_xmpp-server.2001:db8::1")])
        #expect(!named.isIssued(to: "2001:db8::1", for: .server))
        let addressed = try certificate([.xmpp("[2001:db8::1]")])
        #expect(addressed.isIssued(to: "2001:db8::1", domain: "[2001:db8::1]", for: .server))
    }

    @Test(arguments: [0, 1, 3, 5, 8, 9, 15, 17, 32])
    func `an address of another length is none`(count: Int) throws {
        // A network (RFC 5280 §4.2.1.10) and an address as text are among these.
        #expect(throws: CertificateError.malformedName) {
            try certificate([.address([UInt8](repeating: 0x31, count: count))])
        }
    }

    @Test(arguments: [("192.0.2.1", "192.0.2.1"), ("2001:db8::1", "[2001:db8::1]")])
    func `a domain that is an address gets a certificate that says so`(
        address: String,
        domain: String
    ) throws {
        let made = try SelfSignedCertificate(
            asciiDomain: address,
            domain: domain,
            atUnixTime: 1_800_000_000
        )
        let read = try Certificate(pem: made.certificatePEM)
        #expect(read.ipAddresses == [address])
        #expect(read.xmppAddresses == [domain])
        #expect(read.dnsNames + read.srvNames == [])
        #expect(read.isIssued(to: address, for: .server))
    }
}
