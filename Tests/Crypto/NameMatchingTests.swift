import Testing

@testable import MartletCrypto

@Suite struct NameMatchingTests {
    @Test(arguments: [
        ("montague.example", "montague.example"),
        ("Montague.EXAMPLE", "montague.example"),
        ("montague.example.", "montague.example"),
        ("*.montague.example", "chat.montague.example"),
        ("*.Montague.example", "CHAT.montague.example"),
        ("localhost", "localhost"),
    ])
    func `takes the name it was given to`(presented: String, host: String) {
        #expect(matches(presented, host))
    }

    @Test(arguments: [
        ("montague.example", "capulet.example"),
        ("montague.example", "chat.montague.example"),
        ("*.montague.example", "montague.example"),
        ("*.montague.example", "a.b.montague.example"),
        ("*.montague.example", ".montague.example"),
        ("*.example", "montague.example"),
        ("*", "localhost"),
        ("*.", "localhost"),
        ("*.*.example", "a.montague.example"),
        ("c*.montague.example", "chat.montague.example"),
        ("*t.montague.example", "chat.montague.example"),
        ("chat.*.example", "chat.montague.example"),
        ("xn--*.montague.example", "xn--a.montague.example"),
        ("*.0.2.1", "192.0.2.1"),
        ("192.0.2.1", "192.0.2.1"),
        ("chat.*.example", "chat.*.example"),
        ("*.montague.example", "*.montague.example"),
        ("", ""),
        ("", "montague.example"),
        ("montague.example", ""),
        ("montague..example", "montague..example"),
        ("*.montague.example", "*.montague.example.evil.example"),
    ])
    func `refuses every other name`(presented: String, host: String) {
        #expect(!matches(presented, host))
    }

    @Test func `knows a domain by any of its three kinds of name`() throws {
        let many = try Certificate(pem: CertificateSample.all[0].pem)
        #expect(many.isIssued(to: "verona.example", for: .client))
        #expect(many.isIssued(to: "chat.montague.example", for: .client))
        #expect(many.isIssued(to: "montague.example", for: .server))
        #expect(!many.isIssued(to: "montague.example", for: .client))
        #expect(many.isIssued(to: "capulet.example", for: .client))
        #expect(many.isIssued(to: "xn--a", domain: "CAPULET.example", for: .server))
        #expect(!many.isIssued(to: "evil.capulet.example", for: .server))
    }

    @Test func `never looks at the common name`() throws {
        for sample in CertificateSample.all {
            let read = try Certificate(pem: sample.pem)
            #expect(!read.isIssued(to: "victim.example", for: .client))
            #expect(!read.isIssued(to: "victim.example", for: .server))
        }
    }
}
