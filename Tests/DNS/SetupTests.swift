import MartletNet
import TestSupport
import Testing

@testable import MartletDNS

@Suite(.timeLimit(.minutes(5)))
struct SetupTests {
    /// Runs `body` with a file that has this text.
    private func withFile(_ text: String, _ body: (String) async throws -> Void) async throws {
        let made = Command.run(
            ["sh", "-c", "f=$(mktemp); printf %s \"$1\" >$f; printf %s $f", "sh", text]
        )
        try #require(made.status == 0)
        defer { _ = Command.run(["rm", "-f", made.said]) }
        try await body(made.said)
    }

    private let nothing: NameServer.Zone = { _, _ in .noSuchName(60) }

    @Test func `knows the hosts of a file, and asks for their services`() async throws {
        try await withFile("192.0.2.7 verona.example other # a comment\n2a00::7\tverona.example\n")
        {
            file in
            try await withResolver(nothing, { $0.hostsFile = file }) { cast in
                let plan = await cast.finder().find("verona.example")
                #expect(
                    plan.candidates.map(\.brief) == [
                        "[2a00::7]:5269 startTLS", "192.0.2.7:5269 startTLS",
                    ]
                )
                #expect(Set(cast.server.questions.map { $0.prefix(5) }) == ["_xmpp"])
            }
        }
    }

    @Test func `does without a file of hosts that cannot be read, and says so`() async throws {
        try await withFile("192.0.2.7;verona.example\n") { file in
            try await withResolver(nothing, { $0.hostsFile = file }) { cast in
                #expect(cast.resolver.complaints.count == 1)
                #expect(cast.resolver.complaints.first?.hasPrefix("\(file) is not used") == true)
                #expect(await cast.finder().find("verona.example").fault == .noSuchDomain)
            }
        }
        try await withResolver(nothing, { $0.hostsFile = "/nowhere/hosts" }) { cast in
            #expect(cast.resolver.complaints.isEmpty)
        }
    }

    @Test func `takes the servers of a file`() async throws {
        let shard = Shard(index: 0)
        try await withFile("search example\nnameserver 127.0.0.1\nnameserver ::1\n") { file in
            var configuration = DNSConfiguration.test
            configuration.servers = .file(file)
            let resolver = try DNSResolver(on: shard, configuration)
            #expect(resolver.complaints.isEmpty)
        }
        var configuration = DNSConfiguration.test
        configuration.servers = .file("/nowhere/resolv.conf")
        let resolver = try DNSResolver(on: shard, configuration)
        #expect(resolver.complaints.count == 1)
        #expect(resolver.complaints.first?.hasPrefix("/nowhere/resolv.conf is not used") == true)
    }

    @Test func `refuses trust anchors that are none`() {
        let shard = Shard(index: 0)
        var configuration = DNSConfiguration.test
        configuration.trustAnchors = ["montague.example. IN DS what"]
        #expect(throws: DNSSetupError.self) { try DNSResolver(on: shard, configuration) }
        configuration.trustAnchors = []
        configuration.trustAnchorFile = "/nowhere/root.key"
        #expect(throws: DNSSetupError.self) { try DNSResolver(on: shard, configuration) }
    }
}
