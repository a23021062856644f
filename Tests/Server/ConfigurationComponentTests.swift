import MartletNet
import MartletServer
import Testing

/// Where components may come, and by which terms.
struct ConfigurationComponentTests {
    @Test(arguments: [
        (#"{}"#, "127.0.0.1:5347", "component none"),
        (#"{"tls": "none", "address": "127.0.0.9", "port": 1}"#, "127.0.0.9:1", "component none"),
        (#"{"tls": "direct"}"#, "127.0.0.1:5347", "component direct"),
        (#"{"tls": "direct", "address": "::"}"#, "[::]:5347", "component direct"),
        (#"{"tls": "direct", "address": "192.0.32.7"}"#, "192.0.32.7:5347", "component direct"),
        (#"{"address": "0.0.0.0", "insecure": true}"#, "0.0.0.0:5347", "component none, insecure"),
        (#"{"address": "::", "insecure": true}"#, "[::]:5347", "component none, insecure"),
        (
            #"{"tls": "none", "address": "172.18.0.2", "insecure": true}"#,
            "172.18.0.2:5347", "component none, insecure"
        ),
        (
            #"{"address": "fd00::2", "insecure": true}"#, "[fd00::2]:5347",
            "component none, insecure"
        ),
    ])
    func `listens where it is safe, or is said to be`(
        listener: String,
        address: String,
        words: String
    ) async throws {
        let configuration = try Configuration(
            #"""
            {"listeners": [{"type": "component", \#(listener.dropFirst())], "storage": {"driver": "memory"},
             "components": {"irc.example": {"secret": "s"}}}
            """#.replacing(", }", with: "}")
        )
        let made = try #require(configuration.settings.listeners.first)
        #expect(configuration.settings.listeners.count == 1)
        #expect(made.address.description == address)
        let lines = await Inspection(of: configuration).report().lines
        #expect(lines.first == "listener    \(address) \(words)")
        let warning =
            "note        components may come to \(address) without TLS from private networks: who sees "
            + "those reads what they say, and can speak for them"
        #expect(lines.contains(warning) == words.hasSuffix("insecure"))
    }

    @Test(arguments: [
        (
            #""tls": "starttls""#,
            #"components know no STARTTLS: "tls" must be "direct", or "none""#
        ),
        (
            #""address": "0.0.0.0""#,
            #"components come to 0.0.0.0 with "tls": "direct" alone, or, from a private network such as containers', with "insecure": true"#
        ),
        (
            #""tls": "none", "address": "10.0.0.1""#,
            #"components come to 10.0.0.1 with "tls": "direct" alone, or, from a private network such as containers', with "insecure": true"#
        ),
        (
            #""insecure": true"#,
            #""insecure" is for an "address" that others can reach, and this is 127.0.0.1"#
        ),
        (
            #""address": "::1", "insecure": true"#,
            #""insecure" is for an "address" that others can reach, and this is ::1"#
        ),
        (
            #""tls": "direct", "address": "10.0.0.1", "insecure": true"#,
            #""insecure" means without TLS, and "tls" is "direct""#
        ),
        (
            #""address": "192.0.32.7", "insecure": true"#,
            #""insecure" is for private networks, and 192.0.32.7 is in none; take "tls": "direct""#
        ),
        (
            #""address": "2606:4700::1", "insecure": true"#,
            #""insecure" is for private networks, and 2606:4700::1 is in none; take "tls": "direct""#
        ),
        (
            #""address": "10.0.0.1", "allowPlainWithoutTLS": true"#,
            #""allowPlainWithoutTLS" is for listeners of type "c2s" alone"#
        ),
    ])
    func `says what is wrong with a listener for components`(listener: String, message: String) {
        expect(message, of: #"{"type": "component", \#(listener)}"#)
    }

    @Test(arguments: ["c2s", "s2s"])
    func `lets nobody but components come without TLS`(type: String) {
        expect(
            #""insecure" is for listeners of type "component" alone"#,
            of: #"{"type": "\#(type)", "address": "10.0.0.1", "insecure": true}"#
        )
    }

    private func expect(_ message: String, of listener: String) {
        let fault = #expect(throws: ConfigError.self) {
            try Configuration(#"{"listeners": [\#(listener)]}"#)
        }
        #expect(fault?.description == "line 1: listeners[0]: \(message)")
    }
}
