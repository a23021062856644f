import ArgumentParser
import Foundation
import MartletServer

/// Where the configuration is; shared by the verbs that need it.
struct ConfigurationOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: "The configuration file; $MARTLET_CONFIG takes the place of the default."
    )
    var config = named ?? "config.json"

    private static let named = ProcessInfo.processInfo.environment["MARTLET_CONFIG"]

    /// Reads the file; a missing default file means the defaults.
    func load() throws -> Configuration {
        let isDefault = Self.named == nil && config == "config.json"
        if isDefault, !FileManager.default.fileExists(atPath: config) {
            return try Configuration("{}")
        }
        do {
            return try Configuration.load(path: config)
        } catch let error as ConfigError {
            throw Complaint("\(config), \(error)")
        } catch {
            throw Complaint("\(config) cannot be read: \(error.systemReason)")
        }
    }
}

extension ConfigurationOptions {
    /// Does work on the accounts, through the server if it runs.
    func administer<R: Sendable>(
        _ work: @Sendable (Administration) async throws -> R
    ) async throws -> R {
        let configuration = try load()
        do {
            return try await Administration.with(
                configuration.settings,
                store: { try await configuration.openStore() },
                work
            )
        } catch {
            throw Complaint("\(error)")
        }
    }

    /// Asks what only a running server knows.
    func askRunning<R: Sendable>(
        _ work: @Sendable (Administration) async throws -> R
    ) async throws -> R {
        do {
            return try await work(try Administration.ofRunning(try load().settings))
        } catch let error as AdminFault {
            throw Complaint("\(error)")
        }
    }
}

/// A sentence for the person at the keyboard; the program ends with status 1.
struct Complaint: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
