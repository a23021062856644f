import MartletCore
import MartletCrypto
import Testing

@testable import MartletSASL

/// Row 23 of the attacks: who a certificate speaks for.
@Suite struct CertificateIdentityTests {
    private let now: Int64 = 1_900_000_000
    private let romeo = JID(prepared: "romeo", "montague.example")
    private let nurse = JID(prepared: "nurse", "capulet.example")
    private let montague = JID(prepared: nil, "montague.example")

    @Test func `finds users in XMPP addresses alone`() throws {
        let read = try Certificate(pem: crowded)
        #expect(read.users(atUnixTime: now) == [romeo, nurse])
    }

    @Test func `finds nobody when the certificate is over`() throws {
        let made = try SelfSignedCertificate(asciiDomain: "montague.example", atUnixTime: now)
        let read = try Certificate(pem: made.certificatePEM)
        let over = read.validity.upperBound + 1
        for (time, servers) in [(now, [montague]), (over, [])] {
            let found = read.servers(
                claiming: montague,
                asciiDomain: "montague.example",
                atUnixTime: time
            )
            #expect(found == servers)
        }
        #expect(try Certificate(pem: crowded).users(atUnixTime: 0) == [])
    }

    @Test(arguments: [
        "juliet@capulet.example", "mercutio@montague.example", "tybalt@montague.example",
        "nurse@capulet.example", "benvolio@montague.example", "montague.example",
    ])
    func `logs nobody in by subject, email, or for another domain`(victim: String) throws {
        let users = try Certificate(pem: crowded).users(atUnixTime: now)
        var server = ExternalServer(identities: users, domain: montague)
        #expect(failure(server.step(.initial(bytes(victim)))) == .invalidAuthzid)
        var honest = ExternalServer(identities: users, domain: montague)
        let identity = SASLIdentity(romeo, by: .external)
        #expect(honest.step(.initial([])) == .success(identity, additionalData: nil))
    }

    @Test(arguments: ["capulet.example", "chat.montague.example", "romeo@montague.example"])
    func `takes no server for one that its certificate does not name`(claim: String) throws {
        let read = try Certificate(pem: crowded)
        let claimed = try JID(claim)
        let found = read.servers(
            claiming: claimed,
            asciiDomain: claimed.domainpart,
            atUnixTime: now
        )
        #expect(found == [])
    }
}

/// Made with OpenSSL's own program: `OU=CN=juliet@capulet.example`, `CN=mercutio@montague.example`, an
/// email, a domain, an address twice and five others, three of which no user can have.
private let crowded = """
    -----BEGIN CERTIFICATE-----
    MIIC2zCCAoKgAwIBAgIUXr9tnc9TQfNtYKqdoDQvq+W+3/owCgYIKoZIzj0EAwIw
    SDEiMCAGA1UECwwZQ049anVsaWV0QGNhcHVsZXQuZXhhbXBsZTEiMCAGA1UEAwwZ
    bWVyY3V0aW9AbW9udGFndWUuZXhhbXBsZTAgFw0yNjExMjEwNTQzMDdaGA8yMTI2
    MTAyODA1NDMwN1owSDEiMCAGA1UECwwZQ049anVsaWV0QGNhcHVsZXQuZXhhbXBs
    ZTEiMCAGA1UEAwwZbWVyY3V0aW9AbW9udGFndWUuZXhhbXBsZTBZMBMGByqGSM49
    AgEGCCqGSM49AwEHA0IABP3JUqI/KVF8oxHulor8OEI60tZYxhk6uJczkmruQVCx
    v42KtmUye/z9r4BRsa2xoez6UBSm84zuAxlS+/WnfMOjggFGMIIBQjCCAR8GA1Ud
    EQSCARYwggESgRd0eWJhbHRAbW9udGFndWUuZXhhbXBsZYIQbW9udGFndWUuZXhh
    bXBsZaAkBggrBgEFBQcIBaAYDBZSb21lb0BNb250YWd1ZS5leGFtcGxloCQGCCsG
    AQUFBwgFoBgMFnJvbWVvQG1vbnRhZ3VlLmV4YW1wbGWgIwYIKwYBBQUHCAWgFwwV
    bnVyc2VAY2FwdWxldC5leGFtcGxloC8GCCsGAQUFBwgFoCMMIWJlbnZvbGlvQG1v
    bnRhZ3VlLmV4YW1wbGUvb3JjaGFyZKAiBggrBgEFBQcIBaAWDBQqQG1vbnRhZ3Vl
    LmV4YW1wbGUveKAfBggrBgEFBQcIBaATDBFAbW9udGFndWUuZXhhbXBsZTAdBgNV
    HQ4EFgQU+su/ntLjOi76iy5806rcC7FT3D8wCgYIKoZIzj0EAwIDRwAwRAIgZ3KL
    Pjj5/Ly38RcRDs/ZMuagmeKcKafF/O3YZmCVw5YCIGMtMOxJkKFCdxHTzsf1/JSF
    ffyXme81QQufGJ86xiaX
    -----END CERTIFICATE-----
    """
