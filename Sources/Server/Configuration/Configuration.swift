import Foundation
public import Logging
import MartletCore
import MartletNet
public import MartletStorage
public import MartletStorageSQLite

/// What `config.json` says: the server's settings, and what the program around it needs.
///
/// Every key may be left out; a key that does not exist, or a value that does not fit, is an error
/// that names its place.
public struct Configuration: Sendable {
    public var settings = ServerSettings()
    public var storage = StorageChoice.sqlite(path: "data/martlet.db", synchronous: .full)
    public var logLevel = Logger.Level.info
    public var logFormat = LineLogHandler.Format.text

    /// Which store keeps the state.
    public enum StorageChoice: Hashable, Sendable {
        /// Everything is forgotten when the server ends; for tests.
        case memory
        case sqlite(path: String, synchronous: SQLiteOptions.Durability)
    }

    /// Reads a file.
    ///
    /// - Throws: `ConfigError` for what is wrong in it, or the system's error when it cannot be read.
    public static func load(path: String) throws -> Configuration {
        try Configuration(String(contentsOfFile: path, encoding: .utf8))
    }

    /// Reads the text of a file.
    public init(_ text: String) throws(ConfigError) {
        var root = try ConfigObject(try JSONReader.read(text), path: "")
        var limits = LimitValues()
        try Self.readLimits(&root, into: &limits, of: LimitKey.all)
        settings.clients = limits.clients
        settings.throttle = limits.throttle
        settings.connectionsPerAddress = limits.connectionsPerAddress
        settings.writeBufferBytes = limits.writeBufferBytes
        settings.shards = try root.integer("shards", 0...1_024) ?? 0
        settings.shutdownTime = .seconds(try root.integer("shutdownSeconds", 1...3_600) ?? 10)
        try readAuthentication(&root)
        try readTLS(&root)
        settings.listeners = try ListenerReader.read(&root)
        settings.domains = try DomainReader.read(&root, limits: limits)
        try readStorage(&root)
        try readLogging(&root)
        settings.adminSocket = try root.string("adminSocket") ?? "data/martlet.sock"
        try root.refuseUnknown()
    }

    static func readLimits(
        _ parent: inout ConfigObject,
        into values: inout LimitValues,
        of keys: [LimitKey]
    ) throws(ConfigError) {
        guard var object = try parent.object("limits") else { return }
        for key in keys {
            if let value = try object.integer(key.name, key.range) { key.set(&values, value) }
        }
        try object.refuseUnknown()
    }

    private mutating func readAuthentication(_ root: inout ConfigObject) throws(ConfigError) {
        guard var object = try root.object("authentication") else { return }
        settings.iterations = try object.integer("iterations", 4_096...10_000_000) ?? 10_000
        try object.refuseUnknown()
    }

    private mutating func readTLS(_ root: inout ConfigObject) throws(ConfigError) {
        settings.tls.folder = "data/certificates"
        guard var object = try root.object("tls") else { return }
        settings.tls.folder = try object.string("certificates") ?? settings.tls.folder
        settings.tls.makesMissing = try object.bool("makeMissing") ?? true
        settings.tls.requestsClientCertificates =
            try object.bool("requestClientCertificates") ?? false
        settings.tls.clientAuthorities = try object.string("clientAuthorities")
        settings.tls.allowsTLS12 = try object.choice("minimum", TLSMinimum.self) != .v13
        try object.refuseUnknown()
    }

    private enum TLSMinimum: String, CaseIterable { case v12 = "1.2", v13 = "1.3" }

    private mutating func readStorage(_ root: inout ConfigObject) throws(ConfigError) {
        enum Driver: String, CaseIterable { case sqlite, memory }
        guard var object = try root.object("storage") else { return }
        let driver = try object.choice("driver", Driver.self) ?? .sqlite
        let path = try object.string("path") ?? "data/martlet.db"
        let synchronous = try object.choice("synchronous", SQLiteOptions.Durability.self) ?? .full
        storage = driver == .memory ? .memory : .sqlite(path: path, synchronous: synchronous)
        try object.refuseUnknown()
    }

    private mutating func readLogging(_ root: inout ConfigObject) throws(ConfigError) {
        guard var object = try root.object("logging") else { return }
        logLevel = try object.choice("level", Logger.Level.self) ?? .info
        logFormat = try object.choice("format", LineLogHandler.Format.self) ?? .text
        try object.refuseUnknown()
    }
}

extension Configuration {
    /// The names of the domains, in their order.
    public var domainNames: [String] { settings.domains.map(\.name) }

    /// Opens the store that the configuration names, and makes it at the first run.
    public func openStore() async throws -> any Store {
        switch storage {
        case .memory: return MemoryStore()
        case .sqlite(let path, let synchronous):
            try Folder.make(for: path)
            var options = SQLiteOptions()
            options.durability = synchronous
            return try SQLiteStore(path: path, options: options)
        }
    }
}
