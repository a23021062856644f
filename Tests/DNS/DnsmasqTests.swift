import Glibc
import MartletNet
import Synchronization
import TestSupport
import Testing

@testable import MartletDNS

/// The same against a name server that nobody here wrote, where it is installed (`dnsmasq-base`).
@Suite(.timeLimit(.minutes(5)), .enabled(if: Command.run(["dnsmasq", "--version"]).status == 0))
struct DnsmasqTests {
    /// Starts it, which returns when it answers; a shell beside it ends it if this process goes.
    private static let script = """
        set -e
        address=$1; pid=$2; test=$3; shift 3
        dnsmasq --conf-file=/dev/null --no-resolv --no-hosts --port=5298 --pid-file="$pid" \
            --listen-address="$address" --bind-interfaces --user="$(id -un)" --local=/example/ "$@"
        number=$(cat "$pid")
        setsid sh -c 'while kill -0 $1 && kill -0 $2; do sleep 1; done; kill $2; rm -f "$3"' \
            sh "$test" "$number" "$pid" >/dev/null 2>&1 </dev/null &
        """

    /// How many were started.
    private static let count = Atomic(1)

    private func withZone(_ zone: [String], _ body: (PeerFinder) async throws -> Void) async throws
    {
        let shard = Shard(index: 0)
        shard.start()
        // A port that was free may be another's by the time dnsmasq takes it; an address of its own stays free.
        // The port is none that anyone is given who asks for any, libunbound's sockets included.
        let number = Self.count.wrappingAdd(1, ordering: .relaxed).newValue
        let host = "127.\(number).\((getpid() >> 8) & 255).\(getpid() & 255)"
        let address = try #require(SocketAddress(host, port: 5298))
        let file = "/tmp/martlet-dnsmasq-\(getpid())-\(number)"
        let words = ["sh", "-c", Self.script, "sh", host, file, "\(getpid())"] + zone
        // On the shard's thread, since others' tests need the pool's.
        let started = await shard.run { Command.run(words) }
        try #require(started.status == 0, "\(started.said)")
        defer { _ = Command.run(["sh", "-c", "kill $(cat \(file)); rm -f \(file)"]) }
        var configuration = DNSConfiguration.test
        configuration.servers = .these([address])
        let resolver = try DNSResolver(on: shard, configuration)
        try await body(PeerFinder(resolver, chance: SplitMix(state: 5)))
        await resolver.close()
        await shard.stop()
        #expect(shard.registeredCount == 0)
    }

    @Test func `finds servers, and knows where there are none`() async throws {
        try await withZone([
            "--srv-host=_xmpp-server._tcp.capulet.example,xmpp.capulet.example,5270,20,5",
            "--srv-host=_xmpp-server._tcp.capulet.example,backup.capulet.example,5271,30,5",
            "--srv-host=_xmpps-server._tcp.capulet.example,xmpp.capulet.example,443,10,5",
            "--host-record=xmpp.capulet.example,192.0.2.1,2a00::1",
            "--host-record=host.capulet.example,192.0.2.2",
            "--cname=backup.capulet.example,host.capulet.example",
            "--srv-host=_xmpp-server._tcp.none.example",
            "--srv-host=_xmpps-server._tcp.none.example",
            "--host-record=none.example,192.0.2.9",
            "--host-record=montague.example,192.0.2.3",
        ]) { finder in
            let capulet = await finder.find("capulet.example")
            #expect(
                capulet.candidates.map(\.brief) == [
                    "[2a00::1]:443 directTLS", "192.0.2.1:443 directTLS",
                    "[2a00::1]:5270 startTLS", "192.0.2.1:5270 startTLS",
                    "192.0.2.2:5271 startTLS",
                ]
            )
            let alias = "backup.capulet.example is an alias of host.capulet.example"
            #expect(capulet.steps.contains(.remark(alias)))
            #expect(await finder.find("none.example").fault == .noService)
            #expect(
                await finder.find("montague.example").candidates.map(\.brief) == [
                    "192.0.2.3:5269 startTLS"
                ]
            )
            #expect(await finder.find("verona.example").fault == .noSuchDomain)
        }
    }

    @Test func `follows as many records as it may, of ten thousand`() async throws {
        let records = (0..<10_000).map {
            "srv-host=_xmpp-server._tcp.capulet.example,h.capulet.example,\($0 % 60_000 + 1),\($0 % 7)"
        }
        let file = "/tmp/martlet-dnsmasq-zone-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        try (records + ["host-record=h.capulet.example,192.0.2.1"]).joined(separator: "\n")
            .write(toFile: file)
        defer { unlink(file) }
        try await withZone(["--conf-file=\(file)"]) { finder in
            let plan = await finder.find("capulet.example")
            // What fits no message is cut, or refused by libunbound: either is an end with bounds.
            #expect(plan.candidates.count <= finder.policy.candidateLimit)
            #expect(plan.candidates.isEmpty == (plan.fault != nil))
        }
    }
}

extension String {
    fileprivate func write(toFile path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let bytes = Array(utf8)
        var written = 0
        while written < bytes.count {
            let count = Glibc.write(descriptor, Array(bytes[written...]), bytes.count - written)
            try #require(count > 0)
            written += count
        }
    }
}
