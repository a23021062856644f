import ArgumentParser
import Foundation
import MartletCore
import MartletNet
import MartletPluginHost
import MartletRouter
import MartletStorage
import MartletXML

/// What it costs to find and call handlers, in this process, on one shard.
///
/// A presence that nobody takes is given to a session again and again: what handlers add to that is
/// their cost.
struct Dispatch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Handlers: finding those that want a stanza, calling them over the ABI; nanoseconds."
    )

    @Option(help: "Milliseconds for each of the runs of a step.") var milliseconds = 200
    @Option(help: "Runs of each step.") var runs = 5
    @Option(help: "Only the handlers of a plugin in this language, for a profiler.")
    var only: String?

    /// How many handlers of each kind the slope is taken over.
    private static let count = 100

    func run() async throws {
        var report = Report("dispatch", [:], nil)
        let alone = try await time(Bench())
        report.figure("a stanza without handlers", alone, "ns", digits: 0)
        if let only {
            try await called(only, alone, in: &report)
            return report.show()
        }
        let strangers = [10, 1_000]
        for count in strangers {
            let bench = try await Bench(strangers: count)
            let times = try await time(bench)
            report.figure("the same, \(count) handlers for others", times, "ns", digits: 0)
        }
        let swift = try await time(Bench(own: Self.count))
        report.figure("a handler in the server that continues", slope(swift, alone), "ns")
        for language in ["C", "Swift"] { try await called(language, alone, in: &report) }
        report.show()
    }

    /// The cost of a call into a plugin.
    private func called(
        _ language: String,
        _ alone: [Double],
        in report: inout Report
    ) async throws {
        let (variable, name) = (
            "CONTINUE_\(language.uppercased())", "continue-\(language.lowercased())"
        )
        setenv(variable, "\(Self.count)", 1)
        let times = try await time(Bench(plugin: name))
        report.figure(
            "a handler of a plugin in \(language) that continues",
            slope(times, alone),
            "ns"
        )
        setenv(variable, "1", 1)
        let once = try await time(Bench(plugin: name))
        report.figure("a chain of one in \(language)", slope(once, alone, over: 1), "ns")
    }

    private func slope(
        _ times: [Double],
        _ alone: [Double],
        over count: Int = Self.count
    ) -> [Double] {
        let base = alone.sorted()[alone.count / 2]
        return times.map { ($0 - base) / Double(count) }
    }

    /// Nanoseconds of CPU for one stanza, several times over.
    private func time(_ bench: Bench) async throws -> [Double] {
        var results: [Double] = []
        for _ in 0..<runs {
            results.append(await bench.run(milliseconds: milliseconds))
        }
        await bench.end()
        return results
    }
}

/// A router with one shard and one session.
private final class Bench: Sendable {
    private let shard = Shard(index: 0)
    private let router: Router
    private let session: SessionID
    private let plugins: PluginHost?

    init(strangers: Int = 0, own: Int = 0, plugin: String? = nil) async throws {
        shard.start()
        let router = Router(shards: [shard], store: MemoryStore(), domains: [])
        self.router = router
        let address = try JID("montague.example")
        var modules: [any Module] = [Handlers(strangers: strangers, own: own)]
        var attachment: (any AnyObject & Sendable)?
        plugins = plugin.map { _ in
            PluginHost(
                folders: [PluginFolder.usual.last ?? "."],
                services: PluginServices(router: router, accounts: NoAccounts())
            )
        }
        if let plugins, let plugin {
            var choices: [String: PluginChoice] = [:]
            for name in plugins.names {
                choices[name] = name == plugin ? .on(settings: "{}") : .off
            }
            let selection = plugins.select(choices, in: address)
            guard plugins.names.contains(plugin), selection.faults.isEmpty else {
                throw LoadError("the plugin \(plugin) is not at work: \(selection.faults)")
            }
            modules += selection.modules
            attachment = selection.attachment
        }
        let domain = Domain(address, modules: try ModuleSet(modules), attachment: attachment)
        router.replaceDomains([domain])
        let home = router.homes[0]
        let full = try JID("romeo@montague.example/orchard")
        session = try await home.bound(full, domain)
    }

    func run(milliseconds: Int) async -> Double {
        await router.homes[0].repeated(session, seconds: Double(milliseconds) / 1e3)
    }

    func end() async {
        await plugins?.stopAll()
        await shard.stop()
    }
}

extension RouterShard {
    fileprivate func bound(_ full: JID, _ domain: Domain) throws -> SessionID {
        try bind(full, in: domain, sink: Deaf()).get()
    }

    fileprivate func repeated(_ session: SessionID, seconds: Double) -> Double {
        let presence = Stanza.presence(.available, to: nil, from: nil).with(
            element: Element("presence") {
                $0.element("c", in: "http://jabber.org/protocol/caps", ["ver": "x"])
            }
        )
        let begin = ProcessMeter.ownSeconds()
        var (end, count) = (begin, 0)
        while end - begin < seconds {
            for _ in 0..<1_000 { receive(presence, from: session) }
            count += 1_000
            end = ProcessMeter.ownSeconds()
        }
        return (end - begin) / Double(count) * 1e9
    }
}

/// Handlers of the server itself.
private struct Handlers: Module {
    let name = "handlers"
    let strangers: Int
    let own: Int

    func register(in registration: inout Registration) throws {
        for number in 0..<strangers {
            let match = try Match("presence/{urn:example:\(number)}x")
            registration.on(.received, match) { _, _, _ in .continue }
        }
        for number in 0..<own {
            registration.on(.received, try Match("presence"), priority: number) { _, _, _ in
                .continue
            }
        }
    }
}

/// A client that takes everything and says nothing.
private final class Deaf: SessionSink {
    func send(_ stanza: Stanza) {}
    func send(nonza: Element) {}
    func close(_ error: StreamError?) {}
    var isCongested: Bool { false }
    func reportFlush() {}
    func pauseReading() {}
    func resumeReading() {}
}

private struct NoAccounts: PluginAccounts {
    func exists(_ account: JID) async throws -> Bool { false }
    func checkPassword(_ password: String, of account: JID, from peer: String) async throws -> Bool
    { false }
    func create(_ account: JID, password: String) async throws {}
    func setPassword(_ password: String, of account: JID, keeping session: UInt64) async throws {}
    func remove(_ account: JID, lastSession: UInt64) async throws {}
}
