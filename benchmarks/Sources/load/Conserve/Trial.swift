import Foundation
import Glibc

/// A server that dies again and again, and those who rely on it.
struct Trial {
    private(set) var process: ServerProcess
    private let database: DatabaseProcess?
    let crew: Crew
    let circle: Circle
    private var dice: Dice
    private var calamities: [Calamity] = []

    init(
        _ terms: Circle.Terms,
        server: String,
        shards: Int,
        database: DatabaseProcess?
    ) async throws {
        _ = Descriptors.limit
        self.database = database
        process = try await ServerProcess(
            program: server,
            domain: "localhost",
            shards: shards,
            pins: nil,
            population: Population(terms.accounts),
            settings: #""plugins": {"mam": {"keepMessages": 0, "pageMessages": 250}},"#,
            database: database?.url
        )
        let target = Target(
            .loopback(port: process.port(for: .none)),
            domain: "localhost",
            tls: .none,
            meter: nil,
            pins: nil
        )
        crew = Crew(try LoginTerms(target, .scramSHA1), concurrency: 32)
        circle = Circle(crew, terms)
        dice = Dice(terms.seed ^ 0xC0FFEE)
    }

    /// So many rounds, each of so many milliseconds.
    mutating func run(_ rounds: Int, lasting milliseconds: ClosedRange<Int>) async throws {
        let circle = circle
        _ = try await crew.read { circle.begin() }
        for round in 0..<rounds {
            try await wait("all goes on") { $0.isUnderWay }
            try await Task.sleep(for: dice.milliseconds(milliseconds))
            if Int.random(in: 0..<3, using: &dice) == 0 {
                _ = try await crew.read { circle.rush() }
                try await Task.sleep(for: dice.milliseconds(0...60))
            }
            try await strike(.choose(hasDatabase: database != nil, using: &dice))
            note(round + 1, of: rounds)
        }
        try await settle()
    }

    private mutating func strike(_ calamity: Calamity) async throws {
        calamities.append(calamity)
        let circle = circle
        if calamity.endsServer { try process.end(by: calamity == .stop ? SIGTERM : SIGKILL) }
        if let database, calamity.strikesDatabase { try strike(database, calamity) }
        _ = try await crew.read { circle.beginRound() }
        guard calamity.endsServer else { return }
        process = try process.startedAgain()
        guard calamity == .killTwice else { return }
        try await Task.sleep(for: dice.milliseconds(0...250))
        try process.end(by: SIGKILL)
        process = try process.startedAgain()
    }

    private mutating func strike(_ database: DatabaseProcess, _ calamity: Calamity) throws {
        switch calamity {
        case .backend: return try database.killBackend(using: &dice)
        case .databaseStop: try database.stopAtOnce()
        default: try database.killPostmaster()
        }
        try database.start()
    }

    /// Ends both, and removes what they had.
    func close() {
        process.stop()
        database?.remove()
    }

    /// Everybody comes for what was kept, and looks into the own archive and roster.
    private func settle() async throws {
        let circle = circle
        try await wait("all goes on") { $0.isUnderWay }
        _ = try await crew.read { circle.calmDown() }
        try await wait("all was acknowledged") { $0.hasAllSafe() }
        try await wait("all came") { $0.gather() }
        try await crew.perform(within: 300) { circle.readArchives() }
        try await crew.perform(within: 60) { circle.readRosters() }
    }

    private func wait(
        _ wish: String,
        _ condition: @escaping @Sendable (Circle) -> Bool
    ) async throws {
        let circle = circle
        for _ in 0..<3_000 {
            if try await crew.read({ condition(circle) }) { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        let late = try await crew.read { circle.people.map(\.state).joined(separator: "\n") }
        throw LoadError("not after half a minute: \(wish):\n\(late)")
    }

    /// One line on a terminal that is written over, so that one sees that it goes on.
    private func note(_ round: Int, of rounds: Int) {
        guard isatty(2) == 1 else { return }
        let end = round == rounds ? "\n" : ""
        FileHandle.standardError.write(Data("\r\(round) of \(rounds) rounds\(end)".utf8))
    }

    func verdict() async throws -> Verdict {
        let (circle, calamities) = (circle, calamities)
        return try await crew.read {
            Verdict(
                table: ConservationTable(circle.fates, calamities),
                contacts: circle.contacts,
                faults: circle.faults,
                examples: circle.examples
            )
        }
    }
}
