import MartletCore
import Testing

@testable import MartletServer

struct PeerPoliciesTests {

    private func trust(
        _ peer: String?,
        _ change: (inout S2SSettings, inout DomainS2SSettings) -> Void
    ) throws -> PeerTrustSummary {
        var settings = S2SSettings()
        settings.isEnabled = true
        var domain = DomainSettings("montague.example")
        change(&settings, &domain.s2s)
        let policies = PeerPolicies(settings, domains: [domain])
        let trust = policies.trust(
            of: try JID("montague.example"),
            in: try peer.map { try JID($0) }
        )
        return PeerTrustSummary(trust.isAdmitted, trust.tls.rawValue, trust.proof.rawValue)
    }

    private struct PeerTrustSummary: Equatable {
        let isAdmitted: Bool
        let tls, proof: String

        init(_ isAdmitted: Bool, _ tls: String, _ proof: String) {
            self.isAdmitted = isAdmitted
            self.tls = tls
            self.proof = proof
        }
    }

    @Test func `asks everybody for TLS, and for a certificate or dialback`() throws {
        let usual = PeerTrustSummary(true, "required", "dialback")
        #expect(try trust("capulet.example") { _, _ in } == usual)
        #expect(try trust(nil) { _, _ in } == usual)
    }

    @Test
    func `takes what is said of a peer before what is said of a domain, and that before the rest`()
        throws
    {
        let strict = try trust("capulet.example") { $1.proof = .certificate }
        #expect(strict.proof == "certificate")
        let mild = try trust("capulet.example") { settings, domain in
            domain.proof = .certificate
            settings.peers["capulet.example"] = PeerSettings()
            settings.peers["capulet.example"]?.proof = .dialback
            settings.peers["capulet.example"]?.tls = .optional
        }
        #expect(mild == PeerTrustSummary(true, "optional", "dialback"))
    }

    @Test(arguments: [
        ("bad.example", false), ("a.bad.example", true), ("spam.example", true),
        ("a.spam.example", false), ("a.b.spam.example", false), ("notspam.example", true),
    ])
    func `keeps away who is blocked, and all under a name`(peer: String, isAdmitted: Bool) throws {
        let found = try trust(peer) { settings, _ in
            settings.lists.block = ["bad.example", "*.spam.example"]
            settings.lists.allow = []
        }
        #expect(found.isAdmitted == isAdmitted)
    }

    @Test func `admits nobody else where some are allowed, and blocks before it allows`() throws {
        let allow: (inout S2SSettings, inout DomainS2SSettings) -> Void = { settings, _ in
            settings.lists.allow = ["*.good.example", "good.example"]
            settings.lists.block = ["bad.good.example"]
        }
        #expect(try trust("good.example", allow).isAdmitted)
        #expect(try trust("a.good.example", allow).isAdmitted)
        #expect(try !trust("bad.good.example", allow).isAdmitted)
        #expect(try !trust("capulet.example", allow).isAdmitted)
    }

    @Test func `a domain has lists of its own, or no peers at all`() throws {
        let own = try trust("capulet.example") { settings, domain in
            settings.lists.block = ["capulet.example"]
            domain.lists = PeerLists()
        }
        #expect(own.isAdmitted)
        #expect(try !trust("capulet.example") { $1.isEnabled = false }.isAdmitted)
        #expect(try !trust(nil) { $1.isEnabled = false }.isAdmitted)
        let back = try trust("capulet.example") { settings, domain in
            settings.isEnabled = false
            domain.isEnabled = true
        }
        #expect(back.isAdmitted)
    }
}
