internal import Glibc

/// How many of each kind of thing were moved.
public struct Tally: Hashable, Sendable {
    /// What is counted, in the words of the summary.
    public enum Kind: String, CaseIterable, Sendable {
        case accounts
        case skipped = "accounts left as they were"
        case owners = "other owners"
        case contacts
        case requests = "subscription requests"
        case vCards = "vCards"
        case privateElements = "private elements"
        case privacyLists = "privacy lists"
        case blocked = "blocked addresses"
        case offlineMessages = "offline messages"
        case archivedMessages = "archived messages"
        case documents = "other documents"
        case entries = "other log entries"
        case complaints
    }

    private var counts: [Kind: Int] = [:]

    public init() {}

    public subscript(kind: Kind) -> Int {
        get { counts[kind] ?? 0 }
        set { counts[kind] = newValue == 0 ? nil : newValue }
    }

    public static func += (left: inout Tally, right: Tally) {
        for (kind, count) in right.counts { left[kind] += count }
    }

    /// Each kind that there was any of, a line for each.
    public var lines: [String] {
        Kind.allCases.filter { self[$0] > 0 }.map { "\(self[$0]) \($0.rawValue)" }
    }
}

/// How far an export or an import is.
public struct Progress: Sendable {
    /// Accounts of an export, bytes of an import.
    public var done: Int
    public var total: Int
    public var tally: Tally

    public init(done: Int, total: Int, tally: Tally) {
        self.done = done
        self.total = total
        self.tally = tally
    }
}

/// Why nothing more was moved, for the person at the keyboard.
public struct TransferFault: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }

    /// A fault of a file, and where it is.
    init(_ reason: String, in file: String, line: Int) {
        description = "\(file), line \(line): \(reason)"
    }

    /// What the system says of its last call.
    static func system(_ path: String) -> TransferFault {
        TransferFault("\(path): \(String(cString: strerror(errno)))")
    }
}
