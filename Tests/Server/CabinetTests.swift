import Foundation
import MartletCrypto
import TestSupport
import Testing

@testable import MartletServer

/// Where certificates are found, and when they are made.
struct CabinetTests {
    private let book = LogBook()
    private static let now = Int64(Date().timeIntervalSince1970)

    private func cabinet(_ folder: String?, makesMissing: Bool = true) -> CertificateCabinet {
        var files = TLSFiles()
        files.folder = folder
        files.makesMissing = makesMissing
        return CertificateCabinet(files: files, log: book.logger)
    }

    private func made(_ name: String) throws -> SelfSignedCertificate {
        try SelfSignedCertificate(asciiDomain: name, atUnixTime: Self.now)
    }

    private func write(_ text: String, _ path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    private let domains = [DomainSettings("montague.example"), DomainSettings("capulet.example")]

    @Test func `makes what is missing, for its owner's eyes alone, and says so`() async throws {
        try await inFolder { folder in
            let inside = "\(folder)/certificates"
            let found = try #require(try cabinet(inside).identities(of: domains))
            for domain in domains {
                #expect(found.identity(for: domain.name) != nil)
                #expect(try permissions(of: "\(inside)/\(domain.name).pem") == 0o600)
                let line = "made a self-signed certificate domain=\(domain.name)"
                #expect(book.lines.contains(line))
            }
            let before = try Data(contentsOf: URL(fileURLWithPath: "\(inside)/capulet.example.pem"))
            _ = try cabinet(inside).identities(of: domains)
            let after = try Data(contentsOf: URL(fileURLWithPath: "\(inside)/capulet.example.pem"))
            #expect(before == after, "it is made once")
            #expect(book.lines.count == 2)
        }
    }

    @Test func `makes none where it was told not to`() async throws {
        try await inFolder { folder in
            let found = try cabinet(folder, makesMissing: false).identities(of: domains)
            #expect(found?.identity(for: "montague.example") == nil)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
        }
    }

    @Test func `has nothing where there is to be no TLS`() throws {
        #expect(try cabinet(nil).identities(of: domains) == nil)
    }

    @Test func `finds one file, or two`() async throws {
        try await inFolder { folder in
            let (one, two) = try (made("montague.example"), made("capulet.example"))
            try write(one.certificatePEM + one.keyPEM, "\(folder)/montague.example.pem")
            try write(two.certificatePEM, "\(folder)/capulet.example.crt")
            try write(two.keyPEM, "\(folder)/capulet.example.key")
            let found = try #require(try cabinet(folder).identities(of: domains))
            #expect(found.identity(for: "montague.example") != nil)
            #expect(found.identity(for: "capulet.example") != nil)
            #expect(book.lines == [])
        }
    }

    @Test func `lets a wildcard do for the domains below it`() async throws {
        try await inFolder { folder in
            let wildcard = try made("example")
            try write(wildcard.certificatePEM + wildcard.keyPEM, "\(folder)/*.example.pem")
            let found = try #require(try cabinet(folder).identities(of: domains))
            #expect(found.identity(for: "montague.example") != nil)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 1)
        }
    }

    @Test func `takes the files that a domain names`() async throws {
        try await inFolder { folder in
            let own = try made("montague.example")
            try write(own.certificatePEM, "\(folder)/own.crt")
            try write(own.keyPEM, "\(folder)/own.key")
            let domain = DomainSettings(
                "montague.example",
                certificate: "\(folder)/own.crt",
                key: "\(folder)/own.key"
            )
            let found = try cabinet("\(folder)/empty", makesMissing: false).identities(of: [domain])
            #expect(found?.identity(for: "montague.example") != nil)
        }
    }

    @Test(arguments: ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
    func `names the file that is no good`(content: String) async throws {
        try await inFolder { folder in
            let file = "\(folder)/montague.example.pem"
            try write(content, file)
            let fault = #expect(throws: AdminFault.self) {
                try cabinet(folder).identities(of: domains)
            }
            #expect(
                fault?.description.hasPrefix("the certificate \(file) cannot be used: ") == true
            )
        }
    }

