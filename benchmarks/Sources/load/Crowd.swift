import ArgumentParser
import Foundation

/// Idle connections beside what is measured.
struct BystanderOptions: ParsableArguments {
    @Option(help: "Idle connections, bound and greeted, to measure beside.") var idle = 0
    @OptionGroup var processes: ProcessOptions

    func validate() throws {
        guard idle >= 0 else { throw ValidationError("--idle is a number of connections") }
    }
}

/// How many processes hold idle connections.
struct ProcessOptions: ParsableArguments {
    @Option(
        help: """
            Processes of the generator that hold the idle connections; as many as the descriptor limit \
            asks for when left out (often 20,000 for each).
            """
    )
    var processes: Int?

    /// Descriptors that a process needs beside its connections.
    private static let others = 100

    /// So many beside this one; none when this one can hold them all.
    func count(for connections: Int, beside own: Int) -> Int {
        if let processes { return processes > 1 ? processes : 0 }
        let room = Descriptors.limit - Self.others
        guard connections + own > room else { return 0 }
        return (connections + room - 1) / room
    }
}

/// Clients that are there and say nothing, in this process or in some of its own.
///
/// Each is logged in with ANONYMOUS, has sent a presence and a message to itself and got both.
final class Crowd {
    private let target: Target
    private let options: TargetOptions
    private let processes: Int
    private let crew: Crew
    private var holders: [Child] = []

    init(_ target: Target, _ options: TargetOptions, processes: Int) throws {
        self.target = target
        self.options = options
        self.processes = processes
        crew = Crew(try LoginTerms(target, .anonymous), concurrency: options.concurrency)
    }

    /// Brings in so many more, and returns when all have been greeted.
    func arrive(_ count: Int) async throws {
        guard processes > 0 else { return try await crew.gatherGreeted(count) }
        let log = FileManager.default.temporaryDirectory
            .appendingPathComponent("martlet-hold-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: log) }
        let size = (count + processes - 1) / processes
        let begun = try stride(from: 0, to: count, by: size).map { first in
            try Child(command(min(size, count - first)), log: log.path)
        }
        holders += begun
        while true {
            let said = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
            if said.components(separatedBy: Hold.ready).count > begun.count { return }
            guard begun.allSatisfy({ $0.exitStatus(within: 0) == nil }) else {
                throw LoadError("a process that holds connections ended; it said:\n\(said)")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private func command(_ count: Int) -> [String] {
        let place = ["--address", target.address.host, "--port", "\(target.address.port)"]
        let terms = ["--domain", target.domain, "--tls", target.tls.rawValue, "--no-pin"]
        let size = ["--connections", "\(count)", "--concurrency", "\(options.concurrency)"]
        return ["/proc/self/exe", "hold"] + place + terms + size
    }

    func leave() async {
        for holder in holders { holder.stop(within: 5) }
        await crew.stop()
    }
}

extension Crew {
    /// Logs in so many more, and has each say that it is there and write to itself.
    func gatherGreeted(_ count: Int) async throws {
        let known = try await read { self.clients.count }
        try await gather(count)
        try await each(from: known) { client, done in
            let greeting = """
                <presence/><message to='\(client.jid)' type='chat' id='m'><body>Ay me!</body></message>
                """
            client.ask([Request(text: greeting, mark: "</message>")]) { _ in done() }
        }
    }
}
