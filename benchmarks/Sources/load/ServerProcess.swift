import Foundation
import MartletNet

/// A Martlet of our own: its folder, its configuration, its process.
struct ServerProcess: Sendable {
    private let folder: URL
    private let command: [String]
    private let child: Child
    private let basePort: UInt16

    var pid: Int32 { child.pid }

    /// Starts it, with who it knows.
    init(
        program: String,
        domain: String,
        shards: Int,
        pins: Pins?,
        hasPlugins: Bool = true,
        otherDomains: Int = 0,
        population: Population = Population(0),
        settings: String = "",
        database: String? = nil,
        seat: PeerSeat? = nil
    ) async throws {
        basePort = UInt16.random(in: 20_000..<32_000)
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("martlet-load-\(getpid())-\(basePort)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let configuration = folder.appendingPathComponent("config.json")
        let others = (0..<otherDomains)
            .map { ", \"\(Self.otherDomain($0))\": {\"anonymous\": true}" }.joined()
        let store = database.map { #""url": "\#($0)""# } ?? #""path": "\#(folder.path)/martlet.db""#
        let more =
            (hasPlugins ? "" : "\"pluginFolders\": [],") + settings + "\"storage\": {\(store)},"
            + (seat?.settings(folder.path) ?? "")
        let listeners = Self.clientListeners(basePort) + (seat.map { [$0.listener] } ?? [])
        try seat?.writeCertificates(folder.path)
        let text = Self.configuration(domain, folder.path, listeners, shards, more, others)
        try Data(text.utf8).write(to: configuration)
        if population.count > 0 {
            let place = database ?? folder.appendingPathComponent("martlet.db").path
            try await StoreWriter.write(population, of: domain, to: place)
        }
        let serve = [program, "serve", "--config", configuration.path]
        command = pins.map { ["taskset", "-c", $0.serverList] + serve } ?? serve
        child = try Child(command, log: folder.appendingPathComponent("log").path)
    }

    /// The same server, once more: what it had stored it finds again.
    private init(again other: ServerProcess) throws {
        (folder, command, basePort) = (other.folder, other.command, other.basePort)
        child = try Child(command, log: folder.appendingPathComponent("log").path)
    }

    func startedAgain() throws -> ServerProcess {
        try ServerProcess(again: self)
    }

    /// Ends the process, by SIGKILL or by SIGTERM, and waits for that.
    func end(by signal: Int32) throws {
        kill(pid, signal)
        guard child.exitStatus(within: 20) != nil else {
            throw LoadError("the server does not end; its log says:\n\(log)")
        }
    }

    static func otherDomain(_ number: Int) -> String { "d\(number).example" }

    func port(for tls: TargetOptions.TLSUse) -> UInt16 {
        switch tls {
        case .none: basePort
        case .starttls: basePort + 1
        case .direct: basePort + 2
        }
    }

    private static func clientListeners(_ port: UInt16) -> [String] {
        [("none", true), ("starttls", false), ("direct", false)].enumerated().map {
            """
            {"address": "127.0.0.1", "port": \(Int(port) + $0), "tls": "\($1.0)", \
            "allowPlainWithoutTLS": \($1.1)}
            """
        }
    }

    /// Defaults, but for the limits that are there to stop a load like this one.
    private static func configuration(
        _ domain: String,
        _ path: String,
        _ listeners: [String],
        _ shards: Int,
        _ settings: String,
        _ others: String
    ) -> String {
        """
        {"shards": \(shards), "listeners": [\(listeners.joined(separator: ", "))],
         "domains": {"\(domain)": {"anonymous": true}\(others)},
         \(settings)
         "tls": {"certificates": "\(path)/certificates"\(others.isEmpty ? "" : ", \"makeMissing\": false")},
         "adminSocket": "\(path)/admin",
         "limits": {"connectionsPerAddress": 1000000, "unauthenticatedPerAddress": 1000000,
          "sessionsPerAccount": 1000, "rosterItems": 100000,
          "offlineMessages": 1000000, "offlineBytes": 1000000000,
          "deliveriesPerSecond": 10000000, "burstDeliveries": 10000000,
          "stanzasPerSecond": 10000000, "burstStanzas": 10000000,
          "bytesPerSecond": 10000000, "burstBytes": 10000000, "idleSeconds": 86400}}
        """
    }

    /// Returns when it takes connections.
    func waitUntilItListens() async throws {
        let shard = Shard(index: 0)
        shard.start()
        for _ in 0..<600 {
            if await answers(shard) { return await shard.stop() }
            guard child.exitStatus(within: 0) == nil else { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        await shard.stop()
        throw LoadError("the server does not listen; its log says:\n\(log)")
    }

    private func answers(_ shard: Shard) async -> Bool {
        let address = SocketAddress.loopback(port: basePort + 2)
        guard
            let transport = try? await Connector.connect(
                to: [address],
                on: shard,
                timeout: .seconds(1)
            )
        else { return false }
        shard.submit { transport.close(afterFlush: false, within: .zero) }
        return true
    }

    /// The end of what the server said.
    var log: String {
        let path = folder.appendingPathComponent("log").path
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").suffix(20).joined(separator: "\n")
    }

    func stop() {
        child.stop(within: 15)
        try? FileManager.default.removeItem(at: folder)
    }
}
