import MartletServer
import Testing

struct ConfigurationFaultTests {
    @Test(arguments: [
        (
            #"{"domains": {"localhost": {"limits": {"rosterItms": 1}}}}"#,
            #"line 1: domains.localhost.limits.rosterItms: there is no such key; did you mean "rosterItems"?"#
        ),
        (
            "{\n    \"lisners\": []\n}",
            #"line 2: lisners: there is no such key; did you mean "listeners"?"#
        ),
        (
            #"{"storage": {"xyz": 1}}"#,
            "line 1: storage.xyz: there is no such key; known here: cacheBytes, connections, "
                + "driver, path, synchronous, unindexedEntries, url"
        ),
        (
            "{\"limits\":\n{\"rosterItems\":\n\"many\"}}",
            "line 3: limits.rosterItems: a whole number is expected, not a string"
        ),
        (
            #"{"shards": 1.5}"#,
            "line 1: shards: a whole number is expected, not 1.5"
        ),
        (
            #"{"shards": -1}"#,
            "line 1: shards: a number from 0 to 1024 is expected, not -1"
        ),
        (
            #"{"limits": {"loginSeconds": 0}}"#,
            "line 1: limits.loginSeconds: a number from 1 to 86400 is expected, not 0"
        ),
        (
            #"{"limits": {"stanzaBytes": 9999}}"#,
            "line 1: limits.stanzaBytes: a number from 10000 to 1073741824 is expected, not 9999"
        ),
        ("[]", "line 1, column 1: an object is expected, not an array"),
        (
            #"{"limits": true}"#,
            "line 1: limits: an object is expected, not true or false"
        ),
        (
            #"{"tls": {"makeMissing": "yes"}}"#,
            "line 1: tls.makeMissing: true or false is expected, not a string"
        ),
        (
            #"{"tls": {"minimum": "1.1"}}"#,
            #"line 1: tls.minimum: one of "1.2", "1.3" is expected, not "1.1"; did you mean "1.2"?"#
        ),
        (
            #"{"storage": {"driver": "oracle"}}"#,
            #"line 1: storage.driver: one of "sqlite", "postgresql", "memory" is expected, not "oracle""#
        ),
        (#"{"adminSocket": ""}"#, "line 1: adminSocket: it is empty"),
        (
            #"{"plugins": {"ping": 1}}"#,
            "line 1: plugins.ping: true, false or an object with settings is expected"
        ),
    ])
    func `names the place, what was expected and the nearest key`(text: String, message: String) {
        expect(message, of: text)
    }

    @Test(arguments: [
        (#"{"domains": {}}"#, "line 1: domains: one domain at least is expected"),
        (
            #"{"domains": {"a@b.example": {}}}"#,
            "line 1: domains.a@b.example: the name of a domain is expected"
        ),
        (
            #"{"domains": {"a b": {}}}"#,
            "line 1: domains.a b: the name of a domain is expected"
        ),
        (
            #"{"domains": {"a.example": {}, "A.example": {}}}"#,
            "line 1: domains.A.example: the domain a.example is there twice"
        ),
        (
            #"{"domains": {"a.example": {"key": "k"}}}"#,
            #"line 1: domains.a.example: there is a "key" without the "certificate" it belongs to"#
        ),
        (
            #"{"domains": {"a.example": {"mechanisms": []}}}"#,
            #"line 1: domains.a.example: nobody could log in: "mechanisms" is empty"#
        ),
        (
            #"{"domains": {"a.example": {"administrators": ["romeo"]}}}"#,
            #"line 1: domains.a.example.administrators[0]: an account's address such as romeo@example.org is expected, not "romeo""#
        ),
        (
            #"{"domains": {"a.example": {"limits": {"stanzaBytes": 65536}}}}"#,
            #"line 1: domains.a.example.limits.stanzaBytes: there is no such key here; it belongs to the "limits" of the whole server"#
        ),
        (
            #"{"authentication": {"mechanisms": ["SCRAM-SHA-265"]}}"#,
            #"line 1: authentication.mechanisms[0]: one of "EXTERNAL", "SCRAM-SHA-512-PLUS", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN" is expected, not "SCRAM-SHA-265"; did you mean "SCRAM-SHA-256"?"#
        ),
        (
            #"{"authentication": {"mechanisms": []}}"#,
            #"line 1: authentication.mechanisms: nobody could log in: it is empty"#
        ),
    ])
    func `refuses domains that could not be`(text: String, message: String) {
        expect(message, of: text)
    }

    @Test(arguments: [
        ("[]", "line 1: listeners: one listener at least is expected"),
        (
            #"[{"port": 65536}]"#,
            "line 1: listeners[0].port: a number from 0 to 65535 is expected, not 65536"
        ),
        (
            #"[{"address": "localhost"}]"#,
            #"line 1: listeners[0]: an IPv4 or IPv6 address is expected, not "localhost""#
        ),
        (
            #"[{"tls": "none"}]"#,
            #"line 1: listeners[0]: "tls": "none" is for a loopback address, such as "127.0.0.1", alone"#
        ),
        (
            #"[{"address": "192.0.2.1", "allowPlainWithoutTLS": true}]"#,
            #"line 1: listeners[0]: "allowPlainWithoutTLS" is for a loopback address, such as "127.0.0.1", alone"#
        ),
        (
            #"[{"address": "::1"}, {"address": "::1"}]"#,
            "line 1: listeners[1]: another listener has [::1]:5222 already"
        ),
        (
            #"[{"type": "c2c"}]"#,
            #"line 1: listeners[0].type: one of "c2s", "s2s", "component" is expected, not "c2c"; did you mean "c2s"?"#
        ),
        (
            #"[{"type": "s2s", "tls": "none", "address": "127.0.0.1"}]"#,
            #"line 1: listeners[0]: "tls": "none" is not for other servers; see "s2s.tls""#
        ),
        (
            #"[{"type": "s2s", "allowPlainWithoutTLS": true, "address": "127.0.0.1"}]"#,
            #"line 1: listeners[0]: "allowPlainWithoutTLS" is for listeners of type "c2s" alone"#
        ),
        (
            #"[{"type": "s2s", "port": 5222}, {}]"#,
            "line 1: listeners[1]: another listener has 0.0.0.0:5222 already"
        ),
    ])
    func `refuses listeners that could not be`(listeners: String, message: String) {
        expect(message, of: #"{"listeners": "# + listeners + "}")
    }

    @Test(arguments: [
        (
            #"{"tls": "never"}"#,
            #"tls: one of "required", "optional" is expected, not "never""#
        ),
        (
            #"{"proof": "none"}"#,
            #"proof: one of "certificate", "dialback" is expected, not "none""#
        ),
        (
            #"{"allow": ["*"]}"#,
            #"allow[0]: a domain, or "*." and a domain, is expected, not "*""#
        ),
        (
            #"{"block": ["romeo@verona.example"]}"#,
            #"block[0]: a domain, or "*." and a domain, is expected, not "romeo@verona.example""#
        ),
        (
            #"{"nameServers": ["dns.example"]}"#,
            #"nameServers[0]: an address, such as "192.0.2.1" or "[2001:db8::1]:53", is expected, not "dns.example""#
        ),
        (
            #"{"dialbackSecret": "fifteen letters"}"#,
            "dialbackSecret: it is shorter than 16 bytes"
        ),
        (
            #"{"peers": {"a@b.example": {}}}"#,
            "peers.a@b.example: the name of a domain is expected"
        ),
        (
            #"{"peers": {"a.example": {}, "A.example": {}}}"#,
            "peers.A.example: the domain a.example is there twice"
        ),
        (
            #"{"peers": {"a.example": {"port": 5270}}}"#,
            #"peers.a.example: there is a "port" without the "address" it belongs to"#
        ),
        (
            #"{"peers": {"a.example": {"directTLS": true}}}"#,
            #"peers.a.example: there is a "directTLS" without the "address" it belongs to"#
        ),
        (
            #"{"peers": {"a.example": {"address": "a.example:5269"}}}"#,
            #"peers.a.example.address: a name or an address without a port is expected, not "a.example:5269""#
        ),
        (
            #"{"peers": {"a.example": {"fingerprints": ["ab:cd"]}}}"#,
            #"peers.a.example.fingerprints[0]: a SHA-256 digest of 64 hexadecimal digits is expected, not "ab:cd""#
        ),
        (
            #"{"limits": {"stanzaBytes": 9999}}"#,
            "limits.stanzaBytes: a number from 10000 to 1073741824 is expected, not 9999"
        ),
        (
            #"{"limits": {"pairPerStream": 1}}"#,
            #"limits.pairPerStream: there is no such key; did you mean "pairsPerStream"?"#
        ),
    ])
    func `refuses what streams with other servers could not be`(s2s: String, message: String) {
        expect("line 1: s2s." + message, of: #"{"s2s": "# + s2s + "}")
    }

    @Test(arguments: [
        (#"{"irc.example": {}}"#, #"irc.example: a component needs a "secret""#),
        (#"{"irc.example": {"secret": ""}}"#, "irc.example.secret: it is empty"),
        (#"{"irc.example": {"secret": null}}"#, #"irc.example: a component needs a "secret""#),
        (
            #"{"b.example": {"secret": "s"}}"#,
            #"b.example: b.example is one of "domains", and cannot be both"#
        ),
        (
            #"{"irc.example/x": {"secret": "s"}}"#,
            "irc.example/x: the name of a domain is expected"
        ),
        (
            #"{"irc.example": {"secret": "s", "whileAway": "drop"}}"#,
            #"irc.example.whileAway: one of "refuse", "queue" is expected, not "drop""#
        ),
        (
            #"{"irc.example": {"secret": "s", "connections": 0}}"#,
            "irc.example.connections: a number from 1 to 1000 is expected, not 0"
        ),
    ])
    func `refuses components that could not be`(components: String, message: String) {
        let text = #"{"components": "# + components + #", "domains": {"B.example": {}}}"#
        expect("line 1: components." + message, of: text)
    }

    private func expect(
        _ message: String,
        of text: String,
        at location: SourceLocation = #_sourceLocation
    ) {
        let error = #expect(throws: ConfigError.self, sourceLocation: location) {
            try Configuration(text)
        }
        #expect(error?.description == message, sourceLocation: location)
    }
}
