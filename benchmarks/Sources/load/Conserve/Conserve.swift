import ArgumentParser
import Foundation
import Glibc

/// Nothing is lost, whatever is killed.
struct Conserve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Kill the server again and again under load: no message may be lost or doubled.",
        discussion: """
            Clients write to each other, to those who come and go, to those who are away and to nobody, \
            and change their rosters; each message has a number. Every round ends with the death of the \
            server at a moment drawn by chance from --seed; the clients come back and go on. In the end \
            everybody comes, takes what was kept, and reads the own archive; then every message that was \
            acknowledged must have been delivered, be stored or have been returned, and none may be \
            there twice. Prints a table in Markdown; fails unless nothing was lost or doubled.
            """
    )

    @Option(help: "The martlet program to start and kill.") var server: String
    @Option(help: "sqlite, or postgresql: one that is started here, and killed too.")
    var storage = Storage.sqlite
    @Option(help: "How often something is killed.") var rounds = 200
    @Option(help: "What chance is drawn from.") var seed: UInt64 = 1
    @Option(help: "The shards of the server.") var shards = 1
    @Option(help: "Milliseconds of a round at least, from when all writers are there.")
    var least = 150
    @Option(help: "And at most.") var most = 1_100
    @Option(help: "Clients that write.") var writers = 16
    @Option(help: "Clients that come and go.") var restless = 8
    @Option(help: "Accounts whose clients are away but for short visits.") var away = 24
    @Option(
        help: """
            What tells a writer that its messages are safe: management (XEP-0198), or ping, which \
            promises nothing of the kind and shows that the check can fail.
            """
    )
    var acknowledgement = Circle.Terms.Acknowledgement.management

    func run() async throws {
        let begin = ProcessMeter.wallSeconds()
        var terms = Circle.Terms()
        (terms.writers, terms.restless, terms.away) = (writers, restless, away)
        (terms.seed, terms.acknowledgement) = (seed, acknowledgement)
        let database = storage == .postgresql ? try DatabaseProcess() : nil
        var trial = try await open(terms, database)
        defer { trial.close() }
        do {
            try await trial.run(rounds, lasting: least...most)
        } catch {
            throw LoadError("\(error); the server's log says:\n\(trial.process.log)")
        }
        let verdict = try await trial.verdict()
        await trial.crew.stop()
        verdict.show(self, seconds: ProcessMeter.wallSeconds() - begin)
        try verdict.check()
    }
}

extension Conserve {
    enum Storage: String, ExpressibleByArgument, CaseIterable { case sqlite, postgresql }

    private func open(
        _ terms: Circle.Terms,
        _ database: DatabaseProcess?
    ) async throws -> Trial {
        do {
            return try await Trial(terms, server: server, shards: shards, database: database)
        } catch {
            database?.remove()
            throw error
        }
    }
}

extension Circle.Terms.Acknowledgement: ExpressibleByArgument {}
