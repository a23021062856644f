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
}
