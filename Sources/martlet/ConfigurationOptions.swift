import ArgumentParser
import MartletServer

/// Where the configuration is; shared by the verbs that need it.
struct ConfigurationOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "The configuration file.")
    var config = "config.json"

    /// Reads the file; a missing default file means the defaults.
    func load() throws -> Configuration {
        do {
            return try Configuration.load(path: config)
        } catch {
            throw Complaint("\(config): \(error)")
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
