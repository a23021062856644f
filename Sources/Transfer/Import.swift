public import MartletStorage
internal import MartletXML

/// Reads files of XEP-0227 into a store, an account after the other; see `Format.md`.
public struct ImportOptions: Sendable {
    /// What becomes of an account that is there already.
    public enum Existing: String, CaseIterable, Sendable {
        /// It is left as it is.
        case skip
        /// It is removed with all it has, and the file's takes its place.
        case replace
        /// The import ends.
        case fail
    }

    public var existing = Existing.skip
    /// Whether the files are only read and checked.
    public var isDryRun = false
    /// Those domains alone, or nil for all.
    public var domains: Set<String>?
    /// The domains that the server serves; others are imported, and the operator is told.
    public var served: Set<String>?
    /// Makes verifiers of a password.
    public var derive: @Sendable (String) async throws -> [String: String] = { _ in [:] }

    public init() {}
}

/// An import under way; it is used by one task.
public final class Import {
    let store: any Store
    let options: ImportOptions
    let complain: (String) -> Void
    private let report: (Progress) -> Void

    var tally = Tally()
    /// What is open, the innermost last.
    var levels: [Level] = []
    /// The account that is read.
    var draft: Draft?
    /// Accounts that were read and wait for others.
    var batch: [Draft] = []
    /// Documents of an owner that is no account, which wait to be written together.
    var waiting: [(document: ReadDocument, event: FileEvent)] = []
    static let waitingCount = 100
    /// Domains whose journal was read, and accounts that an interrupted import left there half-written.
    var journals: [String: Set<String>] = [:]
    /// Accounts that one batch may have, and the bytes of all.
    static let batchCount = 32
    static let batchBytes = 4 << 20

    private var doneBytes = 0
    private var totalBytes = 0
    var file = ""
    /// The file was written by ``Export``: it has all that belongs to what is in it.
    var isOwn = false

    /// - Parameters:
    ///   - store: what is written to.
    ///   - options: what is read, and how.
    ///   - complain: is told of each thing that is left out: file, line and reason.
    ///   - report: is told how far it is.
    public init(
        into store: any Store,
        _ options: ImportOptions,
        complain: @escaping (String) -> Void,
        report: @escaping (Progress) -> Void = { _ in }
    ) {
        self.store = store
        self.options = options
        self.complain = complain
        self.report = report
    }

    /// Reads the files one after the other; of what an interrupted import left, nothing is doubled.
    ///
    /// - Parameter paths: each with a whole document in it; what they include is read too.
    /// - Returns: what was read.
    /// - Throws: `TransferFault`; accounts before the one at fault are whole then, and that one is not there.
    public func run(_ paths: [String]) async throws -> Tally {
        totalBytes = paths.reduce(0) { $0 + InputFile.size(of: $1) }
        do {
            for path in paths {
                isOwn = false
                try await read(path, depth: 0)
                guard levels.isEmpty else {
                    throw TransferFault("\(path): it ends inside of <\(levels.count)> elements")
                }
            }
            try await writeBatch()
            try await endJournals()
        } catch {
            await undo()
            throw error
        }
        return tally
    }

    /// Reads one file, which may stand for an element of another.
    func read(_ path: String, depth: Int) async throws {
        guard depth < 8 else { throw TransferFault("\(path): files include each other too deeply") }
        let outer = file
        file = path
        defer { file = outer }
        let input = try InputFile(path)
        let parser = FileParser(
            containers: Format.containers,
            lists: Format.lists,
            asideNamespace: Format.own,
            limits: Format.limits
        )
        guard let parser else { throw TransferFault("there is no memory left") }
        let before = levels.count
        var isAtEnd = false
        while !isAtEnd {
            let bytes = try input.read()
            isAtEnd = bytes.isEmpty
            var events: [FileEvent] = []
            let fault =
                isAtEnd
                ? parser.finish(into: &events)
                : bytes.withUnsafeBytes { parser.read($0, into: &events) }
            for event in events { try await take(event, depth: depth) }
            if let fault { throw TransferFault(fault.description, in: path, line: fault.line) }
            if depth == 0 { doneBytes += bytes.count }
            report(Progress(done: doneBytes, total: max(totalBytes, doneBytes), tally: tally))
        }
        guard levels.count == before else { throw TransferFault("\(path): it is not whole") }
    }

    /// Says what is left out.
    func leaveOut(_ reason: String, line: Int) {
        tally[.complaints] += 1
        complain("\(file), line \(line): \(reason)")
    }

    func fault(_ reason: String, _ line: Int) -> TransferFault {
        TransferFault(reason, in: file, line: line)
    }
}

/// What of a file is open.
enum Level {
    case root
    case host(String)
    case user
    /// Something of a user, or of an owner, under its element's name or collection.
    case part(Part)
    /// An owner that is no account.
    case owner(Owner)
    /// What is passed over, with all that is in it.
    case skipped

    enum Part {
        case roster, privateData, offline, archive
        case documents(String)
        case log(String)
    }
}
