import Glibc
import MartletCore
import MartletCrypto
import MartletSASL
import MartletStorage
import MartletStorageSQLite
import MartletTransfer
import Testing

let romeo = JID(prepared: "romeo", "montague.example")
let juliet = JID(prepared: "juliet", "capulet.example")

func at(_ microseconds: Int64) -> Timestamp { Timestamp(microseconds: microseconds) }

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// A folder that goes away with the last reference to it.
final class Desk: Sendable {
    let folder: String

    init() throws {
        var template = Array("/tmp/martlet-transfer-XXXXXX".utf8CString)
        try template.withUnsafeMutableBufferPointer {
            let start = try #require($0.baseAddress)
            guard mkdtemp(start) != nil else { throw TransferFault("no folder") }
        }
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        let paths = ["", "/sub"].flatMap { Self.files(in: folder + $0) }
        for path in paths { unlink(path) }
        rmdir(folder + "/sub")
        rmdir(folder)
    }

    private static func files(in folder: String) -> [String] {
        guard let open = opendir(folder) else { return [] }
        defer { closedir(open) }
        var found: [String] = []
        while let entry = readdir(open) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            found.append(folder + "/" + name)
        }
        return found
    }

    @discardableResult
    func write(_ name: String, _ content: [UInt8]) throws -> String {
        let path = folder + "/" + name
        if let slash = path.lastIndex(of: "/") { mkdir(String(path[..<slash]), 0o700) }
        let file = try #require(fopen(path, "w"))
        defer { fclose(file) }
        try #require(fwrite(content, 1, content.count, file) == content.count)
        return path
    }

    func read(_ path: String) throws -> [UInt8] {
        let file = try #require(fopen(path, "r"))
        defer { fclose(file) }
        var content: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&part, 1, part.count, file), count > 0 {
            content += part[..<count]
        }
        return content
    }

    func sqlite(_ name: String) throws -> SQLiteStore {
        var options = SQLiteOptions()
        options.durability = .normal
        return try SQLiteStore(path: folder + "/" + name, options: options)
    }

    /// Exports a store to a file, and gives its path.
    @discardableResult
    func export(_ store: any Store, to name: String, domains: [String]? = nil) async throws
        -> (path: String, tally: Tally)
    {
        let path = folder + "/" + name
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        var export = Export(of: store, to: Output(descriptor, path: path), domains: domains)
        return (path, try await export.run())
    }

    /// Imports a text as a file.
    func read(
        _ text: String,
        into store: any Store,
        _ options: ImportOptions = ImportOptions()
    ) async throws -> (tally: Tally, complaints: [String]) {
        try await read([try write("import.xml", bytes(text))], into: store, options)
    }

    func read(
        _ paths: [String],
        into store: any Store,
        _ options: ImportOptions = ImportOptions()
    ) async throws -> (tally: Tally, complaints: [String]) {
        var complaints: [String] = []
        let reading = Import(into: store, options, complain: { complaints.append($0) })
        let tally = try await reading.run(paths)
        let prefix = folder + "/"
        return (
            tally, complaints.map { $0.hasPrefix(prefix) ? String($0.dropFirst(prefix.count)) : $0 }
        )
    }
}

/// All that a store holds, a line for each thing, but for versions, which each store counts for itself.
func contents(of store: any Store) async throws -> [String] {
    var lines: [String] = []
    var domain: String?
    while let next = try await store.domains(after: domain, limit: 1).first {
        domain = next
        for account in try await store.accounts(in: next, after: nil, limit: 10_000) {
            let verifiers = account.verifiers.sorted { $0.key < $1.key }.map { "\($0)=\($1)" }
            lines.append(
                "\(account.jid) \(account.isDisabled) \(account.created.microseconds) \(verifiers)"
            )
        }
        for owner in try await store.owners(in: next, after: nil, limit: 10_000) {
            lines += try await contents(of: owner, in: store)
        }
    }
    return lines
}

private func contents(of owner: Owner, in store: any Store) async throws -> [String] {
    var lines: [String] = []
    let name = "\(owner.domain)|\(owner.name)"
    if let jid = JID(preparedText: owner.name) {
        for item in try await store.roster(of: jid).items { lines.append("\(name) \(item)") }
    }
    let found = try await store.collections(of: owner)
    for collection in found.documents where collection != "import" {
        let documents = try await store.documents(in: collection, of: owner, limit: 10_000)
        for document in documents {
            let expires = document.expires.map { "\($0.microseconds)" } ?? "-"
            lines.append("\(name) \(collection) \(document.key) \(expires) \(document.value)")
        }
    }
    for log in found.logs {
        let page = try await store.query(LogQuery(limit: 10_000), in: log, of: owner)
        for entry in page.entries {
            let columns = entry.columns.sorted { $0.key < $1.key }.map { "\($0)=\($1)" }
            lines.append(
                "\(name) \(log) \(entry.id) \(entry.time.microseconds) \(columns) \(entry.value)"
            )
        }
    }
    return lines
}

/// Verifiers that are quick to make.
func verifiers(_ password: String) -> [String: String] {
    var verifiers: [String: String] = [:]
    for hash in [HashFunction.sha1, .sha256, .sha512] {
        let made = ScramCredentials.derive(
            password: password,
            hash: hash,
            salt: bytes("a salt of 16 byt"),
            iterations: 4096
        )
        if let made { verifiers[made.mechanism] = made.text }
    }
    return verifiers
}
