import MartletNet
import MartletServer
import MartletStreams
import Testing

/// `s2s`, `components` and their listeners.
struct ConfigurationFederationTests {
    @Test func `asks for TLS and for dialback at least, of everybody`() throws {
        let settings = try Configuration("{}").settings
        var usual = S2SSettings()
        usual.isEnabled = true
        #expect(settings.s2s == usual)
        #expect(settings.s2s.trust.tls == .required)
        #expect(settings.s2s.trust.proof == .dialback)
        #expect(!settings.s2s.allowsPrivateAddresses)
        #expect(settings.components.isEmpty)
        #expect(settings.domains[0].s2s == DomainS2SSettings())
    }

    @Test(arguments: [
        ("stanzaBytes", "524288"), ("stanzasPerSecond", "500"), ("burstStanzas", "2000"),
        ("bytesPerSecond", "1048576"), ("burstBytes", "4194304"), ("pairsPerStream", "64"),
        ("verifiesPerStream", "16"), ("failuresPerStream", "16"), ("verifiesUnderWay", "256"),
        ("verifiesPerAddressPerMinute", "60"), ("unauthenticatedPerAddress", "20"),
        ("streamsPerPeer", "16"), ("tlsSeconds", "10"), ("authSeconds", "60"),
        ("negotiationSeconds", "20"), ("attemptSeconds", "60"), ("verifySeconds", "20"),
        ("ackSeconds", "60"), ("idleSeconds", "600"), ("closingSeconds", "5"),
        ("queueStanzas", "1000"), ("queueBytes", "4194304"), ("totalQueueBytes", "67108864"),
        ("pairsPerShard", "10000"), ("backoffSeconds", "5"), ("backoffLimitSeconds", "300"),
    ])
    func `limits what other servers may do, and what is done for them`(
        key: String,
        value: String
    ) throws {
        let entry = Configuration.reference.first { $0.path == "s2s.limits.\(key)" }
        #expect(entry?.value == value)
        // Each key is tied to a place of its own.
        let more = try #require(Int(value)) + 1
        let other = try Configuration(#"{"s2s": {"limits": {"\#(key)": \#(more)}}}"#)
        let changes = try other.changes(from: Configuration("{}"))
        #expect(changes.keys + changes.keysThatNeedRestart == ["s2s.limits.\(key)"])
    }

    @Test func `says what is asked of whom`() throws {
        let digest = String(repeating: "aB:", count: 31) + "aB"
        let settings = try Configuration(
            """
            {"s2s": {
                "enabled": false, "bidirectional": false, "streamManagement": false,
                "tls": "optional", "proof": "certificate", "authorities": "ca.pem",
                "privateAddresses": true, "nameServers": ["192.0.2.53", "[2001:db8::1]:5353"],
                "trustAnchors": [". IN DS 20326 8 2 E06D"],
                "allow": ["Verona.example", "*.Bücher.example"], "block": ["evil.verona.example"],
                "peers": {
                    "Verona.example": {
                        "address": "2001:db8::2", "port": 5299, "directTLS": true,
                        "tls": "required", "proof": "dialback", "fingerprints": ["\(digest)"]
                    },
                    "xn--bcher-kva.example": { "address": "Bücher.example." }
                }
            }}
            """
        ).settings.s2s
        #expect(!settings.isEnabled && !settings.isBidirectional && !settings.hasStreamManagement)
        #expect(settings.trust.tls == .optional)
        #expect(settings.trust.proof == .certificate)
        #expect(settings.authorities == "ca.pem")
        #expect(settings.allowsPrivateAddresses)
        #expect(settings.nameServers == ["192.0.2.53", "[2001:db8::1]:5353"])
        #expect(settings.trustAnchors == [". IN DS 20326 8 2 E06D"])
        #expect(settings.lists.allow == ["verona.example", "*.bücher.example"])
        #expect(settings.lists.block == ["evil.verona.example"])
        var peer = PeerSettings()
        peer.address = "2001:db8::2"
        peer.port = 5299
        peer.usesDirectTLS = true
        peer.tls = .required
        peer.proof = .dialback
        peer.fingerprints = [[UInt8](repeating: 0xab, count: 32)]
        #expect(settings.peers["verona.example"] == peer)
        #expect(settings.peers["bücher.example"]?.address == "xn--bcher-kva.example")
        #expect(settings.peers.count == 2)
    }

    @Test func `gives a domain lists of its own, each in place of everybody's`() throws {
        let domains = try Configuration(
            """
            {"domains": {
                "a.example": {"s2s": {"block": ["x.example"]}},
                "b.example": {"s2s": {"allow": []}},
                "c.example": {"s2s": {"enabled": false, "tls": "optional", "proof": "certificate"}}
             },
             "s2s": {"allow": ["y.example"], "block": ["z.example"]}}
            """
        ).settings.domains.map(\.s2s)
        #expect(domains[0].lists?.allow == ["y.example"])
        #expect(domains[0].lists?.block == ["x.example"])
        #expect(domains[0].isEnabled == nil)
        #expect(domains[1].lists?.allow == [])
        #expect(domains[1].lists?.block == ["z.example"])
        #expect(domains[2].lists == nil)
        #expect(domains[2].isEnabled == false)
        #expect(domains[2].tls == .optional)
        #expect(domains[2].proof == .certificate)
    }

    @Test func `reads components`() throws {
        let settings = try Configuration(
            """
            {"components": {
                "IRC.example": {
                    "secret": "s", "connections": 3, "whenTaken": "replace", "whileAway": "queue",
                    "queueStanzas": 4, "queueBytes": 5000, "queueSeconds": 6, "stanzaBytes": 70000,
                    "stanzasPerSecond": 8, "burstStanzas": 9, "bytesPerSecond": 10000,
                    "burstBytes": 11000
                },
                "mail.example": { "secret": "t" }
            }}
            """
        ).settings.components
        var irc = ComponentSettings(secret: Secret(Array("s".utf8)))
        irc.connections = 3
        irc.whenTaken = .replace
        irc.whileAway = .queue
        irc.queueStanzas = 4
        irc.queueBytes = 5_000
        irc.queueTime = .seconds(6)
        irc.stanzaBytes = 70_000
        irc.stanzasPerSecond = 8
        irc.burstStanzas = 9
        irc.bytesPerSecond = 10_000
        irc.burstBytes = 11_000
        #expect(settings["irc.example"] == irc)
        #expect(settings["mail.example"] == ComponentSettings(secret: Secret(Array("t".utf8))))
    }

    @Test func `listens for servers everywhere, and for components on loopback`() throws {
        let listeners = try Configuration(
            """
            {"listeners": [
                {"type": "s2s"}, {"type": "s2s", "tls": "direct", "address": "192.0.2.1"},
                {"type": "component"}, {"type": "component", "address": "::1", "port": 5300}
            ]}
            """
        ).settings.listeners
        #expect(
            listeners == [
                ListenerSettings(.any(port: 5269, isIPv6: false), terms: .servers(.init())),
                ListenerSettings(.any(port: 5269, isIPv6: true), terms: .servers(.init())),
                ListenerSettings(
                    try #require(SocketAddress("192.0.2.1", port: 5270)),
                    terms: .servers(S2SListenerTerms(isDirect: true))
                ),
                ListenerSettings(.loopback(port: 5347), terms: .components()),
                ListenerSettings(.loopback(port: 5300, isIPv6: true), terms: .components()),
            ]
        )
    }
}