    @Test func `names a certificate whose key is another's`() async throws {
        try await inFolder { folder in
            try write(made("capulet.example").certificatePEM, "\(folder)/capulet.example.crt")
            try write(made("capulet.example").keyPEM, "\(folder)/capulet.example.key")
            let fault = #expect(throws: AdminFault.self) {
                try cabinet(folder).identities(of: domains)
            }
            #expect(fault?.description.contains("/capulet.example.crt") == true)
        }
    }

    @Test func `says where it cannot write`() async throws {
        try await inFolder { folder in
            try write("", "\(folder)/file")
            #expect(throws: (any Error).self) {
                try cabinet("\(folder)/file").identities(of: domains)
            }
        }
    }

    @Test func `files what it finds and makes for an internationalised domain in A-labels`()
        async throws
    {
        try await inFolder { folder in
            let own = try made("xn--bcher-kva.example")
            try write(own.certificatePEM + own.keyPEM, "\(folder)/xn--bcher-kva.example.pem")
            let wildcard = try made("xn--mller-kva.example")
            try write(wildcard.certificatePEM + wildcard.keyPEM, "\(folder)/*.müller.example.pem")
            let names = ["bücher.example", "käse.example", "a.müller.example"]
            let found = try #require(
                try cabinet(folder).identities(of: names.map { DomainSettings($0) })
            )
            #expect(
                try found.ownIdentity(of: "xn--bcher-kva.example")?.certificateDER
                    == Certificate(pem: own.certificatePEM).der
            )
            let shown = try #require(found.identity(for: "xn--kse-qla.example"))
            let read = try Certificate(der: shown.certificateDER)
            #expect(read.dnsNames == ["xn--kse-qla.example"])
            #expect(read.xmppAddresses == ["käse.example"])
            #expect(
                try found.ownIdentity(of: "a.xn--mller-kva.example")?.certificateDER
                    == Certificate(pem: wildcard.certificatePEM).der
            )
            #expect(book.lines == ["made a self-signed certificate domain=käse.example"])
        }
    }

    @Test func `shows services their own certificate, or their domain's`() async throws {
        try await inFolder { folder in
            for name in ["montague.example", "capulet.example", "chat.capulet.example"] {
                let own = try made(name)
                try write(own.certificatePEM + own.keyPEM, "\(folder)/\(name).pem")
            }
            let found = try #require(try cabinet(folder).identities(of: domains))
            func shown(_ name: String) throws -> [String]? {
                try found.identity(of: name).map {
                    try Certificate(der: $0.certificateDER).dnsNames
                }
            }
            #expect(try shown("chat.capulet.example") == ["chat.capulet.example"])
            #expect(try shown("pubsub.capulet.example") == ["capulet.example"])
            #expect(try shown("a.pubsub.capulet.example") == nil)
            #expect(try shown("verona.example") == nil)
            let fallback = try #require(found.identity(for: "verona.example"))
            #expect(
                try Certificate(der: fallback.certificateDER).dnsNames == ["montague.example"]
            )
        }
    }

    @Test func `starts without the certificate of a service that is no good, and says so`()
        async throws
    {
        try await inFolder { folder in
            for domain in domains {
                let own = try made(domain.name)
                try write(own.certificatePEM + own.keyPEM, "\(folder)/\(domain.name).pem")
            }
            try write("", "\(folder)/chat.capulet.example.crt")
            let found = try #require(try cabinet(folder).identities(of: domains))
            let shown = try #require(found.identity(of: "chat.capulet.example"))
            #expect(try Certificate(der: shown.certificateDER).dnsNames == ["capulet.example"])
            #expect(book.lines.count == 1)
            #expect(book.lines.first?.contains("/chat.capulet.example.crt") == true)
        }
    }

    @Test func `makes one for a component that has no parent`() async throws {
        try await inFolder { folder in
            let found = try #require(
                try cabinet(folder).identities(
                    of: domains,
                    components: ["irc.capulet.example", "gateway.example"]
                )
            )
            let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
            #expect(
                names == ["capulet.example.pem", "gateway.example.pem", "montague.example.pem"]
            )
            #expect(found.ownIdentity(of: "gateway.example") != nil)
            #expect(
                found.identity(of: "irc.capulet.example")
                    === found.ownIdentity(of: "capulet.example")
            )
        }
    }
}
