import Glibc
import MartletCore
import MartletNet
import MartletRouter
import MartletSASL
import MartletServer
import Testing

struct ConfigurationTests {
    @Test func `needs no key at all`() throws {
        let configuration = try Configuration("{}")
        #expect(configuration.domainNames == ["localhost"])
        #expect(configuration.storage == .sqlite(path: "data/martlet.db"))
        #expect(configuration.settings.tls.folder == "data/certificates")
        #expect(configuration.settings.adminSocket == "data/martlet.sock")
        #expect(configuration.settings.iterations == 10_000)
        #expect(configuration.settings.shards == 0)
        #expect(configuration.logLevel == .info)
        #expect(configuration.logFormat == .text)
        #expect(configuration.settings.plugins.choices.isEmpty)
        let direct = C2SListenerTerms(tls: .direct)
        #expect(
            configuration.settings.listeners == [
                ListenerSettings(.any(port: 5222, isIPv6: false)),
                ListenerSettings(.any(port: 5222, isIPv6: true)),
                ListenerSettings(.any(port: 5223, isIPv6: false), direct),
                ListenerSettings(.any(port: 5223, isIPv6: true), direct),
                ListenerSettings(
                    .any(port: 5269, isIPv6: false),
                    terms: .servers(S2SListenerTerms())
                ),
                ListenerSettings(
                    .any(port: 5269, isIPv6: true),
                    terms: .servers(S2SListenerTerms())
                ),
            ]
        )
    }

    @Test(arguments: [
        ("stanzaBytes", "262144"), ("stanzaBytesBeforeLogin", "8192"), ("elements", "10000"),
        ("elementsBeforeLogin", "32"), ("depth", "64"), ("depthBeforeLogin", "8"),
        ("attributes", "64"), ("attributeBytes", "8192"), ("namespaceDeclarations", "32"),
        ("tlsSeconds", "10"), ("loginSeconds", "30"), ("bytesPerSecond", "20480"),
        ("burstBytes", "65536"), ("stanzasPerSecond", "50"), ("burstStanzas", "200"),
        ("loginFailuresPerMinute", "5"), ("loginFailuresPerHour", "20"),
        ("sessionsPerAccount", "20"), ("connectionsPerAddress", "100"),
        ("unauthenticatedPerAddress", "20"),
        ("unacknowledgedStanzas", "1000"), ("unacknowledgedBytes", "1048576"),
        ("resumptionSeconds", "300"), ("offlineMessages", "1000"), ("offlineBytes", "10485760"),
        ("rosterItems", "5000"), ("deliveriesPerSecond", "1000"), ("burstDeliveries", "20000"),
        ("commandSessions", "10"), ("commandSeconds", "600"),
    ])
    func `limits what clients may do`(key: String, value: String) {
        let entry = Configuration.reference.first { $0.path == "limits.\(key)" }
        #expect(entry?.value == value)
    }

    @Test func `takes null for nothing said`() throws {
        #expect(try Configuration(#"{"domains": null, "limits": null}"#) == Configuration("{}"))
    }

    @Test func `gives a domain what is its own, and all else from what is everybody's`() throws {
        let configuration = try Configuration(
            """
            {
                "limits": { "rosterItems": 100, "offlineMessages": 7 },
                "authentication": { "mechanisms": ["SCRAM-SHA-256", "PLAIN"] },
                "domains": {
                    "Capulet.example": {},
                    "montague.example": {
                        "limits": { "rosterItems": 200 },
                        "mechanisms": ["SCRAM-SHA-1"],
                        "anonymous": true,
                        "registration": "closed",
                        "certificate": "montague.pem",
                        "administrators": ["Romeo@montague.example"]
                    }
                }
            }
            """
        )
        var limits = DomainLimits()
        limits.offlineMessages = 7
        limits.rosterItems = 100
        let capulet = DomainSettings(
            "capulet.example",
            limits: limits,
            mechanisms: [.scramSHA256, .plain]
        )
        limits.rosterItems = 200
        let montague = DomainSettings(
            "montague.example",
            limits: limits,
            mechanisms: [.scramSHA1, .anonymous],
            certificate: "montague.pem",
            administrators: [try JID("romeo@montague.example")]
        )
        #expect(configuration.settings.domains == [capulet, montague])
    }

    @Test func `gives localhost what is everybody's when no domain is named`() throws {
        let configuration = try Configuration(
            #"{"limits": {"rosterItems": 9}, "authentication": {"mechanisms": ["PLAIN"]}}"#
        )
        var limits = DomainLimits()
        limits.rosterItems = 9
        let localhost = DomainSettings("localhost", limits: limits, mechanisms: [.plain])
        #expect(configuration.settings.domains == [localhost])
    }

    @Test func `lets listeners differ`() throws {
        let configuration = try Configuration(
            """
            { "listeners": [
                { "type": "c2s", "address": "127.0.0.1", "port": 5299, "tls": "none",
                  "allowPlainWithoutTLS": true },
                { "address": "::", "tls": "direct" },
                { "address": "::1", "port": 0 }, { "address": "::1", "port": 0 }
            ] }
            """
        )
        #expect(
            configuration.settings.listeners == [
                ListenerSettings(
                    .loopback(port: 5299),
                    C2SListenerTerms(tls: .none, allowsPlainWithoutTLS: true)
                ),
                ListenerSettings(.any(port: 5223, isIPv6: true), C2SListenerTerms(tls: .direct)),
                ListenerSettings(.loopback(port: 0, isIPv6: true)),
                ListenerSettings(.loopback(port: 0, isIPv6: true)),
            ]
        )
    }

    @Test func `sets what the other sections say`() throws {
        let configuration = try Configuration(
            """
            {
                "tls": { "certificates": "pki", "makeMissing": false, "minimum": "1.3",
                         "requestClientCertificates": true, "clientAuthorities": "ca.pem" },
                "storage": { "driver": "memory" },
                "logging": { "level": "debug", "format": "json" },
                "authentication": { "iterations": 4096 },
                "shards": 3, "shutdownSeconds": 5, "adminSocket": "m.sock"
            }
            """
        )
        var tls = TLSFiles()
        tls.folder = "pki"
        tls.makesMissing = false
        tls.allowsTLS12 = false
        tls.requestsClientCertificates = true
        tls.clientAuthorities = "ca.pem"
        #expect(configuration.settings.tls == tls)
        #expect(configuration.storage == .memory)
        #expect(configuration.logLevel == .debug)
        #expect(configuration.logFormat == .json)
        #expect(configuration.settings.iterations == 4096)
        #expect(configuration.settings.shards == 3)
        #expect(configuration.settings.shutdownTime == .seconds(5))
        #expect(configuration.settings.adminSocket == "m.sock")
    }

    @Test func `says how much of the database is kept in memory`() throws {
        let text = #"{"storage": {"path": "x.db", "cacheBytes": 1048576, "unindexedEntries": 100}}"#
        guard case .sqlite("x.db", let options) = try Configuration(text).storage else {
            Issue.record("another store")
            return
        }
        #expect((options.cachedBytes, options.unindexedEntries) == (1_048_576, 100))
        #expect(options.durability == .full)
    }

    @Test func `keeps the settings of plugins as they are written`() throws {
        let configuration = try Configuration(
            #"{"plugins": {"ping": {}, "time": true, "last": false, "muc": { "host" : "rooms.é" }}}"#
        )
        #expect(
            configuration.settings.plugins.choices == [
                "ping": .on(settings: "{}"), "time": .on(settings: "{}"), "last": .off,
                "muc": .on(settings: #"{ "host" : "rooms.é" }"#),
            ]
        )
    }

    /// By growth, because sanitizers make any number of seconds too small; and of the time that this
    /// thread worked, because a busy machine lets it wait.
    @Test func `reads ten thousand domains in ten times the time of one thousand`() throws {
        func read(_ count: Int) throws -> Duration {
            let domains = (0..<count).map { #""d\#($0).example": {"limits": {"rosterItems": 9}}"# }
            let text = "{\"domains\": {\(domains.joined(separator: ",\n"))}}"
            let start = Self.workingTime
            let names = try Configuration(text).domainNames
            let time = Self.workingTime - start
            #expect(names.count == count)
            return time
        }
        let few = try min(read(1_000), read(1_000), read(1_000))
        let many = try min(read(10_000), read(10_000))
        #expect(many < few * 25, "\(few), \(many): quadratic work would be a hundred times")
    }

    /// How long this thread has had a processor.
    private static var workingTime: Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
