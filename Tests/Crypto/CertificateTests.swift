import Testing

@testable import MartletCrypto

@Suite struct CertificateTests {
    private let now: Int64 = 1_800_000_000

    @Test func `makes a certificate that names its domain in three ways`() throws {
        let made = try SelfSignedCertificate(
            asciiDomain: "xn--bcher-kva.example",
            domain: "bücher.example",
            atUnixTime: now
        )
        let read = try Certificate(pem: made.certificatePEM)
        #expect(read.dnsNames == ["xn--bcher-kva.example"])
        #expect(read.xmppAddresses == ["bücher.example"])
        #expect(
            read.srvNames == [
                "_xmpp-client.xn--bcher-kva.example", "_xmpp-server.xn--bcher-kva.example",
            ]
        )
        #expect(read.validity == (now - 3600)...(now + 3650 * 86_400))
        #expect(made.keyPEM.hasPrefix("-----BEGIN PRIVATE KEY-----\n"))
    }

    @Test func `makes another key each time`() throws {
        let one = try SelfSignedCertificate(asciiDomain: "montague.example", atUnixTime: now)
        let two = try SelfSignedCertificate(asciiDomain: "montague.example", atUnixTime: now)
        #expect(one.keyPEM != two.keyPEM)
        let read = (
            try Certificate(pem: one.certificatePEM), try Certificate(pem: two.certificatePEM)
        )
        #expect(read.0.fingerprint != read.1.fingerprint)
    }

    @Test func `makes a certificate for a domain too long for a common name`() throws {
        let domain = String(repeating: "a.", count: 60) + "example"
        let made = try SelfSignedCertificate(asciiDomain: domain, atUnixTime: now)
        #expect(try Certificate(pem: made.certificatePEM).dnsNames == [domain])
    }

    @Test(arguments: ["", "bücher.example", "a\0.example", "a b.example", "a\n.example"])
    func `makes none for what is no domain of DNS`(domain: String) {
        #expect(throws: CertificateError.malformedName) {
            try SelfSignedCertificate(asciiDomain: domain, atUnixTime: now)
        }
    }

    @Test func `is valid from its first to its last second`() throws {
        let made = try SelfSignedCertificate(asciiDomain: "montague.example", atUnixTime: now)
        let read = try Certificate(pem: made.certificatePEM)
        #expect(!read.isValid(atUnixTime: now - 3601))
        #expect(read.isValid(atUnixTime: now - 3600))
        #expect(read.isValid(atUnixTime: now + 3650 * 86_400))
        #expect(!read.isValid(atUnixTime: now + 3650 * 86_400 + 1))
    }

    @Test func `reads the same from DER as from PEM`() throws {
        let made = try SelfSignedCertificate(asciiDomain: "montague.example", atUnixTime: now)
        let read = try Certificate(pem: made.certificatePEM)
        #expect(try Certificate(der: read.der) == read)
        #expect(read.fingerprint == HashFunction.sha256.hash(read.der))
    }

    @Test func `refuses every piece of a certificate and anything behind one`() throws {
        let made = try SelfSignedCertificate(asciiDomain: "montague.example", atUnixTime: now)
        let der = try Certificate(pem: made.certificatePEM).der
        for count in 0..<der.count {
            #expect(throws: CertificateError.self) {
                try Certificate(der: Array(der.prefix(count)))
            }
        }
        #expect(throws: CertificateError.unreadable) { try Certificate(der: der + [0]) }
        #expect(throws: CertificateError.unreadable) { try Certificate(pem: "no certificate") }
        #expect(throws: CertificateError.unreadable) { try Certificate(pem: made.keyPEM) }
    }

    @Test func `survives every flipped byte of a certificate`() throws {
        let made = try SelfSignedCertificate(asciiDomain: "montague.example", atUnixTime: now)
        let der = try Certificate(pem: made.certificatePEM).der
        var refused = 0
        for index in der.indices {
            for change: UInt8 in [0x01, 0x80, 0xff] {
                var changed = der
                changed[index] ^= change
                do { _ = try Certificate(der: changed) } catch { refused += 1 }
            }
        }
        #expect(refused > 0)
    }

    @Test(arguments: CertificateSample.all)
    func `reads what others have signed`(sample: CertificateSample) throws {
        let read = try Certificate(pem: sample.pem)
        #expect(read.dnsNames == sample.dnsNames)
        #expect(read.xmppAddresses == sample.xmppAddresses)
        #expect(read.srvNames == sample.srvNames)
        #expect(read.serverEndPoint.map { Hex.encode($0) } == sample.serverEndPoint)
    }

    @Test(arguments: CertificateSample.malformed)
    func `refuses names that are made to be read in two ways`(pem: String) {
        #expect(throws: CertificateError.malformedName) { try Certificate(pem: pem) }
    }
}
