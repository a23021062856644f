import MartletCore
import MartletCrypto
import MartletStreams
import Testing

/// Who a peer is by its certificate, without the handshakes (those are with the server's tests).
struct PeerIdentityTests {
    private let now: Int64 = 1_800_000_000
    private let montague = try? JID("montague.example")

    private func made(_ name: String = "montague.example") throws -> Certificate {
        try Certificate(
            pem: SelfSignedCertificate(asciiDomain: name, atUnixTime: now).certificatePEM
        )
    }

    private func info(
        _ der: [[UInt8]],
        _ verdict: TLSInfo.PeerVerification = .valid
    ) -> TLSInfo {
        TLSInfo(
            version: "TLSv1.3",
            cipher: "TLS_AES_128_GCM_SHA256",
            peerCertificates: der,
            peerVerification: verdict
        )
    }

    @Test func `is who a trusted certificate says, while it is valid`() throws {
        let (montague, own) = (try #require(montague), try made())
        let peer = PeerIdentity(info([own.der]), atUnixTime: now)
        #expect(peer.chain == .trusted)
        #expect(peer.proves(montague))
        #expect(!peer.proves(try JID("capulet.example")))
        #expect(!PeerIdentity(info([own.der]), atUnixTime: now - 3_601).proves(montague))
        let end = own.validity.upperBound
        #expect(PeerIdentity(info([own.der]), atUnixTime: end).proves(montague))
        let late = PeerIdentity(info([own.der]), atUnixTime: end + 1)
        #expect(!late.proves(montague))
        #expect(late.explanation(for: montague).hasPrefix("its certificate expired on 203"))
    }

    @Test func `is who a pinned certificate says, whoever signed it`() throws {
        let (montague, own) = (try #require(montague), try made("verona.example"))
        let verdict = TLSInfo.PeerVerification.invalid("self-signed certificate")
        let peer = PeerIdentity(info([own.der], verdict), atUnixTime: now)
        #expect(!peer.proves(montague))
        #expect(!peer.proves(montague, pins: [[UInt8](repeating: 0, count: 32)]))
        #expect(peer.proves(montague, pins: [own.fingerprint]))
        #expect(
            peer.explanation(for: montague)
                == "no authority that we trust vouches for its certificate: self-signed certificate"
        )
        #expect(
            peer.explanation(for: montague, pins: [own.fingerprint])
                == "its certificate is one of those that our settings name for it"
        )
    }

    @Test func `is its own certificate's alone, whatever stands above it`() throws {
        let (montague, own) = (try #require(montague), try made("verona.example"))
        let above = try made()
        let peer = PeerIdentity(info([own.der, above.der]), atUnixTime: now)
        #expect(!peer.proves(montague))
        #expect(!peer.proves(montague, pins: [above.fingerprint]))
    }

    @Test func `is nobody without a certificate`() throws {
        let montague = try #require(montague)
        for peer in [
            PeerIdentity(nil, atUnixTime: now), PeerIdentity(info([]), atUnixTime: now),
            PeerIdentity(info([], .noCertificate), atUnixTime: now), .unknown,
        ] {
            #expect(!peer.proves(montague))
            #expect(peer.explanation(for: montague) == "it showed no certificate")
        }
    }

    @Test(arguments: ["montague.example", "_xmpp-server.montague.example"])
    func `is nobody by a certificate with a name that can be read in two ways`(
        name: String
    ) throws {
        var der = try made().der
        let bytes = Array(name.utf8)
        let index = try #require(
            der.indices.first {
                // Behind its tag and its length: the subject has the name, too.
                der[$0...].starts(with: bytes) && [0x82, 0x16].contains(der[$0 - 2])
            }
        )
        der[index + bytes.count - ".example".count] = 0
        let peer = PeerIdentity(info([der]), atUnixTime: now)
        #expect(peer.certificate == nil)
        #expect(!peer.proves(try #require(montague)))
        #expect(
            peer.explanation(for: try #require(montague))
                == "its certificate is of no use: a name in it is malformed"
        )
        let cut = PeerIdentity(info([Array(der.dropLast())]), atUnixTime: now)
        #expect(cut.chain == .untrusted("it cannot be read"))
    }

    @Test func `tells names in one line that hides nothing`() throws {
        let long = String(repeating: "a", count: 300) + "\u{202e}\u{85}x.example"
        let own = try Certificate(
            pem: SelfSignedCertificate(
                asciiDomain: "verona.example",
                domain: "x\u{202e}\u{85}y.example",
                atUnixTime: now
            ).certificatePEM
        )
        let montague = try #require(montague)
        let told = PeerIdentity(info([own.der]), atUnixTime: now).explanation(for: montague)
        #expect(
            told == "its certificate is for verona.example, _xmpp-client.verona.example, "
                + "_xmpp-server.verona.example, x??y.example, not for montague.example"
        )
        let other = try Certificate(
            pem: SelfSignedCertificate(
                asciiDomain: "verona.example",
                domain: long,
                atUnixTime: now
            ).certificatePEM
        )
        let bounded = PeerIdentity(info([other.der]), atUnixTime: now).explanation(for: montague)
        #expect(bounded.utf8.count < 300)
    }
}
